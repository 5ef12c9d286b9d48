"""The report card of a path: what it sees beside what others would see, and how it moves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from math import isfinite, pi
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cubesal.autopilot.coverage import captured_attention, share_volume
from cubesal.autopilot.online import follow
from cubesal.autopilot.options import PlannerOptions
from cubesal.autopilot.path import CameraPath, still_path
from cubesal.autopilot.planner import plan_path
from cubesal.autopilot.report_motion import MotionReport, motion_report
from cubesal.camera import Camera, view_contains
from cubesal.geometry import angles_from_dir, equirect_rays

__all__ = [
    "LOOK_AHEADS_S",
    "MOST_HITS",
    "Moment",
    "PathReport",
    "ReportRow",
    "hit_rate",
    "path_report",
]

MOST_HITS = "fixed view of most hits"
LOOK_AHEADS_S = (0.0, 0.5, 1.0, 2.0)
_STEP = pi / 36

FloatArray = NDArray[np.float64]
#: A moment, and the directions (B, 3) of which a view should hold one.
Moment = tuple[float, FloatArray]


@dataclass(frozen=True)
class ReportRow:
    """A camera: its mean share of the attention, and of the moments with a subject in view."""

    name: str
    captured: float
    hits: float | None = None


@dataclass(frozen=True)
class PathReport:
    """The card. ``online``: what the live camera captures by look-ahead, as a part of offline."""

    rows: tuple[ReportRow, ...]
    motion: MotionReport
    online: dict[float, float] = field(default_factory=dict)

    def row(self, name: str) -> ReportRow:
        """A row by its name. KeyError."""
        return {row.name: row for row in self.rows}[name]

    def as_json(self) -> dict[str, Any]:
        """Everything, for machines; what is infinite is null."""
        motion = {
            name: value if not isinstance(value, float) or isfinite(value) else None
            for name, value in asdict(self.motion).items()
        }
        return {
            "rows": [asdict(row) for row in self.rows],
            "motion": motion,
            "online": {f"{ahead:g}": ratio for ahead, ratio in self.online.items()},
        }


def path_report(
    maps: NDArray[np.floating],
    times_s: NDArray[np.floating],
    path: CameraPath,
    options: PlannerOptions,
    *,
    fps: float = 30.0,
    moments: Sequence[Moment] = (),
    look_aheads_s: Sequence[float] = LOOK_AHEADS_S,
    turn: NDArray[np.floating] | None = None,
) -> PathReport:
    """Judge a path over maps (K, H, W) at ``times_s`` (K,); ``turn`` (K, 2) as for planning.

    The rows are the path itself and, with the options' field of view: *static eye-level* (front,
    level, never moving), *best fixed view* in hindsight, *greedy argmax* (always centred on the
    strongest direction), *upper bound* (the best view of each map). With ``moments`` each tells
    its hit rate too, and there is one more row: the fixed view that has most hits in hindsight.
    The live camera is compared with the offline plan of the same options.
    """
    times = np.asarray(times_s, dtype=np.float64)
    aspect, hfov = options.aspect, options.hfov
    rows = [ReportRow("path", captured_attention(maps, times, path, aspect))]
    if moments:
        rows[0] = replace(rows[0], hits=hit_rate(path, moments, aspect))
    rows += _rivals(maps, times, hfov, aspect, moments)
    steady = replace(options, zoom=False, cuts=False)
    online: dict[float, float] = {}
    if look_aheads_s:
        offline = captured_attention(maps, times, plan_path(maps, times, steady, turn=turn), aspect)
        for ahead in look_aheads_s:
            live = follow(maps, times, steady, ahead, turn)
            online[ahead] = captured_attention(maps, times, live, aspect) / max(offline, 1e-9)
    return PathReport(tuple(rows), motion_report(path, fps), online)


def hit_rate(path: CameraPath, moments: Sequence[Moment], aspect: float) -> float:
    """Part of the moments at which the path has one of the directions in view."""
    return float(np.mean([view_contains(path.at(t), aspect, dirs).any() for t, dirs in moments]))


def _rivals(
    maps: NDArray[np.floating],
    times: FloatArray,
    hfov: float,
    aspect: float,
    moments: Sequence[Moment],
) -> list[ReportRow]:
    pitches = np.linspace(-pi / 2, pi / 2, 37)
    volume = share_volume(maps, pitches, 72, hfov, aspect)
    greedy, best = [_strongest(m, hfov) for m in maps], _best_views(volume, pitches, hfov)
    (fixed,) = _best_views(volume.mean(axis=0, keepdims=True), pitches, hfov)
    eye_level = Camera(0.0, 0.0, 0.0, hfov)
    rows = [
        _row(name, maps, times, views, aspect, moments)
        for name, views in (
            ("static eye-level", [eye_level] * len(maps)),
            ("best fixed view", [fixed] * len(maps)),
            ("greedy argmax", greedy),
        )
    ]
    if moments:
        view = _most_hits(pitches, hfov, aspect, moments)
        rows.insert(2, _row(MOST_HITS, maps, times, [view] * len(maps), aspect, moments))
    bound = _row("upper bound", maps, times, best, aspect, moments)
    # Between the points of its grid a path can hold a little more than the bound on it.
    return [*rows, replace(bound, captured=float(volume.max(axis=(1, 2)).mean()))]


def _row(
    name: str,
    maps: NDArray[np.floating],
    times: FloatArray,
    views: list[Camera],
    aspect: float,
    moments: Sequence[Moment],
) -> ReportRow:
    shares = [
        captured_attention(m[None], times[:1], still_path(view), aspect)
        for m, view in zip(maps, views, strict=True)
    ]
    if not moments:
        return ReportRow(name, float(np.mean(shares)))
    nearest = [int(np.abs(times - t).argmin()) for t, _ in moments]
    hits = [
        view_contains(views[k], aspect, dirs).any()
        for k, (_, dirs) in zip(nearest, moments, strict=True)
    ]
    return ReportRow(name, float(np.mean(shares)), float(np.mean(hits)))


def _strongest(saliency: NDArray[np.floating], hfov: float) -> Camera:
    row, column = np.unravel_index(int(saliency.argmax()), saliency.shape)
    yaw, pitch = angles_from_dir(equirect_rays(saliency.shape[0])[row, column])
    return Camera(float(yaw), float(pitch), 0.0, hfov)


def _best_views(volume: NDArray[np.float32], pitches: FloatArray, hfov: float) -> list[Camera]:
    views = []
    for shares in volume:
        row, column = np.unravel_index(int(shares.argmax()), shares.shape)
        views.append(Camera(-pi + _STEP * float(column), float(pitches[row]), 0.0, hfov))
    return views


def _most_hits(
    pitches: FloatArray, hfov: float, aspect: float, moments: Sequence[Moment]
) -> Camera:
    """The fixed view, on a grid of 5 degrees, that has most hits."""
    owner = np.repeat(np.arange(len(moments)), [len(dirs) for _, dirs in moments])
    everything = np.concatenate([dirs for _, dirs in moments])
    views = [
        Camera(-pi + _STEP * k, float(pitch), 0.0, hfov) for pitch in pitches for k in range(72)
    ]
    hits = [np.unique(owner[view_contains(view, aspect, everything)]).size for view in views]
    return views[int(np.argmax(hits))]
