"""Where the outputs of ``cubesal export`` go."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from cubesal.cli.arguments import Options
from cubesal.cli.outputs import check_file, check_folder, is_folder, writable_folder
from cubesal.cli.shapes import Shape
from cubesal.errors import ExportError
from cubesal.exporting import FOLDER_FORMATS, MAP_FORMATS, PATH_FORMATS, map_target, path_format
from cubesal.video.encoders import choose_container

__all__ = ["planned_outputs", "wanted_formats"]

_SUFFIX = {"attention": ".csv", "snapshot": ".png"}
_CONTAINER = {"prores": ".mov", "ffv1": ".mkv"}
_FORMATS = {"maps": MAP_FORMATS, "path": PATH_FORMATS}


def wanted_formats(what: str, options: Options) -> Sequence[str | None]:
    """The formats of one kind of output, at least one; None for kinds that have no choice."""
    offered = _FORMATS.get(what)
    if offered is None:
        return [None]
    wanted = [kind for kind in options.format or [] if kind in offered]
    others = [k for k in options.format or [] if not any(k in _FORMATS[w] for w in _kinds(options))]
    if others:
        raise ExportError(f"--format {others[0]} is none of {what}: {', '.join(offered)}")
    if len(set(wanted)) < len(wanted):
        raise ExportError("the same --format is given twice")
    if wanted:
        return wanted
    is_named = what == "path" and options.out is not None and len(options.what) == 1
    return [path_format(options.out) if is_named else offered[0]]


def _kinds(options: Options) -> list[str]:
    return [what for what in options.what if what in _FORMATS]


def planned_outputs(options: Options, plans: Sequence[tuple[Options, Shape]]) -> list[Path]:
    """Where each output goes; the folders exist afterwards and no input is among the files.

    ``options`` are those of the run, ``plans`` those of each output, with its shape. ExportError.
    """
    inputs = {options.clip: "the clip itself"}
    if options.path is not None:
        inputs[options.path] = "the path you follow"
    kinds = {(single.what, single.format) for single, _ in plans}
    if len(kinds) > 1 and options.out is not None and (options.out.suffix or options.out.is_file()):
        raise ExportError(
            f"-o {options.out} is one file: several outputs need the name of a folder"
        )
    outputs = [_output(single, shape, plans, len(kinds) > 1) for single, shape in plans]
    for out, (single, _) in zip(outputs, plans, strict=True):
        if single.what == "maps" and single.format in FOLDER_FORMATS:
            check_folder(out, inputs, "name with -o")
        elif not _is_snapshot_folder(single):
            check_file(out, inputs, "name with -o")
            _check_suffix(out, single)
    for out, (single, _) in zip(outputs, plans, strict=True):
        writable_folder(out if _is_snapshot_folder(single) else out.parent)
    return outputs


def _output(
    options: Options, shape: Shape, plans: Sequence[tuple[Options, Shape]], among_others: bool
) -> Path:
    if _is_snapshot_folder(options):
        return options.out or Path()
    if among_others or options.out is None:
        plain = _default_name(options.out or Path(), options)
    else:
        plain = _plain_output(options)
    own = (options.what, options.format)
    if sum((single.what, single.format) == own for single, _ in plans) > 1:
        return plain.with_name(f"{plain.stem}_{shape.label}{plain.suffix}")
    return plain


def _is_snapshot_folder(options: Options) -> bool:
    """Without a file name the snapshot is named after its frame, in a folder."""
    out: Path | None = options.out
    if options.what != "snapshot":
        return False
    return out is None or not out.suffix or (is_folder(out) and out.suffix.lower() != ".png")


def _plain_output(options: Options) -> Path:
    chosen: Path = options.out
    if options.what == "snapshot" or not is_folder(chosen):
        return chosen
    return _default_name(chosen, options)


def _default_name(folder: Path, options: Options) -> Path:
    stem = options.clip.stem
    if options.what == "maps":
        return map_target(folder, f"{stem}_maps", options.format)
    suffix = _fitting_suffix(options) or _CONTAINER.get(options.codec, ".mp4")
    return folder / f"{stem}_{options.what}{suffix}"


def _fitting_suffix(options: Options) -> str | None:
    return f".{options.format}" if options.format else _SUFFIX.get(options.what)


def _check_suffix(out: Path, options: Options) -> None:
    fitting = _fitting_suffix(options)
    if fitting is None:
        choose_container(out, options.codec, spherical=False)
    elif out.suffix.lower() != fitting:
        raise ExportError(f"{out} does not end in {fitting}, as the file of this export must")
