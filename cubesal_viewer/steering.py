"""Steering: who holds the camera - the person, the autopilot, or a flight between two views."""

from __future__ import annotations

import time
from dataclasses import replace
from math import exp, hypot, radians

from PySide6.QtCore import QObject, QTimer, Signal

from cubesal.autopilot import Area, PlannerOptions
from cubesal.camera import Camera, wrap_angle
from cubesal.track_snapshot import TrackSnapshot
from cubesal_viewer.analysis.controller import AnalysisController
from cubesal_viewer.autopilot.flight import Flight
from cubesal_viewer.autopilot.pilot import Pilot, PilotMode
from cubesal_viewer.autopilot.planner import Plan, PlanRequest
from cubesal_viewer.autopilot.stretch import live_points, stretch_around
from cubesal_viewer.state import ViewerState

__all__ = ["Steering"]

#: A new plan is asked for at most this often while maps keep arriving.
_REPLAN_MS = 700
#: Time constant with which a view at rest joins the path after a take-over, seconds.
_JOIN_S = 0.45
#: A playhead that goes farther between two looks has been moved: seconds back, and ahead.
_BACK_S, _AHEAD_S = 0.5, 1.0
#: With less than this left of the way to the path, easing is slower than a film may turn.
_NEARLY = radians(0.1)


class Steering(QObject):
    """Moves the camera in the state.  Any input takes over from the autopilot at once."""

    path_changed = Signal()
    mode_changed = Signal(str)
    failed = Signal(str)

    def __init__(self, state: ViewerState, analysis: AnalysisController) -> None:
        super().__init__()
        self._state = state
        self._analysis = analysis
        self._pilot = Pilot(self._sight, self)
        self._pilot.planned.connect(self._on_planned)
        self._pilot.failed.connect(self.failed)
        self._replan = QTimer(self, interval=_REPLAN_MS, singleShot=True)
        self._replan.timeout.connect(self._plan)
        self._flight = Flight(self)
        self._flight.moved.connect(state.set_camera)
        self._ease = QTimer(self, interval=16)
        self._ease.timeout.connect(self._follow)
        self._offset = (0.0, 0.0, 0.0)
        self._joined_at = 0.0
        self._last_s, self._was_playing = 0.0, False
        self._mode: PilotMode = ""
        #: Whether the person has steered since the autopilot last did, and whether the present
        #: path therefore begins at their view instead of at the start of the analysed stretch.
        self._hand_held = self._from_view = False
        self.options = PlannerOptions()
        self._wishes = (state.edits.path, state.edits.areas)
        analysis.track_changed.connect(self._on_track_changed)
        state.playhead_changed.connect(self._follow)
        state.autopilot_changed.connect(self._on_autopilot)
        state.edits_changed.connect(self._on_edits)

    # ---- the person's hands ---------------------------------------------------------------------

    def take_over(self, camera: Camera) -> None:
        """Apply a view that the person chose by hand."""
        self._flight.stop()
        self._hand_held = True
        self._state.set_autopilot(False)
        self._state.set_camera(camera)

    def turn(self, yaw: float = 0.0, pitch: float = 0.0, roll: float = 0.0) -> None:
        """Turn the view by angles in radians."""
        camera = self._state.camera
        self.take_over(
            Camera(camera.yaw + yaw, camera.pitch + pitch, camera.roll + roll, camera.hfov)
        )

    def zoom(self, factor: float) -> None:
        """Widen (factor > 1) or narrow the field of view; the autopilot keeps steering."""
        camera = self._state.camera
        self._state.set_camera(replace(camera, hfov=camera.hfov * factor))
        self._flight.widen_to(self._state.camera.hfov)
        self._replan.start()

    def fly_to(self, direction: tuple[float, float]) -> None:
        """Fly to (yaw, pitch) in about a second; asked for the same place again, fly back."""
        self._let_go()
        self._flight.there_or_back(self._state.camera, self._state.camera.looking_at(*direction))

    def recentre(self) -> None:
        """Fly to the front, level, at the default field of view."""
        self._let_go()
        self._flight.begin(self._state.camera, Camera())

    def _let_go(self) -> None:
        self._hand_held = True
        self._state.set_autopilot(False)

    @property
    def is_hand_held(self) -> bool:
        """Whether the person has steered since the autopilot last did."""
        return self._hand_held

    # ---- life -----------------------------------------------------------------------------------

    def reset(self) -> None:
        """Begin anew for another clip: nobody has steered yet."""
        self._hand_held = self._from_view = False
        self._flight.stop()

    def set_options(self, options: PlannerOptions) -> None:
        """Plan with other settings from now on."""
        self.options = options
        self._replan.start()

    def stop(self) -> bool:
        """End the planning threads; True if they ended in time."""
        self._flight.stop()
        self._ease.stop()
        self._replan.stop()
        return self._pilot.stop()

    # ---- planning -------------------------------------------------------------------------------

    @property
    def plan(self) -> Plan | None:
        """The newest plan."""
        return self._pilot.plan

    @property
    def settled(self) -> bool:
        """Whether no plan is under way and the view is not moving towards one."""
        busy = (self._replan, self._ease)
        return not self._pilot.is_waiting and not any(timer.isActive() for timer in busy)

    def _on_edits(self) -> None:
        """Other keys or areas: the path as a whole is another one."""
        wishes = (self._state.edits.path, self._state.edits.areas)
        if wishes == self._wishes:
            return
        self._wishes = wishes
        self._from_view = False
        self._plan()

    def _on_track_changed(self) -> None:
        if self._analysis.track is None:
            self._replan.stop()
            self._pilot.forget()
        elif not self._replan.isActive():
            self._replan.start()

    def _plan(self) -> None:
        request = self._plan_request(self._from_view)
        track = self._analysis.track
        if request is not None and track is not None:
            self._pilot.ask(request, float(track.time_s[-1]))

    def whole_request(self) -> PlanRequest | None:
        """What would be asked of the planner for the stretch as a whole, from no given view."""
        return self._plan_request(from_view=False)

    def _plan_request(self, from_view: bool) -> PlanRequest | None:
        """The analysed stretch around the playhead; its path is optimal as a whole."""
        track = self._analysis.track
        if track is None:
            return None
        points = stretch_around(track, self._state.playhead.time_s, from_view)
        if points.size == 0:
            return None
        camera, edits = self._state.camera, self._state.edits
        start = (camera.yaw, camera.pitch) if from_view else None
        options = replace(self.options, hfov=camera.hfov)
        return PlanRequest(track.snapshot(points), options, start, edits.path, edits.areas)

    def _sight(
        self, time_s: float
    ) -> tuple[TrackSnapshot, PlannerOptions, tuple[Area, ...]] | None:
        """What the online filter may know at a moment."""
        track = self._analysis.track
        if track is None:
            return None
        points = live_points(track, time_s)
        if points.size == 0:
            return None
        options = replace(self.options, hfov=self._state.camera.hfov)
        return track.snapshot(points), options, self._state.edits.areas

    # ---- the autopilot --------------------------------------------------------------------------

    def _on_autopilot(self, on: bool) -> None:
        if not on:
            self._pilot.hold()
            self._tell_mode()
            return
        self._flight.stop()
        # From the view where the person let go, so that the way onward begins there.
        self._from_view = self._hand_held
        self._hand_held = False
        if self._from_view:
            self._pilot.forget()  # the old path leads elsewhere: hold the view until there is one
        self._plan()

    def _on_planned(self) -> None:
        there = self._pilot.plan and not self._state.playhead.playing
        if there and self._state.autopilot:
            self._join()
        self.path_changed.emit()
        self._follow()

    def _join(self) -> None:
        """Remember how far the view is from the path, to close that gap without a jump."""
        here = self._state.camera
        there = self._pilot.fly(self._state.playhead, here)
        if there is None:
            return
        self._begin_easing(
            wrap_angle(here.yaw - there.yaw),
            here.pitch - there.pitch,
            wrap_angle(here.roll - there.roll),
        )

    def _begin_easing(self, yaw: float, pitch: float, roll: float) -> None:
        self._offset = (yaw, pitch, roll)
        self._joined_at = time.monotonic()
        self._ease.start()

    def _follow(self) -> None:
        """Put the camera where the autopilot wants it while it holds the camera."""
        begins = self._state.playhead.playing and not self._was_playing
        self._was_playing = self._state.playhead.playing
        if not self._state.autopilot:
            self._ease.stop()
            return
        head, here = self._state.playhead, self._state.camera
        if not -_BACK_S < head.time_s - self._last_s < _AHEAD_S * max(head.speed, 1.0):
            self._on_seek(head.time_s)
        self._last_s = head.time_s
        if begins:
            self._set_out()
        there = self._pilot.fly(head, here)
        if there is not None and head.playing and self._pilot.mode != self._mode:
            self._level(wrap_angle(here.roll - there.roll))
        self._tell_mode()
        if there is None:
            self._ease.stop()
            return
        yaw, pitch, roll = self._eased()
        hfov = there.hfov if self.options.zoom else here.hfov
        self._state.set_camera(
            Camera(there.yaw + yaw, there.pitch + pitch, there.roll + roll, hfov)
        )

    def _set_out(self) -> None:
        """Film begins: from beside the path the camera comes to it no faster than it may turn."""
        yaw, pitch, _ = self._eased()
        if hypot(yaw, pitch) > _NEARLY:
            self._pilot.set_out(self._state.playhead, self._state.camera)
            self._offset = (0.0, 0.0, self._offset[2])

    def _on_seek(self, now_s: float) -> None:
        """The playhead was moved: what was flown says nothing about this moment."""
        self._pilot.take_plan()
        if self._from_view and not self._pilot.covers(now_s):
            self._from_view = False
            self._replan.start()

    def _eased(self) -> tuple[float, float, float]:
        """What is left of the way to the path: yaw, pitch, roll."""
        left = exp(-(time.monotonic() - self._joined_at) / _JOIN_S)
        if hypot(*self._offset) * left < 1e-3:
            self._offset = (0.0, 0.0, 0.0)
            self._ease.stop()
        yaw, pitch, roll = (left * value for value in self._offset)
        return yaw, pitch, roll

    def _level(self, roll: float) -> None:
        """Another curve begins where the camera is, but for its roll: come to it by and by."""
        yaw, pitch, _ = self._eased() if self._mode else (0.0, 0.0, 0.0)
        self._begin_easing(yaw, pitch, roll)

    def _tell_mode(self) -> None:
        if self._pilot.mode != self._mode:
            self._mode = self._pilot.mode
            self.mode_changed.emit(self._mode)
