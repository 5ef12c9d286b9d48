"""Areas of interest on the sphere: polygons of great circles, and circles."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from functools import lru_cache
from math import cos, degrees, pi, sin
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cubesal.geometry import dir_from_angles, equirect_rays

__all__ = ["Area", "Circle", "Polygon", "in_words"]

Angles = tuple[float, float]

#: Corners must lie this much within half a sphere, as the cosine to their middle.
_WITHIN: Final = 1e-3
#: Below this solid angle, in steradians, an area is a slip of the hand: about half a degree wide.
_SMALLEST: Final = 1e-4
#: Each pixel of a map is looked at in so many places along a side.
_FINE: Final = 4
_OUTLINE_STEP: Final = 0.02


class Area(ABC):
    """A part of the sphere. Frozen; equal areas are the same part."""

    @property
    @abstractmethod
    def middle(self) -> Angles:
        """(yaw, pitch) of a direction about which it lies, in radians."""

    @abstractmethod
    def contains(self, dirs: ArrayLike) -> NDArray[np.bool_]:
        """(...,): which of the unit world directions (..., 3) lie inside."""

    @abstractmethod
    def outline(self) -> NDArray[np.float64]:
        """(N, 3) unit directions along its edge, about 1° apart, the last equal to the first."""

    def coverage(self, height: int) -> NDArray[np.float32]:
        """(height, 2 height), read-only: the part of each pixel that lies inside, in [0, 1]."""
        return _coverage(self, height)


@dataclass(frozen=True)
class Circle(Area):
    """Everything within ``radius`` of ``centre`` (yaw, pitch), radians, radius in (0, π).

    ValueError for another radius.
    """

    centre: Angles
    radius: float

    def __post_init__(self) -> None:
        if not 0 < self.radius < pi:
            raise ValueError(f"a circle's radius is above 0° and below 180°, not {self.radius} rad")

    @property
    def middle(self) -> Angles:
        """Its centre."""
        return self.centre

    def contains(self, dirs: ArrayLike) -> NDArray[np.bool_]:
        """By the angle to the centre."""
        return np.asarray(np.asarray(dirs) @ dir_from_angles(*self.centre) >= cos(self.radius))

    def outline(self) -> NDArray[np.float64]:
        """A small circle of 180 pieces."""
        axis, right, up = _axes(dir_from_angles(*self.centre))
        angle = np.linspace(0, 2 * pi, 181)[:, None]
        ring = np.cos(angle) * right + np.sin(angle) * up
        return np.asarray(cos(self.radius) * axis + sin(self.radius) * ring)


@dataclass(frozen=True)
class Polygon(Area):
    """What ``corners`` (yaw, pitch), at least three, enclose; edges are great circles.

    Raises:
        ValueError: too few corners, corners that do not fit into half a sphere, or no area.
    """

    corners: tuple[Angles, ...]

    def __post_init__(self) -> None:
        if len(self.corners) < 3:
            raise ValueError(f"a polygon has at least 3 corners, not {len(self.corners)}")
        dirs = self._directions()
        mean = dirs.mean(axis=0)
        length = float(np.linalg.norm(mean))
        if length < _WITHIN or (dirs @ mean).min() < _WITHIN * length:
            raise ValueError(
                "the corners of an area must lie within half a sphere: draw a circle, or two areas"
            )
        if self._solid_angle() < _SMALLEST:
            raise ValueError("the corners enclose nothing: place them farther apart")

    @property
    def middle(self) -> Angles:
        """Of its corners."""
        x, y, z = self._directions().mean(axis=0)
        return float(np.arctan2(x, z)), float(np.arctan2(-y, np.hypot(x, z)))

    def contains(self, dirs: ArrayLike) -> NDArray[np.bool_]:
        """Even-odd: where edges cross, what they enclose twice is outside."""
        rays = np.asarray(dirs, np.float64)
        axis, right, up = _axes(dir_from_angles(*self.middle))
        depth = rays @ axis
        ahead = depth > 1e-9
        depth = np.where(ahead, depth, 1.0)
        # Seen from the middle of the sphere great circles are straight lines on a flat picture.
        x, y = rays @ right / depth, rays @ up / depth
        corners = self._directions()
        px, py = ((corners @ side) / (corners @ axis) for side in (right, up))
        odd = np.zeros(rays.shape[:-1], bool)
        for i in range(len(px)):
            j = i - 1
            if py[i] == py[j]:
                continue
            between = (py[i] > y) != (py[j] > y)
            odd ^= between & (x < (px[j] - px[i]) * (y - py[i]) / (py[j] - py[i]) + px[i])
        return np.asarray(odd & ahead)

    def outline(self) -> NDArray[np.float64]:
        """Great circles from corner to corner."""
        dirs = self._directions()
        pieces = [_arc(a, b) for a, b in zip(dirs, np.roll(dirs, -1, axis=0), strict=True)]
        return np.concatenate([*pieces, dirs[:1]])

    def _directions(self) -> NDArray[np.float64]:
        yaws, pitches = zip(*self.corners, strict=True)
        return dir_from_angles(yaws, pitches)

    def _solid_angle(self) -> float:
        """About its area in steradians, from a flat picture of it."""
        _, right, up = _axes(dir_from_angles(*self.middle))
        dirs = self._directions()
        x, y = dirs @ right, dirs @ up
        return abs(float((x * np.roll(y, -1) - y * np.roll(x, -1)).sum())) / 2


def _axes(
    axis: NDArray[np.float64],
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """The axis and two more at right angles to it and to each other, all of length 1."""
    helper = np.eye(3)[int(np.argmin(np.abs(axis)))]
    right = np.cross(axis, helper)
    right /= np.linalg.norm(right)
    return axis, right, np.cross(axis, right)


def _arc(start: NDArray[np.float64], end: NDArray[np.float64]) -> NDArray[np.float64]:
    """(N, 3) directions from ``start`` up to, but without, ``end`` on their great circle."""
    count = max(int(np.arccos(np.clip(start @ end, -1, 1)) / _OUTLINE_STEP), 1)
    part = np.arange(count)[:, None] / count
    points = (1 - part) * start + part * end
    return np.asarray(points / np.linalg.norm(points, axis=1, keepdims=True))


@lru_cache(maxsize=64)
def _coverage(area: Area, height: int) -> NDArray[np.float32]:
    if height < 1:
        raise ValueError(f"height must be at least 1, not {height}")
    inside = area.contains(equirect_rays(height * _FINE))
    blocks = inside.reshape(height, _FINE, 2 * height, _FINE)
    part: NDArray[np.float32] = blocks.mean(axis=(1, 3)).astype(np.float32)
    part.flags.writeable = False
    return part


def in_words(area: Area) -> str:
    """What an area is, for tables."""
    if isinstance(area, Circle):
        yaw, pitch = (degrees(angle) for angle in area.centre)
        return f"circle {yaw:.2f} {pitch:.2f} {degrees(area.radius):.2f}"
    corners = area.corners if isinstance(area, Polygon) else ()
    return "polygon " + " ".join(f"{degrees(y):.2f} {degrees(p):.2f}" for y, p in corners)
