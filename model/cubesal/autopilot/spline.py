"""A uniform cubic B-spline: the form in which a smooth camera curve is held.

The derivatives of such a curve are again B-splines, whose control values are differences of its
own. A spline never leaves the range of its control values, so bounds on a few differences bound
the speed, acceleration and jerk of the whole curve, between the knots too.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["Spline", "begun"]

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class Spline:
    """``controls`` (S + 3,) over S spans of ``step_s`` seconds each, from ``start_s`` on."""

    start_s: float
    step_s: float
    controls: FloatArray

    def derivative_controls(self, order: int) -> FloatArray:
        """Control values of a derivative, (S + 3 - order,)."""
        return np.asarray(np.diff(self.controls, order) / self.step_s**order)

    def at(self, times_s: FloatArray, order: int = 0) -> FloatArray:
        """The curve, or a derivative of it up to the third, at some times; at rest outside."""
        spans = len(self.controls) - 3
        position = (np.asarray(times_s, np.float64) - self.start_s) / self.step_s
        position = np.clip(position, 0.0, spans)
        span = np.minimum(position.astype(np.int64), spans - 1)
        weights = _weights(position - span, order)
        values = sum(weights[k] * self.controls[span + k] for k in range(4))
        return np.asarray(values / self.step_s**order)


def _weights(u: FloatArray, order: int) -> list[FloatArray]:
    """Weights of four neighbouring control values at the part ``u`` of a span."""
    v = 1 - u
    if order == 0:
        return [v**3 / 6, (3 * u**3 - 6 * u**2 + 4) / 6, (3 * v**3 - 6 * v**2 + 4) / 6, u**3 / 6]
    if order == 1:
        return [-(v**2) / 2, (3 * u**2 - 4 * u) / 2, -(3 * v**2 - 4 * v) / 2, u**2 / 2]
    if order == 2:
        return [v, 3 * u - 2, 3 * v - 2, u]
    if order == 3:
        one = np.ones_like(u)
        return [-one, 3 * one, -3 * one, one]
    raise ValueError(f"a cubic has three derivatives, not {order}")


def begun(value: float, speed: float, acceleration: float, step_s: float) -> FloatArray:
    """The first three control values of a spline that begins in a given state."""
    middle = value - acceleration * step_s**2 / 6
    bend = middle + acceleration * step_s**2 / 2
    return np.array([bend - speed * step_s, middle, bend + speed * step_s])
