"""Where the time of a frame goes: the stages of the work report to a stopwatch, if one runs.

Whoever wants to know starts one with :func:`stopwatch`; the work itself says only which stage it is
in, which costs about a microsecond and nothing else while nobody measures.

>>> with stopwatch() as watch:
...     with stage("backbone"):
...         run()
>>> watch.seconds["backbone"]
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from time import perf_counter
from typing import TypeVar

__all__ = ["Stopwatch", "stage", "staged", "stopwatch"]

Item = TypeVar("Item")


class Stopwatch:
    """Seconds spent in each stage so far; a stage inside another is not counted for the outer."""

    def __init__(self, settle: Callable[[], None] | None = None) -> None:
        self.seconds: defaultdict[str, float] = defaultdict(float)
        self._settle = settle
        self._inside: list[float] = []

    @contextmanager
    def measure(self, name: str) -> Iterator[None]:
        """Count the time of the block for the stage ``name``."""
        self._wait()
        self._inside.append(0.0)
        began = perf_counter()
        try:
            yield
        finally:
            self._wait()
            spent = perf_counter() - began
            self.seconds[name] += spent - self._inside.pop()
            if self._inside:
                self._inside[-1] += spent

    def _wait(self) -> None:
        if self._settle is not None:
            self._settle()

    def ms_per(self, count: int) -> dict[str, float]:
        """Milliseconds of each stage per item of ``count`` items, in the order first met."""
        return {name: 1000 * spent / max(count, 1) for name, spent in self.seconds.items()}


_running: ContextVar[Stopwatch | None] = ContextVar("stopwatch", default=None)


@contextmanager
def stopwatch(settle: Callable[[], None] | None = None) -> Iterator[Stopwatch]:
    """Measure the stages of everything that this thread does in the block.

    ``settle`` is called at both ends of a stage and returns when work that was handed to a device
    is done, as ``torch.cuda.synchronize`` does.
    """
    watch = Stopwatch(settle)
    token = _running.set(watch)
    try:
        yield watch
    finally:
        _running.reset(token)


@contextmanager
def stage(name: str) -> Iterator[None]:
    """Say that the block is the stage ``name`` of the work."""
    watch = _running.get()
    if watch is None:
        yield
        return
    with watch.measure(name):
        yield


def staged(items: Iterable[Item], name: str) -> Iterator[Item]:
    """The items, the making of each being the stage ``name``."""
    source = iter(items)
    while True:
        with stage(name):
            try:
                item = next(source)
            except StopIteration:
                return
        yield item
