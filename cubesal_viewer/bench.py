"""``--bench``: how smooth the real window stays while it plays and analyses."""

from __future__ import annotations

import json
import time
from dataclasses import asdict, dataclass

import numpy as np
from PySide6.QtCore import QObject, Qt, QTimer, Signal

from cubesal_viewer.app import Viewer

__all__ = ["Bench", "SmoothnessReport"]

_TICK_MS = 16
_SECONDS = 10.0


@dataclass(frozen=True)
class SmoothnessReport:
    """Gaps between ticks of a 16 ms timer in the GUI's event loop, in milliseconds.

    ``import_*`` covers the time in which the inference thread imports and loads the model, the
    rest the time in which the clip plays and is analysed.
    """

    import_p99_ms: float
    import_max_ms: float
    import_s: float
    playing_p50_ms: float
    playing_p99_ms: float
    playing_max_ms: float
    seconds: float
    frames_shown: int
    frames_dropped: int
    maps: int

    def text(self) -> str:
        """Say it in a few lines."""
        return "\n".join(
            [
                f"event-loop gap, {_TICK_MS} ms timer in the real window",
                f"  playing + analysing ({self.seconds:.1f} s): p50 {self.playing_p50_ms:.1f}, "
                f"p99 {self.playing_p99_ms:.1f}, max {self.playing_max_ms:.1f} ms",
                f"  importing + loading the model ({self.import_s:.1f} s): "
                f"p99 {self.import_p99_ms:.1f}, max {self.import_max_ms:.1f} ms",
                f"  frames shown {self.frames_shown}, dropped {self.frames_dropped}, "
                f"maps analysed {self.maps}",
            ]
        )

    def json(self) -> str:
        """The same for machines."""
        return json.dumps(asdict(self), indent=2)


class Bench(QObject):
    """Plays the clip from its start while it is analysed; emits ``done`` with the report."""

    done = Signal(object)

    def __init__(self, viewer: Viewer, seconds: float = _SECONDS) -> None:
        super().__init__()
        self._viewer = viewer
        self._seconds = seconds
        self._timer = QTimer(self, interval=_TICK_MS, timerType=Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._tick)
        self._last = 0.0
        self._gaps: dict[str, list[float]] = {"import": [], "playing": []}
        self._playing_since: float | None = None
        self._import_s = 0.0
        self._shown = 0
        viewer.transport.opened.connect(self._begin)
        viewer.transport.frame_changed.connect(self._count)

    def _begin(self) -> None:
        self._last = time.perf_counter()
        self._timer.start()

    def _count(self) -> None:
        self._shown += self._playing_since is not None

    def _tick(self) -> None:
        now = time.perf_counter()
        gap_ms, self._last = (now - self._last) * 1000, now
        loaded = self._viewer.analysis.loaded
        if loaded is None:
            self._gaps["import"].append(gap_ms)
            return
        if self._playing_since is None:
            self._playing_since, self._import_s = now, loaded.seconds
            self._viewer.transport.play()
            return
        self._gaps["playing"].append(gap_ms)
        if now - self._playing_since >= self._seconds:
            self._finish(now - self._playing_since)
        elif not self._viewer.state.playhead.playing:
            self._viewer.transport.play()  # from the start again

    def _finish(self, seconds: float) -> None:
        self._timer.stop()
        self._viewer.transport.pause()
        playing = np.array(self._gaps["playing"] or [0.0])
        loading = np.array(self._gaps["import"] or [0.0])
        track = self._viewer.analysis.track
        self.done.emit(
            SmoothnessReport(
                import_p99_ms=float(np.percentile(loading, 99)),
                import_max_ms=float(loading.max()),
                import_s=self._import_s,
                playing_p50_ms=float(np.percentile(playing, 50)),
                playing_p99_ms=float(np.percentile(playing, 99)),
                playing_max_ms=float(playing.max()),
                seconds=seconds,
                frames_shown=self._shown,
                frames_dropped=self._viewer.transport.dropped,
                maps=len(track) - int(track.missing().size) if track else 0,
            )
        )
