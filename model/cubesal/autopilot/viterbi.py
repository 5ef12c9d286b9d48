"""The best path through a yaw x pitch grid: exact dynamic programming with wrap-around in yaw."""

from __future__ import annotations

from math import cos, floor, hypot

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

MIN_COS = 0.5
"""Yaw counts as if never nearer to a pole than 60 degrees: beyond, the picture would spin."""


def yaw_scale(pitch: float, other: float) -> float:
    """How far a turn in yaw moves the view, at most, on the way between two pitches.

    The largest cosine in between, floored at ``MIN_COS``.
    """
    crosses_horizon = pitch * other <= 0
    return 1.0 if crosses_horizon else max(cos(min(abs(pitch), abs(other))), MIN_COS)


def move_costs(
    pitches: NDArray[np.float64], grid_step: float, reach: float, cost_per_radian: float
) -> NDArray[np.float64]:
    """Price of each move of at most ``reach`` radians: (P, 2a+1, 2b+1), infinite where too far.

    Entry (p, i, j) is the move that arrives at row p from row p - a + i and column y - b + j.
    A move costs ``cost_per_radian`` times its length, the yaw part weighted by
    :func:`yaw_scale`, so that no real move is longer than counted.
    """
    a = floor(reach / grid_step + 1e-9)
    b = floor(reach / (grid_step * MIN_COS) + 1e-9)
    costs = np.full((len(pitches), 2 * a + 1, 2 * b + 1), np.inf)
    for p, pitch in enumerate(pitches):
        for i in range(2 * a + 1):
            origin = p - a + i
            if not 0 <= origin < len(pitches):
                continue
            scale = yaw_scale(float(pitch), float(pitches[origin]))
            for j in range(2 * b + 1):
                length = grid_step * hypot(i - a, scale * (j - b))
                if length <= reach + 1e-9:
                    costs[p, i, j] = cost_per_radian * length
    return costs


def best_grid_path(
    values: NDArray[np.floating],
    costs: NDArray[np.float64],
    start: tuple[int, int] | None = None,
) -> tuple[float, NDArray[np.int64], NDArray[np.int64]]:
    """Maximise the sum of cell values minus move costs over T steps of a (P, Y) grid.

    ``values`` (T, P, Y); ``costs`` from :func:`move_costs`; ``start`` fixes the first (row,
    column). Columns wrap. Returns (score, rows (T,), columns (T,)). O(T · P · Y · moves).
    """
    steps, rows, columns = values.shape
    window = (costs.shape[1], costs.shape[2])
    a, b = window[0] // 2, window[1] // 2
    score = _initial(values[0], start)
    # Ten hours have 90000 steps: a byte for each move, as a rule, instead of four.
    back = np.zeros((steps, rows, columns), dtype=np.min_scalar_type(window[0] * window[1]))
    priced = costs[:, None]
    candidates = np.empty((rows, columns, *window))
    every = np.arange(rows * columns)
    around = np.arange(-b, columns + b) % columns
    padded = np.full((rows + 2 * a, columns + 2 * b), -np.inf)
    for t in range(1, steps):
        padded[a : a + rows] = score[:, around]
        np.subtract(sliding_window_view(padded, window), priced, out=candidates)
        flat = candidates.reshape(rows * columns, -1)
        choice = flat.argmax(axis=1)
        back[t] = choice.reshape(rows, columns)
        score = flat[every, choice].reshape(rows, columns) + values[t]
    return _trace(score, back, window)


def _initial(first: NDArray[np.floating], start: tuple[int, int] | None) -> NDArray[np.float64]:
    if start is None:
        return first.astype(np.float64)
    score = np.full(first.shape, -np.inf)
    score[start] = first[start]
    return score


def _trace(
    score: NDArray[np.float64], back: NDArray[np.unsignedinteger], window: tuple[int, int]
) -> tuple[float, NDArray[np.int64], NDArray[np.int64]]:
    steps, _, columns = back.shape
    a, b = window[0] // 2, window[1] // 2
    row, column = _most_central_best(score)
    path = np.empty((steps, 2), dtype=np.int64)
    for t in range(steps - 1, -1, -1):
        path[t] = row, column
        if t > 0:
            i, j = divmod(int(back[t, row, column]), window[1])
            row, column = row - a + i, (column - b + j) % columns
    return float(score.max()), path[:, 0], path[:, 1]


def _most_central_best(score: NDArray[np.float64]) -> tuple[int, int]:
    """Of equally good ends, the one nearest to the middle of the picture."""
    rows, columns = np.nonzero(score >= score.max() - 1e-9)
    middle = (score.shape[0] - 1) / 2, score.shape[1] / 2
    distance = np.hypot(rows - middle[0], columns - middle[1])
    nearest = int(distance.argmin())
    return int(rows[nearest]), int(columns[nearest])
