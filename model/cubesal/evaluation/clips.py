"""Clips with subject boxes: every row stepped over the clip's grid of file time, then scored."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from math import pi, radians
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cubesal.analysis import (
    DEFAULT_RATE_HZ,
    FrameLike,
    FrameSource,
    Predictor,
    columns_of,
    grid_track,
)
from cubesal.errors import CubesalError, EvaluationError
from cubesal.evaluation.baselines import MAP_HEIGHT
from cubesal.evaluation.flicker import flicker, luminance, still_share
from cubesal.evaluation.predictions import PredictedMaps
from cubesal.evaluation.rows import SMOOTHING, Row, Variant
from cubesal.evaluation.section import Section
from cubesal.evaluation.subjects import (
    AnnotatedFrame,
    Box,
    box_nss,
    hit_share,
    primary_frames,
    turned,
)
from cubesal.predictor import SaliencyPredictor
from cubesal.progress import ProgressFn
from cubesal.sphere_filter import smooth_on_sphere
from cubesal.track import SaliencyTrack
from cubesal.video import ClipReader, neighbouring_runs

__all__ = [
    "COLUMNS",
    "ClipTruth",
    "Flickering",
    "read_clips",
    "score_clips",
    "stepped_tracks",
    "weights_at",
]

COLUMNS = ("nss", "hits", "flicker")

#: Part of the sphere that stands still when the camera does; hand-held clips stay below.
_TRIPOD = 0.5


@dataclass(frozen=True)
class ClipTruth:
    """A clip and its annotated frames."""

    name: str
    path: Path
    frames: tuple[AnnotatedFrame, ...]


@dataclass(frozen=True)
class Flickering:
    """Measure flicker too, which takes a map at every point of the grid.

    ``smoothing``: radians, of every row alike.
    """

    smoothing: float = SMOOTHING


def read_clips(annotations: Path, clips: Path) -> list[ClipTruth]:
    """The clips of all ``*.json`` in a folder. EvaluationError if one cannot be used."""
    truths = []
    for path in sorted(annotations.glob("*.json")):
        name, frames = primary_frames(path)
        clip = clips / name
        if not clip.is_file():
            raise EvaluationError(
                f"{path} annotates {name}, which is not in {clips}; say where it is with --clips"
            )
        truths.append(ClipTruth(path.stem, clip, tuple(frames)))
    return truths


def score_clips(
    clips: Sequence[ClipTruth],
    rows: Sequence[Row],
    *,
    rate_hz: float = DEFAULT_RATE_HZ,
    drift_deg: float = 0.0,
    flickering: Flickering | None = None,
    progress: ProgressFn | None = None,
) -> Section:
    """NSS inside primary boxes, and the share of frames whose strongest direction is at one.

    A row's map of an annotated frame is interpolated between the points of the ``rate_hz`` grid,
    as the viewer shows it; each is reached with the predictor's warm-up. Flicker is kept only for
    clips in which half of the sphere stands still, as on a tripod.

    Args:
        drift_deg: turn clips and boxes by so many degrees per second, to the right.
    """
    section = Section("clips", "subjects", COLUMNS if flickering else COLUMNS[:2])
    section.judged = [name for row in rows if row.judged for name in row.names()]
    for done, clip in enumerate(clips):
        try:
            _score_clip(clip, rows, section, rate_hz, radians(drift_deg), flickering)
        except (CubesalError, ValueError) as error:
            section.failures.append(f"{clip.name} cannot be scored: {error}")
        if progress is not None:
            progress(done + 1, len(clips))
    return section


def _score_clip(
    clip: ClipTruth,
    rows: Sequence[Row],
    section: Section,
    rate_hz: float,
    drift: float,
    flickering: Flickering | None,
) -> None:
    with ClipReader(clip.path) as reader:
        frames = _Turning(reader, drift)
        grid = grid_track(reader, "", rate_hz)
        moments = _moments(clip, reader.times_s, frames)
        everything = flickering is not None
        wanted = range(len(grid)) if everything else _points_around(grid, [t for t, _ in moments])
        stepped, greys = stepped_tracks(frames, rows, grid, wanted, keep_greys=everything)
        tracks = [
            row.source.track(clip.path.stem, reader.times_s)
            if isinstance(row.source, PredictedMaps)
            else track
            for row, track in zip(rows, stepped, strict=True)
        ]
    for row, track in zip(rows, tracks, strict=True):
        for variant, name in zip(row.chosen, row.names(), strict=True):
            section.add(name, clip.name, _box_scores(row, variant, track, moments))
    if flickering is not None and still_share(greys) >= _TRIPOD:
        _add_flicker(clip.name, rows, tracks, greys, section, flickering)


def _moments(
    clip: ClipTruth, times_s: NDArray[np.float64], frames: _Turning
) -> list[tuple[float, tuple[Box, ...]]]:
    """When each annotated frame is shown, and where its boxes are then."""
    late = [f.index for f in clip.frames if not 0 <= f.index < len(times_s)]
    if late:
        raise EvaluationError(f"it has {len(times_s)} frames, {late[0]} is annotated")
    shown = [float(times_s[f.index]) for f in clip.frames]
    return [
        (time_s, turned(f.boxes, frames.turn_at(time_s)))
        for f, time_s in zip(clip.frames, shown, strict=True)
    ]


def _points_around(grid: SaliencyTrack, times_s: Iterable[float]) -> list[int]:
    """The grid points whose maps are needed to interpolate those of some moments."""
    points: set[int] = set()
    for time_s in times_s:
        k = grid.index_at(time_s)
        points.add(k)
        if time_s > grid.time_s[k] and k + 1 < len(grid):
            points.add(k + 1)
    return sorted(points)


class SteppedTrack(SaliencyTrack):
    """A track of maps without prior, which knows how the model would weight each of them."""

    def __init__(self, grid: SaliencyTrack, row: Row) -> None:
        super().__init__(
            grid.frame_index, grid.time_s, grid.source, row.name, signed=row.source_is_raw
        )
        self.weights = SaliencyTrack(grid.frame_index, grid.time_s, grid.source, row.name)

    def note(self, k: int, source: Predictor) -> None:
        """Note the weights of the map that ``source`` has just made."""
        if isinstance(source, SaliencyPredictor):
            self.weights.set(k, source.weights(MAP_HEIGHT))


def weights_at(track: SaliencyTrack, time_s: float) -> NDArray[np.float32] | None:
    """How the model would weight the map of a moment; None where it does not say."""
    return track.weights.at(time_s).saliency if isinstance(track, SteppedTrack) else None


def stepped_tracks(
    frames: FrameSource,
    rows: Sequence[Row],
    grid: SaliencyTrack,
    points: Sequence[int],
    *,
    keep_greys: bool = False,
) -> tuple[list[SteppedTrack], NDArray[np.float32]]:
    """A track per row with the maps of ascending grid ``points``; every frame is decoded once.

    Rows of maps that were predicted before are left empty. Each run of neighbouring points starts
    from reset predictors that are fed the grid points before it, as many as each needs.

    Returns:
        The tracks, and the luminance of the points' frames at the size of the maps (with
        ``keep_greys``, else empty).
    """
    tracks = [SteppedTrack(grid, row) for row in rows]
    stepped = [
        (row.source, track)
        for row, track in zip(rows, tracks, strict=True)
        if not isinstance(row.source, PredictedMaps)
    ]
    warmup = max((source.warmup_frames for source, _ in stepped), default=0)
    greys = []
    for start, stop in neighbouring_runs(points):
        for source, _ in stepped:
            source.reset()
        first = max(start - warmup, 0)
        indices = [int(index) for index in grid.frame_index[first:stop]]
        for k, frame in zip(range(first, stop), frames.frames(indices), strict=True):
            _step(stepped, k, start, frame)
            if keep_greys and k >= start:
                greys.append(luminance(frame.rgb(), MAP_HEIGHT))
    return tracks, np.stack(greys) if greys else np.zeros((0, 0, 0), np.float32)


def _step(
    stepped: Sequence[tuple[Predictor, SteppedTrack]],
    k: int,
    start: int,
    frame: FrameLike,
) -> None:
    """Show grid point ``k`` to whoever needs it, and keep the maps from ``start`` on."""
    pictures: dict[int | None, NDArray[np.uint8]] = {}
    for source, track in stepped:
        if k < start - source.warmup_frames:
            continue
        columns = columns_of(source)
        if columns not in pictures:
            pictures[columns] = frame.rgb(columns)
        rgb = pictures[columns]
        if k < start:
            source.observe(rgb, frame.time_s)
        else:
            track.set(k, source.step(rgb, frame.time_s))
            track.note(k, source)


def _box_scores(
    row: Row,
    variant: Variant,
    track: SaliencyTrack,
    moments: Sequence[tuple[float, tuple[Box, ...]]],
) -> dict[str, float]:
    """Means over the annotated moments of a clip."""
    standings, hits = [], []
    for time_s, boxes in moments:
        saliency = track.at(time_s).saliency
        if saliency is None:
            raise EvaluationError(f"{row.name} has no map at {time_s:.2f} s")
        scored = variant.apply(saliency, weights_at(track, time_s))
        standings.append(0.0 if row.uniform else box_nss(scored, boxes))
        hits.append(hit_share(scored, boxes))
    return {"nss": float(np.mean(standings)), "hits": float(np.mean(hits))}


def _add_flicker(
    clip: str,
    rows: Sequence[Row],
    tracks: Sequence[SaliencyTrack],
    greys: NDArray[np.float32],
    section: Section,
    flickering: Flickering,
) -> None:
    for row, track in zip(rows, tracks, strict=True):
        # A row that needs motion has nothing to say of the first frame.
        begin = 1 if row.needs_motion else 0
        _, times_s, plain = track.arrays()
        maps = [smooth_on_sphere(m, flickering.smoothing) for m in plain[begin:]]
        weights = [weights_at(track, float(time_s)) for time_s in times_s[begin:]]
        for variant, name in zip(row.chosen, row.names(), strict=True):
            shaped = [variant.apply(m, w) for m, w in zip(maps, weights, strict=True)]
            value = flicker(shaped, greys[begin:])
            section.add(name, clip, {**section.scores[name][clip], "flicker": value})


@dataclass(frozen=True)
class _TurnedFrame:
    time_s: float
    frame: FrameLike
    turn: float

    def rgb(self, columns: int | None = None) -> NDArray[np.uint8]:
        rgb = self.frame.rgb(columns)
        return np.roll(rgb, round(self.turn * rgb.shape[1]), axis=1) if self.turn else rgb


class _Turning:
    """The frames of a clip on a sphere that turns to the right at ``drift`` radians per second."""

    def __init__(self, reader: FrameSource, drift: float) -> None:
        self._reader = reader
        self._drift = drift

    def turn_at(self, time_s: float) -> float:
        """How far it has turned since the start of the clip, in full turns."""
        return self._drift * time_s / (2 * pi) % 1

    def frames(self, indices: Iterable[int]) -> Iterator[FrameLike]:
        for frame in self._reader.frames(indices):
            yield _TurnedFrame(frame.time_s, frame, self.turn_at(frame.time_s))
