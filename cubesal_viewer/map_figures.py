"""How far attention is spread and in how many places it is, moment by moment, from a thread."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Signal

from cubesal.attention import hot_spots, spread
from cubesal.errors import CubesalError
from cubesal.track import SaliencyTrack
from cubesal.track_snapshot import TrackSnapshot
from cubesal_viewer.worker import Worker, one_sentence

__all__ = ["MapFigures"]

#: Maps described between two looks at the curve.
_BATCH: Final = 200


class MapFigures(QObject):
    """Follows a track; ``changed`` comes when more of it is known.

    Attributes:
        spread: (N,) in (0, 1], see `cubesal.attention.spread`; NaN where a map is not described.
        spots: (N,) number of hot spots, NaN likewise.
    """

    changed = Signal()
    failed = Signal(str)
    _found = Signal(int, object, object)

    def __init__(self) -> None:
        super().__init__()
        self._worker: Worker | None = None
        self._track: SaliencyTrack | None = None
        self._generation = 0
        self._is_busy = False
        self.spread: NDArray[np.float64] = np.zeros(0)
        self.spots: NDArray[np.float64] = np.zeros(0)
        self._found.connect(self._on_found)

    def follow(self, track: SaliencyTrack | None) -> None:
        """Describe what is new in this track; another one begins anew."""
        if track is not self._track:
            self._track = track
            self._generation += 1
            self._is_busy = False
            size = 0 if track is None else len(track)
            self.spread, self.spots = np.full(size, np.nan), np.full(size, np.nan)
        self._go_on()

    def stop(self) -> bool:
        """End the thread; True if it ended in time."""
        self._generation += 1
        self._track = None
        return self._worker is None or self._worker.stop()

    def _go_on(self) -> None:
        track = self._track
        if track is None or self._is_busy:
            return
        done = track.analysed_between(0.0, float("inf"))
        new = done[np.isnan(self.spread[done])][:_BATCH]
        if not len(new):
            return
        self._is_busy = True
        if self._worker is None:
            self._worker = Worker("map figures")
        snapshot, generation = track.snapshot(new), self._generation
        self._worker.submit(lambda: self._describe(snapshot, generation), replace=True)

    def _describe(self, snapshot: TrackSnapshot, generation: int) -> None:
        """On the thread."""
        figures = np.full((2, len(snapshot)), np.nan)
        places = {int(k): n for n, k in enumerate(snapshot.points)}
        try:
            for k, saliency in snapshot.maps():
                if generation != self._generation:
                    return
                figures[:, places[k]] = spread(saliency), len(hot_spots(saliency))
        except CubesalError as error:
            self.failed.emit(one_sentence(error))
            return
        # What is damaged counts as described: it would be asked for again and again.
        self._found.emit(generation, snapshot.points, np.nan_to_num(figures, nan=np.inf))

    def _on_found(
        self, generation: int, points: NDArray[np.int64], figures: NDArray[np.float64]
    ) -> None:
        if generation != self._generation:
            return
        self._is_busy = False
        self.spread[points], self.spots[points] = figures
        self.changed.emit()
        self._go_on()
