"""Connections to a document that trust nothing in it, and SQLite's errors in words."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cubesal.document.errors import DocumentError
from cubesal.document.schema import check_header, check_schema

__all__ = ["LONGEST_TEXT", "connected", "in_words", "transaction"]

#: No text or blob of a document is longer, so nothing larger is ever allocated for one.
LONGEST_TEXT = 16 << 20
_BUSY_S = 5.0


def connected(path: Path, *, writing: bool) -> sqlite3.Connection:
    """Connect to a document that exists, after checking that it is one. DocumentError.

    The connection may be made on one thread and used on another, by one at a time. Transactions
    are begun and ended by hand.
    """
    check_header(path)
    uri = f"{path.absolute().as_uri()}?mode={'rw' if writing else 'ro'}"
    with in_words(path):
        connection = sqlite3.connect(
            uri, uri=True, isolation_level=None, timeout=_BUSY_S, check_same_thread=False
        )
        try:
            _distrust(connection)
            check_schema(connection, path)
            if writing:
                # A commit is in the log when it returns, whatever becomes of this process; the log
                # is synchronised when it is merged, so that a power cut leaves an older document.
                connection.execute("PRAGMA journal_mode = WAL")
                connection.execute("PRAGMA synchronous = NORMAL")
        except BaseException:
            connection.close()
            raise
    return connection


def _distrust(connection: sqlite3.Connection) -> None:
    connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, LONGEST_TEXT)
    connection.setlimit(sqlite3.SQLITE_LIMIT_ATTACHED, 0)
    for pragma in ("trusted_schema = OFF", "cell_size_check = ON", "mmap_size = 0"):
        connection.execute(f"PRAGMA {pragma}")


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """Everything in the block is committed together, or nothing of it is."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


@contextmanager
def in_words(path: Path) -> Iterator[None]:
    """Turn what SQLite raises into a DocumentError that says what to do."""
    try:
        yield
    except sqlite3.OperationalError as error:
        raise DocumentError(_operational(path, str(error))) from error
    except (sqlite3.Error, sqlite3.Warning, UnicodeError, OverflowError) as error:
        raise DocumentError(
            f"{path} is damaged ({error}); go back to an earlier copy, or open the clip anew"
        ) from error


def _operational(path: Path, words: str) -> str:
    if "full" in words:
        return f"cannot write {path}: the disk is full; make room and save again"
    if "readonly" in words:
        return f"cannot write {path}: the file or its folder is read-only; save it elsewhere"
    if "locked" in words or "busy" in words:
        return f"{path} is open in another window or command; close it there first"
    if "disk I/O" in words:
        # A full disk, too, where it is SQLite's index of the log that does not fit any more.
        return f"cannot use {path}: the disk is full or reports an error, or the file is gone"
    if "unable to open" in words:
        return f"cannot open {path}: check that it is still there, and its permissions"
    return f"{path} is damaged ({words}); go back to an earlier copy, or open the clip anew"
