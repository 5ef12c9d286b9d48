"""``cubesal export``: one thing from one clip."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from math import atan, pi, radians, tan
from pathlib import Path

from cubesal.cli.arguments import Options
from cubesal.cli.console import Console
from cubesal.cli.exits import DONE, PARTIAL
from cubesal.cli.work import (
    analysed_track,
    load_predictor,
    overlay_style,
    planned_path,
    writable_folder,
)
from cubesal.errors import ExportError
from cubesal.exporting import (
    Encoding,
    TimeRange,
    default_hfov,
    default_size,
    export_attention,
    export_maps,
    export_nfov,
    export_overlay,
    export_path,
    export_snapshot,
    map_target,
)
from cubesal.track import SaliencyTrack
from cubesal.video import ClipReader
from cubesal.video.encoders import ENCODERS

__all__ = ["run"]

_SUFFIX = {"path": ".csv", "attention": ".csv", "snapshot": ".png"}
_CONTAINER = {"prores": ".mov", "ffv1": ".mkv"}
_WIDEST_VFOV = radians(150)


@dataclass(frozen=True)
class _Shape:
    """One flat output: its pixels and horizontal field of view; ``label`` tells several apart."""

    width: int
    height: int
    hfov: float
    label: str

    @property
    def aspect(self) -> float:
        return self.width / self.height


@dataclass
class _Job:
    """What the exports of one run have in common."""

    options: Options
    console: Console
    track: SaliencyTrack | None
    span: TimeRange
    damaged: int

    @property
    def maps(self) -> SaliencyTrack:
        if self.track is None:
            raise ValueError("this export needs maps")
        return self.track


def run(options: Options, console: Console) -> int:
    """Analyse as far as needed, then export."""
    if options.to_s is not None and options.to_s <= options.from_s:
        raise ExportError(f"--to {options.to_s:g} does not come after --from {options.from_s:g}")
    shapes = _shapes(options)
    _check_quality(options)
    span = TimeRange(options.from_s, options.to_s)
    outputs = _outputs(options, shapes)
    with ClipReader(options.clip, projection=options.projection) as reader:
        track = _track(reader, options, console, span)
        job = _Job(options, console, track, span, len(reader.damaged))
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


def _shapes(options: Options) -> list[_Shape]:
    """One shape per ``--aspect``; kinds that are not flat have a single one."""
    aspects = options.aspect or [options.size or (16, 9)]
    if options.what not in ("nfov", "path"):
        aspects = aspects[:1]
    if options.size is not None and len(aspects) > 1:
        raise ExportError("--size sets one picture size: give a single --aspect with it, or none")
    shapes = [_shape(aspect, options) for aspect in aspects]
    if len({shape.label for shape in shapes}) < len(shapes):
        raise ExportError("the same --aspect is given twice")
    return shapes


def _shape(aspect: tuple[int, int], options: Options) -> _Shape:
    width, height = options.size or default_size(aspect)
    if abs(width / height / (aspect[0] / aspect[1]) - 1) > 0.01:
        raise ExportError(
            f"--size {width}x{height} is not {aspect[0]}:{aspect[1]}; give one of the two"
        )
    hfov = default_hfov(width / height) if options.fov is None else radians(options.fov)
    vfov = 2 * atan(tan(hfov / 2) * height / width)
    if vfov > _WIDEST_VFOV:
        raise ExportError(
            f"a field of view of {options.fov:g} degrees across makes {vfov / pi * 180:.0f} "
            f"degrees upright at {width}x{height}; choose a smaller --fov"
        )
    return _Shape(width, height, hfov, f"{aspect[0]}x{aspect[1]}")


def _outputs(options: Options, shapes: list[_Shape]) -> list[Path]:
    """Where each shape goes; the folders exist afterwards and the clip is not among them."""
    suffix = _SUFFIX.get(options.what) or _CONTAINER.get(options.codec, ".mp4")
    plain = _plain_output(options, suffix)
    outputs = [plain]
    if len(shapes) > 1:
        outputs = [plain.with_name(f"{plain.stem}_{s.label}{plain.suffix}") for s in shapes]
    for out in outputs:
        writable_folder(out.parent)
        if out.exists() and options.clip.exists() and out.samefile(options.clip):
            raise ExportError(f"{out} is the clip itself; choose another name with -o")
    return outputs


def _plain_output(options: Options, suffix: str) -> Path:
    stem = options.clip.stem
    chosen: Path | None = options.out
    if options.what == "snapshot" and (chosen is None or chosen.suffix.lower() != ".png"):
        return (chosen or Path()) / "."
    if chosen is not None and not chosen.is_dir():
        return chosen
    folder = chosen or Path()
    if options.what == "maps":
        return map_target(folder, f"{stem}_maps", options.format)
    return folder / f"{stem}_{options.what}{suffix}"


def _video(job: _Job, shape: _Shape, out: Path) -> Path:
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


def _nfov(job: _Job, shape: _Shape, out: Path) -> Path:
    options = job.options
    path = planned_path(job.track, options, shape.aspect, shape.hfov)
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


def _path(job: _Job, shape: _Shape, out: Path) -> Path:
    options = job.options
    path = planned_path(job.track, options, shape.aspect, shape.hfov)
    export_path(options.clip, path, out, span=job.span, projection=options.projection)
    return out


def _maps(job: _Job, shape: _Shape, out: Path) -> Path:
    del shape
    export_maps(job.maps, out, job.options.format)
    return out


def _attention(job: _Job, shape: _Shape, out: Path) -> Path:
    path = planned_path(job.maps, job.options, shape.aspect, shape.hfov)
    export_attention(job.maps, out, path, shape.aspect)
    return out


def _snapshot(job: _Job, shape: _Shape, out: Path) -> Path:
    del shape
    return export_snapshot(
        job.options.clip,
        out,
        job.options.from_s,
        track=job.maps,
        style=overlay_style(job.options),
        projection=job.options.projection,
    )


_EXPORTS: dict[str, Callable[[_Job, _Shape, Path], Path]] = {
    "overlay": _video,
    "cube": _video,
    "nfov": _nfov,
    "maps": _maps,
    "path": _path,
    "attention": _attention,
    "snapshot": _snapshot,
}
