"""The inspecting thread: scores maps against ground truth, and takes their difference."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Signal

from cubesal.inspection import (
    GroundTruth,
    Metric,
    TrackScores,
    difference_map,
    open_ground_truth,
)
from cubesal_viewer.worker import Worker, one_sentence

__all__ = ["Grid", "Scoring"]

_Map = NDArray[np.float32]
Scored = tuple[int, dict[Metric, float]]


@dataclass(frozen=True, eq=False)
class Grid:
    """The analysed moments (K,) of a clip, the stem of its file, and how it is read."""

    clip: str
    frame_index: NDArray[np.int64]
    time_s: NDArray[np.float64]
    reading: str | None = None


class Scoring(QObject):
    """Blocking library calls on a thread of their own; signals carry the generation of `open`.

    ``opened`` brings the `GroundTruth`, to be asked nothing but what it is; ``scored`` a list of
    (k, scores); ``differed`` (k, map or None where there is no truth).
    """

    opened = Signal(int, object)
    scored = Signal(int, object)
    differed = Signal(int, int, object)
    failed = Signal(int, str)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._worker = Worker("inspect")
        self._generation = 0
        self._scores: TrackScores | None = None  # of the thread

    def open(self, path: Path, grid: Grid) -> int:
        """Read ground truth for a grid; returns the generation that answers carry."""
        self._generation += 1
        generation = self._generation
        self._worker.submit(lambda: self._open(generation, path, grid), replace=True)
        return generation

    def score(self, batch: Sequence[tuple[int, _Map]]) -> None:
        """Score some moments; answered by one ``scored``."""
        generation = self._generation
        self._worker.submit(lambda: self._score(generation, batch))

    def differ(self, k: int, saliency: _Map) -> None:
        """Ask for the difference map of a moment; answered by one ``differed``."""
        generation = self._generation
        self._worker.submit(lambda: self._differ(generation, k, saliency))

    def cancel(self) -> None:
        """Make whatever is under way worthless."""
        self._generation += 1

    def stop(self) -> bool:
        """End the thread; True if it ended in time."""
        self.cancel()
        return self._worker.stop()

    # Everything below runs on the inspecting thread.

    def _open(self, generation: int, path: Path, grid: Grid) -> None:
        self._scores = None
        try:
            truth: GroundTruth = open_ground_truth(
                path, grid.clip, grid.frame_index, grid.time_s, grid.reading
            )
            self._scores = TrackScores(grid.frame_index, grid.time_s, truth)
        except Exception as error:
            self.failed.emit(generation, one_sentence(error))
        else:
            self.opened.emit(generation, truth)

    def _score(self, generation: int, batch: Sequence[tuple[int, _Map]]) -> None:
        found: list[Scored] = []
        try:
            for k, saliency in batch:
                if generation != self._generation or self._scores is None:
                    return
                found.append((k, self._scores.add(k, saliency)))
        except Exception as error:
            self.failed.emit(generation, one_sentence(error))
        else:
            self.scored.emit(generation, found)

    def _differ(self, generation: int, k: int, saliency: _Map) -> None:
        if generation != self._generation or self._scores is None:
            return
        scores = self._scores
        try:
            truth = scores.truth.at(int(scores.frame_index[k]), float(scores.time_s[k]))
            found = None if truth is None else difference_map(saliency, truth.density)
        except Exception as error:
            self.failed.emit(generation, one_sentence(error))
        else:
            self.differed.emit(generation, k, found)
