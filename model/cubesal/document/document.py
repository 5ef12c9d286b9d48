"""The document of a clip as one file: which clip, what people made, its maps; one writer."""

from __future__ import annotations

import os
import sqlite3
import time
from contextlib import closing, suppress
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
from numpy.typing import NDArray

from cubesal.document.analysis_key import AnalysisKey
from cubesal.document.clip import ClipRef
from cubesal.document.connection import connected, in_words, transaction
from cubesal.document.content import DocumentContent
from cubesal.document.errors import DocumentError
from cubesal.document.facts import read_facts, write_facts
from cubesal.document.lock import FileLock
from cubesal.document.reading import find_analysis, map_id, marks_of
from cubesal.document.schema import BLOCK, check_header, create_schema, raise_version
from cubesal.errors import ExportError
from cubesal.whole_files import written_whole

__all__ = ["SUFFIX", "Document", "create_document", "settle_log"]

SUFFIX = ".cubesal"
#: Maps that follow each other faster than this are committed together, but never longer than
#: _BATCH_S after the first of them.
_QUICK_S = 0.05
_BATCH_S = 0.5


def create_document(
    path: Path, clip: ClipRef, content: DocumentContent | None = None, *, replacing: bool = False
) -> None:
    """Write an empty document of a clip; it appears complete or not at all. DocumentError.

    What is there already is refused, or replaced if ``replacing``.
    """
    if os.path.lexists(path) and not replacing:
        raise DocumentError(f"{path} exists already; open it, or choose another name")
    try:
        with (
            written_whole(path) as part,
            in_words(path),
            closing(sqlite3.connect(part, isolation_level=None)) as connection,
        ):
            create_schema(connection)
            write_facts(connection, clip, content or DocumentContent())
            connection.execute("COMMIT")
    except ExportError as error:
        raise DocumentError(str(error)) from error


class Document:
    """An open document, to be closed. Blocking, and for one thread.

    Everything put into it is there after a kill -9 from its commit on; maps are committed together,
    see :meth:`put`. Raises DocumentError for what is no document, is of a newer version, is held by
    another process, or cannot be written. ``path`` may change with :meth:`save_as`. ``lock``: that
    of ``path``, where it is held already; it is let go of with the document, or where this fails.
    """

    def __init__(self, path: Path, lock: FileLock | None = None) -> None:
        self.path = path
        try:
            check_header(path)  # before anything is written beside it
            self._lock = lock or FileLock(path.resolve())
        except BaseException:
            if lock is not None:
                lock.release()
            raise
        self._pending: dict[tuple[int, int], bytes] = {}
        #: Of each analysis (K, 2): the peaks of its maps, and how the picture turns there.
        self._marks: dict[int, NDArray[np.float32]] = {}
        self._first = self._last = -np.inf
        try:
            self._connection = connected(path, writing=True)
            try:
                with in_words(path):
                    self.clip, self.content = read_facts(self._connection, path)
            except BaseException:
                self._connection.close()
                raise
        except BaseException:
            self._lock.release()
            raise

    def analysis(self, key: AnalysisKey) -> int:
        """The number of an analysis in this document; begun now if it is not there yet."""
        with in_words(self.path):
            number = find_analysis(self._connection, self.path, key)
            if number is None:
                cursor = self._connection.execute(
                    "INSERT INTO analyses (facts) VALUES (?)", (key.text(),)
                )
                number = int(cursor.lastrowid or 0)
            if number not in self._marks:
                self._marks[number] = marks_of(self._connection, self.path, number, key.points)
            return number

    def peaks(self, analysis: int) -> NDArray[np.float32]:
        """The peaks (K,) of an analysis, NaN where there is no map yet; also of maps not committed.

        ValueError for a number that :meth:`analysis` did not give.
        """
        return self._marks_of(analysis)[:, 0].copy()

    def turns(self, analysis: int) -> NDArray[np.float32]:
        """How the picture turns (K,) at the maps of an analysis, rad/s; NaN where not known."""
        return self._marks_of(analysis)[:, 1].copy()

    def put(self, analysis: int, k: int, code: bytes, peak: float, turn: float = np.nan) -> bool:
        """Add an encoded map with its peak, and the picture's turn; True if all is committed now.

        Maps that come slowly are committed one by one; of those that come quickly, the last few
        wait for the next :meth:`put` or for :meth:`commit`.
        """
        marks = self._marks_of(analysis)
        if not 0 <= k < len(marks):
            raise ValueError(f"grid point {k} is outside 0..{len(marks) - 1}")
        now = time.monotonic()
        if not self._pending:
            self._first = now
        self._pending[analysis, int(k)] = code
        marks[k] = peak, turn
        is_slow, self._last = now - self._last > _QUICK_S, now
        if not is_slow and now - self._first < _BATCH_S:
            return False
        self.commit()
        return True

    def commit(self) -> None:
        """Write what waits, all of it or, with a DocumentError, nothing: then it still waits."""
        if not self._pending:
            return
        blocks = {(analysis, k // BLOCK) for analysis, k in self._pending}
        with in_words(self.path), transaction(self._connection):
            raise_version(self._connection)
            self._connection.executemany(
                "INSERT OR REPLACE INTO maps VALUES (?, ?)",
                [(map_id(*point), code) for point, code in self._pending.items()],
            )
            self._connection.executemany(
                "INSERT OR REPLACE INTO peaks VALUES (?, ?, ?)",
                [(a, b, self._block(a, b)) for a, b in blocks],
            )
        self._pending.clear()

    def write(self, content: DocumentContent, clip: ClipRef | None = None) -> None:
        """Keep what people made, and where the clip is now; committed on return."""
        clip = clip or self.clip
        with in_words(self.path), transaction(self._connection):
            write_facts(self._connection, clip, content)
        self.clip, self.content = clip, content

    def save_as(self, path: Path, content: DocumentContent, clip: ClipRef) -> None:
        """Write everything to another file, complete or not at all, and go on in that one.

        A document that is there is replaced, unless it is open elsewhere.
        """
        self.commit()
        if path.resolve() == self.path.resolve():
            self.write(content, clip)
            return
        lock = FileLock(path.resolve())
        try:
            self._copy(path, content, clip)
            connection = connected(path, writing=True)
        except BaseException:
            lock.release()
            raise
        self._let_go()
        self._lock, self._connection, self.path = lock, connection, path
        self.clip, self.content = clip, content

    def _copy(self, path: Path, content: DocumentContent, clip: ClipRef) -> None:
        try:
            with written_whole(path) as part, in_words(path):
                with closing(sqlite3.connect(part, isolation_level=None)) as copy:
                    self._connection.backup(copy)
                    copy.execute("PRAGMA journal_mode = DELETE")
                    with transaction(copy):
                        write_facts(copy, clip, content)
                settle_log(path)
        except ExportError as error:
            raise DocumentError(str(error)) from error

    def close(self) -> None:
        """Commit and close; idempotent. DocumentError if the last maps could not be written."""
        try:
            self.commit()
        finally:
            self._let_go()

    def _let_go(self) -> None:
        # A closed document is one file, readable from a read-only medium; impossible, and not
        # needed, while somebody still reads it.
        with suppress(sqlite3.Error):
            self._connection.execute("PRAGMA busy_timeout = 0")
            self._connection.execute("PRAGMA journal_mode = DELETE")
        self._connection.close()
        self._lock.release()

    def _marks_of(self, analysis: int) -> NDArray[np.float32]:
        if analysis not in self._marks:
            raise ValueError(f"there is no analysis {analysis} here")
        return self._marks[analysis]

    def _block(self, analysis: int, block: int) -> bytes:
        part = self._marks[analysis][block * BLOCK : (block + 1) * BLOCK]
        return part.astype("<f4").tobytes()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def settle_log(path: Path) -> None:
    """Merge or remove the log of a document that will be replaced: it must not fall to the new."""
    with suppress(DocumentError), closing(connected(path, writing=True)) as old, in_words(path):
        old.execute("PRAGMA journal_mode = DELETE")
    for suffix in ("-wal", "-shm", "-journal"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)
