"""The turn of a camera is found whatever moves in front of it, and can be undone."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from cubesal.camera_motion import (
    compensated_flow,
    estimate_rotation,
    fit_rotation,
    rotation_from_flow,
)
from cubesal.geometry import (
    dir_from_uv,
    equirect_rays,
    rotate_equirect,
    rotation,
    uv_from_dir,
)

HEIGHT = 240


def textured(seed: int, height: int = 480) -> NDArray[np.uint8]:
    """Grey blobs of a few degrees that know no seam."""
    rng = np.random.default_rng(seed)
    noise = rng.normal(size=(height, 2 * height)).astype(np.float32)
    wide = np.concatenate([noise] * 3, axis=1)
    smooth = cv2.GaussianBlur(wide, (0, 0), height / 100)[:, 2 * height : 4 * height]
    return np.clip(128 + 45 * smooth / smooth.std(), 0, 255).astype(np.uint8)


def small(grey: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return np.asarray(
        cv2.resize(grey, (2 * HEIGHT, HEIGHT), interpolation=cv2.INTER_AREA), np.uint8
    )


def turned(grey: NDArray[np.uint8], turn: NDArray[np.float64]) -> NDArray[np.uint8]:
    return rotate_equirect(grey, turn)


def angle_deg(a: NDArray[np.float64], b: NDArray[np.float64]) -> float:
    return float(np.degrees(np.arccos(np.clip((np.trace(a.T @ b) - 1) / 2, -1, 1))))


def flow_of(turn: NDArray[np.float64], height: int = 60) -> NDArray[np.float32]:
    """The exact flow of a sphere that turns, in pixels."""
    rays = equirect_rays(height).astype(np.float64)
    at, to = uv_from_dir(rays), uv_from_dir(rays @ turn.T)
    step = to - at
    step[..., 0] -= np.rint(step[..., 0])
    return (step * (2 * height, height)).astype(np.float32)


@pytest.mark.parametrize(
    ("yaw", "pitch", "roll"),
    [(0.5, 0, 0), (8, 0, 0), (-8, 0, 0), (0, 0.5, 0), (0, 8, 0), (0, 0, 6), (3, -4, 5)],
)
def test_a_known_turn_is_found_to_a_tenth_of_a_degree(
    yaw: float, pitch: float, roll: float
) -> None:
    truth = rotation(*np.radians([yaw, pitch, roll]))
    before = textured(1)
    found = estimate_rotation(small(before), small(turned(before, truth)))
    assert angle_deg(found.rotation, truth) < 0.1
    assert found.inlier_share > 0.8


@pytest.mark.parametrize("at_yaw", [0.0, 180.0])
def test_a_subject_over_a_sixth_of_the_sphere_does_not_mislead(at_yaw: float) -> None:
    truth, step = rotation(*np.radians([4.0, -2.0, 1.0])), np.radians(6)
    scene, subject = textured(1), textured(2)
    rays = equirect_rays(480)

    def inside(yaw: float) -> NDArray[np.bool_]:
        return rays @ np.array([np.sin(yaw), 0, np.cos(yaw)], np.float32) > 1 - 2 * 0.15

    yaw = np.radians(at_yaw)
    before = np.where(inside(yaw), subject, scene)
    moved = turned(subject, rotation(-step, 0, 0))
    after = np.where(inside(yaw - step), moved, turned(scene, truth))
    found = estimate_rotation(small(before), small(after))
    assert angle_deg(found.rotation, truth) < 0.1
    assert 0.5 < found.inlier_share < 0.95


def test_a_camera_that_stands_still_does_not_turn() -> None:
    grey = small(textured(3))
    found = estimate_rotation(grey, grey)
    assert angle_deg(found.rotation, np.eye(3)) < 0.01
    assert found.inlier_share > 0.99


@pytest.mark.parametrize("noise", [0.0, 1.0, 4.0])
def test_frames_without_texture_say_nothing(noise: float) -> None:
    rng = np.random.default_rng(0)
    sky = np.broadcast_to(np.linspace(60, 180, HEIGHT)[:, None], (HEIGHT, 2 * HEIGHT))
    frames = [np.rint(sky + noise * rng.normal(size=sky.shape)).astype(np.uint8) for _ in range(2)]
    found = estimate_rotation(*frames)
    assert found.inlier_share == 0.0
    np.testing.assert_array_equal(found.rotation, np.eye(3))


def test_two_unrelated_frames_say_nothing() -> None:
    found = estimate_rotation(small(textured(4)), small(textured(5)))
    assert found.inlier_share == 0.0


def test_a_dense_flow_tells_the_same_turn() -> None:
    truth = rotation(*np.radians([5.0, 3.0, -2.0]))
    flow = flow_of(truth, 120)
    flow[40:80, 30:90] += 7  # a subject of its own
    found = rotation_from_flow(flow)
    assert angle_deg(found.rotation, truth) < 0.1


@settings(max_examples=25, deadline=None)
@given(st.tuples(*[st.floats(-0.14, 0.14)] * 3))
def test_undoing_a_turn_leaves_no_flow(angles: tuple[float, float, float]) -> None:
    turn = rotation(*angles)
    remaining = compensated_flow(flow_of(turn), turn)
    # Next to a pole a step of any size may be any number of columns: compare as arcs.
    arc = np.hypot(
        remaining[..., 0] * np.cos(np.pi * (np.arange(60) + 0.5)[:, None] / 60 - 1.5708),
        remaining[..., 1],
    )
    assert arc.max() < 2e-3


def test_undoing_a_turn_leaves_what_moved_by_itself() -> None:
    turn, own = rotation(*np.radians([3.0, 2.0, 0.0])), rotation(*np.radians([0.0, 0.0, 4.0]))
    expected = flow_of(own)
    remaining = compensated_flow(flow_of(turn @ own), turn)
    np.testing.assert_allclose(remaining[5:-5], expected[5:-5], atol=5e-3)


def test_a_step_over_the_seam_stays_short() -> None:
    flow = np.zeros((20, 40, 2), np.float32)
    flow[..., 0] = 3
    remaining = compensated_flow(flow, np.eye(3))
    np.testing.assert_allclose(remaining, flow, atol=1e-4)


def test_the_fit_survives_two_thirds_of_wrong_pairs() -> None:
    rng = np.random.default_rng(6)
    truth = rotation(0.05, -0.03, 0.02)
    before = dir_from_uv(rng.uniform(0.2, 0.8, (300, 2)))
    after = before @ truth.T
    after[:190] = dir_from_uv(rng.uniform(0.2, 0.8, (190, 2)))
    found = fit_rotation(before, after, np.ones(300))
    assert angle_deg(found.rotation, truth) < 0.01
    assert found.inlier_share == pytest.approx(110 / 300, abs=0.02)


def test_wrong_shapes_are_named() -> None:
    square = np.zeros((10, 10), np.uint8)
    with pytest.raises(ValueError, match=r"\(H, 2H\)"):
        estimate_rotation(square, square)
    with pytest.raises(ValueError, match="differ in size"):
        estimate_rotation(np.zeros((10, 20), np.uint8), np.zeros((20, 40), np.uint8))
    with pytest.raises(ValueError, match=r"\(H, 2H, 2\)"):
        compensated_flow(np.zeros((10, 10, 2), np.float32), np.eye(3))
