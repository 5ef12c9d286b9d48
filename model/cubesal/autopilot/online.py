"""Following live: a camera that knows the maps up to now, and as far ahead as analysis goes.

At each step the best way over what is known is planned anew from the present view, the last map
being taken to stay; a curve with the bounds of the planned path is laid along it, beginning in the
present state with its speeds; and a step of that curve is taken. Between times a dead zone with
hysteresis keeps the camera still: it sets out when what it wants lies outside a big zone around
its view, and rests when that lies inside a small one (the idea of AutoFlip).

Taking over from a planned path is to begin at :meth:`FollowState.on_path`, handing back is
:meth:`cubesal.autopilot.Plan.onward` from the state: neither makes a jump.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import ceil, copysign, cos, floor, hypot, pi, radians

import numpy as np
from numpy.typing import NDArray

from cubesal.autopilot.clock import CELLS_PER_TICK
from cubesal.autopilot.motion import ViewState
from cubesal.autopilot.options import PlannerOptions
from cubesal.autopilot.path import CameraPath, nearest_turn
from cubesal.autopilot.planner import grid_values, move_rules, nearest_cell
from cubesal.autopilot.smooth_path import STILL, smooth_directions
from cubesal.autopilot.spline import Spline
from cubesal.autopilot.value_volume import Cell, ValueVolume

__all__ = ["FollowState", "OnlineFilter", "Step", "follow"]

FloatArray = NDArray[np.float64]
Values = NDArray[np.float32]

HORIZON_S = 6.0
"""How long the last map is taken to stay."""
MEMORY_S = 0.5
"""Time constant over which maps without any look-ahead are averaged, since they flicker."""
WANTED_S = 1.2
"""How far ahead of now a wanted view must leave the dead zone for the camera to set out."""
SLOW = radians(4)
#: So many of the last maps known are averaged to what is thought to stay.
_LAST = 3
_KNOT_S = 0.2
#: The curve is laid so far beyond what is known; the camera takes only its first step.
_CURVE_S = 2.4


@dataclass(frozen=True, eq=False)
class FollowState:
    """All that the filter remembers.

    Attributes:
        time_s: now.
        view: where the camera looks and how it moves.
        moving: whether it has set out, and not come to rest since.
        direction: in which it last panned: 1 right, -1 left, 0 not yet.
        turned_s: when that direction was taken up.
        memory: (P, Y) values of the views, averaged over the last moments; None at first.
    """

    time_s: float
    view: ViewState
    moving: bool = False
    direction: int = 0
    turned_s: float = -1e9
    memory: Values | None = None

    @classmethod
    def on_path(cls, path: CameraPath, time_s: float) -> FollowState:
        """The state of a camera on a path: take over from there."""
        view = ViewState.on_path(path, time_s)
        speed = view.yaw_speed
        direction = int(copysign(1, speed)) if abs(speed) > radians(STILL) else 0
        moving = hypot(speed, view.pitch_speed) > SLOW
        return cls(time_s, view, moving, direction, time_s if direction else -1e9)


@dataclass(frozen=True, eq=False)
class Step:
    """A step of the filter: the state after it, and the curves on the way there."""

    state: FollowState
    began_s: float
    yaw: Spline
    pitch: Spline

    def state_at(self, time_s: float) -> FollowState:
        """The state at another moment of its curve, which goes on for a while after the step."""
        view = _at(self.yaw, self.pitch, time_s - self.began_s)
        return replace(self.state, time_s=time_s, view=view)

    def view(self, time_s: float) -> tuple[float, float]:
        """(yaw, pitch) during the step, radians; yaw unwrapped."""
        since = np.array([time_s - self.began_s])
        return float(self.yaw.at(since)[0]), float(self.pitch.at(since)[0])


class OnlineFilter:
    """Steps a view along; itself without memory: state in, state out.

    ``options`` as for planning, without zoom and cuts. ``start_zone`` and ``stop_zone``: radii of
    the big and the small zone, radians; by default 0.12 and 0.04 of the field of view.
    """

    def __init__(
        self,
        options: PlannerOptions | None = None,
        start_zone: float | None = None,
        stop_zone: float | None = None,
    ) -> None:
        self.options = replace(options or PlannerOptions(), zoom=False, cuts=False)
        hfov = self.options.hfov
        self.start_zone = 0.12 * hfov if start_zone is None else start_zone
        self.stop_zone = 0.04 * hfov if stop_zone is None else stop_zone
        if not 0 <= self.stop_zone <= self.start_zone:
            raise ValueError("the zone to stop in must lie inside the zone to start from")

    def begun(
        self, ahead: Values, ahead_s: FloatArray, turn: FloatArray | None = None
    ) -> FollowState:
        """At rest, at ``ahead_s[0]``, where the best way over what is known begins.

        ``ahead``, ``ahead_s`` and ``turn`` as for :meth:`step`.
        """
        rates = self._checked(ahead, ahead_s, turn)
        _, volume = self._volume(float(ahead_s[0]), ahead[0], ahead, ahead_s, rates)
        cell = volume.best_cell()
        yaw = -pi + self.options.cell * cell.column
        view = ViewState(yaw, float(self.options.pitches[cell.row]))
        return FollowState(float(ahead_s[0]), view)

    def step(
        self,
        state: FollowState,
        ahead: Values,
        ahead_s: FloatArray,
        duration_s: float,
        turn: FloatArray | None = None,
    ) -> Step:
        """Move on by ``duration_s``.

        ``ahead`` (N, P, Y), N >= 1: values of the grid's views (see `grid_values`, one field of
        view) at ``ahead_s`` (N,) seconds, of which the first is the newest not after now; the
        others lie ahead as far as analysis goes. ``turn`` (N,): how fast the picture itself turns
        to the right at those times, rad/s; none: not at all.
        """
        rates = self._checked(ahead, ahead_s, turn)
        if not duration_s > 0:
            raise ValueError("a step needs a duration")
        memory = self._remembered(state, ahead[0], duration_s, float(rates[0]))
        yaw, pitch, times = self._wanted(state, memory, ahead, ahead_s, rates)
        moving = self._sets_out(state, yaw, pitch, times)
        if not moving:
            yaw, pitch = np.full_like(yaw, state.view.yaw), np.full_like(pitch, state.view.pitch)
        pan, tilt = self._curves(state, yaw, pitch, times)
        view = _at(pan, tilt, duration_s)
        return Step(self._after(state, view, duration_s, moving, memory), state.time_s, pan, tilt)

    def _remembered(
        self, state: FollowState, values: Values, duration_s: float, rate: float
    ) -> Values:
        if state.memory is None:
            return values
        keep = np.float32(np.exp(-duration_s / MEMORY_S))
        turned = _turned(state.memory, rate * duration_s)
        return keep * turned + (1 - keep) * values

    def _checked(self, ahead: Values, ahead_s: FloatArray, turn: FloatArray | None) -> FloatArray:
        """The turns (N,), in columns per second."""
        if len(ahead) == 0 or len(ahead) != len(ahead_s):
            raise ValueError("a step needs values with their times")
        rates = np.zeros(len(ahead)) if turn is None else np.asarray(turn, np.float64)
        if rates.shape != (len(ahead),) or not np.all(np.isfinite(rates)):
            raise ValueError("a step needs one finite turn per time")
        return rates / self.options.cell

    def _volume(
        self,
        now_s: float,
        memory: Values,
        ahead: Values,
        ahead_s: FloatArray,
        rates: FloatArray,
    ) -> tuple[FloatArray, ValueVolume]:
        """Ticks from now on, and what views are worth at them, as far as known and as thought."""
        options = self.options
        tick = CELLS_PER_TICK * options.cell / options.max_speed
        known = max(float(ahead_s[-1]) - now_s, 0.0)
        count = ceil((known + HORIZON_S) / tick) + 1
        times: FloatArray = np.asarray(now_s + tick * np.arange(count), np.float64)
        # What lies ahead is known as it is; what is thought to stay is an average.
        outlook = _Outlook(memory, ahead, ahead_s, rates)
        values = np.stack([outlook.at(t) for t in times])[:, None]
        turns = np.zeros((count - 1, 2))
        turns[:, 0] = tick * options.cell * outlook.rate_at(times[:-1] + tick / 2)
        rules = move_rules(values, times, options)
        return times, ValueVolume(values * np.float32(tick), rules, turns)

    def _wanted(
        self,
        state: FollowState,
        memory: Values,
        ahead: Values,
        ahead_s: FloatArray,
        rates: FloatArray,
    ) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Yaw, pitch and times of the best way over what is known, from the present view on."""
        options = self.options
        times, volume = self._volume(state.time_s, memory, ahead, ahead_s, rates)
        cells = list(volume.onward(0, Cell(0, *nearest_cell(state.view, options))))
        yaw = np.unwrap([-pi + options.cell * cell.column for cell in cells])
        yaw += nearest_turn(float(yaw[0]), state.view.yaw) - yaw[0]
        pitch = options.pitches[[cell.row for cell in cells]]
        return yaw, pitch, times - state.time_s

    def _sets_out(
        self, state: FollowState, yaw: FloatArray, pitch: FloatArray, times: FloatArray
    ) -> bool:
        soon = times <= WANTED_S
        across = np.cos(state.view.pitch) * (yaw[soon] - state.view.yaw)
        away = float(np.hypot(across, pitch[soon] - state.view.pitch).max())
        if not state.moving:
            return away > self.start_zone
        speed = hypot(cos(state.view.pitch) * state.view.yaw_speed, state.view.pitch_speed)
        return away > self.stop_zone + self.options.cell / 2 or speed > SLOW

    def _curves(
        self, state: FollowState, yaw: FloatArray, pitch: FloatArray, times: FloatArray
    ) -> tuple[Spline, Spline]:
        length = float(times[-1]) - HORIZON_S + _CURVE_S
        spans = max(ceil(length / _KNOT_S), 1)
        knots = np.arange(spans + 1) * _KNOT_S
        manner = self.options.manner
        left = state.turned_s + manner.turn_gap_s - state.time_s
        return smooth_directions(
            np.interp(knots, times, yaw),
            np.interp(knots, times, pitch),
            _KNOT_S,
            self.options.limits,
            manner,
            self.options.pitch_limit,
            state.view,
            held=(-state.direction, max(ceil(left / _KNOT_S), 0)),
        )

    def _after(
        self, state: FollowState, view: ViewState, duration_s: float, moving: bool, memory: Values
    ) -> FollowState:
        now = state.time_s + duration_s
        direction, turned_s = state.direction, state.turned_s
        if abs(view.yaw_speed) > radians(STILL) and view.yaw_speed * direction <= 0:
            direction, turned_s = int(copysign(1, view.yaw_speed)), now
        return FollowState(now, view, moving, direction, turned_s, memory)


def _at(pan: Spline, tilt: Spline, since_s: float) -> ViewState:
    when = np.array([since_s])
    return ViewState(
        *(float(curve.at(when, order)[0]) for order in range(3) for curve in (pan, tilt))
    )


class _Outlook:
    """What views are worth at a moment to come: as far as known, and after that as far as thought.

    ``rates`` (N,): how fast the picture turns at the times of ``ahead``, columns per second.  What
    is known last is thought to stay where it is in the picture, and the picture to turn on.
    """

    def __init__(
        self, memory: Values, ahead: Values, ahead_s: FloatArray, rates: FloatArray
    ) -> None:
        self._ahead, self._times, self._rates = ahead, ahead_s, rates
        self._rate = float(rates[-_LAST:].mean())
        self._last = memory
        if len(ahead) > 1:
            recent = range(max(len(ahead) - _LAST, 0), len(ahead))
            self._last = np.mean(
                [_turned(ahead[k], self._rate * float(ahead_s[-1] - ahead_s[k])) for k in recent],
                axis=0,
                dtype=np.float32,
            )

    def at(self, time_s: float) -> Values:
        """(P, Y) at a moment."""
        times = self._times
        if len(times) == 1 or time_s >= times[-1]:
            return _turned(self._last, self._rate * max(time_s - float(times[-1]), 0.0))
        after = max(int(np.searchsorted(times, time_s, side="right")), 1)
        span = float(times[after] - times[after - 1])
        weight = np.float32(min(max((time_s - float(times[after - 1])) / span, 0.0), 1.0))
        before, to_come = self._ahead[after - 1], self._ahead[after]
        return np.asarray(before + weight * (to_come - before))

    def rate_at(self, times_s: FloatArray) -> FloatArray:
        """Columns per second at moments."""
        rates = np.interp(times_s, self._times, self._rates)
        return np.where(times_s > self._times[-1], self._rate, rates)


def _turned(values: Values, columns: float) -> Values:
    """Values (..., Y) moved to the right by so many columns, which need not be whole."""
    whole = floor(columns)
    part = np.float32(columns - whole)
    near = np.roll(values, whole, axis=-1)
    if part < 1e-3:
        return near
    return np.asarray(near + part * (np.roll(near, 1, axis=-1) - near), dtype=np.float32)


def follow(
    maps: NDArray[np.floating],
    times_s: NDArray[np.floating],
    options: PlannerOptions | None = None,
    look_ahead_s: float = 0.0,
    turn: NDArray[np.floating] | None = None,
) -> CameraPath:
    """The path of a camera that sees maps (K, H, W) only ``look_ahead_s`` before their time.

    As live; at each map's moment (K,) a step is taken to the next one's. ``turn`` (K, 2) as for
    :func:`cubesal.autopilot.plan`, and seen no earlier than the maps.
    """
    online = OnlineFilter(options)
    times = np.asarray(times_s, dtype=np.float64)
    values = grid_values(maps, online.options)[:, 0]
    rates = np.zeros(len(times)) if turn is None else np.asarray(turn, dtype=np.float64)[:, 0]

    def seen(k: int) -> slice:
        last = int(np.searchsorted(times, times[k] + look_ahead_s + 1e-6, side="right"))
        return slice(k, max(last, k + 1))

    state = online.begun(values[seen(0)], times[seen(0)], rates[seen(0)])
    dense, views = [float(times[0])], [(state.view.yaw, state.view.pitch)]
    for k in range(len(times) - 1):
        duration, now = float(times[k + 1] - times[k]), seen(k)
        step = online.step(state, values[now], times[now], duration, rates[now])
        for part in np.linspace(0, 1, max(round(30 * duration), 1) + 1)[1:]:
            dense.append(float(times[k] + part * duration))
            views.append(step.view(dense[-1]))
        state = step.state
    yaw, pitch = np.array(views).T
    level = np.zeros(len(dense))
    return CameraPath(np.array(dense), yaw, pitch, np.full(len(dense), online.options.hfov), level)
