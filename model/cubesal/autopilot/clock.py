"""The planner's time: evenly spaced ticks, and long gaps cut short."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, pi

import numpy as np
from numpy.typing import NDArray

from cubesal.autopilot.options import PlannerOptions

__all__ = ["CELLS_PER_TICK", "PlanningClock", "spacing", "tick_times", "values_at_ticks"]

CELLS_PER_TICK = 3.0
LONG_GAP_S = 10.0
"""A gap without maps is planned as if it took this long, or a half turn where that takes longer."""

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class PlanningClock:
    """Times (K,) of maps in a clip, and on a clock that pauses in the middle of long gaps.

    The work then depends on the number of maps. The camera can get anywhere in what is left of a
    gap; it rests while the clock pauses, at ``pauses`` (G,).
    """

    times_s: FloatArray
    clock: FloatArray
    pauses: FloatArray

    @classmethod
    def over(cls, times: FloatArray, max_speed: float) -> PlanningClock:
        """The clock of some moments, for a camera of ``max_speed`` rad/s."""
        steps = np.diff(times)
        longest = max(LONG_GAP_S, pi / max_speed)
        long = np.flatnonzero(steps > longest)
        if long.size == 0:
            return cls(times, times, np.zeros(0))
        clock = times[0] + np.append(0.0, np.cumsum(np.minimum(steps, longest)))
        return cls(times, clock, clock[long] + longest / 2)

    @property
    def begin_s(self) -> float:
        """The first moment."""
        return float(self.times_s[0])

    @property
    def end_s(self) -> float:
        """The last moment."""
        return float(self.times_s[-1])

    def planned(self, times_s: FloatArray) -> FloatArray:
        """Moments of the clip on the clock."""
        if self.pauses.size == 0:
            return times_s
        return np.asarray(np.interp(times_s, *self._corners()[::-1]))

    def shown(self, clock: FloatArray) -> FloatArray:
        """Moments on the clock in the clip, strictly ascending if these are."""
        if self.pauses.size == 0:
            return clock
        return np.asarray(np.interp(clock, *self._corners()))

    def _corners(self) -> tuple[FloatArray, FloatArray]:
        """Clock and clip time where they begin to run apart, and where that ends."""
        after = np.searchsorted(self.clock, self.pauses)
        left = self.pauses - self.clock[after - 1]
        before_s, after_s = self.times_s[after - 1] + left, self.times_s[after] - left
        corners = np.concatenate([self.clock[[0, -1]], self.pauses, self.pauses + 1e-6])
        shown = np.concatenate([self.times_s[[0, -1]], before_s, after_s])
        order = np.argsort(corners)
        return corners[order], shown[order]


def tick_times(times: FloatArray, options: PlannerOptions) -> FloatArray:
    """Evenly spaced planning times (T,) over the clip, each step long enough for a few cells."""
    duration = float(times[-1] - times[0])
    longest = CELLS_PER_TICK * options.cell / options.max_speed
    return np.linspace(times[0], times[-1], ceil(duration / longest) + 1)


def spacing(ticks: FloatArray) -> float:
    """Seconds from tick to tick; 0 if there is only one."""
    return float(ticks[1] - ticks[0]) if len(ticks) > 1 else 0.0


def values_at_ticks(
    volume: NDArray[np.float32], times: FloatArray, ticks: FloatArray
) -> NDArray[np.float32]:
    """The mean of the maps nearest to each tick; where there is none, interpolated in time."""
    if len(ticks) == 1:
        return np.asarray(volume.mean(axis=0, keepdims=True))
    step = ticks[1] - ticks[0]
    owner = np.clip(np.rint((times - ticks[0]) / step).astype(int), 0, len(ticks) - 1)
    filled, first, count = np.unique(owner, return_index=True, return_counts=True)
    values = np.empty((len(ticks), *volume.shape[1:]), dtype=np.float32)
    sums = np.add.reduceat(volume, first, axis=0)
    values[filled] = sums / count.reshape(-1, *(1,) * (volume.ndim - 1))
    for tick in np.setdiff1d(np.arange(len(ticks)), filled):
        after = int(np.searchsorted(times, ticks[tick]))
        weight = (ticks[tick] - times[after - 1]) / (times[after] - times[after - 1])
        values[tick] = volume[after - 1] + np.float32(weight) * (volume[after] - volume[after - 1])
    return values
