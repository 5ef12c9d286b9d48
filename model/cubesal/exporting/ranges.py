"""Which frames an export covers, and whether the maps it needs are there."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cubesal.errors import ExportError
from cubesal.track import SaliencyTrack
from cubesal.video import ClipReader

__all__ = [
    "WHOLE_CLIP",
    "TimeRange",
    "frames_within",
    "grid_points_for",
    "moments_within",
    "require_maps",
]

_TOLERANCE_S = 1e-6


@dataclass(frozen=True)
class TimeRange:
    """Frames shown from ``from_s`` on and before ``to_s``; None means to the end of the clip."""

    from_s: float = 0.0
    to_s: float | None = None

    def __post_init__(self) -> None:
        if not 0.0 <= self.from_s < float("inf"):
            raise ValueError(f"from_s must be a time of the clip, not {self.from_s}")
        if self.to_s is not None and not self.to_s > self.from_s:
            raise ValueError(f"to_s ({self.to_s}) must come after from_s ({self.from_s})")


WHOLE_CLIP = TimeRange()


def frames_within(reader: ClipReader, span: TimeRange) -> range:
    """Indices of the frames of the range, at least one. ExportError if there are none."""
    first = int(np.searchsorted(reader.times_s, span.from_s - _TOLERANCE_S))
    stop = len(reader.times_s)
    if span.to_s is not None:
        stop = int(np.searchsorted(reader.times_s, span.to_s - _TOLERANCE_S))
    if first >= stop:
        info = reader.info
        end = "its end" if span.to_s is None else f"{span.to_s:g} s"
        raise ExportError(
            f"{info.path.name} has no frame between {span.from_s:g} s and {end}: "
            f"it lasts {info.duration_s:.3f} s"
        )
    return range(first, stop)


def moments_within(time_s: NDArray[np.float64], span: TimeRange) -> slice:
    """Which of the analysed moments ``time_s`` (T,), ascending, lie in the range.

    The one before a range in which there is none, for its map is what is shown there.
    """
    first = int(np.searchsorted(time_s, span.from_s - _TOLERANCE_S))
    stop = len(time_s)
    if span.to_s is not None:
        stop = int(np.searchsorted(time_s, span.to_s - _TOLERANCE_S))
    return slice(min(first, max(stop - 1, 0)), stop)


def grid_points_for(track: SaliencyTrack, times_s: NDArray[np.float64]) -> range:
    """Grid points that the maps at ``times_s`` (N,), ascending, are interpolated from."""
    first = max(int(np.searchsorted(track.time_s, times_s[0] + _TOLERANCE_S, side="right")) - 1, 0)
    last = int(np.searchsorted(track.time_s, times_s[-1] - _TOLERANCE_S))
    return range(first, min(last, len(track) - 1) + 1)


def require_maps(track: SaliencyTrack, times_s: NDArray[np.float64]) -> None:
    """ExportError unless every map needed at ``times_s`` (N,) has been computed."""
    lacking = [k for k in grid_points_for(track, times_s) if not track.has(k)]
    if lacking:
        raise ExportError(
            f"{track.source} is not analysed yet at {track.time_s[lacking[0]]:.2f} s "
            f"({len(lacking)} maps are missing); let the analysis of the range finish first"
        )
