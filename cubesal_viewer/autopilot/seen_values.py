"""What views are worth on the maps of a track, kept between plans: only new maps are looked at."""

from __future__ import annotations

import weakref
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from cubesal.autopilot import Area, PlannerOptions, grid_values, weighted
from cubesal.picture_turns import known_turns
from cubesal.track_snapshot import TrackSnapshot

__all__ = ["Seen", "SeenValues", "blocks"]

#: So many maps are in memory at once, whatever the length of the clip.
_BLOCK = 128
Values = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Seen:
    """Values (N, Z, P, Y) of the views at ``times_s`` (N,), and the picture's ``turn`` (N, 2)."""

    times_s: NDArray[np.float64]
    values: Values
    turn: NDArray[np.float64]


class SeenValues:
    """Belongs to one thread. Some 7 kB a map on the usual grid."""

    def __init__(self) -> None:
        self._owner: weakref.ref[object] | None = None
        self._wishes: object = None
        self._values: dict[int, Values] = {}

    def of(self, snapshot: TrackSnapshot, options: PlannerOptions, areas: Sequence[Area]) -> Seen:
        """What views are worth on the maps that can be read. DocumentError."""
        self._forget_others(snapshot, options, tuple(areas))
        new = [int(k) for k in snapshot.points if int(k) not in self._values]
        times = dict(zip(snapshot.points.tolist(), snapshot.times_s.tolist(), strict=True))
        for points, maps in blocks(snapshot, np.array(new, dtype=np.int64)):
            seen = weighted(maps, np.array([times[k] for k in points]), areas)
            self._values.update(zip(points, grid_values(seen, options), strict=True))
        is_held = np.array([int(k) in self._values for k in snapshot.points], dtype=bool)
        held = snapshot.points[is_held].tolist()
        values: Values = np.zeros((len(held), *self._shape), np.float32)
        for row, k in enumerate(held):  # one by one, for stacking them would hold up the window
            values[row] = self._values[k]
        return Seen(snapshot.times_s[is_held], values, known_turns(snapshot.turns[is_held]))

    @property
    def _shape(self) -> tuple[int, ...]:
        return next((seen.shape for seen in self._values.values()), (1, 1, 1))

    def _forget_others(
        self, snapshot: TrackSnapshot, options: PlannerOptions, areas: tuple[Area, ...]
    ) -> None:
        """Another track, grid of views or wish makes other values."""
        pitches = tuple(options.pitches.tolist())
        wishes = (options.fields_of_view, options.aspect, options.yaw_cells, pitches, areas)
        is_same = self._owner is not None and self._owner() is snapshot.owner
        if not is_same or wishes != self._wishes:
            self._values.clear()
        self._owner, self._wishes = weakref.ref(snapshot.owner), wishes


def blocks(
    snapshot: TrackSnapshot, points: NDArray[np.int64] | None = None
) -> Iterator[tuple[list[int], NDArray[np.float32]]]:
    """Some grid points and their maps (N, H, W) at a time."""
    maps = snapshot.maps(points)
    while block := list(islice(maps, _BLOCK)):
        yield [k for k, _ in block], np.stack([m for _, m in block])
