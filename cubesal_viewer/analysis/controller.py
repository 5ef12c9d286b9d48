"""Keeps the track of the open clip filled: ahead of the playhead first, then the rest."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, QTimer, Signal

from cubesal.document import AnalysisKey, StoredTrack
from cubesal.track import SaliencyTrack, TrackView
from cubesal_viewer.analysis.chase import Chase
from cubesal_viewer.analysis.inference import Inference, KeepFn
from cubesal_viewer.analysis.request import AnalysisRequest, ModelLoaded
from cubesal_viewer.state import Activity, ViewerState

__all__ = ["AnalysisController"]

#: How often to ask whether the playhead stands on ground that is not analysed.
_FOLLOW_MS = 500


class AnalysisController(QObject):
    """The GUI's side of analysis; ``track_changed`` follows each new map, clip or model.

    The cycle: 1. :meth:`start` names a clip, a model and a rate; 2. the inference thread loads the
    model and sends the grid; 3. each map that arrives with the present generation goes into
    :attr:`track`; 4. when the playhead meets missing ground, work continues there; 5. a change of
    clip or model begins again with a new generation, and late maps of the old one are ignored.
    What a document holds already is in the track from step 2 on; a model that has nothing left to
    do is not even loaded (``model_spared``). ``keep`` takes each map to the document's thread.
    """

    track_changed = Signal()
    model_loaded = Signal(object)
    model_spared = Signal()
    failed = Signal(str)
    noticed = Signal(str)

    def __init__(
        self,
        state: ViewerState,
        inference: Inference | None = None,
        keep: KeepFn | None = None,
    ) -> None:
        super().__init__()
        self._state = state
        self._inference = inference or Inference(self, keep)
        self._inference.gridded.connect(self._on_gridded)
        self._inference.mapped.connect(self._on_map)
        self._inference.finished.connect(self._on_finished)
        self._inference.failed.connect(self._on_failed)
        self._inference.model_loaded.connect(self._on_model_loaded)
        self._inference.relieved.connect(self._on_relieved)
        self._inference.stepped.connect(self._on_stepped)
        self._follow = QTimer(self, interval=_FOLLOW_MS)
        self._follow.timeout.connect(self._follow_playhead)
        self._generation = 0
        self._request: AnalysisRequest | None = None
        self._chase = Chase()
        self._began = 0.0
        self._found = 0
        self.track: SaliencyTrack | None = None
        self.loaded: ModelLoaded | None = None

    def start(self, request: AnalysisRequest) -> None:
        """Analyse a clip from the beginning, forgetting the present track."""
        self.clear()
        self._request = request
        self._generation = self._inference.start(request)
        self._state.set_analysis(Activity(self.tr("Loading the model…")))
        self._follow.start()

    def clear(self) -> None:
        """Show no maps and let none arrive: another clip is on show, which has nothing yet."""
        self._follow.stop()
        self._inference.cancel()
        self._generation = -1
        self._release()
        self._request = None
        self.loaded = None
        self._found = 0
        self._chase = Chase()
        self._state.set_analysis(Activity())
        self.track_changed.emit()

    def on_committed(self, session: int, points: tuple[tuple[AnalysisKey, int], ...]) -> None:
        """Let go of maps that are in the document now."""
        store = self._request.store if self._request else None
        if isinstance(self.track, StoredTrack) and store is not None and store.session == session:
            self.track.committed(k for key, k in points if key == self.track.key)

    def on_saved(self, path: Path) -> None:
        """Go on reading from the document that was saved under another name. DocumentError."""
        if isinstance(self.track, StoredTrack) and self.track.path != path:
            self.track.reopen(path)

    def _release(self) -> None:
        if isinstance(self.track, StoredTrack):
            self.track.close()
        self.track = None

    def abandon(self) -> None:
        """Tell the inference thread to leave its work, without waiting for it."""
        self._follow.stop()
        self._inference.cancel()

    def stop(self) -> bool:
        """End the inference thread; True if it ended in time."""
        self._follow.stop()
        self._generation = -1  # maps still under way to this thread are for nobody
        has_ended = self._inference.stop()
        if isinstance(self.track, StoredTrack):
            self.track.close()
        return has_ended

    def view_at(self, time_s: float) -> TrackView:
        """Return the map for a moment: current, stale or none."""
        if self.track is None:
            return TrackView(None, "none")
        return self.track.at(time_s)

    @property
    def request(self) -> AnalysisRequest | None:
        """What is being, or was last, analysed."""
        return self._request

    def _on_model_loaded(self, generation: int, loaded: ModelLoaded) -> None:
        if generation == self._generation:
            self.loaded = loaded
            self._chase.warm_up(loaded.warmup)
            self.model_loaded.emit(loaded)

    def _on_gridded(self, generation: int, track: SaliencyTrack) -> None:
        if generation != self._generation:
            return
        self.track = track
        self._began = time.monotonic()
        self._found = len(track) - int(track.missing().size)
        if self._found:
            self.track_changed.emit()
        if not track.complete:
            self._report()

    def _on_map(self, generation: int, k: int, saliency: NDArray[np.float32], turn: float) -> None:
        if generation != self._generation or self.track is None:
            return
        self.track.set(k, saliency, turn)
        self._chase.made(k)
        self._report()
        self.track_changed.emit()

    def _on_stepped(self, generation: int, seconds: float) -> None:
        if generation == self._generation:
            self._chase.stepped(seconds)

    def _on_finished(self, generation: int) -> None:
        if generation == self._generation:
            self._follow.stop()
            self._state.set_analysis(Activity())
            if self.loaded is None:
                self.model_spared.emit()

    def _on_failed(self, generation: int, message: str) -> None:
        if generation == self._generation:
            self._follow.stop()
            self._state.set_analysis(Activity())
            self.failed.emit(message)

    def _on_relieved(self, generation: int, sentence: str) -> None:
        if generation == self._generation:
            self.noticed.emit(sentence)

    def _report(self) -> None:
        assert self.track is not None
        total = len(self.track)
        done = total - int(self.track.missing().size)
        made, elapsed = done - self._found, time.monotonic() - self._began
        eta_s = elapsed / made * (total - done) if made > 0 else None
        self._state.set_analysis(Activity(self.tr("Analysing"), done, total, eta_s))

    def _follow_playhead(self) -> None:
        """Bring the work to the playhead where the map there is missing and not about to come."""
        if self.track is None or self.track.complete:
            return
        playhead = self._state.playhead
        first = self.track.index_at(playhead.time_s)
        if playhead.playing:
            goal = self._chase.goal(self.track, first, self._points_per_s())
        else:
            goal = self._chase.goal_at_rest(self.track, first)
        if goal is not None:
            self._chase.aimed(goal)
            self._inference.prioritise(goal)

    def _points_per_s(self) -> float:
        """How many grid points the running playhead passes in a second."""
        assert self.track is not None
        times = self.track.time_s
        spacing = float(times[-1] - times[0]) / max(len(times) - 1, 1)
        return self._state.playhead.speed / max(spacing, 1e-3)
