"""How fast and how long a clip is, from its frame index."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
from av.video.stream import VideoStream
from numpy.typing import NDArray

from cubesal.video.index import PacketIndex

__all__ = ["average_rate", "duration_s"]


def average_rate(pts: NDArray[np.int64], time_base: Fraction, stream: VideoStream) -> Fraction:
    """Frames per second from the index; the container's figure where it says the same exactly.

    Where a jump in time makes them less than one, it is the rate of the frames around the jump.
    """
    stated = Fraction(stream.average_rate or 25)
    span = int(pts[-1] - pts[0])
    if span == 0:
        return stated
    measured = (len(pts) - 1) / (span * time_base)
    if measured < 1:
        steps = np.diff(pts)
        return max(measured, 1 / (int(np.median(steps[steps > 0])) * time_base))
    return stated if abs(float(stated / measured) - 1.0) < 0.002 else measured


def duration_s(index: PacketIndex, time_base: Fraction, fps: Fraction) -> float:
    """Seconds from the first frame's start to the last frame's end."""
    start, last = int(index.pts[0]), int(index.pts[-1])
    if index.end_pts > last:
        return float((index.end_pts - start) * time_base)
    return float((last - start) * time_base + 1 / fps)
