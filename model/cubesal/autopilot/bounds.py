"""Bounds of a smooth curve: what tilting may use of a motion's limits, and what is left to pan."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import radians

import numpy as np
from numpy.typing import NDArray

from cubesal.autopilot.motion import MIN_COS, MotionLimits
from cubesal.autopilot.value_volume import PITCH_SHARE

__all__ = ["Bounds", "pan_bounds", "rested", "tilt_bounds"]

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class Bounds:
    """Bounds on control values of a spline with S spans, degrees: see :class:`MotionLimits`."""

    speed: FloatArray
    acceleration: FloatArray
    jerk: FloatArray
    low: FloatArray | float = -np.inf
    high: FloatArray | float = np.inf

    def shifted(self, by: float) -> Bounds:
        """The same for values that are ``by`` larger."""
        return replace(self, low=self.low + by, high=self.high + by)


def rested(bounds: Bounds, spans: Sequence[int] | NDArray[np.int64]) -> Bounds:
    """The same with no motion at all during some spans."""
    speed = bounds.speed.copy()
    for span in spans:
        speed[span : span + 3] = 0.0
    return replace(bounds, speed=speed)


def tilt_bounds(spans: int, limits: MotionLimits, level: float) -> Bounds:
    """Of pitch, degrees, which stays within ``level`` degrees of the horizon."""
    part = PITCH_SHARE * np.degrees([limits.speed, limits.acceleration, limits.jerk])
    return Bounds(
        np.full(spans + 2, part[0]),
        np.full(spans + 1, part[1]),
        np.full(spans, part[2]),
        np.full(spans + 3, -level),
        np.full(spans + 3, level),
    )


def pan_bounds(tilt: FloatArray, step_s: float, limits: MotionLimits) -> Bounds:
    """Of yaw, degrees: what the tilt (control values, radians) leaves over."""
    spans = len(tilt) - 3
    corners = np.stack([tilt[k : k + spans] for k in range(4)])
    level = np.where((corners.min(0) <= 0) & (corners.max(0) >= 0), 0.0, np.abs(corners).min(0))
    scale = np.maximum(np.cos(np.minimum(level, radians(89))), MIN_COS)
    bounds = []
    for order, limit in ((1, limits.speed), (2, limits.acceleration), (3, limits.jerk)):
        used = np.abs(np.diff(tilt, order)) / step_s**order
        most = np.max([used[k : k + spans] for k in range(4 - order)], axis=0)
        left = np.sqrt(np.maximum(limit**2 - most**2, (0.5 * limit) ** 2)) / scale
        # A control value acts on several spans and obeys the strictest of them.
        wide = np.pad(left, 3 - order, mode="edge")
        around = [wide[k : k + spans + 3 - order] for k in range(4 - order)]
        bounds.append(np.degrees(np.min(around, axis=0)))
    return Bounds(*bounds)
