"""What every view is worth from every moment on: exact backward dynamic programming.

The *value to go* of a view at a moment is the most that any allowed camera can still collect from
there (Cha et al. 2020 keep it to follow a user's input). Planning forward throws away all but one
path; planning backward keeps the answer for every view, so that the best way onward from wherever
a person has turned the camera is read off step by step, and nothing is planned again.

Moves are priced by the way they go, in yaw and in pitch, **relative to the picture's own turn**:
to turn with the picture costs nothing (the flow term of Kang and Cho 2019). That price is a sum
over the axes, so one step is a handful of shifted maxima per axis instead of one over all moves.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from math import floor

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from cubesal.autopilot.motion import MIN_COS

__all__ = ["PITCH_SHARE", "Cell", "MoveRules", "ValueVolume"]

PITCH_SHARE = 0.7
"""Part of the speed that may go into tilting; what is left of it is for panning."""

Volume = NDArray[np.float32]


@dataclass(frozen=True)
class Cell:
    """A state of the grid: zoom stop, row, column, and ticks until a cut is allowed."""

    zoom: int
    row: int
    column: int
    wait: int = 0


@dataclass(frozen=True)
class MoveRules:
    """What a camera may do within one tick, and the price in the unit of the values.

    Attributes:
        pitches: (P,) of the rows, ascending, ``step`` apart; radians.
        step: the grid step, radians; the columns are as far apart.
        reach: how far the view's centre may go in a tick, radians on the sphere.
        price: of a radian.
        tilt: how many times that a radian of tilt costs: people pan, and seldom tilt.
        zoom_price: of a zoom stop; one stop per tick at most.
        cut_price: of a cut to another yaw; None: no cuts.
        shot_ticks: the least length of a shot between cuts.
        cut_cells: the least change of column at a cut, since a cut to nearly the same view jars.
    """

    pitches: NDArray[np.float64]
    step: float
    reach: float
    price: float
    zoom_price: float = 0.0
    tilt: float = 1.0
    cut_price: float | None = None
    shot_ticks: int = 1
    cut_cells: int = 1

    @property
    def scales(self) -> NDArray[np.float64]:
        """(P,) how far a turn in yaw moves the view on the sphere, per row."""
        return np.maximum(np.cos(self.pitches), MIN_COS)

    @property
    def rows_reach(self) -> int:
        """Rows that a move may cross."""
        return floor(PITCH_SHARE * self.reach / self.step + 1e-9)

    @property
    def columns_reach(self) -> NDArray[np.int64]:
        """(P,) columns that a move may cross, by the row it starts from."""
        reach = self.reach / (self.step * self.scales)
        return np.asarray(np.floor(reach + 1e-9), dtype=np.int64)

    def yaw_prices(self, turn: float) -> Volume:
        """(P, 2b+1) price of crossing -b ... b columns; infinite beyond the row's reach."""
        reach = self.columns_reach
        widest = int(reach.max())
        offsets = np.arange(-widest, widest + 1)
        away = np.abs(offsets - turn / self.step) * self.step
        prices = self.price * self.scales[:, None] * away
        allowed = np.abs(offsets) <= reach[:, None]
        return np.asarray(np.where(allowed, prices, np.inf), dtype=np.float32)

    def pitch_prices(self, turn: float) -> Volume:
        """(2a+1,) price of crossing -a ... a rows."""
        offsets = np.arange(-self.rows_reach, self.rows_reach + 1)
        prices = self.tilt * self.price * np.abs(offsets * self.step - turn)
        return np.asarray(prices, dtype=np.float32)


class ValueVolume:
    """Values to go of a grid over T ticks; columns wrap.

    ``rewards`` (T, Z, P, Y): what each view is worth during each tick. ``turns`` (T - 1, 2): by
    how much the picture itself turns in yaw and pitch from tick to tick, radians (none: not at
    all). After the ticks in ``jumps`` the view may go anywhere, for nothing.
    O(T · cells · (2a + 2b)), in place of the product of the two.
    """

    def __init__(
        self,
        rewards: Volume,
        rules: MoveRules,
        turns: NDArray[np.float64] | None = None,
        jumps: Collection[int] = (),
    ) -> None:
        self.rewards, self.rules, self.jumps = rewards, rules, frozenset(jumps)
        steps = len(rewards)
        self.turns = np.zeros((max(steps - 1, 0), 2)) if turns is None else turns
        waits = 1 if rules.cut_price is None else rules.shot_ticks
        self._to_go = np.empty((steps, waits, *rewards.shape[1:]), np.float32)
        # Kept relative to the best: over hours, single precision would drown the differences.
        self._base = np.zeros(steps)
        self._to_go[-1] = rewards[-1]
        for t in range(steps - 2, -1, -1):
            values = self._best_onward(t)
            values += rewards[t]
            top = values.max()
            self._base[t] = self._base[t + 1] + float(top)
            np.subtract(values, top, out=self._to_go[t])

    def __len__(self) -> int:
        return len(self.rewards)

    @property
    def first_wait(self) -> int:
        """Ticks that the first shot must still last when it begins."""
        return int(self._to_go.shape[1]) - 1

    def value(self, tick: int, cell: Cell) -> float:
        """What the best camera collects from ``tick`` on, if it looks at ``cell`` then."""
        here = self._to_go[tick, cell.wait, cell.zoom, cell.row, cell.column]
        return float(self._base[tick]) + float(here)

    def best_cell(self, tick: int = 0) -> Cell:
        """Where to look at a moment if one may choose; of equals, nearest to the middle."""
        values = self._to_go[tick, self.first_wait]
        zooms, rows, columns = np.nonzero(values >= values.max() - 1e-6)
        middle = (values.shape[1] - 1) / 2, values.shape[2] / 2
        k = int((np.hypot(rows - middle[0], columns - middle[1]) + zooms).argmin())
        return Cell(int(zooms[k]), int(rows[k]), int(columns[k]), self.first_wait)

    def onward(self, tick: int, cell: Cell) -> Iterator[Cell]:
        """The best way on from ``cell`` at ``tick``, that cell included, to the last tick."""
        yield cell
        for t in range(tick, len(self) - 1):
            cell = self._next(t, cell)
            yield cell

    def _may_cut(self, tick: int) -> bool:
        return self.rules.cut_price is not None and len(self) - 1 - tick >= self.rules.shot_ticks

    def _best_onward(self, tick: int) -> Volume:
        """(L, Z, P, Y): the best of all moves from each state of ``tick``."""
        after, rules = self._to_go[tick + 1], self.rules
        if tick in self.jumps:
            return np.full_like(after, after[-1].max())
        # A state that waits goes on to one that waits a tick less.
        order = np.maximum(np.arange(len(after)) - 1, 0)
        best = _over_zooms(after, rules.zoom_price)
        best = _over_rows(best, rules.pitch_prices(self.turns[tick, 1]))
        best = _over_columns(best, rules.yaw_prices(self.turns[tick, 0]))
        if len(after) > 1:
            best = best[order]
        if self._may_cut(tick):
            columns = after[-1].max(axis=(0, 1))
            gain = _best_elsewhere(columns, rules.cut_cells) - np.float32(rules.cut_price or 0.0)
            np.maximum(best[0], gain, out=best[0])
        return best

    def _next(self, tick: int, cell: Cell) -> Cell:
        rules = self.rules
        if tick in self.jumps:
            return self.best_cell(tick + 1)
        wait = max(cell.wait - 1, 0)
        after = self._to_go[tick + 1, wait]
        zooms, rows, columns = after.shape
        zoom = np.arange(max(cell.zoom - 1, 0), min(cell.zoom + 2, zooms))
        a, b = rules.rows_reach, int(rules.columns_reach[cell.row])
        row = np.arange(max(cell.row - a, 0), min(cell.row + a + 1, rows))
        turn = self.turns[tick]
        across = rules.step * np.arange(-b, b + 1) - turn[0]
        price = (
            rules.zoom_price * np.abs(zoom - cell.zoom)[:, None, None]
            + rules.tilt * rules.price * np.abs((row - cell.row) * rules.step - turn[1])[:, None]
            + rules.price * rules.scales[cell.row] * np.abs(across)
        )
        column = (np.arange(-b, b + 1) + cell.column) % columns
        value = after[np.ix_(zoom, row, column)] - price
        # Of equals the cheapest: without a reason the camera stays.
        equal = value >= value.max() - 1e-6
        k = np.unravel_index(int(np.where(equal, price, np.inf).argmin()), value.shape)
        moved = Cell(int(zoom[k[0]]), int(row[k[1]]), int(column[k[2]]), wait)
        if cell.wait == 0 and self._may_cut(tick):
            there = self._cut(tick, cell)
            gain = self._to_go[tick + 1, -1, there.zoom, there.row, there.column]
            if gain - (rules.cut_price or 0.0) > value.max() + 1e-6:
                return there
        return moved

    def _cut(self, tick: int, cell: Cell) -> Cell:
        """The best view to cut to."""
        after = self._to_go[tick + 1, -1]
        away = np.abs(np.arange(after.shape[2]) - cell.column + 0.0)
        away = np.minimum(away, after.shape[2] - away)
        values = np.where(away >= self.rules.cut_cells, after, -np.inf)
        zoom, row, column = np.unravel_index(int(values.argmax()), values.shape)
        return Cell(int(zoom), int(row), int(column), self._to_go.shape[1] - 1)


def _over_zooms(values: Volume, price: float) -> Volume:
    if values.shape[1] == 1:
        return values
    best = values.copy()
    lower = values - np.float32(price)
    np.maximum(best[:, 1:], lower[:, :-1], out=best[:, 1:])
    np.maximum(best[:, :-1], lower[:, 1:], out=best[:, :-1])
    return best


def _over_rows(values: Volume, prices: Volume) -> Volume:
    a, rows = len(prices) // 2, values.shape[2]
    best: Volume = values - prices[a]
    for offset in range(-a, a + 1):
        if offset and abs(offset) < rows:
            to = slice(max(-offset, 0), rows - max(offset, 0))
            of = slice(max(offset, 0), rows - max(-offset, 0))
            np.maximum(best[:, :, to], values[:, :, of] - prices[a + offset], out=best[:, :, to])
    return best


def _over_columns(values: Volume, prices: Volume) -> Volume:
    b, columns = prices.shape[1] // 2, values.shape[3]
    wide = values[..., np.arange(-b, columns + b) % columns]
    best = np.asarray(wide[..., :columns] - prices[:, 0, None])
    trial = np.empty_like(values)
    for k in range(1, 2 * b + 1):
        np.subtract(wide[..., k : k + columns], prices[:, k, None], out=trial)
        np.maximum(best, trial, out=best)
    return best


def _best_elsewhere(columns: Volume, apart: int) -> Volume:
    """(Y,) the largest of the columns that lie at least ``apart`` away on the circle."""
    count = len(columns)
    length = count - 2 * apart + 1
    if length < 1:
        return np.full(count, -np.inf, np.float32)
    twice = np.concatenate([columns, columns])
    best = sliding_window_view(twice, length).max(axis=1)
    return np.asarray(best[(np.arange(count) + apart) % count], dtype=np.float32)
