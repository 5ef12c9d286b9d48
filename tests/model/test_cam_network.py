from __future__ import annotations

import math

import cv2
import numpy as np
import pytest
import torch

from cubesal import cam
from cubesal.fusion import FusionModel
from cubesal.geometry import (
    Face,
    cube_rays,
    equirect_rays,
    rotate_equirect,
    rotation,
    sphere_weights,
)
from cubesal.model_settings import CubeSalConfig, Scale
from cubesal.models import load_model
from cubesal.predictor import SaliencyPredictor
from cubesal.saliency_model import NetworkModel
from cubesal.sphere_grid import cell_directions, cell_weights, equirect_taps, smoothing_matrix
from cubesal.torchvision_guard import import_torchvision


def static(name: str) -> NetworkModel:
    """What a model sees in stills; motion has tests of its own."""
    model = load_model(name, "cpu")
    assert isinstance(model, FusionModel)
    return model.static()


@pytest.fixture(scope="module")
def fast() -> NetworkModel:
    return static("fast")


@pytest.fixture(scope="module")
def default() -> NetworkModel:
    return static("default")


def sphere_correlation(a: np.ndarray, b: np.ndarray) -> float:
    weight = np.broadcast_to(sphere_weights(len(a)), a.shape)
    weight = weight / weight.sum()
    a, b = (m - (weight * m).sum() for m in (a, b))
    product = (weight * a * b).sum()
    return float(product / np.sqrt((weight * a * a).sum() * (weight * b * b).sum()))


def scene() -> np.ndarray:
    """Coloured discs before a plain sky: a frame with things in it, and no seam."""
    rng = np.random.default_rng(3)
    height = 240
    frame = np.full((height, 2 * height, 3), (110, 130, 150), np.uint8)
    for _ in range(14):
        x, y = int(rng.integers(40, 440)), int(rng.integers(90, 150))
        colour = tuple(int(c) for c in rng.integers(0, 256, 3))
        cv2.circle(frame, (x, y), int(rng.integers(6, 16)), colour, -1, cv2.LINE_AA)
    return frame


# --- the grid of cells -------------------------------------------------------------------------


@pytest.mark.parametrize("cells", [5, 9, 13])
def test_cell_weights_integrate_smooth_functions_over_the_sphere(cells: int) -> None:
    dirs, weights = cell_directions(cells), cell_weights(cells)
    assert weights.sum() == pytest.approx(1)
    mean_square = (weights[..., None] * dirs**2).sum(axis=(0, 1, 2))
    assert mean_square == pytest.approx([1 / 3] * 3, abs=1e-9)


def test_smoothing_keeps_constants_and_agrees_on_shared_edges() -> None:
    matrix = smoothing_matrix(9, math.radians(10))
    assert matrix.sum(axis=1) == pytest.approx(np.ones(len(matrix)), abs=1e-5)
    dirs = cell_directions(9).reshape(-1, 3)
    values = matrix @ np.random.default_rng(0).random(len(dirs)).astype(np.float32)
    same = (dirs @ dirs.T) > 1 - 1e-12
    for cell in np.flatnonzero(same.sum(axis=1) > 1):
        assert np.ptp(values[same[cell]]) < 1e-6


def test_taps_reproduce_directions_to_bilinear_accuracy() -> None:
    index, weight = equirect_taps(13, 60)
    assert weight.sum(axis=0) == pytest.approx(np.ones(60 * 120), abs=1e-6)
    dirs = (cell_directions(13).reshape(-1, 3)[index] * weight[..., None]).sum(axis=0)
    dirs /= np.linalg.norm(dirs, axis=1, keepdims=True)
    angle = np.degrees(np.arccos(np.clip((dirs * equirect_rays(60).reshape(-1, 3)).sum(1), -1, 1)))
    assert angle.max() < 0.5


# --- evidence ----------------------------------------------------------------------------------


def test_class_activation_averages_to_the_class_score() -> None:
    features, weight = torch.rand(6, 8, 4, 4), torch.randn(10, 8)
    activation = cam.class_activation(cam.as_cells(features), weight)
    score = features.mean(dim=(0, 2, 3)) @ weight.T
    assert torch.allclose(activation.mean(dim=1)[0], score, atol=1e-5)


def test_class_evidence_ignores_what_the_whole_frame_resembles() -> None:
    weights = torch.full((5,), 0.2)
    activation = torch.zeros(1, 5, 2)
    activation[..., 0] = 100  # a street, everywhere
    activation[0, 3, 1] = 7  # a dog, in one place
    evidence = cam.class_evidence(activation, weights)
    assert int(evidence.argmax()) == 3
    assert torch.equal(cam.strongest_class(activation), torch.full((1, 5), 100.0))


def test_deviation_is_zero_on_equal_cells_and_finds_the_odd_one() -> None:
    weights = torch.full((50,), 1 / 50)
    cells = torch.ones(1, 50, 4)
    assert cam.deviation(cells, weights).abs().max() < 1e-3
    cells[0, 17] += torch.tensor([1.0, 0.0, -1.0, 0.0])
    assert int(cam.deviation(cells, weights).argmax()) == 17


def test_an_angle_to_the_mean_does_not_see_how_strong_features_are() -> None:
    weights = torch.full((50,), 1 / 50)
    cells = torch.tensor([1.0, 2.0, 0.0]).repeat(1, 50, 1) * torch.rand(1, 50, 1).add(0.5)
    assert cam.angle_to_mean(cells, weights).abs().max() < 1e-5
    cells[0, 17] = torch.tensor([0.0, 0.5, 1.0])
    assert int(cam.angle_to_mean(cells, weights).argmax()) == 17
    assert int(cam.strength(torch.cat([cells, 9 * cells[:, :1]], dim=1)).argmax()) == 50


def test_rarity_finds_what_is_unusual_in_combination_only() -> None:
    rng = torch.Generator().manual_seed(0)
    weights = torch.full((200,), 1 / 200)
    line = torch.randn(1, 200, 1, generator=rng)
    cells = torch.cat([line, line + 0.05 * torch.randn(1, 200, 1, generator=rng)], dim=2)
    cells[0, 31] = torch.tensor([1.0, -1.0])  # both ordinary, never together
    assert int(cam.rarity(cells, weights).argmax()) == 31
    assert int(cam.deviation(cells, weights).argmax()) != 31


def test_a_group_has_to_agree() -> None:
    rng = torch.Generator().manual_seed(1)
    weights = torch.full((50,), 1 / 50)
    activation = torch.randn(1, 50, 12, generator=rng)
    activation[0, 5, 0] = 9  # one class alone
    activation[0, 20, :8] = 4
    assert int(cam.group_evidence(activation, weights, at_once=8).argmax()) == 20
    assert int(cam.group_evidence(activation, weights, at_once=1).argmax()) == 5


def test_the_groups_of_classes_are_those_of_the_weights() -> None:
    models = import_torchvision().models
    names = models.ResNet50_Weights.IMAGENET1K_V1.meta["categories"]
    assert (names[cam.ANIMALS - 1], names[cam.ANIMALS]) == ("puffer", "abacus")
    assert {"jersey", "suit", "sunglasses", "groom", "backpack"} <= {names[i] for i in cam.WORN}


def test_standardising_noise_on_a_flat_map_does_not_amplify_it() -> None:
    weights = torch.full((50,), 1 / 50)
    z = cam.standardise(1 + 1e-6 * torch.randn(1, 50), weights)
    assert z.abs().max() < 1e-3
    z = cam.standardise(torch.randn(1, 50) * 7 + 3, weights)
    assert float((z.square() * weights).sum()) == pytest.approx(1, abs=1e-3)


# --- the whole network -------------------------------------------------------------------------


@pytest.mark.parametrize("face_w", [192, 33 + 16, 1])
def test_faces_that_would_shift_the_cells_are_refused(face_w: int) -> None:
    with pytest.raises(ValueError, match="32 k"):
        CubeSalConfig(scales=(Scale(face_w, (("odd", 1.0),)),))


@pytest.mark.parametrize("level", [0, 128, 255])
def test_a_constant_frame_has_no_saliency_and_no_seam(fast: NetworkModel, level: int) -> None:
    frame = np.full((64, 128, 3), level, np.uint8)
    saliency = SaliencyPredictor(fast, prior=False).step(frame, 0.0)
    assert saliency.max() < 0.06
    assert np.ptp(saliency) < 0.03


def test_turning_the_frame_by_90_degrees_turns_the_map(fast: NetworkModel) -> None:
    predictor = SaliencyPredictor(fast, prior=False)
    frame = scene()
    saliency = predictor.step(frame, 0.0)
    turned = predictor.step(np.roll(frame, frame.shape[1] // 4, axis=1), 0.0)
    # Not exactly: top and down turn in their own planes, where the kernels see them differently.
    assert sphere_correlation(np.roll(saliency, 60, axis=1), turned) > 0.97
    assert saliency.max() > 0.3


def test_the_step_across_cube_edges_is_no_larger_than_inside_faces(fast: NetworkModel) -> None:
    saliency = SaliencyPredictor(fast, prior=False).step(scene(), 0.0)
    step = np.abs(np.diff(saliency, axis=1, append=saliency[:, :1]))[35:85]
    # Between columns 29|30, 89|90, ... lie the upright edges, at yaw ±45° and ±135°.
    edges = [29, 89, 149, 209]
    inside = np.delete(step, edges, axis=1)
    assert step[:, edges].mean() < 1.5 * inside.mean()


def test_the_equirect_seam_is_no_edge(fast: NetworkModel) -> None:
    saliency = SaliencyPredictor(fast, prior=False).step(scene(), 0.0)
    across = np.abs(saliency[:, 0] - saliency[:, -1])
    assert across.max() <= np.abs(np.diff(saliency, axis=1)).max()


def test_the_map_turns_with_the_sphere(default: NetworkModel, shared_data) -> None:
    picture = cv2.imread(str(shared_data / "gt" / "ceap_V1_puppies.jpg"))[:, :, ::-1]
    frame = cv2.resize(picture, (960, 480), interpolation=cv2.INTER_AREA)
    predictor = SaliencyPredictor(default, prior=False)
    still = predictor.step(frame, 0.0)
    turn = rotation(0.6, 0.35, -0.2)
    turned = predictor.step(rotate_equirect(frame, turn), 0.0)
    back = rotate_equirect(turned, turn.T)
    assert sphere_correlation(still, back) > 0.6


def test_heat_lies_on_an_object_in_an_empty_world(default: NetworkModel) -> None:
    # A real object is needed for class evidence; texture alone already deviates.
    height = 480
    frame = np.full((height, 2 * height, 3), 140, np.uint8)
    rng = np.random.default_rng(0)
    frame[220:270, 600:650] = rng.integers(0, 256, (50, 50, 3))
    saliency = SaliencyPredictor(default, prior=False).step(frame, 0.0)
    row, column = np.unravel_index(saliency.argmax(), saliency.shape)
    assert abs(row - 245 / 4) < 6
    assert abs(column - 625 / 4) < 6


def test_every_face_is_seen(fast: NetworkModel) -> None:
    rays = cube_rays(129)
    for face in Face:
        faces = np.full((6, 129, 129, 3), 140, np.uint8)
        rng = np.random.default_rng(1)
        faces[face, 50:80, 50:80] = rng.integers(0, 256, (30, 30, 3))
        batch = torch.from_numpy(faces).permute(0, 3, 1, 2)
        with torch.inference_mode():
            saliency = fast.network([batch])[0].numpy()
        row, column = np.unravel_index(saliency.argmax(), saliency.shape)
        pitch, yaw = (0.5 - (row + 0.5) / 120) * math.pi, ((column + 0.5) / 240 - 0.5) * math.tau
        found = [math.cos(pitch) * math.sin(yaw), -math.sin(pitch), math.cos(pitch) * math.cos(yaw)]
        assert np.dot(found, rays[face, 64, 64]) > math.cos(math.radians(12)), face
