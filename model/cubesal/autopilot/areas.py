"""Areas of the sphere that a camera should look at, or should not, whatever the maps say."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from cubesal.geometry import dir_from_angles

__all__ = ["Area", "AreaKind", "weighted"]

AreaKind = Literal["prefer", "avoid"]
_KINDS: Final[tuple[AreaKind, ...]] = get_args(AreaKind)

SOFT: Final = 0.25
"""How soft the edge of an area is, as a part of its radius: a hard one would make cameras cling."""
PREFERRED: Final = 3.0
"""What an area to prefer gets, beside all that a map holds."""
SHADOW: Final = math.radians(40)
"""How far around an area to avoid attention counts less: what flanks it would else hold the camera
on it, in the middle between them."""
_LONGEST_TIME_S = 1e7


@dataclass(frozen=True)
class Area:
    """A disc on the sphere, for a time: centre and radius in radians, seconds."""

    kind: AreaKind
    yaw: float
    pitch: float
    radius: float = math.radians(20)
    start_s: float = 0.0
    end_s: float = _LONGEST_TIME_S

    def __post_init__(self) -> None:
        if self.kind not in _KINDS:
            raise ValueError(f"an area is one to {' or to '.join(_KINDS)}, not {self.kind!r}")
        numbers = (self.yaw, self.pitch, self.radius, self.start_s, self.end_s)
        if any(isinstance(x, bool) or not isinstance(x, (int, float)) for x in numbers):
            raise ValueError("the place and time of an area are numbers")
        if not all(math.isfinite(x) for x in numbers) or abs(self.pitch) > math.pi / 2 + 1e-9:
            raise ValueError("the place of an area must lie on the sphere")
        if not 0 < self.radius <= math.pi:
            raise ValueError("the radius of an area must lie between 0 and 180 degrees")
        if not 0 <= self.start_s < self.end_s:
            raise ValueError("an area must end after it begins")

    def mask(self, shape: tuple[int, int]) -> NDArray[np.float32]:
        """(H, W) of an equirect map: 1 inside, 0 outside, smooth between."""
        return self._fading(shape, self.radius * (1 - SOFT), self.radius)

    def shadow(self, shape: tuple[int, int]) -> NDArray[np.float32]:
        """(H, W) of an equirect map: 1 inside, from its edge on less, 0 `SHADOW` away from it."""
        return self._fading(shape, self.radius, self.radius + SHADOW)

    def _fading(self, shape: tuple[int, int], inner: float, outer: float) -> NDArray[np.float32]:
        rows, columns = shape
        pitch = math.pi * (0.5 - (np.arange(rows) + 0.5) / rows)
        yaw = 2 * math.pi * ((np.arange(columns) + 0.5) / columns - 0.5)
        rays = dir_from_angles(yaw[None, :], pitch[:, None])
        away = np.arccos(np.clip(rays @ dir_from_angles(self.yaw, self.pitch), -1, 1))
        edge = np.clip((outer - away) / (outer - inner), 0, 1)
        return np.asarray(edge * edge * (3 - 2 * edge), dtype=np.float32)


def weighted(
    maps: NDArray[np.floating], times_s: NDArray[np.floating], areas: Sequence[Area]
) -> NDArray[np.floating]:
    """Maps (K, H, W) >= 0 at ``times_s`` (K,) as a camera with such wishes sees them.

    Attention in an area to avoid is gone, and that near it counts less. One to prefer gets
    `PREFERRED` times what the whole map holds, spread evenly, on top of its own.
    """
    if not areas:
        return maps
    result = np.array(maps, dtype=np.float32)
    rows = result.shape[1]
    area_of_row = np.cos(math.pi * (0.5 - (np.arange(rows) + 0.5) / rows))[:, None]
    for area in sorted(areas, key=lambda a: a.kind == "prefer"):
        now = (times_s >= area.start_s) & (times_s <= area.end_s)
        if area.kind == "avoid":
            result[now] *= 1 - area.shadow(result.shape[1:])
        else:
            mask = area.mask(result.shape[1:])
            held = (result[now] * area_of_row).sum(axis=(1, 2))
            each = PREFERRED * held / float((mask * area_of_row).sum())
            result[now] += each[:, None, None].astype(np.float32) * mask
    return result
