"""Flying live: one step of the online filter after the other, each begun where the last one ends.

A step is asked for when the one before it begins to be flown, so that it is there when that one
ends. Until it is, the camera goes on along the curve it has, which reaches beyond its step.
"""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, Signal

from cubesal.autopilot import Area, CameraPath, FollowState, PlannerOptions, Step, ViewState
from cubesal.track_snapshot import TrackSnapshot
from cubesal_viewer.autopilot.live import Live, LiveRequest
from cubesal_viewer.autopilot.planner import Plan

__all__ = ["LiveFlight"]

#: Seconds of real time for which a step is flown.
_STEP_S = 0.25
#: An answer that late no longer fits to the curve flown meanwhile, seconds of the clip.
_TOO_LATE_S = 0.15

#: A first step that is asked for too late begins so much after now, seconds of real time.
_AGAIN_S = 0.1

#: The maps to see at a moment, with which options and areas; None if there are none.
Sight = Callable[[float], tuple[TrackSnapshot, PlannerOptions, tuple[Area, ...]] | None]


class LiveFlight(QObject):
    """Asks, keeps and looks up; moments are seconds of the clip."""

    joined = Signal(object)
    failed = Signal(str)

    def __init__(self, sight: Sight, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._sight = sight
        self._live = Live(self)
        self._live.stepped.connect(self._on_step)
        self._live.joined.connect(self._on_joined)
        self._live.failed.connect(self._on_failed)
        self._wanted = self._joining = -1
        self._state: FollowState | None = None
        self._step: Step | None = None
        self._next: Step | None = None
        self._now_s = self._began_s = 0.0
        self._held = False

    @property
    def is_on(self) -> bool:
        """Whether it has been begun, and not ended since."""
        return self._state is not None

    @property
    def is_joining(self) -> bool:
        """Whether a way onto a plan is under way."""
        return self._joining >= 0

    @property
    def has_curve(self) -> bool:
        """Whether the filter has said anything yet."""
        return self._step is not None

    def go_on(self) -> None:
        """Take steps again after all."""
        self._held = False

    def begin(self, state: FollowState) -> None:
        """Fly on from a state, from its moment on."""
        self.end()
        self._state, self._began_s = state, state.time_s

    def end(self) -> None:
        """Fly no more."""
        self._state = self._step = self._next = None
        self._wanted = self._joining = -1
        self._held = False

    def view_at(self, now_s: float, speed: float | None) -> tuple[float, float] | None:
        """(yaw, pitch) at a moment, radians; None before its beginning.

        Asks for what comes if time runs, which it does at ``speed``.
        """
        if self._state is None:
            return None
        self._now_s = now_s
        if self._next is not None and now_s >= self._next.began_s:
            self._step, self._next = self._next, None
        if speed is not None and self._next is None and self._wanted < 0 and not self._held:
            self._ask(speed)
        if self._step is not None and now_s >= self._step.began_s:
            return self._step.view(now_s)
        if self._step is None and now_s >= self._began_s:
            return self._state.view.yaw, self._state.view.pitch
        return None

    def join(self, plan: Plan, time_s: float, state: ViewState | None = None) -> None:
        """Find the best way onto a plan at a moment to come; ``joined`` brings it.

        From ``state``, by default that in which this camera will be, which therefore takes no
        further step until :meth:`go_on`.
        """
        self._wanted, self._held = -1, True
        if state is None:
            step = self._step
            if self._next is not None and time_s >= self._next.began_s:
                step = self._next
            assert self._state is not None
            state = self._state.view if step is None else step.state_at(time_s).view
        self._joining = self._live.join(plan, time_s, state)

    def stop(self) -> bool:
        """End the thread; True if it ended in time."""
        self.end()
        return self._live.stop()

    def _ask(self, speed: float) -> None:
        assert self._state is not None
        if self._step is not None:
            due_s = max(self._step.state.time_s, self._now_s + _STEP_S * speed / 2)
            state = self._step.state_at(due_s)
        elif self._state.time_s >= self._now_s:
            state = self._state
        else:
            view = ViewState(self._state.view.yaw, self._state.view.pitch)
            state = self._state = FollowState(self._now_s + _AGAIN_S * speed, view)
        seen = self._sight(state.time_s)
        if seen is not None:
            maps, options, areas = seen
            request = LiveRequest(state, maps, _STEP_S * speed, options, areas)
            self._wanted = self._live.step(request)

    def _on_step(self, generation: int, step: Step) -> None:
        if generation != self._wanted:
            return
        self._wanted = -1
        if self._now_s <= step.began_s + _TOO_LATE_S:
            self._next = step
        # Else the next look asks again, from where the camera is then.

    def _on_joined(self, generation: int, path: CameraPath) -> None:
        if generation == self._joining:
            self._joining = -1
            self.joined.emit(path)

    def _on_failed(self, generation: int, message: str) -> None:
        if generation in (self._wanted, self._joining):
            self._wanted = self._joining = -1
            self.go_on()
            self.failed.emit(message)
