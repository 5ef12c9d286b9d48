"""The model for video: what stands out times what moves, remembered for a moment."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from cubesal.fusion import FusionModel
from cubesal.geometry import equirect_rays, rotate_equirect, rotation
from cubesal.model_settings import FusionConfig
from cubesal.models import load_model
from cubesal.predictor import SaliencyPredictor

HEIGHT = 160
STEP_S = 0.2
#: OpenCV's filters round by how their memory happens to be aligned.
ROUNDING = 1e-4


@pytest.fixture(scope="module")
def model() -> FusionModel:
    model = load_model("fast", "cpu")
    assert isinstance(model, FusionModel)
    config = FusionConfig(window=3)
    return FusionModel("test", model.network, model.memory, model.device, config=config)


def disc(frame: NDArray[np.uint8], yaw_deg: float, colour: tuple[int, int, int]) -> None:
    yaw = np.radians(yaw_deg)
    middle = np.array([np.sin(yaw), 0, np.cos(yaw)])
    frame[equirect_rays(HEIGHT) @ middle > np.cos(np.radians(9))] = colour


def frames(count: int, step_deg: float = 6.0) -> list[NDArray[np.uint8]]:
    """A plain wall with a disc that moves from yaw 60° on, and an equal one at -90° that stays."""
    made = []
    rng = np.random.default_rng(0)
    wall = rng.integers(100, 140, (HEIGHT // 8, HEIGHT // 4, 3)).astype(np.uint8)
    for k in range(count):
        frame = np.repeat(np.repeat(wall, 8, axis=0), 8, axis=1)
        disc(frame, -90, (250, 240, 40))
        disc(frame, 60 + step_deg * k, (250, 240, 40))
        made.append(frame)
    return made


def run(model: FusionModel, clip: list[NDArray[np.uint8]]) -> list[NDArray[np.float32]]:
    predictor = SaliencyPredictor(model, prior=False)
    predictor.reset()
    return [predictor.step(frame, k * STEP_S) for k, frame in enumerate(clip)]


def around(saliency: NDArray[np.float32], yaw_deg: float) -> float:
    """Mean saliency within 12° of a direction on the horizon."""
    yaw = np.radians(yaw_deg)
    near = equirect_rays(120) @ [np.sin(yaw), 0, np.cos(yaw)] > np.cos(np.radians(12))
    return float(saliency[near].mean())


def test_what_moves_counts_more_than_its_equal_that_stays(model: FusionModel) -> None:
    clip = frames(5)
    still = run(model, clip[:1])[0]
    moving = run(model, clip)[-1]
    assert around(still, 60) < 2 * around(still, -90)
    assert around(moving, 60 + 4 * 6) > 4 * around(moving, -90)


def test_a_map_depends_on_the_window_and_on_nothing_before_it(model: FusionModel) -> None:
    clip = frames(9)
    whole = run(model, clip)
    for k in (5, 8):
        part = run(model, clip[k - model.warmup_frames : k + 1])
        np.testing.assert_allclose(part[-1], whole[k], rtol=ROUNDING)
    shorter = run(model, clip[8 - model.warmup_frames + 1 :])
    assert not np.allclose(shorter[-1], whole[8], rtol=0.01)


def test_observing_remembers_as_stepping_does(model: FusionModel) -> None:
    clip = frames(5)
    predictor = SaliencyPredictor(model, prior=False)
    predictor.reset()
    for k, frame in enumerate(clip[:4]):
        predictor.observe(frame, k * STEP_S)
    assert predictor.complete
    np.testing.assert_allclose(predictor.step(clip[4], 0.8), run(model, clip)[4], rtol=ROUNDING)


def test_a_cut_forgets_the_shot_before(model: FusionModel) -> None:
    before, after = frames(4), [255 - rotate_equirect(f, rotation(2.0)) for f in frames(3)]
    cut = run(model, before + after)
    alone = run(model, after)
    for got, want in zip(cut[4:], alone, strict=True):
        np.testing.assert_allclose(got, want, rtol=ROUNDING)


def test_the_memory_turns_with_the_camera(model: FusionModel) -> None:
    """A turning camera sees the same places as one that stands still."""
    clip = frames(5, step_deg=8.0)
    turns = [rotation(np.radians(9.0 * k)) for k in range(5)]
    seen = [rotate_equirect(f, turn) for f, turn in zip(clip, turns, strict=True)]
    still, turned = run(model, clip)[-1], run(model, seen)[-1]
    back = rotate_equirect(turned, turns[-1].T)
    weight = np.hypot(*np.moveaxis(equirect_rays(120)[..., [0, 2]], -1, 0))
    a, b = (m - np.average(m, weights=weight) for m in (still, back))
    correlation = (a * b * weight).sum() / np.sqrt((a * a * weight).sum() * (b * b * weight).sum())
    assert correlation > 0.9


def test_nothing_moving_leaves_what_stands_out(model: FusionModel) -> None:
    saliency = run(model, frames(1) * 4)[-1]
    assert around(saliency, -90) > 2 * around(saliency, 180)
    assert around(saliency, 60) > 2 * around(saliency, 180)


def test_without_a_memory_each_moment_is_by_itself(model: FusionModel) -> None:
    clip = frames(5)
    whole, momentary = run(model, clip)[-1], run(model.momentary(), clip)[-1]
    again = run(model.momentary(), clip[-2:])[-1]
    np.testing.assert_allclose(again, momentary, rtol=ROUNDING)
    assert not np.allclose(whole, momentary)


def test_the_static_model_is_what_a_still_gets(model: FusionModel) -> None:
    frame = frames(1)[0]
    assert np.array_equal(model.static().step(frame), run(model, [frame])[0])


def test_zero_padding_changes_the_map(model: FusionModel) -> None:
    clip = frames(3)
    assert not np.allclose(run(model.zero_padded(), clip)[-1], run(model, clip)[-1])
