"""What a caller may get wrong: arguments of another kind are refused in words."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from cubesal import geometry, metrics, tensor_geometry
from cubesal.backbone import build
from cubesal.class_map_model import display_map
from cubesal.convlstm import ConvLSTMCell
from cubesal.padding import CubePad, cube_pad

FRAME = np.zeros((8, 16, 3), np.uint8)
FACES = np.zeros((6, 4, 4, 1), np.float32)


@pytest.mark.parametrize("pad", [1.0, None, (1, 1), (1, 1, 1, 1.5), "1", "1111", [1]])
def test_a_border_is_a_whole_number_or_four(pad) -> None:
    with pytest.raises(ValueError, match="a whole number or four of them"):
        CubePad(pad)


def test_a_border_may_be_a_whole_number_of_numpys() -> None:
    x = torch.rand(6, 1, 4, 4)
    assert torch.equal(CubePad(np.int64(1))(x), cube_pad(x, 1))
    assert CubePad(np.array([1, 2])[1].item()).pad == (2, 2, 2, 2)


def test_arrays_are_no_tensors() -> None:
    x = np.zeros((6, 2, 4, 4), np.float32)
    with pytest.raises(ValueError, match="needs a tensor, got ndarray"):
        CubePad(1)(x)
    cell = ConvLSTMCell(2, 2)
    with pytest.raises(ValueError, match="takes a tensor, got ndarray"):
        cell(x)
    with pytest.raises(ValueError, match="two tensors"):
        cell(torch.from_numpy(x), (x, x))
    with pytest.raises(ValueError, match="square faces of floats"):
        cell(torch.zeros(6, 2, 4, 5))
    with pytest.raises(ValueError, match="whole numbers of channels"):
        ConvLSTMCell(2.5, 2)
    with pytest.raises(ValueError, match="got ndarray"):
        tensor_geometry.cube_to_equirect(x, 8)
    with pytest.raises(ValueError, match="got list"):
        tensor_geometry.equirect_to_cube([[1.0]], 4)
    with pytest.raises(ValueError, match="face_w must be"):
        tensor_geometry.equirect_to_cube(torch.zeros(1, 1, 4, 8), 2.5)


@pytest.mark.parametrize("convention", ["exact", "cp360"])
@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((FRAME.tolist(), 4), "must be a numpy array, not list"),
        ((None, 4), "must be a numpy array, not NoneType"),
        ((FRAME.astype(np.int64), 4), "uint8 or float32, not int64"),
        ((FRAME.astype(complex), 4), "uint8 or float32, not complex128"),
        ((FRAME[:0], 4), r"\(0, 16, 3\)"),
        ((FRAME, 4.0), "face_w must be a whole number of 1 to 5461"),
        ((FRAME, None), "face_w must be a whole number"),
        ((FRAME, 0), "face_w must be a whole number"),
        ((FRAME, 6000), "face_w must be a whole number"),
    ],
)
def test_what_is_no_picture_is_not_cut_into_faces(arguments, words, convention) -> None:
    with pytest.raises(ValueError, match=words):
        geometry.equirect_to_cube(*arguments, convention)


@pytest.mark.parametrize("convention", ["exact", "cp360"])
@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((FACES.tolist(), 8), "must be a numpy array, not list"),
        ((FACES.astype(np.float64), 8), "uint8 or float32, not float64"),
        ((FACES[:, :0, :0], 8), "uint8 or float32"),
        ((FACES, 8.0), "height of a map must be a whole number of 1 to 16383"),
        ((FACES, None), "height of a map"),
        ((FACES, 20000), "height of a map"),
    ],
)
def test_what_is_no_cube_is_not_unfolded(arguments, words, convention) -> None:
    with pytest.raises(ValueError, match=words):
        geometry.cube_to_equirect(*arguments, convention)


@pytest.mark.parametrize(
    ("faces", "words"),
    [
        (torch.zeros(6, 4, 32, 32), r"\(6N, 3, W, W\), got \(6, 4, 32, 32\)"),
        (torch.zeros(5, 3, 32, 32), r"\(6N, 3, W, W\)"),
        (torch.zeros(3, 32, 32), r"\(6N, 3, W, W\)"),
        (torch.zeros(6, 3, 32, 40), "square faces"),
        (torch.zeros(6, 3, 32, 32).double(), "torch.float32, got .* torch.float64"),
        (torch.zeros(6, 3, 32, 32).byte(), "torch.uint8"),
        (np.zeros((6, 3, 32, 32), np.float32), "takes a tensor"),
    ],
)
def test_a_classifier_says_what_it_takes(classifier, faces, words) -> None:
    with pytest.raises(ValueError, match=words):
        classifier.features(faces)


@pytest.fixture(scope="module")
def classifier():
    return build("resnet18", weights=None)


def test_a_map_of_undefined_values_is_not_shown_as_an_empty_one() -> None:
    with pytest.raises(ValueError, match="undefined values"):
        display_map(np.full((14, 28), np.nan, np.float32))


SCORES = [metrics.auc_judd, metrics.auc_borji, metrics.cc, metrics.nss]


@pytest.mark.parametrize("protocol", metrics.PROTOCOLS)
@pytest.mark.parametrize("score", SCORES)
@pytest.mark.parametrize("height", [7, 33, 61, 200])
def test_a_constant_is_no_prediction_at_any_size(score, protocol, height) -> None:
    truth = np.random.default_rng(0).random((60, 120))
    for value in (0.1, 1 / 3, 1e30):
        with pytest.raises(ValueError, match="prediction is constant"):
            score(np.full((height, 2 * height), value), truth, protocol)
    with pytest.raises(ValueError, match="prediction is constant"):
        metrics.auc_judd(np.ones((7, 14)), truth, "cp360", np.random.default_rng(0))


@pytest.mark.parametrize("score", [*SCORES, metrics.sim, metrics.kld])
def test_the_published_protocol_too_wants_ground_truth_of_the_sphere(score) -> None:
    draws = np.random.default_rng(0)
    with pytest.raises(ValueError, match=r"truth must be an equirect map \(H, 2H\)"):
        score(draws.random((14, 28)), draws.random((60, 60)), "cp360")


@pytest.mark.parametrize("protocol", metrics.PROTOCOLS)
@pytest.mark.parametrize("kind", [np.float32, np.float64])
@pytest.mark.parametrize("score", [metrics.auc_judd, metrics.cc, metrics.nss, metrics.sim])
def test_huge_and_tiny_values_are_scored_as_their_shape_is(score, kind, protocol) -> None:
    draws = np.random.default_rng(0)
    saliency, truth = draws.random((60, 120)).astype(kind), draws.random((60, 120)).astype(kind)
    expected = score(saliency, truth, protocol)
    largest = float(np.finfo(kind).max)
    for factor in (kind(largest), kind(1e-30)):
        assert score(saliency * factor, truth, protocol) == pytest.approx(expected, abs=1e-5)
        assert score(saliency, truth * factor, protocol) == pytest.approx(expected, abs=1e-5)
    smaller = saliency[:30, :60] * kind(largest)
    assert score(smaller, truth, protocol) == pytest.approx(
        score(saliency[:30, :60], truth, protocol), abs=1e-5
    )
