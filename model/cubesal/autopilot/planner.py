"""Planning the flat camera: maps → the best smooth path, and the best way on from any view.

The plan is made on a grid of directions and of time ("ticks"). A tick is as long as the camera
needs for three grid cells, so that moves of every direction and of several speeds
exist; the value of a view is the attention inside it, that in its middle counting most.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from math import ceil, pi, radians

import numpy as np
from numpy.typing import NDArray

from cubesal.autopilot.areas import Area, weighted
from cubesal.autopilot.clock import PlanningClock, spacing, tick_times, values_at_ticks
from cubesal.autopilot.coverage import share_volumes
from cubesal.autopilot.keys import PathKey, checked_keys
from cubesal.autopilot.motion import ViewState
from cubesal.autopilot.options import PlannerOptions
from cubesal.autopilot.path import CameraPath
from cubesal.autopilot.shot_list import TickViews, key_cuts, shot_list
from cubesal.autopilot.shots import finished_path
from cubesal.autopilot.value_volume import Cell, MoveRules, ValueVolume

__all__ = [
    "Plan",
    "Start",
    "grid_values",
    "move_rules",
    "nearest_cell",
    "plan",
    "plan_path",
    "plan_values",
]

MIN_CONTRAST = 0.05
"""Share by which the best view must beat the average one before moving is worth anything."""
TILT_PRICE = 1.25
"""A tilt costs so many times what a pan of the same angle does."""
NORMAL_VIEW, WIDE_VIEW = radians(65), radians(90)
LEVEL_WIDTH = pi / 2
"""A wide view counts for 0.98 tilted by 16 degrees and for 0.8 by 60, a normal one as if level."""
CUT_ANGLE = pi / 6
"""A cut turns at least this far."""
ONWARD_S = 20.0
KEY_WORTH = 100.0
"""What a person's key is worth, beside values of at most 1 a second: no way round it pays."""

FloatArray = NDArray[np.float64]
Start = tuple[float, float] | ViewState


@dataclass(frozen=True, eq=False)
class Plan:
    """What was planned for a stretch: a path, and for every view the best way on from there.

    ``volume`` holds the values to go at ``ticks`` (T,), seconds of the planning clock; ``turn``
    (K, 2) is the picture's own turn at the moments of the maps, if it was given; ``keys`` are those
    within the stretch, on the planning clock.
    """

    options: PlannerOptions
    clock: PlanningClock
    ticks: FloatArray
    volume: ValueVolume
    turn: FloatArray | None
    start: ViewState | None
    keys: tuple[PathKey, ...] = ()

    @cached_property
    def path(self) -> CameraPath:
        """The best path from ``start`` on, or from the best view of all."""
        first = self.volume.best_cell()
        if self.start is not None:
            row, column = nearest_cell(self.start, self.options)
            first = Cell(0, row, column, self.volume.first_wait)
        return self._along(self.volume.onward(0, first), self.ticks, self.start)

    def onward(
        self, time_s: float, state: ViewState, seconds: float | None = ONWARD_S
    ) -> CameraPath:
        """The best path on from a view at a moment, for ``seconds`` or (None) to the end.

        It begins in ``state`` exactly, speeds included, so that a camera joins it without a jump;
        the values to go are looked up, not computed again. ValueError outside the stretch.
        """
        begin, end = self.clock.begin_s, self.clock.end_s
        if not begin - 1e-6 <= time_s <= end + 1e-6:
            raise ValueError(f"the plan covers {begin:g} to {end:g} s, not {time_s:g} s")
        now = float(self.clock.planned(np.array([min(max(time_s, begin), end)]))[0])
        step = spacing(self.ticks)
        tick = min(round((now - self.ticks[0]) / step), len(self.ticks) - 1) if step else 0
        stop = len(self.ticks)
        if seconds is not None and step:
            stop = min(stop, tick + 2 + ceil(seconds / step))
        cells = self.volume.onward(tick, Cell(0, *nearest_cell(state, self.options)))
        # The view of this tick holds from now on, be the tick a little past or to come.
        times = np.append(now, np.maximum(self.ticks[tick + 1 : stop], now))
        chosen = [cell for cell, _ in zip(cells, times, strict=False)]
        return self._along(chosen, times, state)

    def _along(
        self, cells: Iterable[Cell], times: FloatArray, start: ViewState | None
    ) -> CameraPath:
        views = _views(list(cells), times, self.options)
        keys = [key for key in self.keys if times[0] <= key.time_s <= times[-1]]
        if start is not None:  # a view that somebody holds is not bent towards a key of that moment
            keys = [key for key in keys if key.time_s > times[0]]
        shots = shot_list(views, keys)
        return finished_path(shots, self.options, self.clock, self.turn, start)


def plan_path(
    maps: NDArray[np.floating],
    times_s: NDArray[np.floating],
    options: PlannerOptions | None = None,
    start: Start | None = None,
    turn: NDArray[np.floating] | None = None,
    keys: Sequence[PathKey] = (),
    areas: Sequence[Area] = (),
) -> CameraPath:
    """The path of :func:`plan`."""
    return plan(maps, times_s, options, start, turn, keys, areas).path


def plan(
    maps: NDArray[np.floating],
    times_s: NDArray[np.floating],
    options: PlannerOptions | None = None,
    start: Start | None = None,
    turn: NDArray[np.floating] | None = None,
    keys: Sequence[PathKey] = (),
    areas: Sequence[Area] = (),
) -> Plan:
    """The best path over maps (K, H, W) >= 0 shown at ``times_s`` (K,), strictly ascending.

    ``start`` is the view that the path must begin at, such as the one a user let go of: (yaw,
    pitch) at rest, or with its motion. ``turn`` (K, 2): how fast the picture itself turns to the
    right and up at those times, rad/s; to turn with it costs nothing. The horizon stays level,
    pitch stays within its limit (a start beyond it is left at once), and outside cuts the view's
    centre keeps to the limits of speed, acceleration and jerk.

    The path meets the ``keys`` exactly, ascending in time, of which those outside the stretch are
    left out; keys that lie farther apart than the camera may go in that time win over its limits.
    ``areas`` are preferred or avoided.
    """
    options = options or PlannerOptions()
    times = np.asarray(times_s, dtype=np.float64)
    _check(maps, times, turn)
    values = grid_values(weighted(maps, times, areas), options)
    return plan_values(values, times, options, start, turn, keys)


def plan_values(
    values: NDArray[np.float32],
    times_s: NDArray[np.floating],
    options: PlannerOptions,
    start: Start | None = None,
    turn: NDArray[np.floating] | None = None,
    keys: Sequence[PathKey] = (),
) -> Plan:
    """:func:`plan` for those who have the :func:`grid_values` (K, Z, P, Y) of the maps already."""
    times = np.asarray(times_s, dtype=np.float64)
    begin = ViewState(*start) if isinstance(start, tuple) else start
    clock = PlanningClock.over(times, options.max_speed)
    ticks = tick_times(clock.clock, options)
    values = values_at_ticks(values, clock.clock, ticks)
    rules = move_rules(values, ticks, options)
    moved = None if turn is None else np.asarray(turn, dtype=np.float64)
    values *= np.float32(spacing(ticks) or 1.0)  # with a single tick its length does not matter
    pinned = _pinned(checked_keys(keys), clock)
    jumps = _insist(values, ticks, pinned, options)
    volume = ValueVolume(values, rules, _turn_per_tick(moved, clock, ticks), jumps)
    return Plan(options, clock, ticks, volume, moved, begin, pinned)


def _pinned(keys: Sequence[PathKey], clock: PlanningClock) -> tuple[PathKey, ...]:
    """The keys within a stretch, on its planning clock."""
    inside = [k for k in keys if clock.begin_s - 1e-6 <= k.time_s <= clock.end_s + 1e-6]
    when = np.clip([key.time_s for key in inside], clock.begin_s, clock.end_s)
    planned = clock.planned(np.asarray(when, dtype=np.float64))
    moved = (replace(key, time_s=float(t)) for key, t in zip(inside, planned, strict=True))
    return tuple({key.time_s: key for key in moved}.values())


def _insist(
    values: NDArray[np.float32],
    ticks: FloatArray,
    keys: Sequence[PathKey],
    options: PlannerOptions,
) -> set[int]:
    """Make the keys' views worth going to; returns the ticks after which a key asks for a cut."""
    step = spacing(ticks) or 1.0
    cuts, jumps = set(key_cuts(keys)), set()
    for key in keys:
        tick = min(round((key.time_s - ticks[0]) / step), len(ticks) - 1)
        row, column = nearest_cell(key.view, options)
        values[tick, :, row, column] += np.float32(KEY_WORTH)
        if key.time_s in cuts and tick:
            jumps.add(tick - 1)
    return jumps


def grid_values(maps: NDArray[np.floating], options: PlannerOptions) -> NDArray[np.float32]:
    """(K, Z, P, Y): what each view of the planning grid is worth on each map.

    That is its share of the attention to the power of 1.5: people watch one thing at a time, so a
    view that holds the strongest place is worth more than one that holds as much here and there.
    A wide view that is tilted is worth a little less: verticals converge in it.
    """
    volume = share_volumes(
        maps,
        options.pitches,
        options.yaw_cells,
        options.fields_of_view,
        options.aspect,
        centred=True,
        peaked=True,
    )
    volume *= np.array(options.zoom_gains, dtype=np.float32)[:, None, None]
    volume *= _levels(options)[:, :, None]
    return volume


def _levels(options: PlannerOptions) -> NDArray[np.float32]:
    """(Z, P): what a view counts by its field of view and pitch, 1 where it is level or normal."""
    wider = np.maximum(np.array(options.fields_of_view) - NORMAL_VIEW, 0) / (
        WIDE_VIEW - NORMAL_VIEW
    )
    tilts = (options.pitches / LEVEL_WIDTH) ** 2
    return np.exp(-0.5 * wider[:, None] * tilts).astype(np.float32)


def _check(
    maps: NDArray[np.floating], times: FloatArray, turn: NDArray[np.floating] | None
) -> None:
    if maps.ndim != 3 or len(maps) == 0:
        raise ValueError(f"maps must have shape (K, H, W) with K >= 1, not {maps.shape}")
    if times.shape != (len(maps),):
        raise ValueError(f"{len(maps)} maps need as many times, not {times.shape}")
    if np.any(np.diff(times) <= 0):
        raise ValueError("times_s must ascend strictly")
    if turn is not None and (turn.shape != (len(maps), 2) or not np.all(np.isfinite(turn))):
        raise ValueError(f"turn must be two finite speeds per map, not {turn.shape}")


def move_rules(
    values: NDArray[np.float32], ticks: FloatArray, options: PlannerOptions
) -> MoveRules:
    """Prices by what is at stake: how much the best view holds beyond an average one.

    ``values`` (T, Z, P, Y) at ``ticks`` (T,).
    """
    widest = values[:, 0]
    gain = widest.max(axis=(1, 2)) - widest.mean(axis=(1, 2))
    contrast = max(float(gain.mean()), MIN_CONTRAST)
    step = spacing(ticks)
    per_turn = contrast * options.seconds_per_quarter_turn
    return MoveRules(
        options.pitches,
        options.cell,
        options.max_speed * step,
        price=per_turn / (pi / 2),
        zoom_price=0.5 * per_turn,
        tilt=TILT_PRICE,
        cut_price=contrast * options.seconds_per_cut if options.cuts and step else None,
        shot_ticks=max(ceil(options.min_shot_s / step - 1e-9), 2) if step else 2,
        cut_cells=max(ceil(CUT_ANGLE / options.cell), 1),
    )


def _turn_per_tick(
    turn: FloatArray | None, clock: PlanningClock, ticks: FloatArray
) -> FloatArray | None:
    if turn is None or len(ticks) < 2:
        return None
    middles = (ticks[1:] + ticks[:-1]) / 2
    rates = [np.interp(middles, clock.clock, column) for column in turn.T]
    return np.stack(rates, axis=1) * spacing(ticks)


def nearest_cell(view: ViewState, options: PlannerOptions) -> tuple[int, int]:
    """(row, column) of the grid's view nearest to a view."""
    column = round((view.yaw + pi) / options.cell) % options.yaw_cells
    return int(np.abs(options.pitches - view.pitch).argmin()), column


def _views(cells: list[Cell], times: FloatArray, options: PlannerOptions) -> TickViews:
    """The grid path as views; where the wait of a state grows, it has cut."""
    waits = np.array([cell.wait for cell in cells])
    yaw = -pi + options.cell * np.array([cell.column for cell in cells])
    pitch = options.pitches[[cell.row for cell in cells]]
    hfov = np.array(options.fields_of_view)[[cell.zoom for cell in cells]]
    cuts = (np.flatnonzero(np.diff(waits) > 0) + 1).tolist()
    return TickViews(times, yaw, pitch, hfov, cuts)
