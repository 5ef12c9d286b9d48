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
    captured_shares,
    model_keys,
    plan_path,
)
from cubesal_viewer.worker import Worker, one_sentence

__all__ = ["Plan", "PlanRequest", "Planner"]


@dataclass(frozen=True)
class PlanRequest:
    """Maps (H, W) and their times (K,) of one analysed stretch, and where the view is now."""

    maps: tuple[NDArray[np.float32], ...]
    times_s: NDArray[np.float64]
    options: PlannerOptions
    start: tuple[float, float] | None
    keys: tuple[PathKey, ...] = ()
    areas: tuple[Area, ...] = ()


@dataclass(frozen=True, eq=False)
class Plan:
    """A path, and the share (K,) of the attention at ``times_s`` (K,) that it keeps in view.

    ``keys`` tell the path in short.
    """

    path: CameraPath
    times_s: NDArray[np.float64]
    shares: NDArray[np.float64]
    keys: tuple[PathKey, ...] = ()


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
            maps, options = np.stack(request.maps), request.options
            path = plan_path(
                maps,
                request.times_s,
                options,
                start=request.start,
                keys=request.keys,
                areas=request.areas,
            )
            shares = captured_shares(maps, request.times_s, path, options.aspect)
        except Exception as error:
            self.failed.emit(generation, one_sentence(error))
        else:
            plan = Plan(path, request.times_s, shares, model_keys(path))
            self.planned.emit(generation, plan)
