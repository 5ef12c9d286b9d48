"""The run itself: launch, loading, playing, scrubbing, and looping if asked for."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Final

import numpy as np
from PySide6.QtCore import QObject, Qt, QTimer, Signal

from cubesal_viewer.app import Viewer
from cubesal_viewer.bench.process import age_s, memory_mb
from cubesal_viewer.bench.report import BenchReport, Spread, spread_of
from cubesal_viewer.bench.watch import PaintWatch

__all__ = ["Bench"]

_TICK_MS: Final = 16
_SECONDS: Final = 10.0
_SCRUBS: Final = 11
#: Between two scrubs, so that the next one begins in silence.
_PAUSE_MS: Final = 250
_SCRUB_PATIENCE_S: Final = 10.0


class Bench(QObject):
    """Drives the window through its phases; emits ``done`` with a :class:`BenchReport`."""

    done = Signal(object)

    def __init__(self, viewer: Viewer, seconds: float = _SECONDS, minutes: float = 0.0) -> None:
        super().__init__()
        self._viewer = viewer
        self._seconds, self._minutes = seconds, minutes
        self._watch = PaintWatch(viewer)
        self._timer = QTimer(self, interval=_TICK_MS, timerType=Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._tick)
        self._phase: Callable[[float, float], None] = self._loading
        self._last = self._since = 0.0
        self._gaps: list[float] = []
        self._import_gaps: list[float] = []
        self._window_s = self._import_s = 0.0
        self._due = self._newest_due = 0
        self._scrubs: list[float] = []
        self._stand_ins: list[float] = []
        self._memory_mb: list[float] = []
        self._report: BenchReport | None = None
        viewer.transport.opened.connect(self._begin)
        QTimer.singleShot(0, self, self._await_window)

    def _await_window(self) -> None:
        handle = self._viewer.window.windowHandle()
        if handle is not None and handle.isExposed():
            self._window_s = age_s()
        else:
            QTimer.singleShot(1, self, self._await_window)

    def _begin(self) -> None:
        self._last = time.perf_counter()
        self._timer.start()

    def _tick(self) -> None:
        now = time.perf_counter()
        gap_ms, self._last = (now - self._last) * 1000, now
        self._phase(now, gap_ms)

    # ---- phases --------------------------------------------------------------------------------

    def _loading(self, now: float, gap_ms: float) -> None:
        self._import_gaps.append(gap_ms)
        loaded = self._viewer.analysis.loaded
        if loaded is None:
            return
        self._import_s = loaded.seconds
        self._play(now, self._playing)

    def _play(self, now: float, phase: Callable[[float, float], None]) -> None:
        self._since = now
        self._watch.begin()
        self._viewer.transport.dropped = 0
        self._viewer.transport.play()
        self._due, self._newest_due = 1, self._due_now()
        self._phase = phase

    def _playing(self, now: float, gap_ms: float) -> None:
        self._gaps.append(gap_ms)
        self._count_due()
        if now - self._since < self._seconds:
            self._keep_playing()
            return
        self._viewer.transport.pause()
        self._report = self._figures(now - self._since)
        self._phase = self._waiting_for_a_map

    def _keep_playing(self) -> None:
        if not self._viewer.state.playhead.playing:
            self._viewer.transport.play()  # from the start again

    def _count_due(self) -> None:
        """By the clip's clock, which waits for the first pictures and stands between two runs."""
        now, before = self._due_now(), self._newest_due
        self._due += now - before if now >= before else now + 1
        self._newest_due = now

    def _due_now(self) -> int:
        transport = self._viewer.transport
        return int(np.searchsorted(transport.times_s, transport.due_s, side="right")) - 1

    def _waiting_for_a_map(self, now: float, gap_ms: float) -> None:
        del gap_ms
        late = now - self._since > self._seconds + _SCRUB_PATIENCE_S
        if self._watch.first_map_s is not None or late:
            self._phase = self._scrubbing
            self._next_scrub()

    def _scrubbing(self, now: float, gap_ms: float) -> None:
        """The scrubs go by themselves; this one only sees whether one got lost."""
        del gap_ms
        if now - self._since > _SCRUB_PATIENCE_S:
            self._scrubbed((now - self._since) * 1000)

    def _next_scrub(self) -> None:
        transport = self._viewer.transport
        if len(self._scrubs) == _SCRUBS:
            self._after_scrubs()
            return
        self._since = time.perf_counter()
        choice = random.Random(len(self._scrubs))
        here = transport.frame.index if transport.frame is not None else -1
        places = [k for k in range(transport.frame_count) if k != here] or [0]
        place = choice.choice(places)
        self._watch.await_frame(place, self._stand_ins.append, self._scrubbed)
        transport.seek(place)

    def _scrubbed(self, took_ms: float) -> None:
        self._watch.forget_frame()
        self._scrubs.append(took_ms)
        self._since = time.perf_counter() + _PAUSE_MS / 1000
        QTimer.singleShot(_PAUSE_MS, self, self._next_scrub)

    def _after_scrubs(self) -> None:
        self._memory_mb = [memory_mb()]
        if self._minutes:
            self._play(time.perf_counter(), self._looping)
        else:
            self._finish()

    def _looping(self, now: float, gap_ms: float) -> None:
        del gap_ms
        minutes = (now - self._since) / 60
        if minutes < self._minutes:
            if minutes >= len(self._memory_mb):
                self._memory_mb.append(memory_mb())
            self._keep_playing()
        else:
            self._viewer.transport.pause()
            self._finish()

    # ---- figures -------------------------------------------------------------------------------

    def _figures(self, seconds: float) -> BenchReport:
        watch, transport = self._watch, self._viewer.transport
        track = self._viewer.analysis.track
        return BenchReport(
            window_s=self._window_s,
            picture_s=watch.first_picture_s or 0.0,
            map_s=0.0,
            import_s=self._import_s,
            import_gap=spread_of(self._import_gaps),
            seconds=seconds,
            gap=spread_of(self._gaps),
            age=spread_of(watch.ages_ms),
            draw=spread_of(watch.draws_ms),
            due=self._due,
            painted=watch.painted,
            dropped=transport.dropped,
            maps=len(track) - int(track.missing().size) if track else 0,
            scrub=Spread(0, 0, 0),
            stand_in=Spread(0, 0, 0),
        )

    def _finish(self) -> None:
        self._timer.stop()
        assert self._report is not None
        self.done.emit(
            replace(
                self._report,
                map_s=self._watch.first_map_s or 0.0,
                scrub=spread_of(self._scrubs),
                stand_in=spread_of(self._stand_ins),
                minutes=self._minutes,
                memory_mb=(*(self._memory_mb or [memory_mb()]), memory_mb()),
            )
        )
