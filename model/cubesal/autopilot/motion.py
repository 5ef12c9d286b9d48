"""How the camera may move: the state of a moving view, and the bounds of its motion."""

from __future__ import annotations

from dataclasses import dataclass
from math import cos, radians

import numpy as np

from cubesal.autopilot.path import CameraPath
from cubesal.camera import Camera

__all__ = ["MIN_COS", "MotionLimits", "ViewState", "yaw_scale"]

#: Over so many seconds speeds of a path are measured, a few of its samples.
_STENCIL_S = 0.1

MIN_COS = 0.5
"""Yaw counts as if never nearer to a pole than 60 degrees: beyond, the picture would spin."""


def yaw_scale(pitch: float, other: float) -> float:
    """How far a turn in yaw moves the view, at most, on the way between two pitches.

    The largest cosine in between, floored at ``MIN_COS``.
    """
    crosses_horizon = pitch * other <= 0
    return 1.0 if crosses_horizon else max(cos(min(abs(pitch), abs(other))), MIN_COS)


@dataclass(frozen=True)
class ViewState:
    """Where a view looks, radians, and how that changes: per second, and per second squared.

    ``yaw`` need not be wrapped.
    """

    yaw: float
    pitch: float
    yaw_speed: float = 0.0
    pitch_speed: float = 0.0
    yaw_acceleration: float = 0.0
    pitch_acceleration: float = 0.0

    @classmethod
    def resting(cls, camera: Camera) -> ViewState:
        """A view that stands still."""
        return cls(camera.yaw, camera.pitch)

    @classmethod
    def on_path(cls, path: CameraPath, time_s: float) -> ViewState:
        """Where a path looks at a moment, and how it moves there."""
        times = time_s + _STENCIL_S * np.arange(-1, 2)
        here = []
        for column in (path.yaw, path.pitch):
            before, now, after = (float(x) for x in np.interp(times, path.times_s, column))
            bend = (before - 2 * now + after) / _STENCIL_S**2
            here.append((now, (after - before) / (2 * _STENCIL_S), bend))
        (yaw, pan, pan_bend), (pitch, tilt, tilt_bend) = here
        return cls(yaw, pitch, pan, tilt, pan_bend, tilt_bend)


@dataclass(frozen=True)
class MotionLimits:
    """Bounds of the view centre's motion on the sphere: rad/s, rad/s², rad/s³.

    The centre's velocity has the parts ``cos(pitch) · yaw'`` and ``pitch'``; the bounds hold for
    the length of that vector and, with second and third derivatives, of the other two.
    """

    speed: float = radians(30)
    acceleration: float = radians(60)
    jerk: float = radians(240)

    def __post_init__(self) -> None:
        for name in ("speed", "acceleration", "jerk"):
            if not getattr(self, name) > 0:
                raise ValueError(f"{name} must be positive, not {getattr(self, name)}")
