"""The evening's light: where the sun stands, its colours, and how radiance becomes pixels."""

from __future__ import annotations

from math import radians
from typing import Final

import numpy as np
from numpy.typing import NDArray

from cubesal.geometry import dir_from_angles

__all__ = ["AMBIENT", "BOUNCE", "SUN_COLOUR", "SUN_DIR", "SUN_PITCH", "SUN_YAW", "smoothstep"]
__all__ += ["pixels_from_radiance"]

SUN_YAW: Final = radians(-72.0)
SUN_PITCH: Final = radians(10.0)
SUN_DIR: Final = dir_from_angles(SUN_YAW, SUN_PITCH)

#: Linear RGB: what a white surface gets from the sun head-on, from the open sky above, and from
#: water and haze below.
SUN_COLOUR: Final = np.array([2.3, 1.45, 0.78])
AMBIENT: Final = np.array([0.34, 0.40, 0.52])
BOUNCE: Final = np.array([0.30, 0.24, 0.20])

_EXPOSURE: Final = 0.95


def pixels_from_radiance(radiance: NDArray[np.floating]) -> NDArray[np.uint8]:
    """Display pixels 0..255 of linear radiance >= 0: film-like toe and shoulder, then gamma 2.2."""
    x = _EXPOSURE * np.maximum(radiance, 0.0)
    shown = x * (1.9 * x + 0.10) / (x * (1.8 * x + 0.95) + 0.14)
    return np.asarray(np.rint(255.0 * np.clip(shown, 0.0, 1.0) ** (1 / 2.2)), np.uint8)


def smoothstep(low: float, high: float, x: NDArray[np.floating]) -> NDArray[np.floating]:
    """Smooth ramp from 0 at ``low`` to 1 at ``high`` (either order)."""
    t = np.clip((x - low) / (high - low), 0.0, 1.0)
    return np.asarray(t * t * (3 - 2 * t))
