"""The tracks of an analysis: one for the window, one for the inference thread, of one grid."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cubesal.analysis import grid_track
from cubesal.document import (
    AnalysisKey,
    DocumentError,
    SparseTrack,
    StoredTrack,
    grid_digest,
    sampling_in_words,
)
from cubesal.model_identity import model_identity
from cubesal.track import SaliencyTrack
from cubesal.video import ClipReader
from cubesal_viewer.analysis.request import AnalysisRequest

__all__ = ["Tracks", "open_tracks"]


@dataclass(frozen=True, eq=False)
class Tracks:
    """``shown`` is for the window, ``own`` holds no maps; without a ``key`` none are kept."""

    shown: SaliencyTrack
    own: SaliencyTrack
    key: AnalysisKey | None


def open_tracks(reader: ClipReader, request: AnalysisRequest) -> Tracks:
    """Both tracks, filled with what the document of the clip holds. CubesalError.

    Without a document, or with one that can no longer be read, they begin empty.
    """
    grid = grid_track(reader, request.choice.model, request.rate_hz)
    if request.store is not None:
        key = analysis_key(grid, request)
        try:
            shown = StoredTrack(grid, request.store.path, key)
        except DocumentError:
            pass  # whoever writes into it will meet the same, and say so
        else:
            return Tracks(shown, _own(shown), key)
    return Tracks(grid, _own(grid), None)


def _own(shown: SaliencyTrack) -> SparseTrack:
    return SparseTrack(shown, ~np.isnan(shown.peaks))


def analysis_key(grid: SaliencyTrack, request: AnalysisRequest) -> AnalysisKey:
    """What the maps of a request depend on. ModelError."""
    identity = model_identity(request.choice.model, request.choice.prior)
    return AnalysisKey(
        identity.name,
        identity.weights,
        identity.prior,
        sampling_in_words(request.rate_hz, None),
        request.projection or "",
        grid_digest(grid),
        len(grid),
    )
