"""Maps of a track as they are at one moment, to be read on another thread, one after the other."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["TrackSnapshot"]

Map = NDArray[np.float32]
ReadMap = Callable[[int], Map | None]


def _nothing() -> AbstractContextManager[ReadMap]:
    return nullcontext(lambda _k: None)


@dataclass(frozen=True, eq=False)
class TrackSnapshot:
    """Frozen: taking one reads no map, however long the clip.

    Attributes:
        owner: whose maps these are; a grid point's map is the same in all snapshots of one owner.
        points: (N,) grid points, ascending.
        times_s: (N,) their moments, seconds.
        turns: (N,) how fast the picture itself turns to the right then, rad/s; NaN: not known.
        held: the maps in memory, by grid point.
        opened: how to get at the others; entered on the thread that reads. DocumentError.
    """

    owner: object
    points: NDArray[np.int64]
    times_s: NDArray[np.float64]
    turns: NDArray[np.float64]
    held: Mapping[int, Map]
    opened: Callable[[], AbstractContextManager[ReadMap]] = _nothing

    def __len__(self) -> int:
        return len(self.points)

    def maps(self, points: NDArray[np.int64] | None = None) -> Iterator[tuple[int, Map]]:
        """Grid points, by default all, each with its map (H, W); damaged ones are left out."""
        wanted = [int(k) for k in (self.points if points is None else points)]
        rest = _nothing if all(k in self.held for k in wanted) else self.opened
        with rest() as read:
            for k in wanted:
                found = self.held.get(k)
                found = read(k) if found is None else found
                if found is not None:
                    yield k, found
