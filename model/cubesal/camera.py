"""The flat camera inside the sphere: where it looks, how wide, and what it can see."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import atan, pi, radians, tan
from typing import Final

import numpy as np
from numpy.typing import NDArray

from cubesal.geometry.axes import angles_from_dir, rotation

__all__ = [
    "HFOV_DEFAULT",
    "HFOV_MAX",
    "HFOV_MIN",
    "Camera",
    "view_contains",
    "view_outline",
    "wrap_angle",
]

HFOV_MIN: Final = radians(20)
HFOV_MAX: Final = radians(140)
HFOV_DEFAULT: Final = radians(90)


def wrap_angle(angle: float) -> float:
    """The same angle in [-π, π)."""
    return (angle + pi) % (2 * pi) - pi


@dataclass(frozen=True)
class Camera:
    """A level-headed pinhole camera at the centre of the sphere; all fields in radians.

    Yaw to the right, pitch up, roll clockwise seen from behind, ``hfov`` the horizontal field of
    view (axes: :mod:`cubesal.geometry.axes`).
    """

    yaw: float = 0.0
    pitch: float = 0.0
    roll: float = 0.0
    hfov: float = HFOV_DEFAULT

    def normalised(self) -> Camera:
        """Yaw and roll wrapped to [-π, π), pitch clamped to ±π/2, hfov to its limits."""
        return Camera(
            yaw=wrap_angle(self.yaw),
            pitch=min(max(self.pitch, -pi / 2), pi / 2),
            roll=wrap_angle(self.roll),
            hfov=min(max(self.hfov, HFOV_MIN), HFOV_MAX),
        )

    def looking_at(self, yaw: float, pitch: float) -> Camera:
        """The same camera turned to another direction, normalised."""
        return replace(self, yaw=yaw, pitch=pitch).normalised()

    @property
    def world_from_camera(self) -> NDArray[np.float64]:
        """Rotation (3, 3) that takes camera rays to world rays."""
        return rotation(self.yaw, self.pitch, self.roll)

    def vfov(self, aspect: float) -> float:
        """Vertical field of view of a picture whose width is ``aspect`` times its height."""
        return 2 * atan(tan(self.hfov / 2) / aspect)


def view_outline(camera: Camera, aspect: float, points_per_side: int = 32) -> NDArray[np.float64]:
    """Border of the view as (4·points_per_side, 2) yaw and pitch, clockwise from its top left.

    The curve is closed (the first point is not repeated); its yaw may jump by 2π at the seam.
    """
    half_w = tan(camera.hfov / 2)
    half_h = half_w / aspect
    ramp = np.linspace(-1, 1, points_per_side, endpoint=False)
    one = np.ones(points_per_side)
    x = half_w * np.concatenate([ramp, one, -ramp, -one])
    y = half_h * np.concatenate([-one, ramp, one, -ramp])
    rays = np.stack([x, y, np.ones_like(x)], axis=-1) @ camera.world_from_camera.T
    return np.stack(angles_from_dir(rays), axis=-1)


def view_contains(camera: Camera, aspect: float, dirs: NDArray[np.floating]) -> NDArray[np.bool_]:
    """Which world directions (..., 3) the camera sees, as (...) booleans."""
    local = np.asarray(dirs) @ camera.world_from_camera
    half_w = tan(camera.hfov / 2)
    ahead = local[..., 2]
    inside = (np.abs(local[..., 0]) <= half_w * ahead) & (
        np.abs(local[..., 1]) <= half_w / aspect * ahead
    )
    return np.asarray(inside & (ahead > 0), np.bool_)
