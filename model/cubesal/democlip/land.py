"""The mountains around the bay: a height field seen from the water, with evening haze."""

from __future__ import annotations

from math import radians

import numpy as np
from numpy.typing import NDArray

from cubesal.democlip.light import AMBIENT, SUN_COLOUR, SUN_DIR, smoothstep
from cubesal.democlip.noise import fractal, sample
from cubesal.democlip.sky import clear_sky
from cubesal.geometry import dir_from_angles

__all__ = ["LAND_TOP", "land"]

#: No land rises above this pitch (radians).
LAND_TOP = radians(17.0)
_NEAR_M, _FAR_M, _STEPS = 260.0, 9000.0, 700
_AIR = np.array([0.10, 0.13, 0.23])
_HAZE_M = 5200.0

#: Islands and ranges: (yaw of the middle, half width, distance, depth, height) in degrees, metres.
_RANGES = (
    (-27.0, 20.0, 620.0, 170.0, 70.0),
    (48.0, 34.0, 2500.0, 900.0, 470.0),
    (112.0, 36.0, 3600.0, 1200.0, 720.0),
    (170.0, 42.0, 5200.0, 1400.0, 1050.0),
    (-146.0, 26.0, 3000.0, 900.0, 420.0),
    (-112.0, 18.0, 5600.0, 1100.0, 420.0),
    (-28.0, 22.0, 4700.0, 1100.0, 560.0),
    (8.0, 26.0, 6900.0, 1200.0, 900.0),
    (-52.0, 9.0, 6200.0, 900.0, 240.0),
)


def _height(yaw: NDArray[np.float64], dist: NDArray[np.float64]) -> NDArray[np.float64]:
    """Height of the land in metres (negative under water) at a yaw and distance."""
    x, z = dist * np.sin(yaw), dist * np.cos(yaw)
    rough = fractal(1024, seed=21, slope=2.35, lowest=3)
    fine = fractal(1024, seed=22, slope=1.45, lowest=8)
    relief = sample(rough, x / 5200.0, z / 5200.0)
    # Folding the noise at zero turns smooth hills into ridges.
    ridge = 1.0 - 0.55 * np.abs(sample(rough, x / 2600.0 + 0.37, z / 2600.0 + 0.11))
    detail = sample(fine, x / 1500.0, z / 1500.0)
    height = np.full_like(x, -40.0)
    for mid_deg, half_deg, middle_m, depth_m, top_m in _RANGES:
        turn = np.angle(np.exp(1j * (yaw - radians(mid_deg)))) / radians(half_deg)
        away = (dist - middle_m) / depth_m
        bump = np.exp(-1.6 * turn**2 - 1.3 * away**2)
        shape = top_m * (bump * (0.62 + 0.16 * relief + 0.42 * ridge) - 0.2)
        height = np.maximum(
            height, shape + top_m * bump * (0.022 if middle_m > 1000 else 0.05) * detail
        )
    return height


def land(
    yaw: NDArray[np.float64], pitch: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Linear radiance (R, C, 3) and coverage (R, C) 0 or 1 for columns ``yaw``, rows ``pitch``.

    One ray per column walks outwards; the land that a row shows is the first whose elevation,
    seen from the water, reaches that row.
    """
    dist = np.geomspace(_NEAR_M, _FAR_M, _STEPS)
    height = _height(yaw[:, None], dist[None, :])
    skyline = np.maximum.accumulate(np.arctan2(height, dist), axis=1)
    colour = _colour(yaw, dist, height)
    radiance = np.zeros((pitch.size, yaw.size, 3))
    covered = np.zeros((pitch.size, yaw.size))
    for column in range(yaw.size):
        step = np.searchsorted(skyline[column], pitch)
        hit = (step < dist.size) & (pitch >= 0)
        covered[:, column] = hit
        radiance[:, column] = colour[column, np.minimum(step, dist.size - 1)]
    return radiance, covered


def _colour(
    yaw: NDArray[np.float64], dist: NDArray[np.float64], height: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Lit and hazed radiance (C, D, 3) of the height field."""
    outward = np.gradient(height, dist, axis=1)
    across = np.gradient(height, yaw, axis=0) / dist
    sun_out = np.sin(yaw) * SUN_DIR[0] + np.cos(yaw) * SUN_DIR[2]
    sun_side = np.cos(yaw) * SUN_DIR[0] - np.sin(yaw) * SUN_DIR[2]
    facing = -SUN_DIR[1] - outward * sun_out[:, None] - across * sun_side[:, None]
    facing = np.clip(facing / np.sqrt(1 + outward**2 + across**2), 0.0, 1.0)[..., None]
    steep = smoothstep(0.35, 0.9, np.hypot(outward, across))[..., None]
    above = smoothstep(180.0, 420.0, height)[..., None]
    green, rock = np.array([0.055, 0.085, 0.035]), np.array([0.21, 0.165, 0.13])
    shore = smoothstep(9.0, 2.0, height)[..., None]
    albedo = green + (rock - green) * np.maximum(steep * 0.8, above * 0.7)
    albedo = albedo + (np.array([0.34, 0.27, 0.19]) - albedo) * shore
    lit = albedo * (SUN_COLOUR * facing * 2.0 + AMBIENT * 0.8)
    air = 0.55 * clear_sky(dir_from_angles(yaw, 0.035))[:, None, :] + _AIR
    clear = np.exp(-dist / _HAZE_M)[None, :, None]
    return np.asarray(lit * clear + air * (1 - clear), np.float64)
