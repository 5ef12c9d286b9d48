"""Which part of a track is planned, or followed live: its analysed grid points about a moment."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cubesal.track import SaliencyTrack

__all__ = ["live_points", "stretch_around"]

#: How far beyond an analysed stretch the playhead may be for it to be planned all the same.
_BEYOND_S = 1.0
#: A map this much older than the playhead says nothing about what is there now.
STALE_S = 5.0
#: The online filter looks so far ahead, where analysis is.
AHEAD_S = 4.0


def stretch_around(track: SaliencyTrack, now_s: float, from_now: bool) -> NDArray[np.int64]:
    """Grid points of the analysed stretch that holds a moment; empty if none does.

    ``from_now``: only from that moment on.
    """
    for start_s, end_s in track.analysed_ranges():
        if start_s - 1e-6 <= now_s <= end_s + _BEYOND_S:
            here_s = float(track.time_s[track.index_at(now_s)])
            return track.analysed_between(max(start_s, here_s) if from_now else start_s, end_s)
    return np.zeros(0, np.int64)


def live_points(track: SaliencyTrack, now_s: float) -> NDArray[np.int64]:
    """The newest analysed grid point not after a moment, and those ahead without a gap.

    Where nothing near lies before it, those soon to come; empty if nothing is near at all.
    """
    near = track.analysed_between(now_s - STALE_S, now_s + AHEAD_S)
    if near.size == 0:
        return near
    first = max(int(np.searchsorted(track.time_s[near], now_s + 1e-6, side="right")) - 1, 0)
    ahead = near[first:]
    # Between an old map and the first one ahead it may change; after that, it must be known.
    gaps = np.flatnonzero(np.diff(ahead)[1:] > 1) + 1
    return ahead if gaps.size == 0 else ahead[: int(gaps[0]) + 1]
