"""Wild-360: a heat map for every frame of every clip, and two ways to average over them.

GT/<id>.mp4/00000.npy ...     heat maps by 0-based frame, (H, 2H); folders in it are ignored
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cubesal.analysis import grid_track
from cubesal.errors import CubesalError, EvaluationError
from cubesal.evaluation.baselines import MAP_HEIGHT
from cubesal.evaluation.clips import stepped_tracks, weights_at
from cubesal.evaluation.predictions import PredictedMaps, load_map, numbered_files
from cubesal.evaluation.rows import Fixed, RawMaps, Row
from cubesal.evaluation.section import Section
from cubesal.evaluation.stills import Truth, score_map
from cubesal.metrics import Protocol
from cubesal.metrics.inputs import as_values, brought_to
from cubesal.progress import ProgressFn
from cubesal.track import SaliencyTrack
from cubesal.video import ClipReader

__all__ = ["COLUMNS", "WildClip", "read_wild360", "score_wild360"]

COLUMNS = ("auc_judd", "auc_borji", "cc", "sim", "nss", "kld")

#: Frames at a clip's end of which the published numbering has no map: that of its temporal stage.
_UNPREDICTED_TAIL = 2

MapAt = Callable[[int], NDArray[np.floating]]


@dataclass(frozen=True)
class WildClip:
    """A clip's heat maps by 0-based frame, and how often the list of ids names it."""

    name: str
    heats: dict[int, Path]
    copies: int = 1


def read_wild360(folder: Path, ids: Sequence[str] | None = None) -> list[WildClip]:
    """The clips of a ground-truth folder, by name, or those that ``ids`` name. EvaluationError.

    An id that stands twice, as one of the published test list does, becomes one clip of two copies.
    Without ids, every folder that is called as a clip must hold heat maps.
    """
    found = {
        path.name.removesuffix(".mp4"): numbered_files(path)
        for path in sorted(folder.iterdir())
        if path.is_dir()
    }
    found = {name: heats for name, heats in found.items() if heats}
    named = (path for path in sorted(folder.glob("*.mp4")) if path.is_dir())
    empty = [path for path in named if path.stem not in found]
    if ids is None and empty:
        raise EvaluationError(f"{empty[0]} holds no numbered npy files: its heat maps are missing")
    counted = Counter(list(found) if ids is None else ids)
    absent = [name for name in counted if name not in found]
    if absent:
        raise EvaluationError(f"{folder} has no ground truth for {absent[0]} ({absent[0]}.mp4)")
    for name in counted:
        _check_complete(folder, name, found[name])
    return [WildClip(name, found[name], copies) for name, copies in counted.items()]


def _check_complete(folder: Path, name: str, heats: dict[int, Path]) -> None:
    lacking = set(range(max(heats) + 1)) - set(heats)
    if lacking:
        raise EvaluationError(
            f"the ground truth of {name} in {folder} lacks {min(lacking):05d}.npy, out of"
            f" {max(heats) + 1}"
        )


def score_wild360(
    clips: Sequence[WildClip],
    rows: Sequence[Row],
    protocol: Protocol = "sphere",
    *,
    videos: Path | None = None,
    rate_hz: float | None = None,
    progress: ProgressFn | None = None,
) -> Section:
    """Scores per clip, mean over its frames that have a map.

    The mean over clips counts every distinct clip alike under ``sphere``. Under ``cp360`` it is the
    authors': a clip counts as much as it has feature files, and once more for each time the list
    repeats it. Their extractor never reaches the last frame, so that there is one feature file
    less than heat maps, unless the predictions bring their ``features`` along.

    Args:
        videos: where below the clips are found as ``<id>.mp4``; needed to run predictors.
        rate_hz: predict so many maps per second and interpolate; None: one for every frame.
    """
    section = Section("Wild-360", "heat maps", COLUMNS)
    rows = [row.under(protocol) for row in rows]
    section.judged = [name for row in rows if row.judged for name in row.names()]
    weights = {}
    for done, clip in enumerate(clips):
        weights[clip.name] = float(clip.copies * (len(clip.heats) - 1))
        compared = _compared_frames(clip, rows, protocol)
        for row in rows:
            try:
                maps = _maps_of(clip, row, protocol, videos, rate_hz)
                if isinstance(row.source, Fixed):
                    maps = replace(maps, frames=compared)
                _add_scores(clip, row, section, protocol, maps)
            except (CubesalError, ValueError) as error:
                section.failures.append(f"{row.name} on {clip.name}: {error}")
                continue
            if maps.features is not None:
                weights[clip.name] = float(clip.copies * maps.features)
        if progress is not None:
            progress(done + 1, len(clips))
    section.weights = weights if protocol == "cp360" else None
    return section


@dataclass(frozen=True)
class _Maps:
    """A row's maps of one clip: of which frames, how to get one, and how many feature files.

    ``weights``: how the model would weight the map of a frame, if it says so.
    """

    frames: list[int]
    at: MapAt
    features: int | None = None
    weights: Callable[[int], NDArray[np.floating] | None] = lambda _frame: None


def _maps_of(
    clip: WildClip, row: Row, protocol: Protocol, videos: Path | None, rate_hz: float | None
) -> _Maps:
    source = row.source
    if isinstance(source, PredictedMaps):
        return _stored(clip, source)
    if isinstance(source, Fixed):
        made_up = source.saliency
        return _Maps(list(clip.heats), lambda _: made_up)
    track, times_s = _predicted(clip, row, videos, rate_hz)

    def at(frame: int) -> NDArray[np.floating]:
        saliency = track.at(float(times_s[frame])).saliency
        if saliency is None:
            raise EvaluationError(f"there is no map of frame {frame}")
        return saliency

    unfilled = source.unfilled if isinstance(source, RawMaps) else 0
    frames = _frames_with_a_map(clip, unfilled, protocol)
    if not frames:
        raise EvaluationError(f"{len(clip.heats)} frames are too few for a map of any of them")
    return _Maps(frames, at, weights=lambda frame: weights_at(track, float(times_s[frame])))


def _stored(clip: WildClip, source: PredictedMaps) -> _Maps:
    files = source.frames(clip.name)
    strange = [frame for frame in files if frame not in clip.heats]
    if strange:
        raise EvaluationError(
            f"there is a map of frame {strange[0]} but no ground truth; if the files are not"
            " numbered by frame from 0, say so with --first-number"
        )
    _check_tail(clip, list(files))
    features = source.feature_count(clip.name)
    return _Maps(list(files), lambda frame: load_map(files[frame]), features)


def _check_tail(clip: WildClip, frames: list[int]) -> None:
    """Whether predictions go on to the end of a clip, in steps of any width. EvaluationError.

    The published numbering leaves out one or two of the last frames that would have a map.
    """
    step = frames[1] - frames[0] if len(frames) > 1 else 1
    lacking = len(clip.heats) - 1 - frames[-1]
    if lacking >= step * (_UNPREDICTED_TAIL + 1):
        raise EvaluationError(
            f"the last map is that of frame {frames[-1]}, but the ground truth goes on to frame"
            f" {len(clip.heats) - 1}: predict the rest"
        )


def _compared_frames(clip: WildClip, rows: Sequence[Row], protocol: Protocol) -> list[int]:
    """The frames that all judged rows have a map of: maps that know nothing are scored on those.

    Gains over them are then gains on the same frames.
    """
    frames = list(clip.heats)
    for row in rows:
        if not row.judged:
            continue
        try:
            own = _frames_of(clip, row, protocol)
        except CubesalError:  # said where its maps are asked for
            continue
        frames = [frame for frame in frames if frame in own] or frames
    return frames


def _frames_of(clip: WildClip, row: Row, protocol: Protocol) -> set[int]:
    if isinstance(row.source, PredictedMaps):
        return set(_stored(clip, row.source).frames)
    unfilled = row.source.unfilled if isinstance(row.source, RawMaps) else 0
    return set(_frames_with_a_map(clip, unfilled, protocol))


def _frames_with_a_map(clip: WildClip, unfilled: int, protocol: Protocol) -> list[int]:
    """Every frame; under ``cp360`` those that the published code has a map of.

    Its static stage stops before the last frame. Its temporal one has no map until its window is
    full, and stops one frame earlier still.
    """
    frames = list(clip.heats)
    if protocol == "sphere":
        return frames
    return frames[unfilled : len(frames) - (2 if unfilled else 1)]


def _predicted(
    clip: WildClip, row: Row, videos: Path | None, rate_hz: float | None
) -> tuple[SaliencyTrack, NDArray[np.float64]]:
    """A track of the clip, and the times of its frames."""
    if videos is None:
        raise EvaluationError("the clips themselves are needed: say where with --clips")
    found = sorted(p for p in videos.rglob(f"{clip.name}.mp4") if p.is_file())
    path = next(iter(found), None)
    if path is None:
        raise EvaluationError(f"there is no {clip.name}.mp4 below {videos}")
    with ClipReader(path, projection="equirect") as reader:
        if len(reader.times_s) < len(clip.heats):
            raise EvaluationError(
                f"{path} has {len(reader.times_s)} frames for {len(clip.heats)} heat maps"
            )
        every = 1 if rate_hz is None else None
        grid = grid_track(reader, row.name, rate_hz, every)
        tracks, _ = stepped_tracks(reader, [row], grid, range(len(grid)))
        return tracks[0], reader.times_s


def _add_scores(
    clip: WildClip,
    row: Row,
    section: Section,
    protocol: Protocol,
    maps: _Maps,
) -> None:
    """Mean scores over frames, one variant after the other; names the frame that fails."""
    sums: dict[str, Counter[str]] = {name: Counter() for name in row.names()}
    usable = [frame for frame in maps.frames if frame > 0 or not row.needs_motion]
    for frame in usable:
        try:
            truth = _truth(clip.heats[frame], protocol)
            saliency = maps.at(frame)
            for variant, name in zip(row.chosen, row.names(), strict=True):
                scored = variant.apply(saliency, maps.weights(frame))
                sums[name].update(score_map(scored, truth, protocol, uniform=row.uniform))
        except ValueError as error:
            raise EvaluationError(f"frame {frame}: {error}") from error
    for name, total in sums.items():
        means = {score: total[score] / len(usable) for score in COLUMNS if score in total}
        section.add(name, clip.name, means)


def _truth(path: Path, protocol: Protocol) -> Truth:
    heat = load_map(path)
    if protocol == "sphere" and heat.shape[0] > MAP_HEIGHT and heat.shape[1] == 2 * heat.shape[0]:
        return Truth(None, brought_to(as_values(heat, "truth"), MAP_HEIGHT))
    # Its own precision is kept: the published protocol resizes in it.
    return Truth(None, heat)
