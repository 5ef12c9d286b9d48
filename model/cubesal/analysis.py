"""Filling a track: the blocking core of the viewer's inference thread and of the CLI."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from cubesal.batches import Preparing, grouped
from cubesal.progress import ProgressFn
from cubesal.stages import stage, staged
from cubesal.track import SaliencyTrack
from cubesal.turn_meter import TurnMeter
from cubesal.video import ClipReader, neighbouring_runs, sample_indices
from cubesal.video.coverage import Coverage, coverage_of, only_shown, whole_rgb

#: Maps per second of file time unless somebody asks for another rate.
DEFAULT_RATE_HZ = 5.0

MapFn = Callable[[int, NDArray[np.float32]], None]
#: When it is shown, the whole sphere as a model is to see it, and what of that the clip shows.
_Picture = tuple[float, NDArray[np.uint8], Coverage | None]


class FrameLike(Protocol):
    """What analysis needs of a frame."""

    @property
    def time_s(self) -> float:
        """When the frame is shown, seconds of file time."""

    def rgb(self, columns: int | None = None) -> NDArray[np.uint8]:
        """The equirect picture (H, W, 3), which may be smaller if it has ``columns`` columns."""


class FrameSource(Protocol):
    """What analysis needs of a clip reader."""

    def frames(self, indices: Iterable[int]) -> Iterator[FrameLike]:
        """The frames of ascending indices, one after another."""


class Predictor(Protocol):
    """What analysis needs of a model: a step from picture to map that may carry a state."""

    @property
    def warmup_frames(self) -> int:
        """How many pictures to observe after a reset until maps can be used; 0 for static ones."""

    def reset(self) -> None:
        """Forget what was seen."""

    def observe(self, equirect_rgb: NDArray[np.uint8], time_s: float) -> None:
        """Show the next picture without asking for its map, which may cost less than a step."""

    def step(self, equirect_rgb: NDArray[np.uint8], time_s: float) -> NDArray[np.float32]:
        """The saliency map (h, 2h) of the next picture."""


def columns_of(predictor: object) -> int | None:
    """How many columns of a picture a predictor looks at, if it says so: finer ones are wasted."""
    columns = getattr(predictor, "columns", None)
    return columns if isinstance(columns, int) else None


def grid_track(
    reader: ClipReader,
    model: str,
    rate_hz: float | None = DEFAULT_RATE_HZ,
    every: int | None = None,
) -> SaliencyTrack:
    """Make an empty track on the grid of a clip: ``rate_hz`` of file time, or each ``every``th."""
    indices = sample_indices(reader.times_s, rate_hz, every)
    info = reader.info
    return SaliencyTrack(
        indices, reader.times_s[indices], info.path.name, model, reading=info.reading
    )


def missing_runs(
    track: SaliencyTrack, start_at: int = 0, only: range | None = None
) -> list[tuple[int, int]]:
    """Half-open runs of grid points still to do: from ``start_at`` on first, then the rest."""
    missing = track.missing()
    if only is not None:
        missing = missing[(missing >= only.start) & (missing < only.stop)]
    ahead = missing >= start_at
    return neighbouring_runs(missing[ahead]) + neighbouring_runs(missing[~ahead])


def analyse(
    reader: FrameSource,
    predictor: Predictor,
    track: SaliencyTrack,
    *,
    start_at: int = 0,
    only: range | None = None,
    progress: ProgressFn | None = None,
    on_map: MapFn | None = None,
) -> None:
    """Predict every missing grid point of ``track``, from grid point ``start_at`` on first.

    ``only`` restricts the work to some consecutive grid points. Each contiguous run starts from a
    reset predictor that observes the ``warmup_frames`` grid points before it, at least one for the
    sake of the picture's turn, so a map depends on the file and not on the order of the work.
    ``on_map(k, map)`` follows each stored result, whose turn the track has.
    Maps of a clip that shows a part of the sphere are zero outside (`cubesal.video.coverage`).
    ``progress`` counts the grid points of this call, is called after observed ones too, and may
    raise Cancelled, which leaves in the track what was done so far.
    """
    runs, columns = missing_runs(track, start_at, only), columns_of(predictor)
    total, done = sum(stop - start for start, stop in runs), 0
    if progress is not None:
        progress(0, total)
    for start, stop in runs:
        predictor.reset()
        meter = TurnMeter(predictor)
        first = max(start - max(predictor.warmup_frames, 1), 0)
        wanted = [int(index) for index in track.frame_index[first:stop]]
        frames = staged(reader.frames(wanted), "decode")
        pictures = _prepared(predictor, (_picture(frame, columns) for frame in frames))
        for k, (time_s, rgb, coverage) in zip(range(first, stop), pictures, strict=True):
            if k < start:
                predictor.observe(rgb, time_s)
                meter.step(rgb, time_s)
            else:
                saliency = only_shown(predictor.step(rgb, time_s), coverage)
                track.set(k, saliency, meter.step(rgb, time_s))
                done += 1
                kept = track.get(k)
                if on_map is not None and kept is not None:
                    on_map(k, kept)
            if progress is not None:
                progress(done, total)


def _picture(frame: FrameLike, columns: int | None) -> _Picture:
    with stage("decode"):
        coverage = coverage_of(frame)
        return frame.time_s, whole_rgb(frame.rgb(columns), coverage), coverage


def _prepared(predictor: Predictor, pictures: Iterator[_Picture]) -> Iterator[_Picture]:
    """The pictures as they are, shown in advance to a predictor that takes several at once."""
    if not isinstance(predictor, Preparing):
        yield from pictures
        return
    for group in grouped(pictures, lambda: predictor.batch):
        if len(group) > 1:
            predictor.prepare([rgb for _, rgb, _ in group])
        yield from group
