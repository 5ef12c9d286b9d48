"""How a path moves, in the numbers by which people judge a camera."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from math import degrees, radians

import numpy as np
from numpy.typing import NDArray

from cubesal.autopilot.motion import MIN_COS
from cubesal.autopilot.path import CameraPath

__all__ = ["MotionReport", "Spread", "motion_report"]

CUT_SPEED = radians(180)
"""What goes faster from sample to sample than any pan is a cut."""
STILL = radians(1)
"""Speed below which a camera counts as still, rad/s."""

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class Spread:
    """Median, 95th percentile and maximum, weighted by time; degrees."""

    p50: float
    p95: float
    max: float


@dataclass(frozen=True)
class MotionReport:
    """Motion of the view's centre on the sphere, cuts left out of the derivatives.

    Attributes:
        speed, acceleration, jerk: degrees per second, second squared and cubed.
        still_share: part of the time in which the camera moves by less than a degree per second.
        turns_per_min: changes of pan direction.
        least_turn_gap_s: the shortest time between two of them in one shot; infinite without.
        cuts_per_min, shortest_shot_s: of the edit.
        mvd: mean change of the centre's displacement from source frame to source frame, degrees
            (*mean velocity difference* of Deep 360 Pilot).
    """

    speed: Spread
    acceleration: Spread
    jerk: Spread
    still_share: float
    turns_per_min: float
    least_turn_gap_s: float
    cuts_per_min: float
    shortest_shot_s: float
    mvd: float


def motion_report(path: CameraPath, fps: float) -> MotionReport:
    """Measure a path at its own samples; ``fps`` is the source's rate, for the MVD alone."""
    if not fps > 0:
        raise ValueError(f"fps must be positive, not {fps}")
    shots = _shots(path)
    duration = float(path.times_s[-1] - path.times_s[0])
    per_min = 60 / duration if duration > 0 else 0.0
    figures = [_derivatives(path, shot) for shot in shots]
    spreads = [_spread([figure[order] for figure in figures]) for order in range(3)]
    speeds = [figure[0] for figure in figures]
    moved = sum(float(span[abs(speed) >= STILL].sum()) for speed, span in speeds)
    turns = [_turns(path, shot) for shot in shots]
    gaps = [gap for moments in turns for gap in np.diff(moments)]
    lengths = [float(path.times_s[shot.stop - 1] - path.times_s[shot.start]) for shot in shots]
    return MotionReport(
        speed=spreads[0],
        acceleration=spreads[1],
        jerk=spreads[2],
        still_share=1 - moved / duration if duration > 0 else 1.0,
        turns_per_min=per_min * sum(len(moments) for moments in turns),
        least_turn_gap_s=float(min(gaps, default=np.inf)),
        cuts_per_min=per_min * (len(shots) - 1),
        shortest_shot_s=min(lengths),
        mvd=_mvd(path, fps),
    )


def _shots(path: CameraPath) -> list[slice]:
    """The stretches of samples between cuts."""
    steps = np.hypot(*_steps(path.yaw, path.pitch)) / np.diff(path.times_s)
    edges = [0, *(np.flatnonzero(steps > CUT_SPEED) + 1).tolist(), len(path.times_s)]
    return [slice(a, b) for a, b in pairwise(edges)]


def _steps(yaw: FloatArray, pitch: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Steps on the sphere, across and up."""
    scale = np.maximum(np.cos((pitch[1:] + pitch[:-1]) / 2), 0.0)
    return scale * np.diff(yaw), np.diff(pitch)


def _derivatives(path: CameraPath, shot: slice) -> list[tuple[FloatArray, FloatArray]]:
    """Lengths of the first three derivatives in a shot, and the time that each stands for."""
    times, pitch = path.times_s[shot], path.pitch[shot]
    # Speed by its true length; the others in the frame of the path, which does not turn.
    across, up = path.yaw[shot], pitch
    found = []
    for order in range(3):
        if len(times) < 2:
            found.append((np.zeros(0), np.zeros(0)))
            continue
        span = np.diff(times)
        across, up = np.diff(across) / span, np.diff(up) / span
        times = (times[1:] + times[:-1]) / 2
        scale = np.maximum(np.cos(np.interp(times, path.times_s[shot], pitch)), 0.0)
        if order:
            scale = np.maximum(scale, MIN_COS)
        found.append((np.hypot(scale * across, up), span))
    return found


def _spread(parts: list[tuple[FloatArray, FloatArray]]) -> Spread:
    values = np.concatenate([values for values, _ in parts])
    spans = np.concatenate([spans for _, spans in parts])
    if values.size == 0:
        return Spread(0.0, 0.0, 0.0)
    order = np.argsort(values)
    reached = np.cumsum(spans[order]) / spans.sum()
    at = [float(values[order][np.searchsorted(reached, part - 1e-12)]) for part in (0.5, 0.95)]
    return Spread(degrees(at[0]), degrees(at[1]), degrees(float(values.max())))


def _turns(path: CameraPath, shot: slice) -> list[float]:
    """When the pan changes its direction."""
    times, yaw = path.times_s[shot], path.yaw[shot]
    speed = np.diff(yaw) / np.diff(times)
    moments, direction = [], 0.0
    for k in np.flatnonzero(np.abs(speed) >= STILL):
        if direction and np.sign(speed[k]) != direction:
            moments.append(float(times[k]))
        direction = float(np.sign(speed[k]))
    return moments


def _mvd(path: CameraPath, fps: float) -> float:
    count = round((path.times_s[-1] - path.times_s[0]) * fps) + 1
    frames = path.times_s[0] + np.arange(count) / fps
    across, up = _steps(
        np.interp(frames, path.times_s, path.yaw), np.interp(frames, path.times_s, path.pitch)
    )
    if len(across) < 2:
        return 0.0
    return float(np.degrees(np.hypot(np.diff(across), np.diff(up)).mean()))
