"""From a staircase on the grid to a curve a person would like to watch.

The curve is the cheapest one that pays for what lies outside a corridor around the grid path, for
every degree it moves other than with the picture, and for acceleration and jerk; its speed,
acceleration and jerk are bounded throughout. That is the idea of L1-optimal camera paths (Grundmann
et al. 2011), with the L1 term on the motion, which makes a camera that is either still or moves for
a reason, and squares on the rest. At last, turns back that follow too soon on the turn before are
forbidden, and the curve is found again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import degrees

import numpy as np
from numpy.typing import NDArray

from cubesal.autopilot.bounds import Bounds, pan_bounds, rested, tilt_bounds
from cubesal.autopilot.interior_point import Quadratic, Rule, cheapest
from cubesal.autopilot.motion import MotionLimits, ViewState
from cubesal.autopilot.spline import Spline, begun

__all__ = ["Manner", "smooth_axis", "smooth_directions"]

FloatArray = NDArray[np.float64]

STILL = 1.0
"""Degrees per second below which a camera counts as still."""
_BOUND = 1e4
_LEVEL = 20.0
_KEPT_TO = 200.0
"""How much more it costs to leave a corridor that is narrower than the manner's."""
_MARGIN = 1 - 1e-6


@dataclass(frozen=True)
class Manner:
    """How a curve is judged, in degrees and seconds.

    Attributes:
        corridor: half width of the corridor around the grid path, degrees.
        centring: price of halved squared degrees from its middle, integrated over time.
        motion: price of a degree that it moves, against one degree-second outside the corridor.
        acceleration, jerk: prices of their halved squares, integrated over time.
        turn_gap_s: the least time between two changes of direction.
    """

    corridor: float = 4.0
    centring: float = 0.02
    motion: float = 0.15
    acceleration: float = 0.006
    jerk: float = 0.0003
    turn_gap_s: float = 1.4


def smooth_directions(
    yaw: FloatArray,
    pitch: FloatArray,
    step_s: float,
    limits: MotionLimits,
    manner: Manner,
    pitch_limit: float,
    start: ViewState | None = None,
    turn: FloatArray | None = None,
    resting: Sequence[int] | NDArray[np.int64] = (),
    held: tuple[int, int] = (0, 0),
    corridor: FloatArray | None = None,
) -> tuple[Spline, Spline]:
    """Smooth curves of yaw (unwrapped) and pitch through corridors around two of S + 1 knots.

    ``start``: the state in which the curves begin. ``turn`` (S, 2): how fast the picture itself
    turns in yaw and pitch, rad/s. ``resting``: spans in which the camera stands still. ``held``:
    a direction (1 right, -1 left) in which it must not pan yet, and for how many spans.
    ``corridor`` (S + 1,): half widths, in degrees, in place of the manner's; a narrower one is
    kept to. Radians in and out; the splines begin at time 0.
    """
    moved = np.zeros((len(yaw) - 1, 2)) if turn is None else turn
    begin: tuple[FloatArray, FloatArray] | tuple[None, None] = (None, None)
    if start is not None:
        begin = (
            np.degrees([start.yaw, start.yaw_speed, start.yaw_acceleration]),
            np.degrees([start.pitch, start.pitch_speed, start.pitch_acceleration]),
        )
    still = rested(tilt_bounds(len(pitch) - 1, limits, degrees(pitch_limit)), resting)
    tilt = smooth_axis(
        np.degrees(pitch),
        step_s,
        still,
        manner,
        begin[1],
        np.degrees(moved[:, 1]),
        corridor=corridor,
    )
    bounds = rested(pan_bounds(np.radians(tilt), step_s, limits), resting)
    free = np.degrees(moved[:, 0])
    pan = smooth_axis(np.degrees(yaw), step_s, bounds, manner, begin[0], free, held, corridor)
    return Spline(0.0, step_s, np.radians(pan)), Spline(0.0, step_s, np.radians(tilt))


def smooth_axis(
    target: FloatArray,
    step_s: float,
    bounds: Bounds,
    manner: Manner,
    begin: FloatArray | None = None,
    turn: FloatArray | None = None,
    held: tuple[int, int] = (0, 0),
    corridor: FloatArray | None = None,
) -> FloatArray:
    """Control values (S + 3,) of the cheapest curve around ``target`` (S + 1,), all in degrees.

    ``begin``: value, speed and acceleration at the start. ``turn`` (S,): the picture's own speed.
    ``held`` and ``corridor``: as of :func:`smooth_directions`.
    """
    middle = float(target[0]) if begin is None else float(begin[0])
    # To begin with, a camera at rest, which breaks no bound.
    guess = np.zeros(len(target) + 2)
    if begin is not None:
        guess[:3] = begun(0.0, float(begin[1]), float(begin[2]), step_s)
        guess[3:] = guess[2]
    free = np.zeros(len(target) - 1) if turn is None else turn
    inside = _inside(target - middle, step_s, manner, corridor)
    low, high = -bounds.speed, bounds.speed.copy()
    _forbid(low, high, 0 if begin is None else 2, held[1], held[0])
    while True:
        found = cheapest(
            guess,
            _quadratics(target - middle, step_s, manner),
            [inside, *_rules(step_s, bounds.shifted(-middle), manner, free, (low, high))],
            fixed=0 if begin is None else 3,
        )
        speeds = np.diff(found) / step_s
        hasty = _hasty_turns(speeds, round(manner.turn_gap_s / step_s), 0 if begin is None else 2)
        room = float((high - low).sum())
        for first, stop, sign in hasty:
            _forbid(low, high, first, stop, sign)
        # What is forbidden already and still happens is the way out of the given start.
        if not hasty or float((high - low).sum()) == room:
            return found + middle


def _forbid(low: FloatArray, high: FloatArray, first: int, stop: int, sign: int) -> None:
    """Leave no room for motion in a direction (1 or -1; 0: in none) from ``first`` to ``stop``."""
    if sign > 0:
        high[first:stop] = np.minimum(high[first:stop], 0.0)
    elif sign < 0:
        low[first:stop] = np.maximum(low[first:stop], 0.0)


_VALUE = (1 / 6, 4 / 6, 1 / 6)


def _quadratics(target: FloatArray, step_s: float, manner: Manner) -> list[Quadratic]:
    bend = tuple(tap / step_s**2 for tap in (1.0, -2.0, 1.0))
    jerk = tuple(tap / step_s**3 for tap in (-1.0, 3.0, -3.0, 1.0))
    return [
        Quadratic(_VALUE, manner.centring * step_s, target),
        Quadratic(bend, manner.acceleration * step_s),
        Quadratic(jerk, manner.jerk * step_s),
        Quadratic((1.0,), 1e-6),
    ]


def _inside(target: FloatArray, step_s: float, manner: Manner, corridor: FloatArray | None) -> Rule:
    if corridor is None:
        return Rule(_VALUE, target - manner.corridor, target + manner.corridor, step_s)
    weight = step_s * np.where(corridor < manner.corridor, _KEPT_TO, 1.0)
    return Rule(_VALUE, target - corridor, target + corridor, weight)


def _rules(
    step_s: float,
    bounds: Bounds,
    manner: Manner,
    turn: FloatArray,
    speed: tuple[FloatArray, FloatArray],
) -> list[Rule]:
    slope = tuple(tap / step_s for tap in (-1.0, 1.0))
    bend = tuple(tap / step_s**2 for tap in (1.0, -2.0, 1.0))
    jerk = tuple(tap / step_s**3 for tap in (-1.0, 3.0, -3.0, 1.0))
    with_picture = np.concatenate([turn[:1], turn, turn[-1:]])
    rules = [
        Rule(slope, with_picture, with_picture, manner.motion * step_s),
        Rule(slope, speed[0] * _MARGIN, speed[1] * _MARGIN, _BOUND),
        Rule(bend, -bounds.acceleration * _MARGIN, bounds.acceleration * _MARGIN, _BOUND),
        Rule(jerk, -bounds.jerk * _MARGIN, bounds.jerk * _MARGIN, _BOUND),
    ]
    if np.all(np.isfinite(bounds.low)):
        rules.append(Rule((1.0,), bounds.low, bounds.high, _LEVEL))
    return rules


def _hasty_turns(speeds: FloatArray, gap: int, fixed: int) -> list[tuple[int, int, int]]:
    """Stretches (first, stop, direction) of control speeds to forbid: turns back made too soon.

    Of a stretch that lies between two changes of direction closer than ``gap`` knots, the motion
    is forbidden; what comes before and after it then continues or rests. The first ``fixed``
    values cannot be changed.
    """
    runs = _runs(speeds)
    found = []
    k = 1
    while k < len(runs) - 1:
        first, after = runs[k][0], runs[k + 1][0]
        if after - first < gap:
            begin = max(runs[k - 1][1], fixed)
            if begin < after:
                found.append((begin, after, runs[k][2]))
            k += 1  # its neighbours change with it: look at them again in the next round
        k += 1
    return found


def _runs(speeds: FloatArray) -> list[tuple[int, int, int]]:
    """(first, stop, direction) of each stretch of motion one way; rests in it belong to it."""
    runs: list[tuple[int, int, int]] = []
    for k in np.flatnonzero(np.abs(speeds) > STILL):
        sign = 1 if speeds[k] > 0 else -1
        if runs and runs[-1][2] == sign:
            runs[-1] = (runs[-1][0], int(k) + 1, sign)
        else:
            runs.append((int(k), int(k) + 1, sign))
    return runs
