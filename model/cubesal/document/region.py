"""A named part of the sphere, as documents keep it: a circle, or corners of great circles."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from math import isfinite, pi

import numpy as np
from numpy.typing import NDArray

from cubesal.geometry.axes import angles_from_dir, dir_from_angles

__all__ = ["Region", "regions_turned"]

_LONGEST = 4096
_MOST_CORNERS = 10_000


@dataclass(frozen=True)
class Region:
    """``corners`` (yaw, pitch) in radians: three or more, or the centre of a circle of ``radius``.

    ``radius`` in radians, 0 for corners. What the corners enclose is for those to judge who
    measure it. ValueError for anything else.
    """

    name: str
    corners: tuple[tuple[float, float], ...]
    radius: float = 0.0

    def __post_init__(self) -> None:
        if not isinstance(self.name, str) or len(self.name) > _LONGEST or "\0" in self.name:
            raise ValueError("the name of an area is none")
        numbers = [self.radius, *(angle for corner in self.corners for angle in corner)]
        if any(isinstance(x, bool) or not isinstance(x, (int, float)) for x in numbers):
            raise ValueError("the corners of an area are numbers")
        if any(len(corner) != 2 for corner in self.corners) or not all(map(isfinite, numbers)):
            raise ValueError("the corners of an area must lie on the sphere")
        count = len(self.corners)
        is_circle = count == 1 and 0 < self.radius < pi
        if not is_circle and not (self.radius == 0 and 3 <= count <= _MOST_CORNERS):
            raise ValueError("an area is a circle, or has three corners or more")


def regions_turned(regions: Iterable[Region], turn: NDArray[np.float64]) -> tuple[Region, ...]:
    """Regions that hold what they held before the turn, a rotation (3, 3) of directions."""
    return tuple(
        replace(region, corners=tuple(_turned(corner, turn) for corner in region.corners))
        for region in regions
    )


def _turned(corner: tuple[float, float], turn: NDArray[np.float64]) -> tuple[float, float]:
    yaw, pitch = angles_from_dir(turn @ dir_from_angles(*corner))
    return float(yaw), float(pitch)
