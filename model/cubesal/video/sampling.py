"""Which frames stand for a clip when not every one is analysed."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

__all__ = ["TIME_TOLERANCE_S", "neighbouring_runs", "sample_indices", "shown_at"]

#: Times this close count as the same moment: below any frame duration, above rounding.
TIME_TOLERANCE_S = 1e-6
#: No clip has frames this close together: faster rates choose the same ones.
_FASTEST_HZ = 1e9


def shown_at(times_s: NDArray[np.float64], time_s: NDArray[np.float64]) -> NDArray[np.int64]:
    """Index of the frame on screen at each moment: the last one not later, at least frame 0."""
    after = np.searchsorted(times_s, time_s + TIME_TOLERANCE_S, side="right")
    return np.maximum(after.astype(np.int64) - 1, 0)


def sample_indices(
    times_s: NDArray[np.float64], rate_hz: float | None = None, every: int | None = None
) -> NDArray[np.int64]:
    """Frame indices (K,) int64, unique and ascending, on a regular grid that starts at frame 0.

    ``rate_hz`` lays the grid over file time: for each tick k / rate the frame shown then, so the
    choice follows the clock also where frame durations vary.  ``every`` takes each n-th frame.
    Raises ``ValueError`` unless exactly one of the two is given and positive.
    """
    if (rate_hz is None) == (every is None):
        raise ValueError("give either rate_hz or every")
    if every is not None:
        if every < 1:
            raise ValueError(f"every must be at least 1, not {every}")
        return np.arange(0, len(times_s), every, dtype=np.int64)
    if rate_hz is None or not 0.0 < rate_hz < float("inf"):
        raise ValueError(f"rate_hz must be a positive number, not {rate_hz}")
    if len(times_s) == 0:
        return np.empty(0, dtype=np.int64)
    first_ticks = _first_ticks(times_s, min(rate_hz, _FASTEST_HZ))
    return np.flatnonzero(np.diff(first_ticks) > 0).astype(np.int64)


def neighbouring_runs(points: Sequence[int] | NDArray[np.integer]) -> list[tuple[int, int]]:
    """Half-open runs of neighbours among ascending numbers, such as frames to be read in one go."""
    array = np.asarray(points)
    parts = np.split(array, np.flatnonzero(np.diff(array) > 1) + 1)
    return [(int(part[0]), int(part[-1]) + 1) for part in parts if part.size]


def _first_ticks(times_s: NDArray[np.float64], rate_hz: float) -> NDArray[np.float64]:
    """The number of the first tick at which each frame is due (T + 1,); then that of the end.

    A frame is on screen at the ticks from its own number up to before the next one's.
    """
    start_s = times_s[0]
    ticks = np.maximum(np.ceil((times_s - start_s - TIME_TOLERANCE_S) * rate_hz), 0.0)
    # A product can be rounded over a whole number: compare with the time of the tick itself.
    ticks -= (ticks > 0) & (times_s <= start_s + (ticks - 1) / rate_hz + TIME_TOLERANCE_S)
    ticks += times_s > start_s + ticks / rate_hz + TIME_TOLERANCE_S
    end = np.floor((times_s[-1] - start_s + TIME_TOLERANCE_S) * rate_hz) + 1
    return np.append(ticks, end)
