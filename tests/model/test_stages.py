"""The stopwatch that the stages of the work report to."""

from __future__ import annotations

from time import sleep

import pytest

from cubesal.stages import stage, staged, stopwatch


def test_stages_add_up_and_inner_ones_are_not_counted_twice():
    with stopwatch() as watch:
        for _ in range(2):
            with stage("outer"):
                sleep(0.02)
                with stage("inner"):
                    sleep(0.04)
    assert list(watch.seconds) == ["inner", "outer"]
    assert 0.04 <= watch.seconds["outer"] < watch.seconds["inner"]
    assert watch.seconds["inner"] >= 0.08
    assert watch.ms_per(2)["inner"] == pytest.approx(500 * watch.seconds["inner"])


def test_without_a_stopwatch_nothing_is_kept():
    with stage("alone"):
        pass
    with stopwatch() as watch:
        pass
    assert dict(watch.seconds) == {}


def test_the_making_of_items_is_timed_and_not_their_use():
    def slow():
        for k in range(3):
            sleep(0.01)
            yield k

    with stopwatch() as watch:
        for _ in staged(slow(), "making"):
            sleep(0.05)
    assert 0.03 <= watch.seconds["making"] < 0.15


def test_what_fails_is_timed_too_and_work_on_a_device_is_waited_for():
    settled = []
    with stopwatch(lambda: settled.append(1)) as watch:
        with pytest.raises(KeyError), stage("failing"):
            raise KeyError
        with stage("after"):
            pass
    assert set(watch.seconds) == {"failing", "after"}
    assert len(settled) == 4
