"""Where outputs may go: settled before any work, so that nothing of the user's is lost."""

from __future__ import annotations

import os
import stat
import tempfile
from collections.abc import Mapping
from pathlib import Path

from cubesal.errors import ExportError
from cubesal.exporting import check_maps_folder

__all__ = ["check_file", "check_folder", "is_folder", "writable_folder"]

Inputs = Mapping[Path, str]
"""Files that are read, each with what it is in words: "the clip itself"."""


def check_file(out: Path, inputs: Inputs, option: str) -> None:
    """ExportError unless a file may be written at ``out``; ``option`` is what chooses it."""
    _refuse_inputs(out, inputs, option)
    mode = _mode(out)
    if mode is not None and not stat.S_ISREG(mode):
        raise ExportError(f"{out} is not an ordinary file; choose another name")


def check_folder(out: Path, inputs: Inputs, option: str) -> None:
    """ExportError unless a folder of maps may be written at, or replaced at, ``out``."""
    _refuse_inputs(out, inputs, option)
    for path, words in inputs.items():
        if out.resolve() in path.resolve().parents:
            raise ExportError(f"{out} holds {path}, {words}; choose another {option}")
    if _mode(out) is not None:
        check_maps_folder(out)


def is_folder(path: Path) -> bool:
    """Whether a folder of that name exists. ExportError for names that cannot exist."""
    mode = _mode(path)
    return mode is not None and stat.S_ISDIR(mode)


def _mode(path: Path) -> int | None:
    try:
        return path.stat().st_mode
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise ExportError(f"cannot write {path}: {error.strerror or error}") from error


def _refuse_inputs(out: Path, inputs: Inputs, option: str) -> None:
    for path, words in inputs.items():
        if _is_same(out, path):
            raise ExportError(f"{out} is {words}; choose another {option}")


def _is_same(out: Path, path: Path) -> bool:
    try:
        return os.path.samefile(out, path)
    except OSError:  # one of them does not exist
        return False


def writable_folder(folder: Path) -> Path:
    """Create the folder if need be and prove that it can be written to. ExportError."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=folder, prefix=".cubesal.", suffix=".part"):
            pass
    except OSError as error:
        raise ExportError(
            f"cannot write to the folder {folder}: {_obstacle(folder, error)}"
        ) from error
    return folder


def _obstacle(folder: Path, error: OSError) -> str:
    if isinstance(error, FileExistsError):
        return "a file of that name is in the way"
    if isinstance(error, NotADirectoryError):
        files = [parent for parent in folder.parents if parent.exists() and not parent.is_dir()]
        return f"the file {files[0]} is in the way" if files else "a file is in the way"
    return error.strerror or str(error)
