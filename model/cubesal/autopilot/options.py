"""How the camera should behave: in numbers, and in people's words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import degrees, pi, radians
from types import MappingProxyType
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from cubesal.autopilot.motion import MotionLimits
from cubesal.autopilot.smooth_path import Manner
from cubesal.camera import HFOV_DEFAULT, HFOV_MAX, HFOV_MIN

__all__ = ["MANNERS", "PlannerOptions"]

MANNERS: Final[Mapping[str, float]] = MappingProxyType(
    {"eager": 0.0, "lively": 0.25, "balanced": 0.5, "calm": 0.75, "tripod": 1.0}
)
"""People's words for ``calm``."""

ZOOM_STOPS: Final = (1.0, 0.8, 0.65)
"""Fields of view to choose from, as parts of the widest one."""
NARROWEST: Final = radians(35)
ENOUGH: Final = 0.75
"""The narrowest stop is as good as the widest if it still holds this part of the attention."""


@dataclass(frozen=True)
class PlannerOptions:
    """What the camera may do. Angles in radians, ``max_speed`` in radians per second.

    ``calm`` in [0, 1], from eager to unhurried, sets the price of moving, how far the view may be
    from the best one before it moves, and how softly it starts and stops; :data:`MANNERS` has words
    for it. ``zoom`` lets the view narrow, from ``hfov`` down, where attention is concentrated.
    ``cuts`` allows cuts, with at least ``min_shot_s`` seconds between them. ``max_acceleration``
    and ``max_jerk`` are in rad/s² and rad/s³.
    """

    max_speed: float = radians(30)
    calm: float = 0.5
    hfov: float = HFOV_DEFAULT
    aspect: float = 16 / 9
    pitch_limit: float = radians(60)
    zoom: bool = False
    grid_step: float = radians(5)
    max_acceleration: float = radians(60)
    max_jerk: float = radians(240)
    cuts: bool = False
    min_shot_s: float = 2.0

    def __post_init__(self) -> None:
        for name in ("max_speed", "max_acceleration", "max_jerk", "aspect", "min_shot_s"):
            if not getattr(self, name) > 0:
                raise ValueError(f"{name} must be positive, not {getattr(self, name)}")
        if not 0 <= self.calm <= 1:
            raise ValueError(f"calm must lie in [0, 1], not {self.calm}")
        if not HFOV_MIN - 1e-9 <= self.hfov <= HFOV_MAX + 1e-9:
            raise ValueError("hfov must lie between 20 and 140 degrees")
        if not 0 <= self.pitch_limit <= pi / 2:
            raise ValueError("pitch_limit must lie between 0 and 90 degrees")
        if not radians(1) <= self.grid_step <= radians(30):
            raise ValueError("grid_step must lie between 1 and 30 degrees")

    @classmethod
    def in_words(cls, manner: str, **numbers: Any) -> PlannerOptions:
        """Options by one of :data:`MANNERS`; ``numbers`` are fields as of the constructor."""
        if manner not in MANNERS:
            raise ValueError(f"manner must be one of {', '.join(MANNERS)}, not {manner!r}")
        return cls(calm=MANNERS[manner], **numbers)

    @property
    def yaw_cells(self) -> int:
        """Directions around the horizon."""
        return round(2 * pi / self.grid_step)

    @property
    def cell(self) -> float:
        """The grid step made to divide the full turn, radians."""
        return 2 * pi / self.yaw_cells

    @property
    def pitches(self) -> NDArray[np.float64]:
        """Pitches of the grid rows, bottom to top, 0 among them."""
        rows = int(self.pitch_limit / self.cell + 1e-9)
        return np.asarray(np.arange(-rows, rows + 1) * self.cell, dtype=np.float64)

    @property
    def fields_of_view(self) -> tuple[float, ...]:
        """Horizontal fields of view to choose from, widest first; one without ``zoom``."""
        if not self.zoom:
            return (self.hfov,)
        stops = [max(part * self.hfov, min(NARROWEST, self.hfov)) for part in ZOOM_STOPS]
        return tuple(dict.fromkeys(stops))

    @property
    def zoom_gains(self) -> tuple[float, ...]:
        """What attention counts at each field of view: more, the larger it is shown."""
        stops = len(ZOOM_STOPS) - 1
        return tuple(ENOUGH ** -(k / stops) for k in range(len(self.fields_of_view)))

    @property
    def seconds_per_quarter_turn(self) -> float:
        """For how long the best view must beat an average one to be worth a turn of 90 degrees."""
        return float(0.25 * 8.0**self.calm)

    @property
    def seconds_per_cut(self) -> float:
        """For how long the best view must beat an average one to be worth a cut."""
        return float(4.0**self.calm)

    @property
    def limits(self) -> MotionLimits:
        """Bounds of the motion."""
        return MotionLimits(self.max_speed, self.max_acceleration, self.max_jerk)

    @property
    def manner(self) -> Manner:
        """How the finished curve is judged."""
        corridor = degrees(self.cell) / 2 + 0.06 * self.calm * degrees(self.hfov)
        softness = 16.0**self.calm
        return Manner(
            corridor=corridor,
            motion=0.05 + 0.2 * self.calm,
            acceleration=0.0001 * softness,
            jerk=0.000005 * softness,
        )
