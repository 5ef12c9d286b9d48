"""From planned views to shots: where the camera cuts, and what people's keys ask for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import inf

import numpy as np
from numpy.typing import NDArray

from cubesal.autopilot.keys import PathKey

__all__ = ["Shot", "TickViews", "key_cuts", "shot_list"]

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class TickViews:
    """Planned views (N,) at ``times``; ``cuts``: indices at which the planner begins a shot."""

    times: FloatArray
    yaw: FloatArray
    pitch: FloatArray
    hfov: FloatArray
    cuts: Sequence[int] = ()


@dataclass(frozen=True)
class Shot:
    """Views (N,) to aim at, at clock ``times``, with unwrapped yaw.

    The shot ends at ``end``, by a cut or with the clip. It meets its ``keys``; over the stretches
    ``strict`` (start, end) it does not leave the straight way between them.
    """

    times: FloatArray
    yaw: FloatArray
    pitch: FloatArray
    hfov: FloatArray
    end: float
    keys: tuple[PathKey, ...] = ()
    strict: tuple[tuple[float, float], ...] = ()


def key_cuts(keys: Sequence[PathKey]) -> list[float]:
    """The moments of the cuts that keys ask for."""
    return [b.time_s for a, b in pairwise(keys) if a.ease == "cut"]


def shot_list(views: TickViews, keys: Sequence[PathKey] = ()) -> list[Shot]:
    """The views as shots that aim at the keys, which lie within the time of the views.

    Between two keys of which the first is not "planned", what was planned is left out.
    """
    own = [(a.time_s, b.time_s) for a, b in pairwise(keys) if a.ease != "planned"]
    last = float(views.times[-1])
    asked = set(key_cuts(keys))
    planned = [float(views.times[k]) for k in views.cuts]
    kept = [t for t in planned if not any(start < t <= end for start, end in own)]
    edges = sorted({float(views.times[0]), *kept, *asked})
    free = np.array([not any(a < t < b for a, b in own) for t in views.times], dtype=bool)
    return list(_parted(views, keys, own, free, [*edges, last], asked))


def _parted(
    views: TickViews,
    keys: Sequence[PathKey],
    own: list[tuple[float, float]],
    free: NDArray[np.bool_],
    edges: list[float],
    asked: set[float],
) -> Iterator[Shot]:
    for k, (begin, end) in enumerate(pairwise(edges)):
        final = k == len(edges) - 2
        stop = inf if final else end
        mine = tuple(key for key in keys if begin <= key.time_s < stop)
        inside = free & (views.times >= begin) & (views.times < stop)
        # At the cut itself the person's key says where to look, not the tick beside it.
        if begin in asked:
            inside &= views.times > begin
        strict = tuple((a, min(b, end)) for a, b in own if begin <= a < stop)
        yield _aimed(views, inside, mine, end, strict)


def _aimed(
    views: TickViews,
    inside: NDArray[np.bool_],
    keys: tuple[PathKey, ...],
    end: float,
    strict: tuple[tuple[float, float], ...],
) -> Shot:
    rows = [views.times[inside], views.yaw[inside], views.pitch[inside], views.hfov[inside]]
    at_keys = {key.time_s for key in keys}
    kept = np.array([t not in at_keys for t in rows[0]], dtype=bool)
    said = np.array([(key.time_s, key.yaw, key.pitch, key.hfov) for key in keys]).reshape(-1, 4)
    columns = [np.concatenate([row[kept], said[:, j]]) for j, row in enumerate(rows)]
    order = np.argsort(columns[0], kind="stable")
    times, yaw, pitch, hfov = (column[order] for column in columns)
    return Shot(times, np.unwrap(yaw), pitch, hfov, end, keys, strict)
