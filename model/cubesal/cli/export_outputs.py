"""Where the outputs of ``cubesal export`` go."""

from __future__ import annotations

from pathlib import Path

from cubesal.cli.arguments import Options
from cubesal.cli.outputs import check_file, check_folder, is_folder, writable_folder
from cubesal.cli.shapes import Shape
from cubesal.errors import ExportError
from cubesal.exporting import FOLDER_FORMATS, map_target
from cubesal.video.encoders import choose_container

__all__ = ["planned_outputs"]

_SUFFIX = {"path": ".csv", "attention": ".csv", "snapshot": ".png"}
_CONTAINER = {"prores": ".mov", "ffv1": ".mkv"}


def planned_outputs(options: Options, shapes: list[Shape]) -> list[Path]:
    """Where each shape goes; the folders exist afterwards and no input is among the files."""
    inputs = {options.clip: "the clip itself"}
    if options.path is not None:
        inputs[options.path] = "the path you follow"
    if _is_snapshot_folder(options):
        return [writable_folder(options.out or Path())]
    plain = _plain_output(options)
    outputs = [plain]
    if len(shapes) > 1:
        outputs = [plain.with_name(f"{plain.stem}_{s.label}{plain.suffix}") for s in shapes]
    for out in outputs:
        if options.what == "maps" and options.format in FOLDER_FORMATS:
            check_folder(out, inputs, "name with -o")
        else:
            check_file(out, inputs, "name with -o")
            _check_suffix(out, options)
    for out in outputs:
        writable_folder(out.parent)
    return outputs


def _is_snapshot_folder(options: Options) -> bool:
    """Without a file name the snapshot is named after its frame, in a folder."""
    out: Path | None = options.out
    if options.what != "snapshot":
        return False
    return out is None or not out.suffix or (is_folder(out) and out.suffix.lower() != ".png")


def _plain_output(options: Options) -> Path:
    chosen: Path | None = options.out
    if chosen is not None and (options.what == "snapshot" or not is_folder(chosen)):
        return chosen
    folder, stem = chosen or Path(), options.clip.stem
    if options.what == "maps":
        return map_target(folder, f"{stem}_maps", options.format)
    suffix = _SUFFIX.get(options.what) or _CONTAINER.get(options.codec, ".mp4")
    return folder / f"{stem}_{options.what}{suffix}"


def _check_suffix(out: Path, options: Options) -> None:
    fitting = f".{options.format}" if options.what == "maps" else _SUFFIX.get(options.what)
    if fitting is None:
        choose_container(out, options.codec, spherical=False)
    elif out.suffix.lower() != fitting:
        raise ExportError(f"{out} does not end in {fitting}, as the file of this export must")
