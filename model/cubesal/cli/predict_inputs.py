"""Which clips and stills ``cubesal predict`` works on: files, folders, lists of Wild-360 ids."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from cubesal.cli.console import Console
from cubesal.errors import MediaError
from cubesal.evaluation.ids import read_ids

__all__ = ["PredictInput", "expand_inputs", "is_media"]

# In a folder these are taken for clips and stills; a file that is named is tried whatever it is.
_CLIPS = frozenset((".mp4", ".m4v", ".mov", ".mkv", ".webm", ".avi"))
_STILLS = frozenset((".jpg", ".jpeg", ".png", ".bmp", ".tif", ".tiff", ".webp"))
_TREE = "360_Discovery"
_SPLITS = ("test", "train")


@dataclass(frozen=True)
class PredictInput:
    """A file to predict, or what was given and why it cannot be."""

    path: Path
    error: str | None = None


def expand_inputs(given: list[Path], ids: Path | None, console: Console) -> list[PredictInput]:
    """Files as they are, folders as what is in them, restricted to the ids of a list if given.

    A folder is a Wild-360 tree (its ``360_Discovery/test`` and ``train`` are taken), one of its
    parts, or any folder of clips. Raises MediaError if the list of ids cannot be used.
    """
    if ids is not None:
        return _listed(given, ids, console)
    return [item for path in given for item in _expanded(path)]


def _expanded(path: Path) -> Iterator[PredictInput]:
    if not os.path.isdir(path):  # unlike is_dir, no error for impossible names
        yield PredictInput(path)
        return
    files = [file for folder in _clip_folders(path) for file in _media_in(folder)]
    if not files:
        yield PredictInput(path, f"{path} is a folder without clips or pictures")
    yield from map(PredictInput, files)


def _clip_folders(folder: Path) -> list[Path]:
    """The folders that hold the clips of a Wild-360 tree, or the folder itself."""
    for root in (folder / _TREE, folder):
        splits = [root / name for name in _SPLITS if (root / name).is_dir()]
        if splits and (root.name == _TREE or not _media_in(root)):
            return splits
    return [folder]


def _media_in(folder: Path) -> list[Path]:
    try:
        entries = sorted(folder.iterdir())
    except OSError as error:
        raise MediaError(f"{folder} cannot be read: {error.strerror or error}") from error
    return [entry for entry in entries if is_media(entry)]


def is_media(path: Path) -> bool:
    """Whether a file found in a folder is taken for a clip or a still, by its name."""
    is_named_so = path.suffix.lower() in _CLIPS | _STILLS and not path.name.startswith(".")
    return is_named_so and path.is_file()


def _listed(folders: list[Path], ids: Path, console: Console) -> list[PredictInput]:
    """The clips of a list of ids, in its order, each once."""
    clips: dict[str, Path] = {}
    for folder in folders:
        if not os.path.isdir(folder):
            raise MediaError(f"{folder} is no folder: with --ids give the one that holds the clips")
        for part in _clip_folders(folder):
            for file in _media_in(part):
                clips.setdefault(file.stem, file)
    named = read_ids(ids)
    wanted = list(dict.fromkeys(named))
    for name in sorted({name for name in wanted if named.count(name) > 1}):
        console.note(f"{ids.name} names {name} {named.count(name)} times; it is predicted once")
    found = [PredictInput(clips[name]) for name in wanted if name in clips]
    missing = [name for name in wanted if name not in clips]
    if missing:
        places = ", ".join(map(str, folders))
        words = (
            f"{len(missing)} of the {len(wanted)} ids in {ids} have no clip in {places}: "
            f"{', '.join(missing)}"
        )
        found.append(PredictInput(ids, words))
    return found
