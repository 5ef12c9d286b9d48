"""Maps that wait to be worked on by a thread: handed out in small batches, as they arrive."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cubesal.track import SaliencyTrack

__all__ = ["Pending"]

#: Reading from a document happens on the window's thread: a few at a time.
_BATCH = 16


class Pending:
    """Which grid points of a track were handed out already; one batch is under way at a time."""

    def __init__(self) -> None:
        self._given: set[int] = set()
        self._waiting = False

    def clear(self) -> None:
        """Begin anew: nothing was handed out, no answer is awaited."""
        self._given.clear()
        self._waiting = False

    def answered(self) -> None:
        """The batch under way has come back."""
        self._waiting = False

    def batch(self, track: SaliencyTrack) -> list[tuple[int, NDArray[np.float32]]]:
        """The next few analysed maps; empty while an answer is awaited or nothing is new."""
        if self._waiting:
            return []
        done = np.flatnonzero(~np.isnan(track.peaks)).tolist()
        chosen = [k for k in done if k not in self._given][:_BATCH]
        found = [(k, saliency) for k in chosen if (saliency := track.get(k)) is not None]
        self._given.update(chosen)
        self._waiting = bool(found)
        return found
