"""A document begun under a name that a person chose, in place of whatever is there."""

from __future__ import annotations

from pathlib import Path

from cubesal.document.clip import ClipRef
from cubesal.document.content import DocumentContent
from cubesal.document.document import Document, create_document, settle_log
from cubesal.document.errors import DocumentError
from cubesal.document.lock import FileLock

__all__ = ["begin_document"]


def begin_document(path: Path, clip: ClipRef, content: DocumentContent) -> Document:
    """Make a document without maps, replacing what is there, and open it.

    Nobody else gets hold of it in between. DocumentError: what is there is open in another window,
    or it cannot be written.
    """
    lock = FileLock(path.resolve())
    try:
        if path.exists():
            settle_log(path)  # it must not fall to the new one
        create_document(path, clip, content, replacing=True)
    except BaseException as error:
        lock.release()
        if isinstance(error, OSError):
            raise DocumentError(f"cannot write {path}: {error.strerror or error}") from error
        raise
    return Document(path, lock)
