"""The cheapest sequence under many local rules: a primal-dual interior point method.

Minimises, over ``x`` (N,),

    sum over quadratics of  1/2 q (S x - b)²  +  sum over rules of  w · outside(S x, low, high)

where ``S`` is a short stencil slid along ``x`` and ``outside`` is by how much a value leaves its
interval. A rule with a large weight is in effect a bound that holds exactly wherever it can (an
exact penalty); one with ``low == high`` is an absolute value. All stencils being short, a Newton
step is one banded solve, and the work grows linearly with N. The method is the textbook one
(Mehrotra's without the predictor; Wright, *Primal-Dual Interior-Point Methods*, 1997, chapter 6),
with the two slacks of an elastic bound eliminated by hand.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["Quadratic", "Rule", "cheapest"]

FloatArray = NDArray[np.float64]

_BAND = 4
_MOST_STEPS = 80
_TOLERANCE = 1e-6
_CENTRING = 0.08
_RECENTRING = 0.8
_BEGIN = 30.0


@dataclass(frozen=True)
class Quadratic:
    """``1/2 weight (S x - target)²``, summed; ``target`` (N - len(stencil) + 1,) or a number."""

    stencil: tuple[float, ...]
    weight: float
    target: FloatArray | float = 0.0


@dataclass(frozen=True)
class Rule:
    """``weight`` times how far ``S x`` lies outside ``[low, high]``, summed.

    Each of the three is an array (N - len(stencil) + 1,) or a number; weights are positive.
    """

    stencil: tuple[float, ...]
    low: FloatArray | float
    high: FloatArray | float
    weight: FloatArray | float


@dataclass(frozen=True)
class _Side:
    """One side of a rule as ``sign S x <= bound``, and where its rows lie among all."""

    stencil: tuple[float, ...]
    sign: float
    rows: slice


def cheapest(
    guess: FloatArray, quadratics: Sequence[Quadratic], rules: Sequence[Rule], fixed: int = 0
) -> FloatArray:
    """The minimiser (N,); the first ``fixed`` values stay as they are in ``guess``.

    Stencils may have up to four taps, and the quadratics must pin down everything that the rules
    leave free. Values should be of the order of 1 to 1000.
    """
    x = guess.astype(np.float64)
    matrix, linear = _quadratic_parts(quadratics, len(x))
    sides, bound, weight = _sides(rules, len(x))
    slack, over, force, rest = _centred(bound - _applied(sides, x, len(bound)), weight)
    length = 1.0
    for _ in range(_MOST_STEPS):
        mu = float(force @ slack + rest @ over) / (2 * len(bound))
        gradient = _times(matrix, x) - linear + _gathered(sides, force, len(x))
        gradient[:fixed] = 0.0
        if mu < _TOLERANCE and np.abs(gradient).max() < 1e-4:
            break
        # After a short step the walls are near: first back to the middle between them.
        aim = mu * (_CENTRING if length > 0.5 else _RECENTRING)
        pull = 1.0 / (slack / force + over / rest)
        # Rules are kept satisfied to the last digit by the steps themselves, but for rounding.
        drift = aim / force - slack - aim / rest + over + _violation(sides, x, bound, slack, over)
        step = _newton(
            matrix, sides, pull, -gradient - _gathered(sides, pull * drift, len(x)), fixed
        )
        change = pull * (_applied(sides, step, len(bound)) + drift)
        slack_step = (aim - force * slack - slack * change) / force
        over_step = (aim - rest * over + over * change) / rest
        length = _reach(((slack, slack_step), (over, over_step), (force, change), (rest, -change)))
        x += length * step
        slack += length * slack_step
        over += length * over_step
        force += length * change
        rest -= length * change  # by itself: as a difference it would end in rounding
    return x


def _centred(
    gap: FloatArray, weight: FloatArray
) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    """Slack and overshoot of each bound, the force it exerts and what its weight has left.

    Such that slack - overshoot is the ``gap`` and that the products of slack and force and of
    overshoot and rest are all equal, as the method likes best. Each force solves a quadratic.
    """
    root = np.sqrt((np.abs(gap) * weight) ** 2 + 4 * _BEGIN**2)
    small = 2 * _BEGIN * weight / (np.abs(gap) * weight + 2 * _BEGIN + root)
    force = np.where(gap >= 0, small, weight - small)
    rest = np.where(gap >= 0, weight - small, small)
    return _BEGIN / force, _BEGIN / rest, force, rest


def _violation(
    sides: list[_Side], x: FloatArray, bound: FloatArray, slack: FloatArray, over: FloatArray
) -> FloatArray:
    return _applied(sides, x, len(bound)) - bound + slack - over


def _reach(pairs: Sequence[tuple[FloatArray, FloatArray]]) -> float:
    """The longest step, at most 1, that keeps every value well above zero."""
    steepest = max(float((-step / value).max()) for value, step in pairs)
    return min(1.0, 0.99 / steepest) if steepest > 0 else 1.0


def _sides(rules: Sequence[Rule], count: int) -> tuple[list[_Side], FloatArray, FloatArray]:
    sides: list[_Side] = []
    bounds, weights = [], []
    first = 0
    for rule in rules:
        rows = count - len(rule.stencil) + 1
        for sign, bound in ((1.0, rule.high), (-1.0, rule.low)):
            sides.append(_Side(rule.stencil, sign, slice(first, first + rows)))
            bounds.append(np.broadcast_to(sign * np.asarray(bound, np.float64), rows))
            weights.append(np.broadcast_to(np.asarray(rule.weight, np.float64), rows))
            first += rows
    return sides, np.concatenate(bounds), np.concatenate(weights)


def _applied(sides: list[_Side], x: FloatArray, total: int) -> FloatArray:
    out = np.empty(total)
    for side in sides[::2]:  # both sides of a rule see the same values
        rows = side.rows.stop - side.rows.start
        values = np.correlate(x[: rows + len(side.stencil) - 1], side.stencil)
        out[side.rows] = values
        np.negative(values, out=out[side.rows.stop : side.rows.stop + rows])
    return out


def _gathered(sides: list[_Side], values: FloatArray, count: int) -> FloatArray:
    """The transposed stencils applied to a value per row."""
    out = np.zeros(count)
    for upper, lower in zip(sides[::2], sides[1::2], strict=True):
        net = values[upper.rows] - values[lower.rows]
        out[: len(net) + len(upper.stencil) - 1] += np.convolve(net, upper.stencil)
    return out


def _quadratic_parts(quadratics: Sequence[Quadratic], count: int) -> tuple[FloatArray, FloatArray]:
    """Lower bands (4, N) of the matrix, and the linear term (N,)."""
    matrix, linear = np.zeros((_BAND, count)), np.zeros(count)
    for part in quadratics:
        rows = count - len(part.stencil) + 1
        _add_squares(matrix, part.stencil, np.full(rows, part.weight))
        target = np.broadcast_to(np.asarray(part.target, np.float64), rows)
        for k, tap in enumerate(part.stencil):
            linear[k : k + rows] += tap * part.weight * target
    return matrix, linear


def _add_squares(matrix: FloatArray, stencil: tuple[float, ...], weight: FloatArray) -> None:
    for j, tap in enumerate(stencil):
        for other in range(j, len(stencil)):
            matrix[other - j, j : j + len(weight)] += tap * stencil[other] * weight


def _times(matrix: FloatArray, x: FloatArray) -> FloatArray:
    out: FloatArray = matrix[0] * x
    for k in range(1, min(_BAND, len(x))):
        part = matrix[k, : len(x) - k]
        out[k:] += part * x[: len(x) - k]
        out[: len(x) - k] += part * x[k:]
    return out


def _newton(
    matrix: FloatArray, sides: list[_Side], pull: FloatArray, right: FloatArray, fixed: int
) -> FloatArray:
    bands = matrix.copy()
    for upper, lower in zip(sides[::2], sides[1::2], strict=True):
        _add_squares(bands, upper.stencil, pull[upper.rows] + pull[lower.rows])
    bands[:, :fixed] = 0.0
    bands[0, :fixed] = 1.0
    right[:fixed] = 0.0
    from scipy.linalg import (
        solveh_banded,  # takes a fifth of a second that no start should wait for
    )

    # Near the end the rules that bind outweigh all else by more than double precision holds. A
    # ridge makes a step a little shorter and leaves the solution where it is.
    ridge = 1e-14 * float(bands[0].max())
    while True:
        bands[0] += ridge
        try:
            step: FloatArray = solveh_banded(bands, right, lower=True, check_finite=False)
            return step
        except np.linalg.LinAlgError:
            ridge *= 100
