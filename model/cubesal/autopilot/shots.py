"""From grid cells to the finished camera path: each shot smoothed, and the shots joined by cuts."""

from __future__ import annotations

from collections.abc import Callable
from math import ceil, pi

import numpy as np
from numpy.typing import NDArray

from cubesal.autopilot.bounds import Bounds
from cubesal.autopilot.clock import PlanningClock
from cubesal.autopilot.keys import through_keys
from cubesal.autopilot.motion import ViewState
from cubesal.autopilot.options import PlannerOptions
from cubesal.autopilot.path import CameraPath, nearest_turn
from cubesal.autopilot.shot_list import Shot
from cubesal.autopilot.smooth_path import Manner, smooth_axis, smooth_directions
from cubesal.autopilot.spline import Spline
from cubesal.camera import HFOV_MAX, HFOV_MIN, wrap_angle

__all__ = ["finished_path"]

SAMPLE_RATE_HZ = 30.0
"""Density of the finished path; between samples it is interpolated linearly."""
MAX_SAMPLES = 1 << 21
"""Beyond some 19 hours the finished path becomes less dense."""
KNOT_S = 0.2
STRAIGHT_DEG, AT_KEY_DEG = 0.3, 0.02
"""Half widths of the corridor on the straight way between two keys, and at a key."""
CUT_S = 1e-3
"""A path holds the last view of a shot until so long before the next one's first."""
_SAME_S = 1e-6

FloatArray = NDArray[np.float64]

#: Fields of view are smoothed as percent of change, within a percent and a half of the chosen.
_ZOOM_SPEED, _ZOOM_ACCELERATION, _ZOOM_JERK = 20.0, 30.0, 90.0
_ZOOM_MANNER = Manner(corridor=1.5, motion=0.1, acceleration=0.01, jerk=0.001)


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
    times, yaw, pitch, hfov, roll = (np.concatenate(part) for part in zip(*pieces, strict=True))
    return CameraPath(clock.shown(times), yaw, pitch, hfov, roll)


def _smoothed(
    shot: Shot,
    options: PlannerOptions,
    clock: PlanningClock,
    turn: FloatArray | None,
    start: ViewState | None,
    cut: bool,
) -> tuple[FloatArray, ...]:
    """Times on the clock, yaw, pitch, field of view and roll, densely."""
    begin, duration = float(shot.times[0]), shot.end - float(shot.times[0])
    if duration <= 0:
        return _moment(shot, start)
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
        corridor=_corridor(shot, knots, options.manner.corridor),
    )
    times = _moments(shot, min(CUT_S, duration / 2) if cut else 0.0)
    dense = times - begin
    pitch = _levelled(tilt.at(dense), options.pitch_limit)
    zoom = _zoom(np.interp(knots, shot.times, shot.hfov), duration / spans, options)
    columns = (times, pan.at(dense), pitch, zoom(dense), np.zeros(len(dense)))
    return _through(shot, columns, yaw, start) if shot.keys else columns


def _moments(shot: Shot, held: float) -> FloatArray:
    """When the path of a shot is told, on the clock: evenly, and at its keys; strictly ascending.

    A key that is a sample but for rounding takes its place, except for the first and last one.
    """
    begin, end = float(shot.times[0]), shot.end - held
    count = min(ceil((shot.end - begin) * SAMPLE_RATE_HZ - 1e-9) + 1, MAX_SAMPLES)
    even = np.linspace(begin, end, count)
    keys = np.array([key.time_s for key in shot.keys])
    keys = keys[(keys > begin + _SAME_S) & (keys < end - _SAME_S)]
    near = np.append(keys, np.inf)[np.searchsorted(keys, even - _SAME_S)]
    return np.sort(np.append(even[near > even + _SAME_S], keys))


def _moment(shot: Shot, start: ViewState | None) -> tuple[FloatArray, ...]:
    """A shot of no length."""
    look = (shot.yaw[:1], shot.pitch[:1])
    if start is not None:
        look = (np.array([start.yaw]), np.array([start.pitch]))
    return (
        shot.times[:1],
        *look,
        shot.hfov[:1],
        np.array([key.roll for key in shot.keys[:1]] or [0.0]),
    )


def _corridor(shot: Shot, knots: FloatArray, width: float) -> FloatArray | None:
    """Half widths at the knots: next to none at a key, and little on a straight way."""
    if not shot.keys:
        return None
    widths = np.full(len(knots), width)
    for begin, end in shot.strict:
        widths[(knots >= begin) & (knots <= end)] = STRAIGHT_DEG
    for key in shot.keys:
        widths[int(np.abs(knots - key.time_s).argmin())] = AT_KEY_DEG
    return widths


def _through(
    shot: Shot, columns: tuple[FloatArray, ...], aims: FloatArray, start: ViewState | None
) -> tuple[FloatArray, ...]:
    """Meet the keys exactly: smoothing comes within a fraction of a degree where it may."""
    times, yaw, pitch, hfov, roll = columns
    moments = [key.time_s for key in shot.keys]
    turns = [float(np.interp(t, shot.times, aims)) for t in moments]
    held = start is not None and moments[0] > times[0]
    first = [(float(times[0]), float(yaw[0]))] if held else []
    yaw = through_keys(times, yaw, [*first, *zip(moments, turns, strict=True)], settles=True)
    first = [(float(times[0]), float(pitch[0]))] if held else []
    tilts = [(key.time_s, key.pitch) for key in shot.keys]
    pitch = np.clip(through_keys(times, pitch, [*first, *tilts], settles=True), -pi / 2, pi / 2)
    widths = [(key.time_s, key.hfov) for key in shot.keys]
    hfov = np.clip(through_keys(times, hfov, widths, settles=False), HFOV_MIN, HFOV_MAX)
    rolls = [(key.time_s, wrap_angle(key.roll)) for key in shot.keys]
    return times, yaw, pitch, hfov, through_keys(times, roll, rolls, settles=True)


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
