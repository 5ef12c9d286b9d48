"""One process at a time: a lock beside a file that the system lets go of even after kill -9."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from pathlib import Path
from typing import IO

from cubesal.document.errors import DocumentError

__all__ = ["FileLock"]


class FileLock:
    """Holds ``path`` for this process; DocumentError, at once, if another one holds it.

    The lock is a file of its own beside it: SQLite's locks in the file itself would be dropped by
    the next part of the process that opens and closes it.
    """

    def __init__(self, path: Path) -> None:
        self._name = path.with_name(f".{path.name}.lock")
        self._stream: IO[bytes] | None = None
        while self._stream is None:
            try:
                stream = self._name.open("a+b")
            except OSError as error:
                raise DocumentError(
                    f"cannot write beside {path}: {error.strerror or error}; "
                    "copy it to a folder that can be written"
                ) from error
            self._stream = self._taken(stream, path)

    def _taken(self, stream: IO[bytes], path: Path) -> IO[bytes] | None:
        """The stream if it is now locked and still the file of that name; None: try again."""
        try:
            _lock(stream)
        except OSError as error:
            stream.close()
            raise DocumentError(
                f"{path} is open in another window or command; close it there first"
            ) from error
        # Whoever held it before may have removed the file between our opening and locking it.
        with suppress(OSError):
            if os.path.samestat(os.fstat(stream.fileno()), self._name.stat()):
                return stream
        stream.close()
        return None

    def release(self) -> None:
        """Let go; idempotent."""
        if self._stream is None:
            return
        with suppress(OSError):  # while it is locked, so that nobody locks a file without a name
            self._name.unlink()
        self._stream.close()
        self._stream = None


def _lock(stream: IO[bytes]) -> None:
    if sys.platform == "win32":
        import msvcrt

        msvcrt.locking(stream.fileno(), msvcrt.LK_NBLCK, 1)
    else:
        import fcntl

        fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
