"""CP-360 as a model: what it is fed, what it remembers, and what it shows."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from cubesal import models, recipes
from cubesal.backbone import Classifier, build
from cubesal.cam import class_activation_maps, static_saliency
from cubesal.class_map_model import ClassMapModel, ClassMaps, display_map
from cubesal.convlstm import ConvLSTMCell, random_cell
from cubesal.faces import unit_faces
from cubesal.predictor import SaliencyPredictor
from cubesal.stages import stopwatch
from cubesal.temporal import saliency_of_sequence


def frames(count: int, size: tuple[int, int] = (48, 96)) -> list[np.ndarray]:
    rng = np.random.default_rng(0)
    return [rng.integers(0, 256, (*size, 3), dtype=np.uint8) for _ in range(count)]


@pytest.fixture(scope="module")
def published() -> ClassMaps:
    torch.manual_seed(0)
    return ClassMaps(build("resnet18", "cp360", weights=None), face_w=64)


@pytest.fixture(scope="module")
def cell() -> ConvLSTMCell:
    return random_cell(8, 8, "cp360")


class Thin(ClassMaps):
    """Eight of the thousand classes, so that the memory stays small."""

    def __call__(self, equirect_rgb: np.ndarray) -> torch.Tensor:
        return super().__call__(equirect_rgb)[:, :8]


@pytest.fixture(scope="module")
def thin(published: ClassMaps) -> Thin:
    return Thin(published.classifier, published.face_w)


def test_the_published_network_is_fed_blue_for_red(published: ClassMaps) -> None:
    red = np.zeros((40, 80, 3), np.uint8)
    red[..., 0] = 255
    assert unit_faces(red, 8, "cp360")[..., 2].min() == 1
    assert unit_faces(red, 8, "exact")[..., 0].min() == 1
    assert unit_faces(red, 8, "cp360")[..., :2].max() == 0


def test_static_saliency_is_the_square_of_the_largest_class(published: ClassMaps) -> None:
    model = ClassMapModel("static", published)
    (frame,) = frames(1)
    shown = model.step(frame)
    network = published.classifier
    with torch.inference_mode():
        maps = class_activation_maps(published.features(frame), network.class_weight, "cp360")
        expected = static_saliency(maps, convention="cp360")[0].numpy()
    assert np.array_equal(model.last_raw, expected)
    assert np.array_equal(shown, display_map(expected))
    assert (model.warmup_frames, model.complete, model.memory) == (0, True, None)


def test_negative_evidence_is_none_where_things_are_put_right() -> None:
    maps = torch.full((6, 3, 2, 2), -2.0)
    assert static_saliency(maps, convention="exact").max() == 0
    assert static_saliency(maps, convention="cp360").min() == pytest.approx(4)


def test_a_memory_follows_the_protocol(thin: Thin, cell: ConvLSTMCell) -> None:
    model = ClassMapModel("temporal", thin, cell)
    clip = frames(7)
    raws, complete = [], []
    for frame in clip:
        model.step(frame)
        raws.append(model.last_raw)
        complete.append(model.complete)
    indices, maps = saliency_of_sequence([thin(f) for f in clip], cell, "cp360")
    assert indices == [4, 5]
    assert complete == [False] * 4 + [True] * 3
    for index, expected in zip(indices, maps, strict=True):
        assert np.allclose(raws[index], expected, atol=1e-6)


def test_a_predictor_of_a_memory_can_start_anywhere(thin: Thin, cell: ConvLSTMCell) -> None:
    predictor = SaliencyPredictor(ClassMapModel("temporal", thin, cell), prior=False)
    clip = frames(8)
    whole = [predictor.step(frame, k / 5) for k, frame in enumerate(clip)]
    predictor.reset()
    assert predictor.last_raw is None
    for k in range(7 - predictor.warmup_frames, 7):
        predictor.observe(clip[k], k / 5)
    assert predictor.complete is False
    assert np.array_equal(predictor.step(clip[7], 7 / 5), whole[7])
    assert predictor.complete


def test_the_memory_can_be_used_otherwise(thin: Thin, cell: ConvLSTMCell) -> None:
    model = ClassMapModel("temporal", thin, cell)
    assert model.with_memory(None).warmup_frames == 0
    assert model.with_memory("carried").warmup_frames == 15
    short = model.with_memory("window", 2)
    assert (short.window, short.warmup_frames, short.memory) == (2, 1, "window")
    with pytest.raises(ValueError, match="'temporal' has no memory"):
        model.with_memory(None).with_memory("window")


def test_class_maps_are_made_once_per_frame(thin: Thin, cell: ConvLSTMCell) -> None:
    calls = []

    class Counting(Thin):
        def __call__(self, equirect_rgb):
            calls.append(1)
            return super().__call__(equirect_rgb)

    model = ClassMapModel("t", Counting(thin.classifier, thin.face_w), cell)
    for frame in frames(6):
        model.step(frame)
    assert len(calls) == 6
    model.step_maps(thin(frames(1)[0]))
    assert len(calls) == 6


def test_what_is_shown_is_between_0_and_1_and_wraps() -> None:
    raw = np.full((14, 28), -5.0, np.float32)
    raw[7, 0] = 3
    shown = display_map(raw)
    assert shown.shape == (120, 240)
    assert (shown.min(), shown.max()) == (0, pytest.approx(1, abs=0.1))
    assert shown[64, 239] > 0.3
    assert not display_map(np.full((14, 28), 9.0, np.float32)).any()


def test_every_stage_reports_its_time(thin: Thin, cell: ConvLSTMCell) -> None:
    model = ClassMapModel("temporal", thin, cell)
    with stopwatch() as watch:
        model.step(frames(1)[0])
    assert set(watch.seconds) == {"resize", "faces", "backbone", "cam", "temporal", "projection"}


def test_features_and_a_zero_padded_twin(thin: Thin, cell: ConvLSTMCell) -> None:
    model = ClassMapModel("temporal", thin, cell)
    (frame,) = frames(1)
    features = model.features(frame)
    assert features.shape == (6, 512, 2, 2)
    twin = model.zero_padded()
    assert not np.allclose(twin.features(frame), features, atol=1e-4)
    assert twin.memory == "window"
    assert np.array_equal(model.features(frame), features)


def test_random_weights_need_no_file_and_say_so(monkeypatch) -> None:
    recipe = recipes.BUILT_IN["cp360"]
    small = {**vars(recipe), "backbone": "resnet18", "memory": None, "face_w": 32}
    monkeypatch.setitem(recipes.BUILT_IN, "cp360", type(recipe)(**small))
    first, second = (models.load_model("cp360", "cpu", weights="random") for _ in range(2))
    assert first.name == "cp360 (random weights)"
    (frame,) = frames(1)
    assert np.array_equal(first.step(frame), second.step(frame))
    before = torch.random.get_rng_state()
    assert models.load_model("fast", "cpu", weights="random").name == "fast (random weights)"
    assert torch.equal(torch.random.get_rng_state(), before)
    with pytest.raises(ValueError, match="weights are None or 'random'"):
        models.load_model("fast", "cpu", weights="good")


def test_the_classifier_stays_as_it_was(published: ClassMaps) -> None:
    network: Classifier = published.classifier
    before = network.class_weight.clone()
    published(frames(1)[0])
    assert torch.equal(network.class_weight, before)


def test_class_maps_need_fitting_weights() -> None:
    with pytest.raises(ValueError, match=r"got \(6, 4, 2, 2\) and \(3, 5\)"):
        class_activation_maps(torch.zeros(6, 4, 2, 2), torch.zeros(3, 5))


def test_weights_without_a_negative_one_are_not_shifted() -> None:
    features, weight = torch.rand(6, 4, 2, 2), torch.rand(3, 4) + 0.5
    exact, published = (class_activation_maps(features, weight, c) for c in ("exact", "cp360"))
    assert torch.equal(exact, published)
