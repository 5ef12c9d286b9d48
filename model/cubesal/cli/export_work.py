"""Doing the jobs of ``cubesal export``; what several of them need is made once."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from cubesal.autopilot import CameraPath
from cubesal.cli.arguments import Options
from cubesal.cli.console import Console
from cubesal.cli.export_jobs import options_of, shape_of
from cubesal.cli.shapes import Shape, given_path
from cubesal.cli.work import analysed_track, load_predictor, overlay_style, planned_path
from cubesal.errors import CubesalError
from cubesal.exporting import (
    Burn,
    Encoding,
    ExportJob,
    TimeRange,
    export_attention,
    export_maps,
    export_nfov,
    export_overlay,
    export_path,
    export_snapshot,
    frames_within,
)
from cubesal.inspection.own_maps import open_own_maps
from cubesal.progress import ProgressFn
from cubesal.track import SaliencyTrack
from cubesal.video import ClipReader
from cubesal.video.hardware import usable_encoder

__all__ = ["Exporter"]

#: What decides about the maps of a clip.
_ANALYSIS = ("maps", "model", "device", "prior", "projection", "rate", "every", "from_s", "to_s")


class Exporter:
    """Does one job after another; ``damaged`` counts the undecodable frames of each clip."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self.damaged: dict[Path, int] = {}
        self.told: set[str] = set()
        self._tracks: dict[tuple[object, ...], SaliencyTrack] = {}

    def __call__(self, job: ExportJob, progress: ProgressFn) -> Path:
        """Analyse as far as needed, export, and return what was written. CubesalError."""
        task = _Task(self, options_of(job), shape_of(job), job.out, progress)
        try:
            written = _EXPORTS[job.what](task)
        except CubesalError:
            if self.console.verbosity > 0:  # the queue keeps the sentence only
                traceback.print_exc(file=sys.stderr)
            raise
        self.console.note(f"wrote {written}")
        return written

    def count_damaged(self, clip: Path, count: int) -> None:
        """Remember how many frames of a clip were found damaged."""
        if count:
            self.damaged[clip] = max(self.damaged.get(clip, 0), count)

    def maps(self, options: Options) -> SaliencyTrack:
        """The maps that a job needs, analysed now or for a job before it."""
        is_snapshot = options.what == "snapshot"
        facts = (options.clip, is_snapshot, *(getattr(options, name) for name in _ANALYSIS))
        if facts not in self._tracks:
            self._tracks[facts] = self._analysed(options, is_snapshot)
        return self._tracks[facts]

    def _analysed(self, options: Options, is_snapshot: bool) -> SaliencyTrack:
        span = TimeRange(options.from_s, options.to_s)
        with ClipReader(options.clip, projection=options.projection) as reader:
            if is_snapshot:
                shown_s = float(reader.times_s[reader.index_at(options.from_s)])
                span = TimeRange(shown_s, shown_s + 1e-5)
            else:
                frames_within(reader, span)  # a range outside the clip is told before any work
            if options.maps is not None:
                return open_own_maps(options.maps, options.clip, reader.times_s, options.projection)
            predictor, _ = load_predictor(options, self.console)
            track = analysed_track(reader, predictor, options, self.console, span)
            self.count_damaged(options.clip, len(reader.damaged))
        return track


class _Task:
    """One job with its options at hand."""

    def __init__(
        self, exporter: Exporter, options: Options, shape: Shape, out: Path, progress: ProgressFn
    ) -> None:
        self.exporter, self.options, self.shape, self.out = exporter, options, shape, out
        self._progress = progress

    @property
    def maps(self) -> SaliencyTrack:
        return self.exporter.maps(self.options)

    @property
    def span(self) -> TimeRange:
        return TimeRange(self.options.from_s, self.options.to_s)

    @property
    def encoding(self) -> Encoding:
        """How to code, said before if it is not as wished."""
        chosen = (self.options.codec, self.options.hardware)
        _, note = usable_encoder(*chosen, (self.shape.width, self.shape.height))
        if note and note not in self.exporter.told:
            self.exporter.told.add(note)
            self.exporter.console.note(note)
        return Encoding(chosen[0], self.options.quality, chosen[1])

    @property
    def burn(self) -> Burn:
        return Burn(**dict.fromkeys(self.options.burn, True))

    def path(self) -> CameraPath:
        """The path of ``--path``, or one planned for the shape."""
        given = given_path(self.options, [self.shape])
        if given is not None:
            return given
        return planned_path(self.maps, self.options, self.shape.aspect, self.shape.hfov)

    @contextmanager
    def progress(self) -> Iterator[ProgressFn]:
        """Progress for the person and for the queue, which may pause or stop the job there."""
        with self.exporter.console.progress(f"export {self.out.name}") as shown:

            def report(done: int, total: int) -> None:
                shown(done, total)
                self._progress(done, total)

            yield report


def _video(task: _Task) -> Path:
    options, maps, encoding = task.options, task.maps, task.encoding
    path = task.path() if task.burn.outline else None
    with task.progress() as progress:
        done = export_overlay(
            options.clip,
            maps,
            task.out,
            view="cube" if options.what == "cube" else "equirect",
            style=overlay_style(options),
            span=task.span,
            projection=options.projection,
            encoding=encoding,
            burn=task.burn,
            path=path,
            aspect=task.shape.aspect,
            progress=progress,
        )
    task.exporter.count_damaged(options.clip, done.damaged)
    return task.out


def _nfov(task: _Task) -> Path:
    options, path, encoding = task.options, task.path(), task.encoding
    with task.progress() as progress:
        done = export_nfov(
            options.clip,
            path,
            task.out,
            width=task.shape.width,
            height=task.shape.height,
            span=task.span,
            projection=options.projection,
            encoding=encoding,
            burn=task.burn,
            progress=progress,
        )
    task.exporter.count_damaged(options.clip, done.damaged)
    return task.out


def _path(task: _Task) -> Path:
    options = task.options
    export_path(
        options.clip,
        task.path(),
        task.out,
        kind=options.format,
        size=(task.shape.width, task.shape.height),
        span=task.span,
        projection=options.projection,
    )
    return task.out


def _maps(task: _Task) -> Path:
    export_maps(task.maps, task.out, task.options.format)
    return task.out


def _attention(task: _Task) -> Path:
    export_attention(task.maps, task.out, task.path(), task.shape.aspect, task.span)
    return task.out


def _snapshot(task: _Task) -> Path:
    return export_snapshot(
        task.options.clip,
        task.out,
        task.options.from_s,
        track=task.maps,
        style=overlay_style(task.options),
        projection=task.options.projection,
    )


_EXPORTS: dict[str, Callable[[_Task], Path]] = {
    "overlay": _video,
    "cube": _video,
    "nfov": _nfov,
    "maps": _maps,
    "path": _path,
    "attention": _attention,
    "snapshot": _snapshot,
}
