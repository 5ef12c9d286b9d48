"""Where proxies lie: named by what they were made from, within a budget, whole or absent."""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import IO

import platformdirs

from cubesal.errors import ExportError
from cubesal.fingerprint import file_fingerprint
from cubesal.video.reading import Reading
from cubesal.whole_files import new_part, part_ended

__all__ = ["DEFAULT_BUDGET", "proxy_folder", "proxy_part", "proxy_path", "trim_proxies", "used"]

#: Bytes of all proxies together: some hours of 1920x960.
DEFAULT_BUDGET = 16 << 30
_SUFFIX = ".proxy.mp4"


def proxy_folder() -> Path:
    """Where the viewer's proxies lie."""
    return platformdirs.user_cache_path("cubesal-viewer", appauthor=False) / "proxies"


def proxy_path(clip: Path, reading: Reading, folder: Path) -> Path:
    """The file of a clip's proxy, by the clip's content, projection and eye; it need not exist.

    How the sphere is turned does not matter: a proxy is turned as it is read.  MediaError.
    """
    level = replace(reading, yaw=0.0, pitch=0.0, roll=0.0)
    read_as = hashlib.sha256((level.text or "").encode()).hexdigest()[:8]
    return folder / f"{file_fingerprint(clip)}-{read_as}{_SUFFIX}"


@contextmanager
def proxy_part(path: Path) -> Iterator[Path]:
    """Give a new part to fill, which takes the name ``path`` if the block succeeds.

    Whatever interrupts the block removes the part; what a killed process left, the next one
    removes, for nobody holds its lock any more.  OSError becomes ExportError.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _sweep(path.parent)
        part = new_part(path)
        with part.open("rb") as held:
            _try_lock(held)
            try:
                yield part
                os.replace(part, path)
            except BaseException:
                part.unlink(missing_ok=True)
                part_ended(part)
                raise
            part_ended(part)
    except OSError as error:
        raise ExportError(f"cannot write {path}: {error.strerror or error}") from error


def used(path: Path) -> None:
    """Remember that a proxy was of use just now."""
    with suppress(OSError):
        os.utime(path)


def trim_proxies(folder: Path, budget: int, keep: Path) -> None:
    """Remove those not used for longest until all take ``budget`` bytes; never ``keep``."""
    found: list[tuple[float, int, Path]] = []
    for path in folder.glob(f"*{_SUFFIX}"):
        with suppress(OSError):
            facts = path.stat()
            found.append((facts.st_mtime, facts.st_size, path))
    total = sum(size for _, size, _ in found)
    for _, size, path in sorted(found):
        if total <= budget:
            return
        if path != keep:
            with suppress(OSError):
                path.unlink()
                total -= size


def _sweep(folder: Path) -> None:
    for part in folder.glob(f".*{_SUFFIX[1:]}*.part"):
        with suppress(OSError), part.open("rb") as held:
            if _try_lock(held):
                part.unlink()


def _try_lock(stream: IO[bytes]) -> bool:
    """Whether nobody else makes this part; the lock ends with the process, however that ends."""
    if sys.platform == "win32":
        return True  # there, a file that somebody has open cannot be removed
    import fcntl

    try:
        fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
