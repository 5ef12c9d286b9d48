"""The thread wrapper, the frame queue and the clock: the parts that timing bugs hide in."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time

import numpy as np
import pytest

from cubesal.video import ColourSpec, Frame, YuvPlanes
from cubesal_viewer.playback.clock import PlaybackClock
from cubesal_viewer.playback.frame_queue import FrameQueue
from cubesal_viewer.worker import Worker


def frame(index: int) -> Frame:
    y, c = np.zeros((4, 8), np.uint8), np.zeros((2, 4), np.uint8)
    return Frame(index, index / 10, index, YuvPlanes(y, c, c, ColourSpec("bt709", False)))


def test_worker_runs_commands_in_order_on_its_own_named_thread() -> None:
    worker, seen, done = Worker("oven"), [], threading.Event()
    worker.submit(lambda: seen.append(threading.current_thread().name))
    worker.submit(lambda: (seen.append("second"), done.set()))
    assert done.wait(5)
    assert seen == ["oven", "second"]
    assert worker.stop()


def test_replacing_drops_what_has_not_begun_and_lets_the_running_command_end() -> None:
    worker, seen = Worker("oven"), []
    begun, release, done = threading.Event(), threading.Event(), threading.Event()
    worker.submit(lambda: (begun.set(), release.wait(5), seen.append("first")))
    assert begun.wait(5)
    worker.submit(lambda: seen.append("overtaken"))
    worker.submit(lambda: (seen.append("newest"), done.set()), replace=True)
    release.set()
    assert done.wait(5)
    assert seen == ["first", "newest"]
    assert worker.stop()


def test_stopping_does_not_wait_behind_queued_work() -> None:
    worker, seen = Worker("oven"), []
    begun, release = threading.Event(), threading.Event()
    worker.submit(lambda: (begun.set(), release.wait(5)))
    assert begun.wait(5)
    for _ in range(100):
        worker.submit(lambda: seen.append("late"))
    threading.Timer(0.05, release.set).start()
    assert worker.stop()
    assert seen == []


def test_queue_gives_the_newest_due_frame_and_counts_the_late_ones() -> None:
    queue = FrameQueue(capacity=8)
    run = queue.restart()
    for index in range(5):
        assert queue.put(run, frame(index))
    due, dropped = queue.take_due(0.25)
    assert due is not None
    assert (due.index, dropped) == (2, 2)
    assert queue.take_due(0.25) == (None, 0)


def test_vast_frames_fill_the_queue_sooner_but_two_always_fit(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("cubesal_viewer.playback.frame_queue._FULL_BYTES", 1)
    queue = FrameQueue(capacity=8)
    run = queue.restart()
    for index in range(2):
        assert not queue.holds(3)
        assert queue.put(run, frame(index))
    assert queue.holds(3)  # as many as will ever be
    late = threading.Thread(target=lambda: queue.put(run, frame(2)))
    late.start()
    late.join(0.2)
    assert late.is_alive()
    assert queue.take_due(0.0)[0] is not None
    late.join(5)
    assert not late.is_alive()


def test_full_queue_holds_the_decoder_until_a_frame_is_taken() -> None:
    queue = FrameQueue(capacity=2)
    run = queue.restart()
    stored = threading.Semaphore(0)

    def decode() -> None:
        for index in range(3):
            queue.put(run, frame(index))
            stored.release()

    thread = threading.Thread(target=decode)
    thread.start()
    assert stored.acquire(timeout=5)
    assert stored.acquire(timeout=5)
    assert not stored.acquire(timeout=0.1)
    queue.take_due(0.0)
    assert stored.acquire(timeout=5)
    thread.join()


def test_restart_refuses_frames_of_the_old_run_and_frees_a_waiting_decoder() -> None:
    queue = FrameQueue(capacity=1)
    old = queue.restart()
    queue.put(old, frame(0))
    refused: list[bool] = []
    thread = threading.Thread(target=lambda: refused.append(queue.put(old, frame(1))))
    thread.start()
    time.sleep(0.05)
    queue.restart()
    thread.join(5)
    assert refused == [False]
    assert queue.take_due(9.0) == (None, 0)


def test_queue_says_when_enough_waits_or_no_more_will_come() -> None:
    queue = FrameQueue(capacity=2)
    run = queue.restart()
    assert queue.holds(0)
    assert not queue.holds(1)
    queue.put(run, frame(0))
    assert queue.holds(1)
    assert not queue.holds(5)
    queue.put(run, frame(1))
    assert queue.holds(5)  # full: as many as fit
    queue.take_due(0.0)
    assert not queue.holds(5)
    queue.end(run)
    assert queue.holds(5)


def test_end_of_an_old_run_does_not_end_the_new_one() -> None:
    queue = FrameQueue()
    old = queue.restart()
    new = queue.restart()
    queue.end(old)
    assert not queue.finished
    queue.end(new)
    assert queue.finished


def test_clock_maps_real_time_to_clip_time_at_any_speed() -> None:
    now = [100.0]
    clock = PlaybackClock(lambda: now[0])
    assert clock.time_s == 0.0
    clock.start(2.0, speed=0.5)
    now[0] += 4.0
    assert clock.time_s == pytest.approx(4.0)
    clock.stop()
    now[0] += 10.0
    assert clock.time_s == pytest.approx(4.0)
    assert not clock.running


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux knows priorities of single threads")
@pytest.mark.parametrize(("prompt", "behind"), [(True, False), (False, True)])
def test_work_that_is_not_seen_at_once_gives_way_to_the_window(prompt: bool, behind: bool) -> None:
    priorities = []

    def look() -> None:
        priorities.append(os.getpriority(os.PRIO_PROCESS, threading.get_native_id()))

    worker = Worker("test", at_end=look, prompt=prompt)
    assert worker.stop()
    window = os.getpriority(os.PRIO_PROCESS, threading.get_native_id())
    assert (priorities[0] > window) is behind


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux knows priorities of single threads")
def test_a_program_of_the_lowest_priority_has_workers_all_the_same() -> None:
    # A priority may not be raised again; root may, so that it is looked at as well.
    probe = (
        "import os, threading; os.nice(19)\n"
        "from cubesal_viewer.worker import Worker\n"
        "seen = []\n"
        "own = lambda: os.getpriority(os.PRIO_PROCESS, threading.get_native_id())\n"
        "assert Worker('test', at_end=lambda: seen.append(own())).stop() and seen == [19], seen"
    )
    path = os.pathsep.join(entry for entry in sys.path if entry)
    environment = {**os.environ, "PYTHONPATH": path}
    done = subprocess.run(
        [sys.executable, "-c", probe], env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
