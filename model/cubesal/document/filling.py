"""Analysing a clip into its document: goes on where an earlier run ended, however it ended."""

from __future__ import annotations

from collections.abc import Callable
from math import nan

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cubesal.analysis import FrameSource, Predictor, analyse
from cubesal.document.analysis_key import AnalysisKey
from cubesal.document.document import Document
from cubesal.document.map_code import encode_map
from cubesal.progress import ProgressFn
from cubesal.track import SaliencyTrack

__all__ = ["SparseTrack", "analyse_into"]


class SparseTrack(SaliencyTrack):
    """A track that knows which maps there are and keeps only the newest: the maps are elsewhere."""

    def __init__(self, grid: SaliencyTrack, done: NDArray[np.bool_]) -> None:
        super().__init__(grid.frame_index, grid.time_s, grid.source, grid.model)
        self._done = done.copy()
        self._turns = grid.turns
        self._newest = 0

    def set(self, k: int, saliency: ArrayLike, turn: float = nan) -> None:
        """Note that there is a map of ``k``; the one before it is let go."""
        super().set(k, saliency, turn)
        if self._newest != k:
            self._maps[self._newest] = None
        self._newest = k


def analyse_into(
    document: Document,
    key: AnalysisKey,
    grid: SaliencyTrack,
    reader: FrameSource,
    predictor: Callable[[], Predictor],
    progress: ProgressFn | None = None,
) -> int:
    """Predict the maps that a document lacks, and commit them as they come; returns how many.

    ``predictor`` is called only if there is something to predict. Warm-up is observed where a run
    goes on, so the maps are those of a run that nobody interrupted. CubesalError, Cancelled and
    KeyboardInterrupt leave committed what was done.
    """
    number = document.analysis(key)
    track = SparseTrack(grid, ~np.isnan(document.peaks(number)))
    missing = int(track.missing().size)
    if not missing:
        return 0

    def keep(k: int, saliency: NDArray[np.float32]) -> None:
        document.put(number, k, encode_map(saliency), float(saliency.max()), track.turn(k))

    try:
        analyse(reader, predictor(), track, progress=progress, on_map=keep)
    finally:
        document.commit()
    return missing
