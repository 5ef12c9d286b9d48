"""Ground truth in the window: opened, scored as maps arrive, shown as curves and differences."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, QTimer, Signal

from cubesal.errors import CubesalError
from cubesal.inspection import METRICS, GroundTruth, Metric, TrackScores
from cubesal.track import SaliencyTrack
from cubesal_viewer.inspect.pending import Pending
from cubesal_viewer.inspect.scoring import Grid, Scored, Scoring
from cubesal_viewer.inspect.truth_view import TruthView

__all__ = ["TruthTool"]

#: Neighbouring frames look alike: the next worst one is at least this far away.
_APART_S = 0.5
_KEPT_DIFFERENCES = 64
_REDRAW_MS = 100
_Map = NDArray[np.float32]


class TruthTool(QObject):
    """Keeps the scores of the present track; ``picture_changed`` when a difference map arrived.

    The ground truth belongs to a clip and is closed with it; another model is scored anew, and
    so is the clip read anew, whose front may be elsewhere.
    """

    picture_changed = Signal()
    sought = Signal(float)
    failed = Signal(str)
    chosen = Signal(object)
    """What the person compares with from now on, a path, or None."""

    def __init__(self, track_of: Callable[[], SaliencyTrack | None], parent: QObject) -> None:
        super().__init__(parent)
        self._track_of = track_of
        self.view = TruthView()
        self._scoring = Scoring(self)
        self._generation = -1
        self._path: Path | None = None
        self._clip = ""
        self._reading: str | None = None
        self._track: SaliencyTrack | None = None
        self._pending = Pending()
        self._visited: list[int] = []
        self._differences: OrderedDict[int, _Map | None] = OrderedDict()
        self._asked: set[int] = set()
        self._time_s = 0.0
        self.scores: TrackScores | None = None
        self.difference = False
        self._redraw = QTimer(self, interval=_REDRAW_MS, singleShot=True)
        self._redraw.timeout.connect(self.draw)
        self._connect()

    def _connect(self) -> None:
        self._scoring.opened.connect(self._on_opened)
        self._scoring.scored.connect(self._on_scored)
        self._scoring.differed.connect(self._on_differed)
        self._scoring.failed.connect(self._on_failed)
        self.view.close_asked.connect(self._on_close_asked)
        self.view.worst_asked.connect(self.go_to_worst)
        self.view.metric_chosen.connect(self._on_metric)
        self.view.difference_toggled.connect(self.set_difference)
        self.view.curves.sought.connect(self.sought)

    # ---- what the person can ask for -----------------------------------------------------------

    def open(self, path: Path) -> None:
        """Compare with the ground truth in a file or folder."""
        track = self._track_of()
        if track is None:
            self.failed.emit(self.tr("Open a clip first: ground truth belongs to a clip"))
            return
        self._path = path
        self._begin(track)

    @property
    def path(self) -> Path | None:
        """What the maps are compared with."""
        return self._path

    def restore(self, path: Path) -> None:
        """Compare with what a document names, as soon as there are maps."""
        self._path = path
        self._forget()
        self.follow_track()

    def close(self) -> None:
        """Compare with nothing; does not emit."""
        self._path = None
        self._forget()
        self.view.set_truth(None)
        self.set_difference(False)

    def _on_close_asked(self) -> None:
        self.close()
        self.chosen.emit(None)

    def go_to_worst(self) -> None:
        """Seek to the worst moment not visited yet; after the last, begin again."""
        if self.scores is None:
            return
        order = self.scores.worst(self.view.chosen_metric, _APART_S)
        left = [k for k in order if k not in self._visited]
        if not left:
            self._visited, left = [], order
        if left:
            self._visited.append(left[0])
            self.sought.emit(float(self.scores.time_s[left[0]]))

    def set_difference(self, on: bool) -> None:
        """Show the signed difference instead of the map."""
        self.difference = on and self.scores is not None
        self.view.set_difference(self.difference)
        self.picture_changed.emit()

    def write_table(self, path: Path) -> None:
        """Write the curves as CSV."""
        try:
            if self.scores is not None:
                self.scores.write_csv(path)
        except CubesalError as error:
            self.failed.emit(str(error))

    # ---- what happens --------------------------------------------------------------------------

    def set_clip(self, clip: str, duration_s: float) -> None:
        """Another clip is open, by the stem of its file."""
        self._clip, self._reading = clip, None
        self.view.curves.set_duration(duration_s)
        self.close()

    def set_reading(self, reading: str | None) -> None:
        """How the clip is read; what was compared is compared anew, as soon as maps are there."""
        if reading != self._reading:
            self._reading = reading
            self._forget()

    def follow_track(self) -> None:
        """Maps have arrived, or another model's begin."""
        track = self._track_of()
        if self._path is None or track is None:
            return
        if track is not self._track:
            self._begin(track)
        elif self.scores is not None:
            self._pump()

    def set_time(self, time_s: float) -> None:
        """The playhead moved."""
        self._time_s = time_s
        self.view.curves.set_playhead(time_s)
        if self.scores is not None and not self._redraw.isActive():
            self._redraw.start()

    def difference_at(self, time_s: float) -> _Map | None:
        """The difference map of the analysed moment before, asked for if it is not there yet."""
        if self.scores is None or self._track is None:
            return None
        k = self._track.index_at(time_s)
        saliency = self._track.get(k) if k not in self._differences else None
        if saliency is not None and k not in self._asked:
            self._asked.add(k)
            self._scoring.differ(k, saliency)
        return self._differences.get(k)

    def stop(self) -> bool:
        """End the thread; True if it ended in time."""
        self._redraw.stop()
        self._redraw.blockSignals(True)  # answers on their way would draw in what is gone by then
        return self._scoring.stop()

    def _begin(self, track: SaliencyTrack) -> None:
        assert self._path is not None
        self._forget()
        self._track = track
        grid = Grid(self._clip, track.frame_index, track.time_s, self._reading)
        self._generation = self._scoring.open(self._path, grid)
        self.view.set_truth(self.tr("Reading %1…").replace("%1", self._path.name), busy=True)

    def _forget(self) -> None:
        self._scoring.cancel()
        self._generation = -1
        self._track, self.scores = None, None
        self._pending.clear()
        self._visited.clear()
        self._differences.clear()
        self._asked.clear()
        self.draw()

    def _on_opened(self, generation: int, truth: GroundTruth) -> None:
        if generation != self._generation or self._track is None:
            return
        self.chosen.emit(self._path)
        self.scores = TrackScores(self._track.frame_index, self._track.time_s, truth)
        kinds = {"fixations": self.tr("%1 fixations"), "maps": self.tr("%1 maps")}
        count = kinds[truth.kind].replace("%1", str(truth.count))
        self.view.set_truth(f"{truth.path.name} · {count}")
        self._pump()
        self.picture_changed.emit()

    def _on_scored(self, generation: int, found: Sequence[Scored]) -> None:
        if generation != self._generation or self.scores is None:
            return
        for k, scores in found:
            self.scores.put(k, scores)
        self._pending.answered()
        self._pump()
        if not self._redraw.isActive():
            self._redraw.start()

    def _on_differed(self, generation: int, k: int, found: _Map | None) -> None:
        if generation != self._generation:
            return
        self._asked.discard(k)
        self._differences[k] = found
        while len(self._differences) > _KEPT_DIFFERENCES:
            self._differences.popitem(last=False)
        self.picture_changed.emit()

    def _on_failed(self, generation: int, message: str) -> None:
        if generation == self._generation:
            self.close()
            self.failed.emit(message)

    def _on_metric(self) -> None:
        self._visited.clear()
        self.draw()

    def _pump(self) -> None:
        if self._track is not None:
            batch = self._pending.batch(self._track)
            if batch:
                self._scoring.score(batch)

    def draw(self) -> None:
        """Show the curve and the numbers as they are now."""
        if self.scores is None or self._track is None:
            self.view.curves.set_curves([])
            self.view.set_values({}, {})
            return
        metric = self.view.chosen_metric
        self.view.curves.set_curves([(self.scores.time_s, self.scores.curve(metric))])
        k = self._track.index_at(self._time_s)
        now: dict[Metric, float] = {m: float(self.scores.curve(m)[k]) for m in METRICS}
        self.view.set_values(now, {m: self.scores.mean(m) for m in METRICS})
