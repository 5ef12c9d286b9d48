"""Which clips ``cubesal batch`` works on, and under which name the outputs of each appear."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from cubesal.cli.predict_inputs import is_media
from cubesal.errors import ExportError, MediaError
from cubesal.exporting import map_target

__all__ = ["BatchClip", "check_outputs", "find_clips", "take_part"]

_LONGEST_LIST_BYTES = 64 << 20


@dataclass(frozen=True)
class BatchClip:
    """A file, and the place of its outputs in ``--out`` without their suffix: ``sub/name``."""

    path: Path
    stem: PurePosixPath


def find_clips(given: Path, out: Path) -> list[BatchClip]:
    """The clips and stills below a folder (but for those in ``out``), or those of a list.

    Raises MediaError if there are none.
    """
    if os.path.isdir(given):
        if _same(given, out):
            raise MediaError(f"--out is the folder of the clips, {given}; choose another --out")
        clips = [_below(given, file) for file in _walked(given, out)]
        problem = "has no clips or pictures in it, nor in its folders"
    else:
        clips = [BatchClip(file, PurePosixPath(file.stem)) for file in _listed(given)]
        problem = "names no file: it needs one path a line"
    if not clips:
        raise MediaError(f"{given} {problem}")
    return clips


def take_part(clips: list[BatchClip], part: tuple[int, int] | None) -> list[BatchClip]:
    """Each N-th clip from the K-th on, or all: neighbours, often alike, go to different parts."""
    return clips if part is None else clips[part[0] - 1 :: part[1]]


def check_outputs(clips: Iterable[BatchClip], out: Path, kind: str) -> None:
    """Refuse two clips that would write the same, and outputs that are inputs. ExportError."""
    clips = list(clips)
    inputs = set(filter(None, (_identity(clip.path) for clip in clips)))
    planned: dict[str, BatchClip] = {}
    for clip in clips:
        # Names that differ by case alone are one name on some disks.
        other = planned.setdefault(str(clip.stem).casefold(), clip)
        if other is not clip:
            raise ExportError(
                f"{other.path} and {clip.path} would both be written as {clip.stem}; "
                "give them in different folders, or in different runs"
            )
        target = map_target(out / clip.stem.parent, clip.stem.name, kind)
        if _identity(target) in inputs:
            raise ExportError(f"{target} is one of the inputs; choose another --out")
    if kind == "png":
        _refuse_nesting(planned)


def _refuse_nesting(planned: dict[str, BatchClip]) -> None:
    """A folder of pictures named like a folder of clips would hold the outputs of others."""
    for clip in planned.values():
        for parent in clip.stem.parents:
            other = planned.get(str(parent).casefold())
            if other is not None:
                raise ExportError(
                    f"the pictures of {other.path} would go into the folder of {clip.path}; "
                    "rename one, or use --format npz"
                )


def _below(folder: Path, file: Path) -> BatchClip:
    return BatchClip(file, PurePosixPath(file.relative_to(folder).with_suffix("").as_posix()))


def _walked(folder: Path, out: Path) -> Iterator[Path]:
    """Media files in a stable order; hidden folders, links to folders and ``out`` are left out."""

    def refuse(error: OSError) -> None:
        raise MediaError(f"{error.filename} cannot be read: {error.strerror or error}") from error

    for root, folders, names in os.walk(folder, onerror=refuse):
        here = Path(root)
        folders[:] = sorted(f for f in folders if f[0] != "." and not _same(here / f, out))
        yield from (here / name for name in sorted(names) if is_media(here / name))


def _listed(path: Path) -> Iterator[Path]:
    """The files of a list, each once; relative ones from the list's folder. MediaError."""
    try:
        if path.stat().st_size > _LONGEST_LIST_BYTES:
            raise MediaError(f"{path} is too large for a list of files; is it a clip itself?")
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "it is not text (UTF-8)"
        raise MediaError(f"{path} is no folder and no readable list: {reason}") from error
    if any("\0" in line for line in lines):
        raise MediaError(f"{path} is no folder and no readable list: it is not text")
    names = (line.strip() for line in lines)
    for name in dict.fromkeys(name for name in names if name and name[0] != "#"):
        yield path.parent / name


def _same(a: Path, b: Path) -> bool:
    identity = _identity(a)
    return identity is not None and identity == _identity(b)


def _identity(path: Path) -> tuple[int, int] | None:
    """Device and inode, None for what is not there."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino
