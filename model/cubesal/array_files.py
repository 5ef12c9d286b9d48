"""Arrays in npy and npz files of others, refused before they are unpacked if they are too large."""

from __future__ import annotations

import math
import os
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, Final

import numpy as np
from numpy.typing import NDArray

from cubesal.errors import EvaluationError, MediaError

__all__ = ["ArrayFileError", "Arrays", "load_array", "opened_arrays"]

#: numpy believes an archive: 40 MB of deflated zeros become 40 GB, a few kB of bzip2 as well.
_METHODS: Final = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
#: Up to here everything is unpacked; beyond it nothing that real values could not be packed into.
_HARMLESS: Final = 512 << 20
_MOST_PACKED: Final = 500
_LONGEST_HEADER: Final = 10_000
_MOST_ENTRIES: Final = 1 << 20
_MEMINFO: Final = Path("/proc/meminfo")


class ArrayFileError(MediaError, EvaluationError):
    """A file of arrays asks for more than it can be given."""


class Arrays:
    """The arrays of an open npz by name; each is checked, then read, when it is asked for."""

    def __init__(self, path: Path, archive: zipfile.ZipFile) -> None:
        self._path, self._archive = path, archive
        self._entries = {e.filename.removesuffix(".npy"): e for e in archive.infolist()}

    def __contains__(self, name: str) -> bool:
        return name in self._entries

    def __getitem__(self, name: str) -> NDArray[Any]:
        """An array. KeyError, ArrayFileError, or one of `DAMAGED_ARRAY`."""
        entry = self._entries[name]
        if entry.compress_type not in _METHODS:
            raise ArrayFileError(f"{self._path} is packed in a way that npz files are not")
        _check_size(self._path, entry.file_size, entry.compress_size)
        with self._archive.open(entry) as file:
            _check_header(file, entry.file_size)
        with self._archive.open(entry) as file:
            return np.lib.format.read_array(file, allow_pickle=False)


@contextmanager
def opened_arrays(path: Path) -> Iterator[Arrays]:
    """Open an npz. ArrayFileError, or one of `DAMAGED_ARRAY`."""
    with path.open("rb") as file, zipfile.ZipFile(file) as archive:
        if len(archive.infolist()) > _MOST_ENTRIES:
            raise ArrayFileError(f"{path} has more entries than any npz of arrays")
        yield Arrays(path, archive)


def load_array(path: Path) -> NDArray[Any]:
    """The array of an npy file. ArrayFileError, or one of `DAMAGED_ARRAY`."""
    with path.open("rb") as file:
        size = os.fstat(file.fileno()).st_size
        _check_size(path, size, size)
        _check_header(file, size)
        file.seek(0)
        return np.lib.format.read_array(file, allow_pickle=False)


def _check_size(path: Path, size: int, packed: int) -> None:
    """Whether an array of that many bytes can be what it is said to be, and fits into memory."""
    if size > _HARMLESS and size > _MOST_PACKED * max(packed, 1):
        raise ArrayFileError(
            f"{path} would unpack {_in_words(packed)} to {_in_words(size)}, which no real maps do;"
            " it was not unpacked: get it from somebody you trust"
        )
    room = _free_memory()
    if size > _HARMLESS and size > room // 2:
        raise ArrayFileError(
            f"{path} needs {_in_words(size)} of memory and {_in_words(room)} are free;"
            " it was not read: use a shorter clip or a lower rate"
        )


def _check_header(file: IO[bytes], size: int) -> None:
    """Whether the header is short, and claims just the bytes that the file has. ValueError."""
    version = np.lib.format.read_magic(file)
    width = 2 if version == (1, 0) else 4
    length = int.from_bytes(file.read(width), "little")
    if length > _LONGEST_HEADER:
        raise ValueError(f"its header has {length} bytes")
    file.seek(np.lib.format.MAGIC_LEN)
    if version == (1, 0):
        shape, _, kind = np.lib.format.read_array_header_1_0(file)
    else:
        shape, _, kind = np.lib.format.read_array_header_2_0(file)
    if kind.kind == "c":  # no map, time or place is; numpy would drop half of it, with a warning
        raise ValueError("its values are complex numbers")
    begins = np.lib.format.MAGIC_LEN + width + length
    if not kind.hasobject and math.prod(shape) * kind.itemsize != size - begins:
        raise ValueError(f"its header claims {shape} of {kind}, and that is not what follows")


def _free_memory() -> int:
    """Bytes that could be used now; without a way to know, four gigabytes."""
    try:
        for line in _MEMINFO.read_text().splitlines():
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) << 10
    except (OSError, ValueError, IndexError):
        pass
    return 4 << 30


def _in_words(size: int) -> str:
    return f"{size / 1e9:.1f} GB" if size >= 10**9 else f"{math.ceil(size / 1e3)} kB"
