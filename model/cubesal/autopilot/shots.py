"""From grid cells to the finished camera path: each shot smoothed, and the shots joined by cuts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import ceil

import numpy as np
from numpy.typing import NDArray

from cubesal.autopilot.bounds import Bounds
from cubesal.autopilot.clock import PlanningClock
from cubesal.autopilot.motion import ViewState
from cubesal.autopilot.options import PlannerOptions
from cubesal.autopilot.path import CameraPath, nearest_turn
from cubesal.autopilot.smooth_path import Manner, smooth_axis, smooth_directions
from cubesal.autopilot.spline import Spline

__all__ = ["Shot", "finished_path"]

SAMPLE_RATE_HZ = 30.0
"""Density of the finished path; between samples it is interpolated linearly."""
MAX_SAMPLES = 1 << 21
"""Beyond some 19 hours the finished path becomes less dense."""
KNOT_S = 0.2
CUT_S = 1e-3
"""A path holds the last view of a shot until so long before the next one's first."""

FloatArray = NDArray[np.float64]

#: Fields of view are smoothed as percent of change, within a percent and a half of the chosen.
_ZOOM_SPEED, _ZOOM_ACCELERATION, _ZOOM_JERK = 20.0, 30.0, 90.0
_ZOOM_MANNER = Manner(corridor=1.5, motion=0.1, acceleration=0.01, jerk=0.001)


@dataclass(frozen=True)
class Shot:
    """Grid views (N,) at clock ``times``; the shot ends at ``end``, by a cut or with the clip."""

    times: FloatArray
    yaw: FloatArray
    pitch: FloatArray
    hfov: FloatArray
    end: float


def finished_path(
    shots: list[Shot],
    options: PlannerOptions,
    clock: PlanningClock,
    turn: FloatArray | None = None,
    start: ViewState | None = None,
) -> CameraPath:
    """The smooth path through shots; ``turn`` (K, 2) at the clock's moments as of `plan`."""
    pieces = [
        _smoothed(shot, options, clock, turn, start if k == 0 else None, k + 1 < len(shots))
        for k, shot in enumerate(shots)
    ]
    times, yaw, pitch, hfov = (np.concatenate(column) for column in zip(*pieces, strict=True))
    return CameraPath(clock.shown(times), yaw, pitch, hfov, np.zeros(len(times)))


def _smoothed(
    shot: Shot,
    options: PlannerOptions,
    clock: PlanningClock,
    turn: FloatArray | None,
    start: ViewState | None,
    cut: bool,
) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    """Times on the clock, yaw, pitch and field of view, densely."""
    begin, duration = float(shot.times[0]), shot.end - float(shot.times[0])
    if duration <= 0:
        first = (shot.yaw, shot.pitch)
        if start is not None:
            first = (np.array([start.yaw]), np.array([start.pitch]))
        return shot.times[:1], first[0][:1], first[1][:1], shot.hfov[:1]
    spans = max(ceil(duration / KNOT_S - 1e-9), 1)
    knots = np.linspace(begin, shot.end, spans + 1)
    yaw = _near(shot.yaw, start)
    pan, tilt = smooth_directions(
        np.interp(knots, shot.times, yaw),
        np.interp(knots, shot.times, shot.pitch),
        duration / spans,
        options.limits,
        options.manner,
        options.pitch_limit,
        start,
        _turn_at(turn, clock, (knots[1:] + knots[:-1]) / 2),
        _resting(clock, knots),
    )
    count = min(ceil(duration * SAMPLE_RATE_HZ - 1e-9) + 1, MAX_SAMPLES)
    dense = np.linspace(0.0, duration - (CUT_S if cut else 0.0), count)
    pitch = _levelled(tilt.at(dense), options.pitch_limit)
    zoom = _zoom(np.interp(knots, shot.times, shot.hfov), duration / spans, options)
    return begin + dense, pan.at(dense), pitch, zoom(dense)


def _levelled(pitch: FloatArray, limit: float) -> FloatArray:
    """Rounding beyond the limit taken off; a start beyond it keeps its way back."""
    within = np.flatnonzero(np.abs(pitch) <= limit + 1e-6)
    first = int(within[0]) if within.size else len(pitch)
    return np.concatenate([pitch[:first], np.clip(pitch[first:], -limit, limit)])


def _near(yaw: FloatArray, start: ViewState | None) -> FloatArray:
    """The same yaws, whole turns away from where they begin nearest to the start."""
    return yaw if start is None else yaw - yaw[0] + nearest_turn(float(yaw[0]), start.yaw)


def _turn_at(
    turn: FloatArray | None, clock: PlanningClock, moments: FloatArray
) -> FloatArray | None:
    if turn is None:
        return None
    return np.stack([np.interp(moments, clock.clock, column) for column in turn.T], axis=1)


def _resting(clock: PlanningClock, knots: FloatArray) -> NDArray[np.int64]:
    """The spans in which the clock pauses."""
    inside = (clock.pauses > knots[0]) & (clock.pauses < knots[-1])
    return np.asarray(np.searchsorted(knots, clock.pauses[inside], side="right") - 1)


def _zoom(
    hfov: FloatArray, step_s: float, options: PlannerOptions
) -> Callable[[FloatArray], FloatArray]:
    """The field of view over time, from what was chosen at the knots."""
    if not options.zoom:
        return lambda times: np.full(len(times), options.hfov)
    spans = len(hfov) - 1
    bounds = Bounds(
        np.full(spans + 2, _ZOOM_SPEED),
        np.full(spans + 1, _ZOOM_ACCELERATION),
        np.full(spans, _ZOOM_JERK),
    )
    percent = smooth_axis(100 * np.log(hfov / options.hfov), step_s, bounds, _ZOOM_MANNER)
    curve = Spline(0.0, step_s, percent)
    narrowest = options.fields_of_view[-1]

    def at(times: FloatArray) -> FloatArray:
        wide = options.hfov * np.exp(curve.at(times) / 100)
        return np.asarray(np.clip(wide, narrowest, options.hfov))

    return at
