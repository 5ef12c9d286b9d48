"""What ``cubesal export`` is asked for, as jobs that can be written down and read again."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from cubesal.cli.arguments import Options
from cubesal.cli.export_outputs import planned_outputs, wanted_formats
from cubesal.cli.shapes import Shape, flat_shapes, given_path
from cubesal.errors import ExportError
from cubesal.exporting import ExportJob
from cubesal.video.encoders import ENCODERS

__all__ = ["jobs_of", "options_of", "shape_of"]

#: Of the options only these are about the run and not about its results.
_OF_THE_RUN = ("command", "verbose", "quiet", "json", "queue", "what", "clip", "out", "aspect")
_PATHS = ("path", "maps")


def jobs_of(options: Options) -> list[ExportJob]:
    """A job for each output; everything that can be refused before the work is. ExportError."""
    if options.to_s is not None and options.to_s <= options.from_s:
        raise ExportError(f"--to {options.to_s:g} does not come after --from {options.from_s:g}")
    if len(set(options.what)) < len(options.what):
        raise ExportError("the same --what is given twice")
    _check_quality(options)
    _check_burn(options)
    plans: list[tuple[Options, Shape]] = []
    for what in options.what:
        for kind in wanted_formats(what, options):
            single = _changed(options, what=what, format=kind)
            shapes = flat_shapes(single)
            given_path(single, shapes)
            plans += [(single, shape) for shape in shapes]
    outputs = planned_outputs(options, plans)
    return [
        ExportJob(single.what, _kept(options.clip, options), _kept(out, options), _saved(single, s))
        for (single, s), out in zip(plans, outputs, strict=True)
    ]


def _check_quality(options: Options) -> None:
    try:
        ENCODERS[options.codec].quality_number(options.quality)
    except ValueError as error:
        raise ExportError(f"--quality: {error}") from error


def _check_burn(options: Options) -> None:
    for wish in options.burn:
        fitting = ("overlay", "cube", "nfov") if wish == "timecode" else ("overlay", "cube")
        if not set(fitting) & set(options.what):
            raise ExportError(f"--burn {wish} goes into --what {' or '.join(fitting)} only")


def _changed(options: Options, **changes: Any) -> Options:
    return Options(**{**vars(options), **changes})


def _kept(path: Path, options: Options) -> Path:
    """Jobs in a journal may be gone on with from another folder."""
    return path if options.queue is None else path.resolve()


def _saved(options: Options, shape: Shape) -> Mapping[str, Any]:
    chosen = {name: value for name, value in vars(options).items() if name not in _OF_THE_RUN}
    for name in _PATHS:
        if chosen[name] is not None:
            chosen[name] = str(_kept(chosen[name], options))
    return {**chosen, "shape": [shape.width, shape.height, shape.hfov, shape.label]}


def options_of(job: ExportJob) -> Options:
    """The options of one job, ``what`` being a single word. ExportError for foreign settings."""
    settings = dict(job.settings)
    try:
        settings.pop("shape")
        settings.setdefault("maps", None)  # journals of earlier versions know no such option
        for name in _PATHS:
            settings[name] = None if settings[name] is None else Path(settings[name])
    except (KeyError, TypeError) as error:
        raise ExportError(f"{job.out}: its entry in the queue is of another program") from error
    return Options(**settings, what=job.what, clip=job.clip, out=job.out)


def shape_of(job: ExportJob) -> Shape:
    """The flat picture that a job is about."""
    width, height, hfov, label = job.settings["shape"]
    return Shape(int(width), int(height), float(hfov), str(label))
