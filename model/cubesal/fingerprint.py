"""A short name of a file's content, by which results made from it are known again."""

from __future__ import annotations

import hashlib
from pathlib import Path

from cubesal.errors import MediaError

__all__ = ["file_fingerprint"]

_BYTES = 1 << 20


def file_fingerprint(path: Path) -> str:
    """20 hexadecimal digits of a file's size, first and last megabyte.

    Clips of many gigabytes are named in an instant; two that differ in the middle only, at equal
    size, do not happen with coded video.

    Raises:
        MediaError: the file cannot be read.
    """
    try:
        with path.open("rb") as file:
            size = file.seek(0, 2)
            file.seek(0)
            content = hashlib.sha256(f"{size}:".encode() + file.read(_BYTES))
            file.seek(max(size - _BYTES, 0))
            content.update(file.read(_BYTES))
    except OSError as error:
        raise MediaError(f"cannot read {path}: {error.strerror or error}") from error
    return content.hexdigest()[:20]
