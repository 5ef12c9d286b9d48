"""Motion is what is left when the camera's own turn is undone."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from cubesal.geometry import equirect_rays, rotate_equirect, rotation
from cubesal.motion import MOTION_HEIGHT, MotionMeter

HEIGHT = 240


def world(seed: int = 0) -> NDArray[np.uint8]:
    """Blobs of a few degrees, without a seam."""
    rng = np.random.default_rng(seed)
    noise = rng.normal(size=(HEIGHT, 2 * HEIGHT, 3)).astype(np.float32)
    wide = cv2.GaussianBlur(np.concatenate([noise] * 3, axis=1), (0, 0), 3)
    blobs = wide[:, 2 * HEIGHT : 4 * HEIGHT]
    return np.clip(128 + 45 * blobs / blobs.std(), 0, 255).astype(np.uint8)


def with_disc(frame: NDArray[np.uint8], yaw: float, pitch: float = 0.0) -> NDArray[np.uint8]:
    middle = np.array([np.cos(pitch) * np.sin(yaw), -np.sin(pitch), np.cos(pitch) * np.cos(yaw)])
    inside = equirect_rays(HEIGHT) @ middle > np.cos(np.radians(7))
    return np.where(inside[..., None], np.uint8(255), frame)


def strongest(residual: NDArray[np.float32]) -> float:
    """Yaw of the strongest motion in degrees."""
    smooth = cv2.GaussianBlur(residual, (0, 0), 2)
    column = np.unravel_index(smooth.argmax(), smooth.shape)[1]
    return float((column + 0.5) / (2 * MOTION_HEIGHT) - 0.5) * 360


def test_the_first_frame_has_no_motion_and_reset_makes_the_next_one_first() -> None:
    meter = MotionMeter()
    assert meter.step(world()) is None
    assert meter.step(world()) is not None
    meter.reset()
    assert meter.step(world()) is None


def test_a_still_picture_does_not_move() -> None:
    meter = MotionMeter()
    meter.step(world())
    motion = meter.step(world())
    assert motion is not None
    assert motion.residual.shape == (MOTION_HEIGHT, 2 * MOTION_HEIGHT)
    assert motion.residual.max() < 1e-3
    assert np.allclose(motion.rotation, np.eye(3), atol=1e-4)


@pytest.mark.parametrize("turn_deg", [0.0, 2.4, -6.0])
@pytest.mark.parametrize("place_deg", [30.0, 178.0])
def test_a_mover_is_found_whatever_the_camera_does(turn_deg: float, place_deg: float) -> None:
    turn, place = np.radians(turn_deg), np.radians(place_deg)
    meter = MotionMeter()
    meter.step(with_disc(world(), place))
    after = rotate_equirect(world(), rotation(turn))
    moved = place + turn + np.radians(5)
    motion = meter.step(with_disc(after, moved))
    assert motion is not None
    assert np.degrees(np.arccos((np.trace(motion.rotation @ rotation(-turn)) - 1) / 2)) < 0.3
    apart = (strongest(motion.residual) - np.degrees(moved) + 180) % 360 - 180
    assert abs(apart) < 12
    where = np.abs((np.arange(120) * 3 - 178.5 - np.degrees(moved) + 180) % 360 - 180)
    away = motion.residual[20:40, where > 40]
    assert motion.residual[20:40, where < 12].mean() > 5 * away.mean()


def test_contrast_alone_is_no_motion() -> None:
    """The same small step of a strong and of a faint texture counts about the same."""
    rng = np.random.default_rng(1)
    faint = np.clip(128 + (world(2).astype(np.float32) - 128) * 0.4, 0, 255).astype(np.uint8)
    both = np.where(np.arange(2 * HEIGHT)[:, None] < HEIGHT, world(2), faint)
    meter = MotionMeter()
    meter.step(both)
    noise = rng.normal(0, 0.5, both.shape)
    shifted = np.clip(np.roll(both, 1, axis=0) + noise, 0, 255).astype(np.uint8)
    motion = meter.step(shifted)
    assert motion is not None
    strong, weak = (motion.residual[20:40, s].mean() for s in (slice(10, 50), slice(70, 110)))
    assert strong < 2.2 * weak


def test_a_turn_of_the_camera_leaves_no_motion_at_the_seam() -> None:
    meter = MotionMeter()
    meter.step(world(5))
    motion = meter.step(rotate_equirect(world(5), rotation(np.radians(20.0))))
    assert motion is not None
    column = motion.residual[12:48].mean(axis=0)  # old and new seam: 20 degrees apart
    assert column.max() < 1.6 * np.median(column)


def test_another_shot_is_no_motion() -> None:
    meter = MotionMeter()
    meter.step(world(3))
    assert meter.step(world(4)) is None
    assert meter.step(world(4)) is not None
