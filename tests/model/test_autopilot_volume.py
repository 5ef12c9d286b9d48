"""Values to go: exact, and a look-up from any view is as good as a new plan."""

from __future__ import annotations

from itertools import product
from math import inf, radians

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cubesal.autopilot import ValueVolume
from cubesal.autopilot.value_volume import Cell, MoveRules

few = settings(max_examples=20, deadline=None)
seeds = st.integers(0, 2**32 - 1)
STEP = radians(30)


def random_volume(seed, steps=4, zooms=1, rows=2, columns=5, turned=False, **rules):
    rng = np.random.default_rng(seed)
    rewards = rng.random((steps, zooms, rows, columns)).astype(np.float32)
    pitches = STEP * (np.arange(rows) - rows // 2)
    turns = rng.uniform(-STEP, STEP, (steps - 1, 2)) if turned else None
    given_rules = MoveRules(
        pitches,
        STEP,
        rng.uniform(1, 2) * STEP,
        rng.uniform(0, 1),
        rng.uniform(0, 0.3),
        1.5,
        **rules,
    )
    return ValueVolume(rewards, given_rules, turns)


def price(volume: ValueVolume, tick: int, a: Cell, b: Cell) -> float:
    """The price of a move, each way round tried; infinite if it is not allowed."""
    rules, count = volume.rules, volume.rewards.shape[3]
    turn = volume.turns[tick]
    rows = abs(b.row - a.row) <= rules.rows_reach and abs(b.zoom - a.zoom) <= 1
    reach = int(rules.columns_reach[a.row])
    ways = [d for d in range(-reach, reach + 1) if (a.column + d - b.column) % count == 0]
    if not rows or not ways:
        return inf
    across = min(abs(d * STEP - turn[0]) for d in ways) * rules.scales[a.row]
    up = abs((b.row - a.row) * STEP - turn[1])
    return rules.price * (across + rules.tilt * up) + rules.zoom_price * abs(b.zoom - a.zoom)


def score(volume: ValueVolume, cells: list[Cell], tick: int = 0) -> float:
    """What a path collects, by the words of the rules and none of their code."""
    total = 0.0
    for k, cell in enumerate(cells):
        total += float(volume.rewards[tick + k, cell.zoom, cell.row, cell.column])
        if k:
            total -= price(volume, tick + k - 1, cells[k - 1], cell)
    return total


def every_cell(volume: ValueVolume) -> list[Cell]:
    return [Cell(*index) for index in product(*map(range, volume.rewards.shape[1:]))]


@few
@given(seeds, st.integers(1, 2), st.integers(2, 5), st.booleans())
def test_on_tiny_grids_it_finds_what_trying_everything_finds(seed, zooms, columns, turned):
    volume = random_volume(seed, 3, zooms, 2, columns, turned)
    cells = every_cell(volume)
    for first in cells[:: max(len(cells) // 3, 1)]:
        best = max(score(volume, [first, *rest]) for rest in product(cells, repeat=2))
        assert volume.value(0, first) == pytest.approx(best, abs=1e-5)


@few
@given(seeds, st.booleans(), st.integers(0, 5))
def test_the_look_up_from_any_view_collects_its_value_and_what_a_new_plan_does(seed, turned, tick):
    volume = random_volume(seed, 12, 2, 4, 12, turned)
    anew = ValueVolume(volume.rewards[tick:], volume.rules, volume.turns[tick:])
    rng = np.random.default_rng(seed)
    for _ in range(5):
        first = Cell(*(int(rng.integers(n)) for n in volume.rewards.shape[1:]))
        way = list(volume.onward(tick, first))
        assert len(way) == 12 - tick
        assert score(volume, way, tick) == pytest.approx(volume.value(tick, first), abs=1e-4)
        assert anew.value(0, first) == pytest.approx(volume.value(tick, first), abs=1e-4)
        assert score(volume, list(anew.onward(0, first)), tick) == pytest.approx(
            anew.value(0, first), abs=1e-4
        )


@few
@given(seeds, st.integers(0, 11))
def test_turning_the_rewards_turns_values_and_ways(seed, by):
    volume = random_volume(seed, 6, 1, 3, 12)
    turned = ValueVolume(np.roll(volume.rewards, by, axis=3), volume.rules)
    first = Cell(0, 1, 4)
    there = Cell(0, 1, (4 + by) % 12)
    assert turned.value(0, there) == pytest.approx(volume.value(0, first), abs=1e-5)
    ways = zip(volume.onward(0, first), turned.onward(0, there), strict=True)
    assert all((a.column + by) % 12 == b.column and a.row == b.row for a, b in ways)


def test_to_turn_with_the_picture_is_free_and_to_stay_costs():
    rewards = np.zeros((5, 1, 1, 12), np.float32)
    rules = MoveRules(np.zeros(1), STEP, 1.5 * STEP, 1.0)
    turns = np.tile([STEP, 0.0], (4, 1))
    volume = ValueVolume(rewards, rules, turns)
    assert volume.value(0, Cell(0, 0, 3)) == pytest.approx(0.0, abs=1e-6)
    assert [cell.column for cell in volume.onward(0, Cell(0, 0, 3))] == [3, 4, 5, 6, 7]
    still = ValueVolume(rewards, rules)
    assert [cell.column for cell in still.onward(0, Cell(0, 0, 3))] == [3] * 5


def best_with_cuts(volume: ValueVolume, first: Cell) -> float:
    """All paths tried, cuts included, from the start of a first shot."""
    rules, cells = volume.rules, every_cell(volume)
    steps, count = len(volume), volume.rewards.shape[3]

    def best(tick: int, cell: Cell, shot: int) -> float:
        here = float(volume.rewards[tick, cell.zoom, cell.row, cell.column])
        if tick == steps - 1:
            return here
        ways = [
            best(tick + 1, to, shot + 1) - paid
            for to in cells
            if (paid := price(volume, tick, cell, to)) < inf
        ]
        if shot >= rules.shot_ticks and steps - 1 - tick >= rules.shot_ticks:
            for to in cells:
                away = abs(to.column - cell.column)
                if min(away, count - away) >= rules.cut_cells:
                    ways.append(best(tick + 1, to, 1) - rules.cut_price)
        return here + max(ways)

    return best(0, first, 1)


@settings(max_examples=10, deadline=None)
@given(seeds, st.integers(2, 3))
def test_cuts_are_as_good_as_the_best_that_keeps_every_shot_long_enough(seed, shot):
    volume = random_volume(seed, 6, 1, 1, 6, cut_price=0.2, shot_ticks=shot, cut_cells=2)
    first = Cell(0, 0, 2, volume.first_wait)
    assert volume.value(0, first) == pytest.approx(best_with_cuts(volume, first), abs=1e-5)
    waits = [cell.wait for cell in volume.onward(0, first)]
    cuts = [k for k in range(1, 6) if waits[k] > waits[k - 1]]
    assert all(b - a >= shot for a, b in zip([0, *cuts], [*cuts, 6], strict=True))


def test_hours_of_values_keep_the_differences_that_matter():
    rewards = np.full((20_000, 1, 1, 4), 0.9, np.float32)
    rewards[-1, 0, 0, 2] += 1e-3
    volume = ValueVolume(rewards, MoveRules(np.zeros(1), STEP, STEP / 2, 1.0))
    assert volume.best_cell().column == 2
    difference = volume.value(0, Cell(0, 0, 2)) - volume.value(0, Cell(0, 0, 1))
    assert difference == pytest.approx(1e-3, rel=0.05)
