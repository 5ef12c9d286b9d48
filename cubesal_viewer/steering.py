"""Steering: who holds the camera - the person, the autopilot, or a flight between two views."""

from __future__ import annotations

import time
from dataclasses import replace
from math import acos, exp, hypot, radians

import numpy as np
from PySide6.QtCore import QEasingCurve, QObject, QTimer, QVariantAnimation, Signal

from cubesal.autopilot import CameraPath, PlannerOptions, ViewState, spliced
from cubesal.camera import Camera, wrap_angle
from cubesal.geometry import dir_from_angles
from cubesal_viewer.analysis.controller import AnalysisController
from cubesal_viewer.planner import Plan, Planner, PlanRequest
from cubesal_viewer.state import ViewerState

__all__ = ["Steering"]

_FLIGHT_MS = 900
#: A new plan is asked for at most this often while maps keep arriving.
_REPLAN_MS = 700
#: Time constant with which the view joins the path after a take-over or a new plan, seconds.
_JOIN_S = 0.45
#: A plan made while the camera flies takes over so much later, in seconds of the clip's own speed.
_LEAD_S = 0.3
#: Double clicks closer together than this mean the same place.
_SAME_PLACE = radians(12)


class Steering(QObject):
    """Moves the camera in the state.  Any input takes over from the autopilot at once."""

    path_changed = Signal()
    failed = Signal(str)

    def __init__(self, state: ViewerState, analysis: AnalysisController) -> None:
        super().__init__()
        self._state = state
        self._analysis = analysis
        self._planner = Planner(self)
        self._planner.planned.connect(self._on_planned)
        self._planner.failed.connect(self._on_failed)
        self._replan = QTimer(self, interval=_REPLAN_MS, singleShot=True)
        self._replan.timeout.connect(self._plan)
        self._flight = QVariantAnimation(self, duration=_FLIGHT_MS)
        self._flight.setEasingCurve(QEasingCurve.Type.InOutCubic)
        self._flight.setStartValue(0.0)
        self._flight.setEndValue(1.0)
        self._flight.valueChanged.connect(self._on_flight)
        self._from = self._to = Camera()
        self._way_back: Camera | None = None
        self._ease = QTimer(self, interval=16)
        self._ease.timeout.connect(self._follow)
        self._wanted = self._answered = 0
        self._offset = (0.0, 0.0, 0.0)
        self._joined_at = 0.0
        #: Whether the person has steered since the autopilot last did, and whether the present
        #: path therefore begins at their view instead of at the start of the analysed stretch.
        self._hand_held = self._from_view = False
        self.options = PlannerOptions()
        self.plan: Plan | None = None
        #: What the autopilot flies: the path of the plan, or the way it joined that one.
        self._flown: CameraPath | None = None
        analysis.track_changed.connect(self._on_track_changed)
        state.playhead_changed.connect(self._follow)
        state.autopilot_changed.connect(self._on_autopilot)
        state.edits_changed.connect(self._on_edits)

    def take_over(self, camera: Camera) -> None:
        """Apply a view that the person chose by hand."""
        self._flight.stop()
        self._way_back = None
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
        hfov = self._state.camera.hfov
        self._from, self._to = replace(self._from, hfov=hfov), replace(self._to, hfov=hfov)
        self._replan.start()

    def fly_to(self, direction: tuple[float, float]) -> None:
        """Fly to (yaw, pitch) in about a second; asked for the same place again, fly back."""
        target = self._state.camera.looking_at(*direction)
        if self._way_back is not None and _angle_between(target, self._to) < _SAME_PLACE:
            target, self._way_back = self._way_back, None
        else:
            self._way_back = self._state.camera
        self._begin_flight(target)

    def recentre(self) -> None:
        """Fly to the front, level, at the default field of view."""
        self._way_back = None
        self._begin_flight(Camera())

    def reset(self) -> None:
        """Begin anew for another clip: nobody has steered yet."""
        self._hand_held = self._from_view = False
        self._flight.stop()
        self._way_back = None

    def set_options(self, options: PlannerOptions) -> None:
        """Plan with other settings from now on."""
        self.options = options
        self._replan.start()

    def stop(self) -> bool:
        """End the planning thread; True if it ended in time."""
        self._flight.stop()
        self._ease.stop()
        self._replan.stop()
        self._wanted = -1  # a plan still under way to this thread is for nobody
        return self._planner.stop()

    @property
    def settled(self) -> bool:
        """Whether no plan is under way and the view is not moving towards one."""
        busy = (self._replan, self._ease)
        return self._answered == self._wanted and not any(timer.isActive() for timer in busy)

    @property
    def is_hand_held(self) -> bool:
        """Whether the person has steered since the autopilot last did."""
        return self._hand_held

    def _begin_flight(self, target: Camera) -> None:
        self._hand_held = True
        self._state.set_autopilot(False)
        self._from, self._to = self._state.camera, target
        self._flight.stop()
        self._flight.start()

    def _on_flight(self, share: float) -> None:
        def mixed(a: float, b: float) -> float:
            return a + share * wrap_angle(b - a)

        a, b = self._from, self._to
        self._state.set_camera(
            Camera(
                mixed(a.yaw, b.yaw),
                mixed(a.pitch, b.pitch),
                mixed(a.roll, b.roll),
                a.hfov + share * (b.hfov - a.hfov),
            )
        )

    def _on_autopilot(self, on: bool) -> None:
        if not on:
            return
        self._flight.stop()
        self._way_back = None
        # From the view where the person let go, so that the way onward begins there.
        self._from_view = self._hand_held
        self._hand_held = False
        if self._from_view:
            self._forget_plan()  # the old path leads elsewhere: hold the view until there is one
        self._plan()

    def _on_edits(self) -> None:
        """Other keys or areas: the path as a whole is another one."""
        self._from_view = False
        self._plan()

    def _on_track_changed(self) -> None:
        if self._analysis.track is None:
            self._replan.stop()
            self._forget_plan()
        elif not self._replan.isActive():
            self._replan.start()

    def _forget_plan(self) -> None:
        self.plan = self._flown = None
        self._wanted = self._answered = self._planner.discard()
        self.path_changed.emit()

    def _plan(self) -> None:
        request = self._plan_request()
        if request is not None:
            self._wanted = self._planner.plan(request)

    def whole_request(self) -> PlanRequest | None:
        """What would be asked of the planner for the stretch as a whole, from no given view."""
        was, self._from_view = self._from_view, False
        try:
            return self._plan_request()
        finally:
            self._from_view = was

    def _plan_request(self) -> PlanRequest | None:
        """Ask for the analysed stretch around the playhead; its path is optimal as a whole."""
        track = self._analysis.track
        if track is None:
            return None
        now_s = self._state.playhead.time_s
        for start_s, end_s in track.analysed_ranges():
            if start_s - 1e-6 <= now_s <= end_s + 1.0:
                break
        else:
            return None
        begin_s = start_s
        if self._from_view:
            begin_s = max(start_s, float(track.time_s[track.index_at(now_s)]))
        inside = (track.time_s >= begin_s - 1e-6) & (track.time_s <= end_s + 1e-6)
        points = [k for k in np.flatnonzero(inside) if track.has(int(k))]
        maps = tuple(m for k in points if (m := track.get(int(k))) is not None)
        if not maps:
            return None
        camera = self._state.camera
        start = (camera.yaw, camera.pitch) if self._from_view else None
        options = replace(self.options, hfov=camera.hfov)
        edits = self._state.edits
        return PlanRequest(
            maps,
            track.time_s[points],
            options,
            start,
            edits.path,
            edits.areas,
            self._coming(begin_s),
        )

    def _coming(self, begin_s: float) -> tuple[float, ViewState] | None:
        """Where the camera will be when the next plan is there, if it flies and time runs."""
        playhead, eases = self._state.playhead, self._ease.isActive()
        if self._flown is None or eases or not (self._state.autopilot and playhead.playing):
            return None
        moment = playhead.time_s + _LEAD_S * playhead.speed
        if not begin_s <= moment <= float(self._flown.times_s[-1]):
            return None
        return moment, ViewState.on_path(self._flown, moment)

    def _on_planned(self, generation: int, plan: Plan) -> None:
        if generation != self._wanted:
            return
        self._answered = generation
        self.plan = plan
        if plan.onward is not None and self._flown is not None and self._is_ahead(plan.onward):
            self._flown = spliced(self._flown, plan.onward)
        else:
            self._flown = plan.path
            self._join()
        self.path_changed.emit()
        self._follow()

    def _is_ahead(self, path: CameraPath) -> bool:
        """Whether the camera still comes by where a path begins, or just did."""
        return self._state.autopilot and self._state.playhead.time_s <= path.times_s[0] + 0.02

    def _on_failed(self, generation: int, message: str) -> None:
        if generation == self._wanted:
            self._answered = generation
            self.failed.emit(message)

    def _join(self) -> None:
        """Remember how far the view is from the path, to close that gap without a jump."""
        if not self._state.autopilot or self._flown is None:
            return
        here, there = self._state.camera, self._flown.at(self._state.playhead.time_s)
        self._offset = (
            wrap_angle(here.yaw - there.yaw),
            here.pitch - there.pitch,
            wrap_angle(here.roll - there.roll),
        )
        self._joined_at = time.monotonic()
        self._ease.start()

    def _follow(self) -> None:
        """Put the camera on the path while the autopilot holds it."""
        if not self._state.autopilot or self._flown is None:
            self._ease.stop()
            return
        now_s = self._state.playhead.time_s
        if self._from_view and now_s < float(self._flown.times_s[0]) - 1e-6:
            # Gone back before the point of take-over: that path says nothing about this moment.
            self._from_view = False
            self._replan.start()
        there = self._flown.at(now_s)
        left = exp(-(time.monotonic() - self._joined_at) / _JOIN_S)
        if hypot(*self._offset) * left < 1e-3:
            left = 0.0
            self._ease.stop()
        yaw, pitch, roll = (left * value for value in self._offset)
        hfov = there.hfov if self.options.zoom else self._state.camera.hfov
        self._state.set_camera(
            Camera(there.yaw + yaw, there.pitch + pitch, there.roll + roll, hfov)
        )


def _angle_between(a: Camera, b: Camera) -> float:
    """Angle between two viewing directions, radians."""
    cosine = float(dir_from_angles(a.yaw, a.pitch) @ dir_from_angles(b.yaw, b.pitch))
    return acos(min(max(cosine, -1.0), 1.0))
