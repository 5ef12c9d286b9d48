"""A named part of the sphere, as documents keep it: a circle, or corners of great circles."""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite, pi

__all__ = ["Region"]

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
