"""A track whose maps lie in a document: read when they are looked at, kept while memory lasts."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cubesal.document.analysis_key import AnalysisKey
from cubesal.document.errors import DocumentError
from cubesal.document.reading import MapReader
from cubesal.track import SaliencyTrack
from cubesal.track_snapshot import TrackSnapshot

__all__ = ["StoredTrack"]

#: Maps in memory, in bytes: eight minutes of clip at the usual rate and size.
_BUDGET = 256 << 20
_Map = NDArray[np.float32]


class StoredTrack(SaliencyTrack):
    """The track of one analysis in a document; what is set stays in memory until it is committed.

    Takes the grid of ``grid``, an empty track of the clip. Its memory does not grow with the clip,
    but for the grid and eight bytes a map. A map that turns out damaged counts as not analysed, and
    is counted in ``damaged``. To be closed. DocumentError if the document cannot be read.
    """

    def __init__(
        self, grid: SaliencyTrack, path: Path, key: AnalysisKey, budget: int = _BUDGET
    ) -> None:
        super().__init__(grid.frame_index, grid.time_s, grid.source, grid.model)
        if key.points != len(grid):
            raise ValueError(f"an analysis of {key.points} points on a grid of {len(grid)}")
        self.key = key
        self.damaged = 0
        self._lazy = _LazyMaps(MapReader(path, key), budget, self._forget)
        self._peaks = self._lazy.reader.peaks.astype(np.float64)
        self._turns = self._lazy.reader.turns.astype(np.float64)
        self._done = ~np.isnan(self._peaks)
        # It answers like the list that it stands in for.
        self._maps = self._lazy  # type: ignore[assignment]

    @property
    def path(self) -> Path:
        """The document."""
        return self._lazy.reader.path

    def committed(self, points: Iterable[int]) -> None:
        """These maps are in the document now: memory need not hold them any longer."""
        self._lazy.release(points)

    def reopen(self, path: Path) -> None:
        """Go on reading from another document that holds all that is committed. DocumentError."""
        reader = MapReader(path, self.key)
        self._lazy.reader.close()
        self._lazy.reader = reader

    def copy(self) -> StoredTrack:
        """Another track of the same document, with a reader of its own, for another thread."""
        other = StoredTrack(self, self.path, self.key, self._lazy.budget)
        for k, saliency in self._lazy.pinned.items():
            other.set(k, saliency, self.turn(k))
        other._done = self._done.copy()
        other._peaks = self._peaks.copy()
        other._turns = self._turns.copy()
        return other

    def snapshot(self, points: NDArray[np.int64]) -> TrackSnapshot:
        """As of :class:`SaliencyTrack`; what is not in memory is read by a reader of its own."""
        path, key = self.path, self.key

        @contextmanager
        def opened() -> Iterator[Callable[[int], _Map | None]]:
            reader = MapReader(path, key)
            try:
                yield lambda k: _read(reader, k)
            finally:
                reader.close()

        times_s, turns = self.time_s[points], self._turns[points]
        return TrackSnapshot(self, points, times_s, turns, self._lazy.in_memory(), opened)

    def close(self) -> None:
        """Close the file; idempotent. Only maps in memory can be had afterwards."""
        self._lazy.reader.close()

    def _forget(self, k: int) -> None:
        self.damaged += 1
        self._done[k] = False
        self._peaks[k] = np.nan


def _read(reader: MapReader, k: int) -> _Map | None:
    try:
        return reader.read(k)
    except DocumentError:
        return None  # counted as damaged by whoever looks at it


class _LazyMaps:
    """The maps of a track by grid point: pinned ones, those used last, and the rest on disk."""

    def __init__(self, reader: MapReader, budget: int, lost: Callable[[int], None]) -> None:
        self.reader = reader
        self.budget = budget
        self._lost = lost
        self.pinned: dict[int, _Map] = {}
        self._recent: OrderedDict[int, _Map] = OrderedDict()
        self._bytes = 0

    def __len__(self) -> int:
        return self.reader.key.points

    def __iter__(self) -> Iterator[_Map | None]:
        return (self[k] for k in range(len(self)))

    def __setitem__(self, k: int, saliency: _Map) -> None:
        self.pinned[k] = saliency

    def __getitem__(self, k: int) -> _Map | None:
        found = self.pinned.get(k)
        if found is None:
            found = self._recent.get(k)
        if found is not None:
            if k in self._recent:
                self._recent.move_to_end(k)
            return found
        try:
            read = self.reader.read(k)
        except DocumentError:
            self._lost(k)
            return None
        if read is not None:
            self._keep(k, read)
        return read

    def in_memory(self) -> dict[int, _Map]:
        """The maps that need not be read, by grid point."""
        return {**self._recent, **self.pinned}

    def release(self, points: Iterable[int]) -> None:
        """Let go of pinned maps, which the document holds now."""
        for k in points:
            saliency = self.pinned.pop(k, None)
            if saliency is not None:
                self._keep(k, saliency)

    def _keep(self, k: int, saliency: _Map) -> None:
        before = self._recent.pop(k, None)
        self._bytes += saliency.nbytes - (0 if before is None else before.nbytes)
        self._recent[k] = saliency
        while self._bytes > self.budget and len(self._recent) > 1:
            _, oldest = self._recent.popitem(last=False)
            self._bytes -= oldest.nbytes
