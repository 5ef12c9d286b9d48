"""Which clips a training learns from: files, folders of clips, the train split of Wild-360."""

from __future__ import annotations

import os
from pathlib import Path

from cubesal.errors import TrainingError

__all__ = ["find_clips"]

_SUFFIXES = frozenset((".mp4", ".m4v", ".mov", ".mkv", ".webm", ".avi"))
_SPLIT = Path("360_Discovery") / "train"


def find_clips(given: list[Path], ids: Path | None = None) -> list[Path]:
    """Files as they are, folders as the clips in them, each clip once, in a fixed order.

    Of a folder laid out as Wild-360 the train split is taken. `ids` is a list of file stems.

    Raises:
        TrainingError: nothing is given or found, or a clip of the list is missing.
    """
    if not given:
        raise TrainingError("no clips to learn from: name some in data.clips or with --clips")
    found: dict[Path, None] = {}
    for path in given:
        for clip in _clips_of(path):
            found.setdefault(clip)
    clips = list(found)
    return clips if ids is None else _listed(clips, ids)


def _clips_of(path: Path) -> list[Path]:
    if not os.path.isdir(path):
        if not os.path.isfile(path):
            raise TrainingError(f"there is no clip {path}")
        return [path]
    folder = path / _SPLIT if (path / _SPLIT).is_dir() else path
    clips = sorted(
        entry
        for entry in folder.iterdir()
        if entry.suffix.lower() in _SUFFIXES and not entry.name.startswith(".")
    )
    if not clips:
        raise TrainingError(f"there are no clips in {folder}")
    return clips


def _listed(clips: list[Path], ids: Path) -> list[Path]:
    try:
        lines = ids.read_text(encoding="utf-8-sig").split()
    except (OSError, UnicodeDecodeError) as error:
        raise TrainingError(f"cannot read the list of clips {ids}: {error}") from error
    by_name = {clip.stem: clip for clip in clips}
    names = list(dict.fromkeys(line.removesuffix(".mp4") for line in lines))
    missing = [name for name in names if name not in by_name]
    if missing or not names:
        lacking = f"{missing[0]} is not among the clips" if missing else "it is empty"
        raise TrainingError(f"the list of clips {ids} cannot be used: {lacking}")
    return [by_name[name] for name in names]
