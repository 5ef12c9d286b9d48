"""A scripted scene for path benchmarks that nothing was tuned on: dunes, and three movers.

Written after the planner's and the model's numbers were set, and run on them as they were. A
striped balloon drifts by, a two-coloured cart crosses behind the camera, a hoop swings; each moves
while it is its turn and rests else.
"""

from __future__ import annotations

from functools import lru_cache
from math import pi, radians, sin

import cv2
import numpy as np
from numpy.typing import NDArray

from cubesal.geometry import dir_from_angles, equirect_rays

DURATION_S = 20.0
HANDOVERS_S = (7.0, 13.0)


def places(time_s: float) -> tuple[tuple[float, float, float], ...]:
    """(yaw, pitch, radius) of balloon, cart and hoop, radians."""
    drifted = min(time_s, HANDOVERS_S[0])
    crossed = min(max(time_s - HANDOVERS_S[0], 0.0), HANDOVERS_S[1] - HANDOVERS_S[0])
    swung = max(time_s - HANDOVERS_S[1], 0.0)
    return (
        (radians(15 + 13 * drifted), radians(13 + 2 * sin(1.1 * drifted)), radians(8)),
        (radians(150 + 17 * crossed), radians(-19), radians(9)),
        (radians(60 - 30 * sin(0.7 * swung)), radians(20 - 6 * sin(1.4 * swung)), radians(7)),
    )


def primary_direction(time_s: float) -> tuple[float, float]:
    """(yaw, pitch) of what a good camera would follow now."""
    yaw, pitch, _ = places(time_s)[sum(time_s >= moment for moment in HANDOVERS_S)]
    return (yaw + pi) % (2 * pi) - pi, pitch


def frame(time_s: float, height: int = 512) -> NDArray[np.uint8]:
    """Equirect frame (height, 2 height, 3) uint8."""
    picture = _dunes(height).copy()
    rays = equirect_rays(height)
    for kind, (yaw, pitch, radius) in enumerate(places(time_s)):
        away = np.arccos(np.clip(rays @ dir_from_angles(yaw, pitch).astype(np.float32), -1, 1))
        across = rays @ dir_from_angles(yaw + pi / 2, 0.0).astype(np.float32) / radius
        if kind == 0:
            inside = away < radius
            stripes = np.where(np.sin(9 * across) > 0, 0.9, 0.25)
            colour = np.stack([stripes, 0.2 + 0 * stripes, 0.9 - stripes], axis=-1)
        elif kind == 1:
            inside = (away < radius) & (rays[..., 1] > np.sin(-pitch - 0.6 * radius))
            colour = np.where(across[..., None] > 0, (0.1, 0.4, 0.7), (0.95, 0.85, 0.2))
        else:
            inside = (away < radius) & (away > 0.6 * radius)
            colour = np.broadcast_to((0.15, 0.75, 0.35), (*away.shape, 3))
        picture[inside] = colour[inside]
    soft = cv2.GaussianBlur(picture, (0, 0), height / 900)
    return np.asarray(np.clip(soft * 255 + 0.5, 0, 255), np.uint8)


@lru_cache(maxsize=1)
def _dunes(height: int) -> NDArray[np.float32]:
    """Ridges of sand under an evening sky; fixed."""
    rays = equirect_rays(height).astype(np.float64)
    yaw, pitch = np.arctan2(rays[..., 0], rays[..., 2]), np.arcsin(-rays[..., 1])
    rise = np.clip(pitch / 1.2, 0, 1)[..., None]
    picture = (1 - rise) * (0.95, 0.72, 0.52) + rise * (0.25, 0.32, 0.55)
    for k, (base, depth) in enumerate(((0.02, 0.05), (-0.08, 0.04), (-0.25, 0.03))):
        ridge = base + depth * (np.sin((3 + k) * yaw + k) + 0.5 * np.sin((7 + 2 * k) * yaw))
        sand = pitch < ridge
        ripple = 0.03 * np.sin(140 * pitch + 6 * np.sin(5 * yaw))
        shade = (0.75 - 0.15 * k + ripple)[..., None] * (1.0, 0.82, 0.6)
        picture[sand] = shade[sand]
    return picture.astype(np.float32)
