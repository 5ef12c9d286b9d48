"""Which clip a document is about: known by its content, found again when it has moved."""

from __future__ import annotations

import os
import stat
from dataclasses import asdict, dataclass, replace
from pathlib import Path, PurePath, PurePosixPath, PureWindowsPath
from typing import Any

from cubesal.document.errors import DocumentError
from cubesal.errors import MediaError
from cubesal.fingerprint import file_fingerprint

__all__ = ["ClipRef", "clip_ref", "find_clip", "is_that_clip", "ref_from"]

_DIGITS = frozenset("0123456789abcdef")
_LONGEST_PATH = 4096


@dataclass(frozen=True)
class ClipRef:
    """A clip by its content, ``size`` bytes of ``fingerprint``, and where it lay.

    ``path`` is absolute. ``beside`` is the way from the document's folder for clips in or below it
    (forward slashes), empty for others: both may move together.
    """

    name: str
    path: str
    beside: str
    size: int
    fingerprint: str

    def __post_init__(self) -> None:
        texts = (self.name, self.path, self.beside, self.fingerprint)
        if any(not isinstance(text, str) or len(text) > _LONGEST_PATH for text in texts):
            raise ValueError("a clip is named by texts")
        if any("\0" in text for text in texts):
            raise ValueError("the name of a clip holds a zero byte")
        if not _is_bare(self.name):
            raise ValueError(f"the name of the clip, {self.name!r}, is no file name")
        if ".." in _parts(self.beside) or PurePosixPath(self.beside).is_absolute():
            raise ValueError(f"{self.beside!r} leads out of the document's folder")
        if len(self.fingerprint) != 20 or not _DIGITS.issuperset(self.fingerprint):
            raise ValueError("the fingerprint of the clip is none")
        if isinstance(self.size, bool) or not isinstance(self.size, int) or self.size < 0:
            raise ValueError("the size of the clip is none")

    def facts(self) -> dict[str, Any]:
        """The same as values of JSON."""
        return asdict(self)


def _is_bare(name: str) -> bool:
    return bool(name) and name not in (".", "..") and not {"/", "\\"} & set(name)


def _parts(path: str) -> list[str]:
    return path.replace("\\", "/").split("/")


def clip_ref(clip: Path, document: Path) -> ClipRef:
    """The reference of a clip from a document. MediaError if the clip cannot be read."""
    whole = clip.resolve()
    try:
        size = whole.stat().st_size
    except OSError as error:
        raise MediaError(f"cannot read {clip}: {error.strerror or error}") from error
    return ClipRef(whole.name, str(whole), _beside(whole, document), size, file_fingerprint(whole))


def ref_from(ref: ClipRef, clip: Path, document: Path) -> ClipRef:
    """The same content at ``clip``, as another document refers to it; nothing is read.

    What a session made belongs to the file that it opened, whatever lies under that name now.
    """
    whole = clip.resolve()
    return replace(ref, name=whole.name, path=str(whole), beside=_beside(whole, document))


def _beside(whole: Path, document: Path) -> str:
    folder = document.resolve().parent
    return whole.relative_to(folder).as_posix() if whole.is_relative_to(folder) else ""


def find_clip(ref: ClipRef, document: Path) -> Path | None:
    """Where the clip is now: beside the document, where it was, or nowhere that is known.

    Only a file of that very content is taken, so a document cannot make anything else be read.
    """
    folder = document.absolute().parent
    candidates = [folder / ref.name]
    if ref.beside:
        candidates.insert(0, folder.joinpath(*ref.beside.split("/")))
    if _is_local(ref.path):
        candidates.append(Path(ref.path))
    return next((file for file in candidates if _matches(ref, file)), None)


def is_that_clip(ref: ClipRef, clip: Path) -> None:
    """Whether a file that somebody chose is the clip of a document. DocumentError, in words."""
    if not _matches(ref, clip):
        raise DocumentError(
            f"{clip} is not the clip of this document: its content differs from that of {ref.name}"
        )


def _is_local(path: str) -> bool:
    """Whether looking at a path stays on this machine: that of a share would call its host."""
    if path.startswith("//") or PureWindowsPath(path).drive.startswith(("//", "\\\\")):
        return False
    return PurePath(path).is_absolute()


def _matches(ref: ClipRef, file: Path) -> bool:
    try:
        status = os.stat(file)
        if not stat.S_ISREG(status.st_mode) or status.st_size != ref.size:
            return False
        return file_fingerprint(file) == ref.fingerprint
    except (OSError, ValueError, MediaError):
        return False
