"""``cubesal export``: one thing from one clip."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from cubesal.autopilot import CameraPath
from cubesal.cli.arguments import Options
from cubesal.cli.console import Console
from cubesal.cli.exits import DONE, PARTIAL
from cubesal.cli.export_outputs import planned_outputs
from cubesal.cli.shapes import Shape, flat_shapes, given_path
from cubesal.cli.work import analysed_track, load_predictor, overlay_style, planned_path
from cubesal.errors import ExportError
from cubesal.exporting import (
    Encoding,
    TimeRange,
    export_attention,
    export_maps,
    export_nfov,
    export_overlay,
    export_path,
    export_snapshot,
)
from cubesal.track import SaliencyTrack
from cubesal.video import ClipReader
from cubesal.video.encoders import ENCODERS

__all__ = ["run"]


@dataclass
class _Job:
    """What the exports of one run have in common."""

    options: Options
    console: Console
    track: SaliencyTrack | None
    span: TimeRange
    damaged: int
    given_path: CameraPath | None

    @property
    def maps(self) -> SaliencyTrack:
        if self.track is None:
            raise ValueError("this export needs maps")
        return self.track

    def path(self, shape: Shape) -> CameraPath:
        """The path of ``--path``, or one planned for the shape."""
        if self.given_path is not None:
            return self.given_path
        return planned_path(self.maps, self.options, shape.aspect, shape.hfov)


def run(options: Options, console: Console) -> int:
    """Analyse as far as needed, then export."""
    if options.to_s is not None and options.to_s <= options.from_s:
        raise ExportError(f"--to {options.to_s:g} does not come after --from {options.from_s:g}")
    shapes = flat_shapes(options)
    _check_quality(options)
    span = TimeRange(options.from_s, options.to_s)
    followed = given_path(options, shapes)
    outputs = planned_outputs(options, shapes)
    with ClipReader(options.clip, projection=options.projection) as reader:
        track = _track(reader, options, console, span)
        job = _Job(options, console, track, span, len(reader.damaged), followed)
    written = []
    for shape, out in zip(shapes, outputs, strict=True):
        written.append(_EXPORTS[options.what](job, shape, out))
        console.note(f"wrote {written[-1]}")
    if options.json:
        console.result(json.dumps({"input": str(options.clip), "outputs": [*map(str, written)]}))
    if job.damaged:
        console.error(f"{options.clip} is damaged: {job.damaged} frames could not be decoded")
    return PARTIAL if job.damaged else DONE


def _track(
    reader: ClipReader, options: Options, console: Console, span: TimeRange
) -> SaliencyTrack | None:
    if options.path is not None and options.what in ("nfov", "path"):
        return None
    if options.what == "snapshot":
        shown_s = float(reader.times_s[reader.index_at(options.from_s)])
        span = TimeRange(shown_s, shown_s + 1e-5)
    predictor, _ = load_predictor(options, console)
    return analysed_track(reader, predictor, options, console, span)


def _check_quality(options: Options) -> None:
    try:
        ENCODERS[options.codec].quality_options(options.quality)
    except ValueError as error:
        raise ExportError(f"--quality: {error}") from error


def _video(job: _Job, shape: Shape, out: Path) -> Path:
    del shape
    options = job.options
    with job.console.progress(f"export {out.name}") as progress:
        done = export_overlay(
            options.clip,
            job.maps,
            out,
            view="cube" if options.what == "cube" else "equirect",
            style=overlay_style(options),
            span=job.span,
            projection=options.projection,
            encoding=Encoding(options.codec, options.quality),
            progress=progress,
        )
    job.damaged = max(job.damaged, done.damaged)
    return out


def _nfov(job: _Job, shape: Shape, out: Path) -> Path:
    options = job.options
    path = job.path(shape)
    with job.console.progress(f"export {out.name}") as progress:
        done = export_nfov(
            options.clip,
            path,
            out,
            width=shape.width,
            height=shape.height,
            span=job.span,
            projection=options.projection,
            encoding=Encoding(options.codec, options.quality),
            progress=progress,
        )
    job.damaged = max(job.damaged, done.damaged)
    return out


def _path(job: _Job, shape: Shape, out: Path) -> Path:
    options = job.options
    path = job.path(shape)
    export_path(options.clip, path, out, span=job.span, projection=options.projection)
    return out


def _maps(job: _Job, shape: Shape, out: Path) -> Path:
    del shape
    export_maps(job.maps, out, job.options.format)
    return out


def _attention(job: _Job, shape: Shape, out: Path) -> Path:
    path = job.path(shape)
    export_attention(job.maps, out, path, shape.aspect)
    return out


def _snapshot(job: _Job, shape: Shape, out: Path) -> Path:
    del shape
    return export_snapshot(
        job.options.clip,
        out,
        job.options.from_s,
        track=job.maps,
        style=overlay_style(job.options),
        projection=job.options.projection,
    )


_EXPORTS: dict[str, Callable[[_Job, Shape, Path], Path]] = {
    "overlay": _video,
    "cube": _video,
    "nfov": _nfov,
    "maps": _maps,
    "path": _path,
    "attention": _attention,
    "snapshot": _snapshot,
}
