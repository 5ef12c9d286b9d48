"""The planning thread: maps of an analysed stretch → a camera path and what it captures."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Signal

from cubesal import autopilot
from cubesal.autopilot import (
    Area,
    CameraPath,
    PathKey,
    PlannerOptions,
    captured_shares,
    model_keys,
    plan_values,
)
from cubesal.errors import CubesalError
from cubesal.track_snapshot import TrackSnapshot
from cubesal_viewer.autopilot.seen_values import SeenValues, blocks
from cubesal_viewer.worker import Worker, one_sentence

__all__ = ["Plan", "PlanRequest", "Planner", "found_plan"]


@dataclass(frozen=True)
class PlanRequest:
    """The maps of one analysed stretch, read by whoever plans, and where the view is now."""

    maps: TrackSnapshot
    options: PlannerOptions
    start: tuple[float, float] | None
    keys: tuple[PathKey, ...] = ()
    areas: tuple[Area, ...] = ()


@dataclass(frozen=True, eq=False)
class Plan:
    """A path, and the share (K,) of the attention at ``times_s`` (K,) that it keeps in view.

    ``keys`` tell the path in short; ``made`` knows the best way on from any view.
    """

    path: CameraPath
    times_s: NDArray[np.float64]
    shares: NDArray[np.float64]
    keys: tuple[PathKey, ...]
    made: autopilot.Plan


class Planner(QObject):
    """Plans paths on a thread of its own; only the newest request is answered."""

    planned = Signal(int, object)
    failed = Signal(int, str)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._worker = Worker("planner")
        self._generation = 0
        self._seen = SeenValues()

    def plan(self, request: PlanRequest) -> int:
        """Plan a path; ``planned`` brings the generation returned here and the path."""
        self._generation += 1
        generation = self._generation
        self._worker.submit(lambda: self._plan(generation, request), replace=True)
        return generation

    def discard(self) -> int:
        """Make whatever is under way worthless; returns a generation that nothing will answer."""
        self._generation += 1
        return self._generation

    def stop(self) -> bool:
        """End the thread; True if it ended in time."""
        return self._worker.stop()

    def _plan(self, generation: int, request: PlanRequest) -> None:
        try:
            found = found_plan(request, self._seen)
        except Exception as error:
            self.failed.emit(generation, one_sentence(error))
        else:
            self.planned.emit(generation, found)


def found_plan(request: PlanRequest, seen: SeenValues | None = None) -> Plan:
    """Plan the stretch. Blocking; in memory are a block of maps and their values. CubesalError."""
    options = request.options
    found = (seen or SeenValues()).of(request.maps, options, request.areas)
    times = found.times_s
    if len(times) == 0:
        raise CubesalError("the maps of this clip cannot be read any more; analyse it anew")
    made = plan_values(found.values, times, options, request.start, found.turn, request.keys)
    shares = np.full(len(times), np.nan)
    for points, maps in blocks(request.maps):
        moments = request.maps.times_s[np.searchsorted(request.maps.points, points)]
        shares[np.searchsorted(times, moments)] = captured_shares(
            maps, moments, made.path, options.aspect
        )
    return Plan(made.path, times, shares, model_keys(made.path), made)
