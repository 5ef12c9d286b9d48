"""Radiance of the evening sky: gradient, glow around the sun, and a deck of lit clouds."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cubesal.democlip.light import SUN_DIR, smoothstep
from cubesal.democlip.noise import fractal, sample

__all__ = ["clear_sky", "cloudy_sky"]

_ZENITH = np.array([0.055, 0.15, 0.40])
_MIDDLE = np.array([0.20, 0.36, 0.60])
_HORIZON_SUN = np.array([1.30, 0.62, 0.26])
_HORIZON_FAR = np.array([0.62, 0.44, 0.46])
_GLOW = np.array([1.0, 0.62, 0.30])


def clear_sky(dirs: NDArray[np.floating]) -> NDArray[np.float64]:
    """Linear radiance (..., 3) of the cloudless sky for unit directions (..., 3) above water."""
    up = np.clip(-np.asarray(dirs, np.float64)[..., 1], 0.0, 1.0)[..., None]
    toward = np.clip(dirs @ SUN_DIR, -1.0, 1.0)[..., None]
    # Sideways nearness to the sun decides between the warm and the lilac horizon.
    warm = smoothstep(-0.9, 1.0, toward)
    horizon = _HORIZON_FAR + (_HORIZON_SUN - _HORIZON_FAR) * warm**2
    low = np.exp(-up / 0.13)
    sky = _MIDDLE + (_ZENITH - _MIDDLE) * (1 - np.exp(-up / 0.42))
    sky = sky + (horizon - sky) * low
    off = np.arccos(toward)
    return np.asarray(sky + _sun(off), np.float64)


def _sun(off: NDArray[np.float64]) -> NDArray[np.float64]:
    """Radiance of the sun's disc and of its halo at the angle ``off`` (radians)."""
    halo = 0.85 * np.exp(-off / 0.16) + 0.35 * np.exp(-off / 0.5) + 3.2 * np.exp(-off / 0.045)
    disc = 30.0 * smoothstep(0.026, 0.015, off)
    return np.asarray(halo * _GLOW + disc * np.array([1.0, 0.9, 0.7]), np.float64)


def cloudy_sky(dirs: NDArray[np.floating]) -> NDArray[np.float64]:
    """:func:`clear_sky` with clouds, drawn on a plane above so that zenith and seam are whole."""
    sky = clear_sky(dirs)
    up = -np.asarray(dirs, np.float64)[..., 1]
    high = np.maximum(up, 0.03)
    # A curved cloud deck: straight division would squeeze the clouds to a line at the horizon.
    reach = 1.0 / (high + 0.12)
    x, z = dirs[..., 0] * reach, dirs[..., 2] * reach
    density = _density(x, z)
    # Density a little towards the sun: where it is thinner, the cloud's edge is lit.
    toward = SUN_DIR[[0, 2]] / np.hypot(SUN_DIR[0], SUN_DIR[2])
    ahead = _density(x + 0.13 * toward[0], z + 0.13 * toward[1])
    lit = np.clip(0.74 + 0.9 * (density - ahead) - 0.27 * np.maximum(density, 0), 0, 1)
    near_sun = smoothstep(0.2, 1.0, dirs @ SUN_DIR)[..., None]
    bright = np.array([1.25, 0.80, 0.58]) + near_sun * np.array([1.1, 0.6, 0.15])
    shade = np.array([0.34, 0.31, 0.42]) + near_sun * np.array([0.35, 0.12, 0.0])
    cloud = shade + (bright - shade) * lit[..., None]
    cover = (0.92 * smoothstep(0.0, 1.25, density) * smoothstep(0.035, 0.13, up))[..., None]
    return np.asarray(sky + (cloud - sky) * cover, np.float64)


def _density(x: NDArray[np.floating], z: NDArray[np.floating]) -> NDArray[np.float64]:
    """Cloud thickness on the cloud plane (<= 0: none): a slow field gates a billowing one."""
    billow = fractal(1024, seed=11, slope=1.85, lowest=4)
    veil = fractal(512, seed=12, slope=2.2, lowest=2)
    wisp = 0.05 * sample(veil, x * 0.21 + 0.3, z * 0.21)
    body = sample(billow, x * 0.085 + wisp, z * 0.13 + 0.5 * wisp)
    gaps = sample(veil, x * 0.05 + 0.15, z * 0.05 + 0.6)
    return np.asarray(0.62 * body + 0.85 * gaps - 0.42, np.float64)
