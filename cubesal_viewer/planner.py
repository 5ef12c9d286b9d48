"""The planning thread: maps of an analysed stretch → a camera path and what it captures."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Signal

from cubesal.autopilot import (
    Area,
    CameraPath,
    PathKey,
    PlannerOptions,
    ViewState,
    captured_shares,
    model_keys,
    plan,
)
from cubesal_viewer.worker import Worker, one_sentence

__all__ = ["Plan", "PlanRequest", "Planner", "found_plan"]


@dataclass(frozen=True)
class PlanRequest:
    """Maps (H, W) and their times (K,) of one analysed stretch, and where the view is now.

    ``join``: a moment soon to come, and how the camera that is flying will look and move then.
    """

    maps: tuple[NDArray[np.float32], ...]
    times_s: NDArray[np.float64]
    options: PlannerOptions
    start: tuple[float, float] | None
    keys: tuple[PathKey, ...] = ()
    areas: tuple[Area, ...] = ()
    join: tuple[float, ViewState] | None = None


@dataclass(frozen=True, eq=False)
class Plan:
    """A path, and the share (K,) of the attention at ``times_s`` (K,) that it keeps in view.

    ``keys`` tell the path in short. ``onward`` is the best way for a camera that is flying: it
    begins at the moment to join, with that camera's motion.
    """

    path: CameraPath
    times_s: NDArray[np.float64]
    shares: NDArray[np.float64]
    keys: tuple[PathKey, ...] = ()
    onward: CameraPath | None = None


class Planner(QObject):
    """Plans paths on a thread of its own; only the newest request is answered."""

    planned = Signal(int, object)
    failed = Signal(int, str)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._worker = Worker("planner")
        self._generation = 0

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
            found = found_plan(request)
        except Exception as error:
            self.failed.emit(generation, one_sentence(error))
        else:
            self.planned.emit(generation, found)


def found_plan(request: PlanRequest) -> Plan:
    """Plan the stretch, and the way onward for a camera that is flying over it. Blocking."""
    maps, options = np.stack(request.maps), request.options
    made = plan(
        maps,
        request.times_s,
        options,
        start=request.start,
        keys=request.keys,
        areas=request.areas,
    )
    onward = None
    if request.join is not None and request.join[0] < request.times_s[-1]:
        onward = made.onward(*request.join, seconds=None)
    shares = captured_shares(maps, request.times_s, made.path, options.aspect)
    return Plan(made.path, request.times_s, shares, model_keys(made.path), onward)
