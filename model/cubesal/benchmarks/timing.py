"""Milliseconds of a call: the median of many, or of several that take turns."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Mapping
from time import perf_counter

__all__ = ["in_turns_ms", "median_ms", "took_ms"]


def took_ms(work: Callable[[], object]) -> float:
    """What one call takes."""
    began = perf_counter()
    work()
    return 1000 * (perf_counter() - began)


def median_ms(work: Callable[[], object], rounds: int = 20) -> float:
    """What a call takes, median, after one that is not counted."""
    work()
    return statistics.median(took_ms(work) for _ in range(rounds))


def in_turns_ms(
    works: Mapping[str, Callable[[], object]], rounds: int = 20, warm_up: int = 3
) -> dict[str, float]:
    """What each of several calls takes, medians, one call of each in every round."""
    times: dict[str, list[float]] = {name: [] for name in works}
    for turn in range(warm_up + rounds):
        for name, work in works.items():
            ms = took_ms(work)
            if turn >= warm_up:
                times[name].append(ms)
    return {name: statistics.median(each) for name, each in times.items()}
