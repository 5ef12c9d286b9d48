"""Outputs that appear complete or not at all."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from cubesal.errors import ExportError
from cubesal.whole_files import written_whole

__all__ = ["folder_output", "save_png", "timecode"]

_OURS = re.compile(r"\d+\.(npy|png)|maps\.json")


@contextmanager
def folder_output(folder: Path) -> Iterator[Path]:
    """A ``.part`` folder to fill, which becomes ``folder`` if the block succeeds.

    Numbered files of an earlier export to the same place are replaced; a folder that holds
    anything else is refused.
    """
    part = folder.with_name(folder.name + ".part")
    try:
        _refuse_foreign(folder)
        shutil.rmtree(part, ignore_errors=True)
        part.mkdir(parents=True)
        yield part
        if folder.exists():
            shutil.rmtree(folder)
        os.replace(part, folder)
    except OSError as error:
        shutil.rmtree(part, ignore_errors=True)
        raise ExportError(f"cannot write {folder}: {error.strerror or error}") from error
    except BaseException:
        shutil.rmtree(part, ignore_errors=True)
        raise


def _refuse_foreign(folder: Path) -> None:
    if not folder.exists():
        return
    if not folder.is_dir():
        raise ExportError(f"cannot write the folder {folder}: a file of that name is in the way")
    foreign = [entry.name for entry in folder.iterdir() if not _OURS.fullmatch(entry.name)]
    if foreign:
        raise ExportError(
            f"cannot write to {folder}: it holds other things ({sorted(foreign)[0]}); "
            "choose another place"
        )


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
