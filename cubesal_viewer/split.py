"""Split view: other views beside the camera's, each on a peak of its own, and the way there."""

from __future__ import annotations

import time
from dataclasses import replace
from functools import partial
from math import exp, hypot, radians
from typing import Final

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtGui import QPainter

from cubesal.autopilot import SideView, side_views
from cubesal.autopilot.views import angle_between
from cubesal.camera import Camera, wrap_angle
from cubesal_viewer.analysis.controller import AnalysisController
from cubesal_viewer.state import ViewerState
from cubesal_viewer.steering import Steering
from cubesal_viewer.widgets.commands import Command
from cubesal_viewer.widgets.main_window import NFOV_ASPECT, MainWindow
from cubesal_viewer.widgets.side_marks import paint_outlines
from cubesal_viewer.widgets.view_cells import SPLITS, Split
from cubesal_viewer.worker import Worker

__all__ = ["SplitViews"]

#: The peaks are looked for at most this often.
_LOOK_MS: Final = 160
#: Time constant with which a view follows its peak, seconds.
_FOLLOW_S: Final = 0.5
#: Further than this a view cuts: a swing over half the sphere shows nothing.
_CUT: Final = radians(45)
#: After a jump in time, seconds, the views of the moment before say nothing.
_JUMP_S: Final = 1.0
_CLOSE: Final = radians(0.1)


def _tr(text: str) -> str:
    """Mark a text for translation; it is translated when the commands are installed."""
    return text


class SplitViews(QObject):
    """Finds the side views on a thread of its own and moves them; nothing runs with one view.

    The cycle: 1. maps, playhead or camera move; 2. at leisure, and not before the answer to the
    last question, the thread is given the map of the moment and the views so far; 3. what it finds
    are the new goals; 4. the views glide there, and further ones cut.  Lives on the GUI thread.
    """

    _found = Signal(int, object)

    def __init__(
        self,
        state: ViewerState,
        analysis: AnalysisController,
        steering: Steering,
        window: MainWindow,
    ) -> None:
        super().__init__()
        self._state, self._analysis = state, analysis
        self._steering, self._window = steering, window
        self._worker: Worker | None = None
        self._generation = 0
        #: Whether the thread is searching, and whether something has moved since it was asked.
        self._searching = self._moved = False
        self._goals: tuple[SideView, ...] = ()
        self._shown: tuple[Camera, ...] = ()
        self._looked_at_s = 0.0
        self._moved_at = time.monotonic()
        self._timer = QTimer(self, interval=_LOOK_MS, singleShot=True)
        self._timer.timeout.connect(self._look)
        self._glide = QTimer(self, interval=33)
        self._glide.timeout.connect(self._go_on)
        self._found.connect(self._on_found)
        for signal in (state.camera_changed, state.playhead_changed, analysis.track_changed):
            signal.connect(self._ask)
        state.clip_changed.connect(self._forget)
        window.nfov.side_chosen.connect(self.look_there)
        window.equirect.decorations.append(self._paint)

    @property
    def count(self) -> Split:
        """How many views there are, the camera's included."""
        return self._window.nfov.split

    def commands(self) -> list[Command]:
        """The commands of the split view."""
        menu = _tr("&View")
        there = (
            (_tr("Look at view 2"), "2"),
            (_tr("Look at view 3"), "3"),
            (_tr("Look at view 4"), "4"),
        )
        return [
            Command(menu, _tr("Split view"), ("B",), self.next_split),
            *(
                Command(menu, words, (key,), partial(self.look_there, k))
                for k, (words, key) in enumerate(there)
            ),
        ]

    def next_split(self) -> None:
        """One view, two, four, and one again."""
        self.set_split(SPLITS[(SPLITS.index(self.count) + 1) % len(SPLITS)])

    def set_split(self, count: Split) -> None:
        """Show so many views."""
        self._window.set_split(count)
        if count == 1:
            self._forget()
        else:
            self._searching = False  # so many views were not asked for
            self._look()

    def look_there(self, side: int) -> None:
        """Fly the camera to a side view, 0 for the first; one that is not there is no place."""
        if side < len(self._window.nfov.sides):
            camera = self._shown[side]
            self._steering.fly_to((camera.yaw, camera.pitch))

    def stop(self) -> bool:
        """End the thread; True if it ended in time."""
        self._forget()
        self._timer.stop()
        return self._worker is None or self._worker.stop()

    def _ask(self) -> None:
        if self.count > 1 and not self._timer.isActive():
            self._timer.start()

    def _forget(self) -> None:
        self._generation += 1  # what is under way is for nobody
        self._searching = self._moved = False
        self._glide.stop()
        self._goals, self._shown = (), ()
        self._window.nfov.set_sides(())
        self._ask()

    def _look(self) -> None:
        if self._searching:  # asking again and again, no answer would ever be the newest
            self._moved = True
            return
        now_s = self._state.playhead.time_s
        saliency = self._analysis.view_at(now_s).saliency
        if saliency is None:
            return
        is_jump = abs(now_s - self._looked_at_s) > _JUMP_S
        before = () if is_jump else tuple(view.camera for view in self._goals)
        self._looked_at_s = now_s
        self._generation += 1
        self._searching, self._moved = True, False
        generation, camera, others = self._generation, self._state.camera, self.count - 1

        def search() -> None:  # on the thread
            found = None
            try:
                found = side_views(saliency, camera, others, before, aspect=NFOV_ASPECT)
            finally:
                self._found.emit(generation, found)

        if self._worker is None:
            self._worker = Worker("side views", prompt=True)
        self._worker.submit(search, replace=True)

    def _on_found(self, generation: int, views: tuple[SideView, ...] | None) -> None:
        if generation != self._generation:
            return
        self._searching = False
        if self._moved:
            self._ask()
        if views is None:
            return
        before = dict(enumerate(self._shown))
        self._goals = views
        self._shown = tuple(
            before[k] if k in before and angle_between(before[k], v.camera) < _CUT else v.camera
            for k, v in enumerate(views)
        )
        self._show()
        if not self._glide.isActive():
            self._moved_at = time.monotonic()
            self._glide.start()

    def _go_on(self) -> None:
        now = time.monotonic()
        part = 1 - exp(-(now - self._moved_at) / _FOLLOW_S)
        self._moved_at = now
        goals = [view.camera for view in self._goals]
        moved = tuple(_towards(a, b, part) for a, b in zip(self._shown, goals, strict=True))
        if all(_gap(a, b) < _CLOSE for a, b in zip(moved, goals, strict=True)):
            moved = tuple(goals)
            self._glide.stop()
        self._shown = moved
        self._show()

    def _show(self) -> None:
        views = zip(self._goals, self._shown, strict=True)
        self._window.nfov.set_sides([replace(view, camera=camera) for view, camera in views])
        self._window.equirect.update()

    def _paint(self, painter: QPainter) -> None:
        sides = self._window.nfov.sides
        if sides:
            paint_outlines(painter, self._window.equirect, sides)


def _towards(here: Camera, there: Camera, part: float) -> Camera:
    yaw = here.yaw + part * wrap_angle(there.yaw - here.yaw)
    return here.looking_at(yaw, here.pitch + part * (there.pitch - here.pitch))


def _gap(here: Camera, there: Camera) -> float:
    return hypot(wrap_angle(there.yaw - here.yaw), there.pitch - here.pitch)
