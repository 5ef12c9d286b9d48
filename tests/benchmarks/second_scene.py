"""A second scripted scene for path benchmarks: a town square at noon, drawn by this file alone.

Nothing of the demo clip is used: another background, other movers, another script. Three movers
take turns at moving, and so at being what a viewer would watch: a beach ball rolls across the
square, a kite swings over the roofs, a dog runs round the camera. Grid, tilt and turn prices of
the planner were chosen with its true track in view, beside the demo clip's: it is no blind test.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from math import cos, pi, radians, sin

import cv2
import numpy as np
from numpy.typing import NDArray

from cubesal.geometry import dir_from_angles, equirect_rays

DURATION_S = 18.0
#: When the script's attention passes from the ball to the kite, and then to the dog.
HANDOVERS_S = (6.0, 11.0)

Picture = NDArray[np.float32]


@dataclass(frozen=True)
class Mover:
    """Direction and size of a mover at one moment, radians; ``phase`` drives its own motion."""

    yaw: float
    pitch: float
    radius: float
    phase: float


def movers(time_s: float) -> dict[str, Mover]:
    """Where everything is at a moment: each moves while it is its turn, and rests else."""
    rolled = min(time_s, HANDOVERS_S[0])
    swung = min(max(time_s - HANDOVERS_S[0], 0.0), HANDOVERS_S[1] - HANDOVERS_S[0])
    ran = max(time_s - HANDOVERS_S[1], 0.0)
    ball = Mover(radians(-127 + 19 * rolled), radians(-14), radians(8), 3.2 * rolled)
    kite_yaw, kite_pitch = 70 + 28 * sin(0.9 * swung), 31 + 8 * sin(1.3 * swung)
    kite = Mover(radians(kite_yaw), radians(kite_pitch), radians(9), 1.7 * swung)
    dog = Mover(radians(150 + 21 * ran), radians(-11 + 1.5 * abs(sin(5 * ran))), radians(9), ran)
    return {"ball": ball, "kite": kite, "dog": dog}


def primary_direction(time_s: float) -> tuple[float, float]:
    """(yaw, pitch) of what a good camera would follow now."""
    name = ("ball", "kite", "dog")[sum(time_s >= moment for moment in HANDOVERS_S)]
    mover = movers(time_s)[name]
    return (mover.yaw + pi) % (2 * pi) - pi, mover.pitch


def frame(time_s: float, height: int = 512) -> NDArray[np.uint8]:
    """Equirect frame (height, 2 height, 3) uint8 of the square."""
    picture = _square(height).copy()
    for name, mover in movers(time_s).items():
        _PAINTERS[name](picture, mover)
    return np.asarray(np.clip(picture * 255 + 0.5, 0, 255), np.uint8)


@lru_cache(maxsize=1)
def _square(height: int) -> Picture:
    """Paving below, a ring of house fronts, a pale sky; fixed."""
    rays = equirect_rays(height).astype(np.float64)
    yaw, pitch = np.arctan2(rays[..., 0], rays[..., 2]), np.arcsin(-rays[..., 1])
    picture = _sky(yaw, pitch)
    roof = radians(13) + radians(4) * (np.floor(yaw * 7 / pi) * 2.399 % 1)
    fronts = (pitch < roof) & (pitch > radians(-6))
    picture[fronts] = _fronts(yaw, pitch)[fronts]
    ground = pitch <= radians(-6)
    picture[ground] = _paving(rays, pitch)[ground]
    return cv2.GaussianBlur(picture.astype(np.float32), (0, 0), height / 900)


def _sky(yaw: NDArray[np.float64], pitch: NDArray[np.float64]) -> NDArray[np.float64]:
    haze = np.clip(1 - pitch / 1.2, 0, 1)[..., None]
    sky = (1 - haze) * np.array([0.35, 0.55, 0.85]) + haze * np.array([0.80, 0.86, 0.92])
    wisps = sum(np.sin(n * yaw + 3 * n * pitch + n * n) / n for n in (2, 3, 5, 7, 11))
    return np.asarray(sky + 0.03 * wisps[..., None])


def _fronts(yaw: NDArray[np.float64], pitch: NDArray[np.float64]) -> NDArray[np.float64]:
    house = np.floor(yaw * 7 / pi)
    tint = 0.55 + 0.2 * np.stack([house * k % 1 for k in (0.618, 0.414, 0.732)], axis=-1)
    across, up = yaw * 42 / pi % 1, pitch / radians(5) % 1
    window = (abs(across - 0.5) < 0.22) & (abs(up - 0.5) < 0.28)
    return np.asarray(np.where(window[..., None], 0.45 * tint, tint))


def _paving(rays: NDArray[np.float64], pitch: NDArray[np.float64]) -> NDArray[np.float64]:
    down = np.maximum(-np.sin(pitch), 0.05)[..., None]
    x, z = np.moveaxis(rays[..., [0, 2]] / down * 1.7, -1, 0)
    stone = np.sin(np.floor(x) * 12.99 + np.floor(z) * 78.2) * 43758.5 % 1
    joint = (x % 1 < 0.05) | (z % 1 < 0.05)
    grey = np.where(joint, 0.42, 0.56 + 0.07 * stone)
    return np.asarray(grey[..., None] * np.array([1.0, 0.97, 0.9]))


def _patch(
    picture: Picture, mover: Mover
) -> tuple[NDArray[np.bool_], NDArray[np.float64], NDArray[np.float64]]:
    """Where a mover may be seen, and there x to the right and y up in units of its radius."""
    rays = equirect_rays(picture.shape[0]).astype(np.float64)
    ahead = dir_from_angles(mover.yaw, mover.pitch)
    right = np.array([cos(mover.yaw), 0.0, -sin(mover.yaw)])
    up = np.cross(ahead, right) * np.sign(np.cross(ahead, right)[1]) * -1
    near = rays @ ahead > cos(2.2 * mover.radius)
    there = rays[near]
    depth = there @ ahead * np.tan(mover.radius)
    return near, there @ right / depth, there @ up / depth


def _paint(
    picture: Picture,
    near: NDArray[np.bool_],
    inside: NDArray[np.bool_],
    colour: NDArray[np.float64],
) -> None:
    rows = picture[near]
    rows[inside] = np.broadcast_to(colour, (*inside.shape, 3))[inside]
    picture[near] = rows


def _paint_ball(picture: Picture, mover: Mover) -> None:
    near, x, y = _patch(picture, mover)
    _paint(picture, near, np.hypot(x * 0.8, (y + 1.05) * 4) < 1, np.array([0.3, 0.3, 0.3]))
    turned = (np.arctan2(y, x) - mover.phase) * 3 / pi
    stripes = np.array([[0.9, 0.15, 0.1], [0.97, 0.97, 0.93], [0.1, 0.35, 0.85]])
    colour = stripes[np.floor(turned).astype(int) % 3]
    light = np.clip(1 - 0.45 * np.hypot(x + 0.35, y - 0.45), 0.35, 1)[:, None]
    _paint(picture, near, np.hypot(x, y) < 1, colour * light)


def _paint_kite(picture: Picture, mover: Mover) -> None:
    near, x, y = _patch(picture, mover)
    tilt = 0.35 * sin(mover.phase)
    x, y = x * cos(tilt) - y * sin(tilt), x * sin(tilt) + y * cos(tilt)
    tail = (abs(x - 0.12 * np.sin(6 * y + 3 * mover.phase)) < 0.06) & (y < -0.8) & (y > -2)
    _paint(picture, near, tail, np.array([0.15, 0.6, 0.25]))
    quarter = (x > 0) ^ (y > 0.2)
    colour = np.where(quarter[:, None], [0.95, 0.75, 0.1], [0.75, 0.1, 0.45])
    _paint(
        picture,
        near,
        abs(x) / 0.75 + np.where(y > 0.2, y - 0.2, (0.2 - y) * 0.72) / 0.8 < 1,
        colour,
    )


def _paint_dog(picture: Picture, mover: Mover) -> None:
    near, x, y = _patch(picture, mover)
    stride = np.sin(9 * mover.phase)
    fur = np.array([0.42, 0.24, 0.10])
    for hip, side in ((-0.6, 1), (-0.45, -1), (0.45, 1), (0.6, -1)):
        leg = abs(x - hip - 0.5 * side * stride * (-0.1 - y)) < 0.09
        _paint(picture, near, leg & (y < -0.1) & (y > -0.9), fur * 0.8)
    _paint(picture, near, np.hypot(x / 0.85, (y - 0.05) / 0.36) < 1, fur)
    _paint(picture, near, np.hypot((x - 0.95) / 0.34, (y - 0.45) / 0.28) < 1, fur * 1.15)
    _paint(picture, near, np.hypot((x - 0.78) / 0.12, (y - 0.62) / 0.25) < 1, fur * 0.5)
    _paint(picture, near, np.hypot(x - 1.05, y - 0.52) < 0.06, np.array([0.02, 0.02, 0.02]))
    wag = 0.3 * np.sin(14 * mover.phase)
    tail = (abs(y - 0.25 - (0.8 + wag) * (-0.75 - x)) < 0.08) & (x < -0.7) & (x > -1.25)
    _paint(picture, near, tail, fur)


_PAINTERS = {"ball": _paint_ball, "kite": _paint_kite, "dog": _paint_dog}
