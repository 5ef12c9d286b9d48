"""The documents that nobody asked for: one for every clip that was opened, in the cache."""

from __future__ import annotations

import os
import time
from contextlib import suppress
from pathlib import Path

import platformdirs

from cubesal.document.clip import ClipRef, clip_ref
from cubesal.document.connection import connected, in_words
from cubesal.document.document import SUFFIX, Document, create_document
from cubesal.document.errors import DocumentError
from cubesal.document.facts import read_facts
from cubesal.document.lock import FileLock

__all__ = [
    "DEFAULT_LIMIT",
    "cache_folder",
    "implicit_document",
    "remove_document",
    "trim_cache",
]

#: Bytes of all documents in the cache: some 500 000 maps, or a day of clips at the usual rate.
DEFAULT_LIMIT = 2 << 30
_LOGS = ("-wal", "-shm", "-journal")


def cache_folder() -> Path:
    """Where implicit documents lie."""
    return platformdirs.user_cache_path("cubesal-viewer", appauthor=False) / "documents"


def implicit_document(
    clip: Path, folder: Path | None = None, limit: int = DEFAULT_LIMIT
) -> Document:
    """Open the implicit document of a clip by its content, made now if there is none.

    One that is damaged, or of another version, is replaced: it is a cache. Makes room by removing
    those not opened for longest. MediaError, DocumentError.
    """
    folder = folder or cache_folder()
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DocumentError(f"cannot write to {folder}: {error.strerror or error}") from error
    ref = clip_ref(clip, folder / "any")
    path = folder / f"{ref.fingerprint}{SUFFIX}"
    document = Document(path, _made_sound(path, ref))
    with suppress(OSError):
        os.utime(path)
    trim_cache(folder, limit, keep=path)
    if document.clip != ref:
        document.write(document.content, ref)  # the clip has moved
    return document


def _made_sound(path: Path, ref: ClipRef) -> FileLock:
    """See that there is a document that can be opened; its lock. One in use is left alone."""
    lock = FileLock(path)
    try:
        with suppress(FileNotFoundError):
            if path.stat().st_size == 0:
                remove_document(path)
        if path.exists() and not _is_sound(path, ref):
            remove_document(path)
        if not path.exists():
            create_document(path, ref)
    except BaseException as error:
        lock.release()
        if isinstance(error, OSError):
            raise DocumentError(f"cannot write {path}: {error.strerror or error}") from error
        raise
    return lock


def _is_sound(path: Path, ref: ClipRef) -> bool:
    try:
        connection = connected(path, writing=False)
    except DocumentError:
        return False
    try:
        with in_words(path):
            clip, _ = read_facts(connection, path)
        return (clip.fingerprint, clip.size) == (ref.fingerprint, ref.size)
    except DocumentError:
        return False
    finally:
        connection.close()


def trim_cache(folder: Path, limit: int, keep: Path | None = None) -> list[Path]:
    """Remove documents, those opened longest ago first, until the rest is at most ``limit`` bytes.

    Those in use, and ``keep``, stay. Returns what was removed.
    """
    found = sorted((_age_of(path), path) for path in folder.glob(f"*{SUFFIX}"))
    total = sum(_size_of(path) for _, path in found)
    removed: list[Path] = []
    for _, path in found:
        if total <= limit:
            break
        if keep is not None and path == keep:
            continue
        size = _size_of(path)
        if _remove_unused(path):
            total -= size
            removed.append(path)
    return removed


def _remove_unused(path: Path) -> bool:
    try:
        lock = FileLock(path)
    except DocumentError:
        return False
    try:
        remove_document(path)
        return True
    except OSError:
        return False
    finally:
        lock.release()


def remove_document(path: Path) -> None:
    """Remove a document that nobody has open, with what a killed process left beside it."""
    for suffix in ("", *_LOGS):
        path.with_name(path.name + suffix).unlink(missing_ok=True)


def _age_of(path: Path) -> float:
    with suppress(OSError):
        return path.stat().st_mtime
    return time.time()


def _size_of(path: Path) -> int:
    total = 0
    for suffix in ("", *_LOGS):
        with suppress(OSError):
            total += path.with_name(path.name + suffix).stat().st_size
    return total
