"""Recovery copies: what a session had made, in a file of its own, for when it ends unexpectedly."""

from __future__ import annotations

import os
import secrets
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

import platformdirs

from cubesal.document import (
    SUFFIX,
    ClipRef,
    Document,
    DocumentContent,
    DocumentError,
    begin_document,
    remove_document,
)

__all__ = ["Orphan", "RecoveryCopy", "orphans", "recovery_folder"]


def recovery_folder() -> Path:
    """Where the sessions of this person keep their recovery copies."""
    return platformdirs.user_state_path("cubesal-viewer", appauthor=False) / "recovery"


@dataclass(frozen=True)
class Orphan:
    """A recovery copy whose session is dead: which clip, what was made, when it was written.

    ``document`` is the named document that was open; None for a clip without one.
    """

    file: Path
    clip: ClipRef
    content: DocumentContent
    document: Path | None
    written_s: float


class RecoveryCopy:
    """The copy of a living session, which holds its lock. Blocking, for one thread."""

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder or recovery_folder()
        self._document: Document | None = None

    def write(self, clip: ClipRef, content: DocumentContent, document: Path | None) -> None:
        """Keep what is open now, and what was made of it; whole on return. DocumentError."""
        noted = replace(content, recovery_of=None if document is None else str(document))
        if self._document is None:
            self._document = self._made(clip, noted)
        else:
            self._document.write(noted, clip)

    def _made(self, clip: ClipRef, content: DocumentContent) -> Document:
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise DocumentError(f"cannot write to {self._folder}: {error.strerror}") from error
        path = self._folder / f"{os.getpid()}-{secrets.token_hex(4)}{SUFFIX}"
        return begin_document(path, clip, content)  # of which no other window takes hold meanwhile

    def discard(self) -> None:
        """Remove it: the session has ended as it should, or shows nothing. Idempotent."""
        if self._document is None:
            return
        path = self._document.path
        with suppress(DocumentError):
            self._document.close()
        self._document = None
        with suppress(OSError):
            remove_document(path)


def orphans(folder: Path | None = None) -> list[Orphan]:
    """The recovery copies of dead sessions, newest first."""
    found = []
    for file in (folder or recovery_folder()).glob(f"*{SUFFIX}"):
        orphan = _orphan(file)
        if orphan is not None:
            found.append(orphan)
    return sorted(found, key=lambda orphan: -orphan.written_s)


def _orphan(file: Path) -> Orphan | None:
    try:
        written_s = max(p.stat().st_mtime for p in file.parent.glob(f"{file.name}*"))
        with Document(file) as document:  # fails for a living session, which holds the lock
            clip, content = document.clip, document.content
    except (DocumentError, OSError, ValueError):
        return None
    named = None if content.recovery_of is None else Path(content.recovery_of)
    return Orphan(file, clip, replace(content, recovery_of=None), named, written_s)
