"""How the picture of a camera is laid out: rectilinear, stereographic, or as a little planet.

A stereographic point at q = tan(angle / 2) from the middle shows what lies at that angle from the
axis; shapes stay what they are, and only the point behind is at no place. The little planet is a
stereographic picture of what is below: its axis is the camera's, tilted down by a right angle, so
that level is a circle and what the camera looks at is at the top.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import pi, radians, tan
from typing import Final, Literal, TypeAlias, get_args

import numpy as np
from numpy.typing import NDArray

from cubesal import geometry
from cubesal.camera import Camera, view_contains, view_outline

__all__ = ["FOV_MAX", "FOV_MIN", "LENSES", "RECTILINEAR", "Lens", "Projection"]

Projection: TypeAlias = Literal["rectilinear", "stereographic", "planet"]
LENSES: Final[tuple[Projection, ...]] = get_args(Projection)
#: Field of view across the picture, radians, of lenses that are not rectilinear.
FOV_MIN: Final = radians(40)
FOV_MAX: Final = radians(330)
_FOV: Final[dict[Projection, float]] = {
    "rectilinear": radians(90),
    "stereographic": radians(180),
    "planet": radians(290),
}


@dataclass(frozen=True)
class Lens:
    """``fov``: field of view across the picture, radians; a rectilinear lens has the camera's.

    ValueError for an unknown projection, or a field of view outside `FOV_MIN` to `FOV_MAX`.
    """

    projection: Projection = "rectilinear"
    fov: float = radians(90)

    def __post_init__(self) -> None:
        if self.projection not in LENSES:
            raise ValueError(f"unknown projection {self.projection!r}; one of {', '.join(LENSES)}")
        if not FOV_MIN <= self.fov <= FOV_MAX:
            raise ValueError(f"fov must be from {FOV_MIN:.2f} to {FOV_MAX:.2f}, not {self.fov}")

    @classmethod
    def of(cls, projection: Projection) -> Lens:
        """The lens of a projection at its usual field of view."""
        return cls(projection, _FOV.get(projection, FOV_MIN))

    @property
    def is_stereographic(self) -> bool:
        """Whether points lie at the tangent of half their angle."""
        return self.projection != "rectilinear"

    @property
    def tilt(self) -> float:
        """By how much the picture's axis is pitched against the camera's, radians."""
        return -pi / 2 if self.projection == "planet" else 0.0

    def zoomed(self, factor: float) -> Lens:
        """Wider (factor > 1) or narrower, within the limits."""
        return replace(self, fov=min(max(self.fov * factor, FOV_MIN), FOV_MAX))

    def world_from_view(self, camera: Camera) -> NDArray[np.float64]:
        """Rotation (3, 3) that takes rays of the picture to world rays."""
        if self.tilt:
            return geometry.rotation(camera.yaw, camera.pitch + self.tilt, camera.roll)
        return camera.world_from_camera

    def half_extent(self, camera: Camera, aspect: float) -> tuple[float, float]:
        """Half the picture's width and height in the plane of the projection."""
        half = tan(self.fov / 4) if self.is_stereographic else tan(camera.hfov / 2)
        return half, half / aspect

    def rays(self, points: NDArray[np.floating]) -> NDArray[np.float64]:
        """Unit rays (..., 3) in the picture's axes through points (..., 2) of its plane."""
        x, y = np.asarray(points[..., 0], np.float64), np.asarray(points[..., 1], np.float64)
        if self.is_stereographic:
            square = x * x + y * y
            rays = np.stack([2 * x, 2 * y, 1 - square], axis=-1) / (1 + square)[..., None]
            return np.asarray(rays, np.float64)
        rays = np.stack([x, y, np.ones_like(x)], axis=-1)
        return np.asarray(rays / np.linalg.norm(rays, axis=-1, keepdims=True), np.float64)

    def contains(
        self, camera: Camera, aspect: float, dirs: NDArray[np.floating]
    ) -> NDArray[np.bool_]:
        """Which world directions (..., 3), unit, are in the picture, as (...) booleans."""
        if not self.is_stereographic:
            return view_contains(camera, aspect, dirs)
        local = np.asarray(dirs, np.float64) @ self.world_from_view(camera)
        ahead = np.maximum(1 + local[..., 2], 1e-9)
        half_w, half_h = self.half_extent(camera, aspect)
        inside = (np.abs(local[..., 0]) <= half_w * ahead) & (
            np.abs(local[..., 1]) <= half_h * ahead
        )
        return np.asarray(inside, np.bool_)

    def outline(
        self, camera: Camera, aspect: float, points_per_side: int = 32
    ) -> NDArray[np.float64]:
        """Border of the picture on the sphere, as :func:`cubesal.camera.view_outline` gives it."""
        if not self.is_stereographic:
            return view_outline(camera, aspect, points_per_side)
        half_w, half_h = self.half_extent(camera, aspect)
        ramp, one = np.linspace(-1, 1, points_per_side, endpoint=False), np.ones(points_per_side)
        x = half_w * np.concatenate([ramp, one, -ramp, -one])
        y = half_h * np.concatenate([-one, ramp, one, -ramp])
        rays = self.rays(np.stack([x, y], axis=-1)) @ self.world_from_view(camera).T
        return np.stack(geometry.angles_from_dir(rays), axis=-1)

    def world_rays(self, camera: Camera, width: int, height: int) -> NDArray[np.float64]:
        """World directions (height, width, 3) of the pixel centres of a picture."""
        half_w, half_h = self.half_extent(camera, width / height)
        x = (2 * (np.arange(width) + 0.5) / width - 1) * half_w
        y = (2 * (np.arange(height) + 0.5) / height - 1) * half_h
        return self.rays(np.stack(np.meshgrid(x, y), axis=-1)) @ self.world_from_view(camera).T

    def picture(
        self, equirect: NDArray[np.uint8], camera: Camera, width: int, height: int
    ) -> NDArray[np.uint8]:
        """What the lens shows of an equirect frame (H, W, 3): (height, width, 3), bilinear."""
        rays = self.world_rays(camera, width, height).astype(np.float32)
        return np.asarray(geometry.sample_equirect(equirect, rays), np.uint8)


RECTILINEAR: Final = Lens()
