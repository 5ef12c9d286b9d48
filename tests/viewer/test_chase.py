"""Where analysis begins while the film runs: simulated on machines of every speed."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cubesal.track import SaliencyTrack
from cubesal_viewer.analysis.chase import Chase

POINTS_PER_S = 5.0
WARMUP = 5
FRAME = np.ones((2, 4), dtype=np.float32)


def track_of(points: int) -> SaliencyTrack:
    grid = np.arange(points)
    return SaliencyTrack(grid, grid / POINTS_PER_S, "clip.mp4", "none")


class Machine:
    """Plays a clip from a grid point on while it analyses, a step at a time."""

    def __init__(self, points: int, step_s: float, work_at: int = 0) -> None:
        self.track, self.chase, self.step_s = track_of(points), Chase(), step_s
        self.chase.warm_up(WARMUP)
        self.at, self.warming = work_at, 0
        self.steps = self.jumps = self.in_time = self.made = 0

    def play(self, start: int, seconds: float) -> None:
        for step in range(int(seconds / self.step_s)):
            playhead = start + int(step * self.step_s * POINTS_PER_S)
            if playhead >= len(self.track):
                return
            self._step(playhead)
            goal = self.chase.goal(self.track, playhead, POINTS_PER_S)
            if goal is not None:
                self.chase.aimed(goal)
                self.at, self.warming = goal, min(WARMUP, goal)
                self.jumps += 1

    def _step(self, playhead: int) -> None:
        self.steps += 1
        self.chase.stepped(self.step_s)
        if self.warming:
            self.warming -= 1
            return
        missing = self.track.missing()
        if not missing.size:
            return
        ahead = missing[missing >= self.at]
        k = int(ahead[0] if ahead.size else missing[0])
        self.track.set(k, FRAME)
        self.chase.made(k)
        self.at = k + 1
        self.made += 1
        self.in_time += k >= playhead


def test_a_fast_machine_is_left_alone() -> None:
    machine = Machine(400, step_s=0.05)
    machine.play(0, 60)
    assert machine.jumps == 0
    assert machine.in_time == machine.made


def test_a_fast_machine_comes_at_once_to_where_the_film_is_played() -> None:
    machine = Machine(400, step_s=0.05)
    machine.play(200, 10)
    assert machine.jumps == 1
    assert not machine.track.has(150)
    assert machine.track.has(215)


def test_before_a_step_was_measured_the_work_goes_on_as_it_is() -> None:
    assert Chase().goal(track_of(100), 50, POINTS_PER_S) is None


def test_a_machine_at_half_speed_makes_runs_that_are_there_in_time() -> None:
    machine = Machine(3000, step_s=0.4)
    machine.play(0, 500)
    assert machine.made > 0.6 * machine.steps
    assert machine.in_time > 0.6 * machine.made


def test_a_hopeless_machine_does_not_only_warm_up() -> None:
    machine = Machine(3000, step_s=1.0)
    machine.play(0, 500)
    assert machine.made > 0.6 * machine.steps


@pytest.mark.parametrize("start", [0, 700])
@given(step_s=st.floats(0.02, 3.0))
def test_at_any_speed_most_steps_bring_a_map(start: int, step_s: float) -> None:
    machine = Machine(1500, step_s)
    machine.play(start, 160)
    if len(machine.track.missing()):
        assert machine.made >= 0.45 * machine.steps
