"""Outputs that appear complete or not at all."""

from __future__ import annotations

import json
import os
import re
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from cubesal.errors import ExportError
from cubesal.whole_files import written_whole

__all__ = ["check_maps_folder", "folder_output", "save_png", "timecode"]

FACTS_NAME = "maps.json"
_OURS = re.compile(r"\d+\.(npy|png)|(overlay|features|flow)/(\d+\.(npy|jpg))?|maps\.json")
_FACTS = {"source", "model", "frame_index", "time_s"}


@contextmanager
def folder_output(folder: Path) -> Iterator[Path]:
    """A temporary folder to fill, which becomes ``folder`` if the block succeeds.

    An earlier export to the same place, known by its ``maps.json``, is replaced; a folder that
    holds anything else is refused.
    """
    # Named before it is made, so that an interruption at any moment finds it.
    holder = folder.with_name(f".{folder.name}.{secrets.token_hex(8)}.part")
    try:
        check_maps_folder(folder)
        folder.parent.mkdir(parents=True, exist_ok=True)
        holder.mkdir()
        part = holder / "maps"
        part.mkdir()
        yield part
        if folder.exists():
            check_maps_folder(folder)
            shutil.rmtree(folder)
        os.replace(part, folder)
    except OSError as error:
        raise ExportError(f"cannot write {folder}: {error.strerror or error}") from error
    finally:
        shutil.rmtree(holder, ignore_errors=True)


def check_maps_folder(folder: Path) -> None:
    """ExportError unless ``folder`` is absent, empty or an earlier export of maps."""
    try:
        if not folder.exists():
            return
        if not folder.is_dir():
            raise ExportError(
                f"cannot write the folder {folder}: a file of that name is in the way"
            )
        names = sorted(_names_below(folder))
    except OSError as error:
        raise ExportError(f"cannot write {folder}: {error.strerror or error}") from error
    foreign = [name for name in names if not _OURS.fullmatch(name)]
    if names and not foreign and not _is_our_export(folder):
        foreign = names
    if foreign:
        raise ExportError(
            f"cannot write to {folder}: it holds other things ({foreign[0]}); choose another place"
        )


def _names_below(folder: Path) -> Iterator[str]:
    """The names in a folder, and those one folder further down as ``folder/name``."""
    for entry in folder.iterdir():
        if entry.is_dir() and not entry.is_symlink():
            below = [f"{entry.name}/{lower.name}" for lower in entry.iterdir()]
            yield from below or [f"{entry.name}/"]
        else:
            yield entry.name


def _is_our_export(folder: Path) -> bool:
    try:
        facts = json.loads((folder / FACTS_NAME).read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return False
    return isinstance(facts, dict) and facts.keys() >= _FACTS


def save_png(path: Path, picture: NDArray[np.uint8] | NDArray[np.uint16]) -> None:
    """Write RGB (H, W, 3) uint8 or grey (H, W) uint8/uint16. ExportError on disk trouble."""
    stored = cv2.cvtColor(picture, cv2.COLOR_RGB2BGR) if picture.ndim == 3 else picture
    done, data = cv2.imencode(".png", stored)
    if not done:
        raise ValueError(f"a picture of shape {picture.shape} cannot be stored as PNG")
    with written_whole(path) as part:
        part.write_bytes(data.tobytes())


def timecode(time_s: float) -> str:
    """``hh-mm-ss.mmm``, fit for file names on every system."""
    milliseconds = round(time_s * 1000)
    seconds, milliseconds = divmod(milliseconds, 1000)
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02d}-{minutes:02d}-{seconds:02d}.{milliseconds:03d}"
