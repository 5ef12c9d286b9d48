"""The live thread: what must be there in a moment - a step of the filter, a way onto a plan."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QObject, Signal, SignalInstance

from cubesal.autopilot import (
    Area,
    FollowState,
    OnlineFilter,
    PlannerOptions,
    Step,
    ViewState,
)
from cubesal.errors import CubesalError
from cubesal.track_snapshot import TrackSnapshot
from cubesal_viewer.autopilot.planner import Plan
from cubesal_viewer.autopilot.seen_values import SeenValues
from cubesal_viewer.worker import Worker, one_sentence

__all__ = ["Live", "LiveRequest"]

#: For so long a way onto a plan is laid out; before it ends, another one is asked for.
_ONWARD_S = 30.0


@dataclass(frozen=True, eq=False)
class LiveRequest:
    """A step of ``duration_s`` seconds on from a state, with the maps known now and ahead."""

    state: FollowState
    maps: TrackSnapshot
    duration_s: float
    options: PlannerOptions
    areas: tuple[Area, ...] = ()


class Live(QObject):
    """Works on a thread of its own; only the newest request is answered."""

    stepped = Signal(int, object)
    joined = Signal(int, object)
    failed = Signal(int, str)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._worker = Worker("live")
        self._generation = 0
        self._seen = SeenValues()

    def step(self, request: LiveRequest) -> int:
        """Take a step; ``stepped`` brings the generation returned here and the `Step`."""
        return self._ask(self.stepped, lambda: self._taken(request))

    def join(self, plan: Plan, time_s: float, state: ViewState) -> int:
        """Look up the best way on from a moving view; ``joined`` brings it, beginning there."""
        return self._ask(self.joined, lambda: plan.made.onward(time_s, state, _ONWARD_S))

    def stop(self) -> bool:
        """End the thread; True if it ended in time."""
        return self._worker.stop()

    def _ask(self, signal: SignalInstance, find: Callable[[], object]) -> int:
        self._generation += 1
        generation = self._generation

        def work() -> None:
            try:
                found = find()
            except Exception as error:
                self.failed.emit(generation, one_sentence(error))
            else:
                signal.emit(generation, found)

        self._worker.submit(work, replace=True)
        return generation

    def _taken(self, request: LiveRequest) -> Step:
        online = OnlineFilter(request.options)
        seen = self._seen.of(request.maps, online.options, request.areas)
        if len(seen.times_s) == 0:
            raise CubesalError("the maps of this clip cannot be read any more; analyse it anew")
        values, turn = seen.values[:, 0], seen.turn[:, 0]
        return online.step(request.state, values, seen.times_s, request.duration_s, turn)
