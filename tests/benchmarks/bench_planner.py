"""What planning costs per map, without the window: best of some rounds, and where it goes.

.venv/bin/python tests/benchmarks/bench_planner.py
"""

from __future__ import annotations

import time
from collections.abc import Callable
from math import radians

import numpy as np

from cubesal.autopilot import PlannerOptions, grid_values, plan_values

#: Name, options, maps.
CASES = (
    ("5° grid, no zoom", PlannerOptions(), 600),
    ("2° grid, zoom", PlannerOptions(grid_step=radians(2), zoom=True), 200),
)
ROUNDS = 5


def wandering(count: int) -> np.ndarray:
    """Maps (count, 120, 240), five a second, of two subjects that move."""
    yaw = (np.arange(240) + 0.5) / 240 * 2 * np.pi - np.pi
    pitch = np.pi / 2 - (np.arange(120) + 0.5) / 120 * np.pi

    def near(middle: float) -> np.ndarray:
        return np.exp(
            -(np.angle(np.exp(1j * (yaw - middle)))[None] ** 2 + pitch[:, None] ** 2) / 0.1
        )

    times = np.arange(count) / 5
    maps = [near(2 * np.sin(t / 3)) + 0.5 * near(2 * np.cos(t / 5)) for t in times]
    return np.stack(maps).astype(np.float32)


def best_ms(work: Callable[[], object]) -> float:
    """The shortest of some rounds, in ms of processor time."""
    taken = []
    for _ in range(ROUNDS):
        began = time.process_time()
        work()
        taken.append(1000 * (time.process_time() - began))
    return min(taken)


def main() -> None:
    """A row per case."""
    for name, options, count in CASES:
        maps, times = wandering(count), np.arange(count) / 5
        values = grid_values(maps, options)
        look = best_ms(lambda m=maps, o=options: grid_values(m, o)) / count
        volume = best_ms(lambda v=values, t=times, o=options: plan_values(v, t, o)) / count
        made = [plan_values(values, times, options) for _ in range(ROUNDS)]
        curve = best_ms(lambda m=made: m.pop().path) / count
        print(
            f"{name}: {look + volume + curve:.2f} ms a map "
            f"(views {look:.2f}, best moves {volume:.2f}, curve {curve:.2f})"
        )


if __name__ == "__main__":
    main()
