"""The pilot: flies the planned path where there is one, live elsewhere, and changes without a jump.

While time runs every change begins at a moment soon to come, in the very state in which the camera
will be then: from the path to the online filter, back onto a plan, or from one plan to the next.
"""

from __future__ import annotations

from typing import Literal

from PySide6.QtCore import QObject, Signal

from cubesal.autopilot import CameraPath, FollowState, ViewState, spliced
from cubesal.camera import Camera
from cubesal_viewer.autopilot.live_flight import LiveFlight, Sight
from cubesal_viewer.autopilot.planner import Plan, Planner, PlanRequest
from cubesal_viewer.state import Playhead

__all__ = ["Pilot", "PilotMode"]

PilotMode = Literal["", "live", "planned"]

#: A change begins so long after it is asked for, in seconds of real time, at first and at most.
_LEAD_S, _LONGEST_LEAD_S = 0.3, 1.5
#: A way onward that comes so late no longer fits.
_TOO_LATE_S = 0.1
#: With so little of a path ahead the filter takes over; with so much of a plan, that does.
_ENDING_S, _WORTH_S = 1.0, 2.0
_EDGE_S = 0.1


class Pilot(QObject):
    """``planned`` follows each new plan; whether it is flown is settled by :meth:`fly`."""

    planned = Signal()
    failed = Signal(str)

    def __init__(self, sight: Sight, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._planner = Planner(self)
        self._planner.planned.connect(self._on_planned)
        self._planner.failed.connect(self._on_failed)
        self._live = LiveFlight(sight, self)
        self._live.joined.connect(self._on_joined)
        self._live.failed.connect(self.failed)
        self._wanted = self._answered = 0
        self._end_s = 0.0
        self._lead_s = _LEAD_S
        self._now_s, self._is_flying = 0.0, False
        #: The newest plan, what of it is flown, and what of it will be.
        self.plan: Plan | None = None
        self._flown: CameraPath | None = None
        self._coming: CameraPath | None = None
        self._is_new = False
        self.mode: PilotMode = ""

    # ---- plans ----------------------------------------------------------------------------------

    def ask(self, request: PlanRequest, end_s: float) -> None:
        """Plan; ``end_s`` is the last moment of the clip for which there will be a map."""
        self._end_s = end_s
        self._wanted = self._planner.plan(request)

    def forget(self) -> None:
        """Neither plan nor curve is worth anything now."""
        self.plan = self._flown = None
        self._wanted = self._answered = self._planner.discard()
        self._rest()
        self.planned.emit()

    @property
    def is_waiting(self) -> bool:
        """Whether a plan is under way."""
        return self._answered != self._wanted

    def _on_planned(self, generation: int, plan: Plan) -> None:
        if generation != self._wanted:
            return
        self._answered = generation
        self.plan, self._is_new = plan, True
        if not self._is_flying:
            self.take_plan()
        self.planned.emit()

    def _on_failed(self, generation: int, message: str) -> None:
        if generation == self._wanted:
            self._answered = generation
            self.failed.emit(message)

    def take_plan(self) -> None:
        """Fly the plan as it is, from wherever the playhead stands."""
        self._rest()
        if self.plan is not None:
            self._flown, self._is_new = self.plan.path, False

    def _rest(self) -> None:
        self._live.end()
        self._coming = None
        self.mode = ""

    # ---- flying ---------------------------------------------------------------------------------

    def covers(self, now_s: float) -> bool:
        """Whether the path that is flown says where to look at a moment."""
        path = self._flown
        return path is not None and path.times_s[0] - 1e-6 <= now_s <= self._last_s(path)

    def hold(self) -> None:
        """The person steers, or nobody: stop following live."""
        self._is_flying = False
        self._rest()

    def set_out(self, head: Playhead, here: Camera) -> None:
        """Begin to fly from a view beside the path, at rest; the best way onto it is looked for."""
        self._rest()
        self._live.begin(FollowState(head.time_s, ViewState.resting(here)))

    def fly(self, head: Playhead, here: Camera) -> Camera | None:
        """Where to look now, as wide as ``here``; None: where the camera looks already."""
        self._now_s, self._is_flying = head.time_s, head.playing
        if head.playing:
            self._arrange(head, here)
        now_s, path = head.time_s, self._flown
        live = self._live.view_at(now_s, head.speed if head.playing else None)
        if live is not None:
            self.mode = "live" if self._live.has_curve else ""
            return Camera(live[0], live[1], 0.0, here.hfov)
        if path is None or not (head.playing or self.covers(now_s)):
            self.mode = ""
            return None
        self.mode = "planned"
        return path.at(now_s)

    def _arrange(self, head: Playhead, here: Camera) -> None:
        """See to what is flown in a moment."""
        now_s = head.time_s
        if self._coming is not None and now_s >= self._coming.times_s[0]:
            self._flown, self._coming = self._coming, None
            self._live.end()
        if self._coming is not None or self._live.is_joining:
            return
        if self._live.is_on:
            if self._is_worth_joining(head, _WORTH_S):
                self._join(head)
        elif not self.covers(now_s):
            self._live.begin(FollowState(now_s, ViewState.resting(here)))
        elif self._is_ending(head) or self._is_new:
            self._change(head)

    def _change(self, head: Playhead) -> None:
        """From the path that is flown on to the newest plan, or if that ends too, on live."""
        assert self._flown is not None
        begins_s = head.time_s + self._lead_s * head.speed
        last_s = self._last_s(self._flown)
        if self._is_worth_joining(head, _ENDING_S) and begins_s < last_s:
            self._join(head)
        elif self._is_ending(head):
            begins_s = min(begins_s, last_s - _EDGE_S)
            self._live.begin(FollowState.on_path(self._flown, begins_s))

    def _join(self, head: Playhead) -> None:
        """Ask for the best way on from where the camera will be."""
        assert self.plan is not None
        moment = head.time_s + self._lead_s * head.speed
        if not self._live.is_on:
            assert self._flown is not None
            self._live.join(self.plan, moment, ViewState.on_path(self._flown, moment))
            return
        self._live.join(self.plan, moment)

    def _on_joined(self, path: CameraPath) -> None:
        if self._now_s > path.times_s[0] + _TOO_LATE_S:
            self._lead_s = min(2 * self._lead_s, _LONGEST_LEAD_S)
            self._live.go_on()
            return
        self._is_new = False
        if self._live.is_on:
            self._coming = path
        elif self._flown is not None:
            self._flown = spliced(self._flown, path)

    def _is_ending(self, head: Playhead) -> bool:
        assert self._flown is not None
        return self._last_s(self._flown) - head.time_s < _ENDING_S * head.speed

    def _is_worth_joining(self, head: Playhead, for_s: float) -> bool:
        """Whether the plan says what to do from the moment of joining on, for some seconds."""
        plan, moment = self.plan, head.time_s + self._lead_s * head.speed
        if plan is None or not plan.times_s[0] <= moment <= plan.times_s[-1]:
            return False
        return self._last_s(plan.path) >= moment + for_s * head.speed

    def _last_s(self, path: CameraPath) -> float:
        """Until when a path holds: that which reaches the last map holds for the rest."""
        last_s = float(path.times_s[-1])
        return float("inf") if last_s >= self._end_s - 1e-3 else last_s

    def stop(self) -> bool:
        """End both threads; True if they ended in time."""
        self._wanted = -1  # a plan still under way to this thread is for nobody
        planner, live = self._planner.stop(), self._live.stop()
        return planner and live
