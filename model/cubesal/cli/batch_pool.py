"""The workers of ``cubesal batch`` on this machine: processes, each with its own model."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Generator, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager

from cubesal.cli.batch_job import BatchJob, ClipOutcome, ClipTask

__all__ = ["default_jobs", "local_outcomes", "usable_cores"]

_TRIES = 2


def usable_cores() -> int:
    """The processor cores that this process may use, which on a shared machine are not all."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def default_jobs(device: str) -> int:
    """A process per core on the CPU, one for any other device, whose memory they would share."""
    from cubesal.device import resolve_device

    return usable_cores() if resolve_device(device).type == "cpu" else 1


def local_outcomes(
    tasks: Iterator[ClipTask], job: BatchJob, jobs: int
) -> Generator[ClipOutcome, None, None]:
    """The outcome of each task, as they come. A clip whose worker dies is tried once more.

    Each lane is a pool of one process, so that a death concerns one clip, and it is known which.
    Closing the generator stops the workers at their next frame and waits for them.
    """
    lanes = [_Lane(max(1, usable_cores() // jobs)) for _ in range(jobs)]
    busy: dict[Future[ClipOutcome], tuple[_Lane, ClipTask, int]] = {}
    again: list[ClipTask] = []
    try:
        while True:
            for lane in lanes[:]:
                task, tries = (again.pop(), 2) if again else (next(tasks, None), 1)
                if task is None:
                    break
                lanes.remove(lane)
                busy[lane.submit(task, job)] = (lane, task, tries)
            if not busy:
                return
            for future in wait(busy, return_when=FIRST_COMPLETED).done:
                lane, task, tries = busy.pop(future)
                lanes.append(lane)
                try:
                    yield future.result()
                except BrokenProcessPool:
                    lane.renew()
                    if tries < _TRIES:
                        again.append(task)
                    else:
                        yield _killed(task)
    finally:
        job.stop()
        for lane in [*lanes, *(lane for lane, _, _ in busy.values())]:
            lane.close()


def _killed(task: ClipTask) -> ClipOutcome:
    words = (
        f"{task.clip.path}: the process working on it was killed {_TRIES} times "
        "(too little memory? try fewer --jobs)"
    )
    return ClipOutcome(str(task.clip.path), "failed", error=words)


class _Lane:
    """A pool of one process, started when it is first needed."""

    def __init__(self, threads: int) -> None:
        self._threads = threads
        self._pool = self._new()

    def _new(self) -> ProcessPoolExecutor:
        # Spawned: a fork of a process with torch's or a codec's threads may hang.
        context = multiprocessing.get_context("spawn")
        return ProcessPoolExecutor(1, context, _prepare, (self._threads,))

    def submit(self, task: ClipTask, job: BatchJob) -> Future[ClipOutcome]:
        with _deaf_to_ctrl_c():
            return self._pool.submit(_do, task, job)

    def renew(self) -> None:
        self._pool.shutdown(wait=False)
        self._pool = self._new()

    def close(self) -> None:
        self._pool.shutdown(wait=True, cancel_futures=True)


@contextmanager
def _deaf_to_ctrl_c() -> Iterator[None]:
    """Processes started here never see SIGINT, which a terminal sends to all of them.

    Their parent ends them in order. Blocked, not ignored: one that comes now reaches us afterwards.
    """
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _prepare(threads: int) -> None:
    """In the new process, before torch is there."""
    if os.name == "nt":
        signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    os.environ.setdefault("OMP_NUM_THREADS", str(threads))
    import cv2

    cv2.setNumThreads(threads)


def _end_with_parent() -> None:
    """A parent that was killed cannot end its workers, and they would wait for it for ever."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _do(task: ClipTask, job: BatchJob) -> ClipOutcome:
    from cubesal.cli.batch_work import do_clip  # brings torch, which reads the number of threads

    return do_clip(task, job)
