"""What a document file looks like inside, and the refusal of everything that does not."""

from __future__ import annotations

import sqlite3
import stat
from pathlib import Path
from typing import Final

from cubesal.document.errors import DocumentError

__all__ = [
    "BLOCK",
    "SCHEMA_VERSION",
    "check_header",
    "check_schema",
    "create_schema",
    "raise_version",
]

SCHEMA_VERSION: Final = 2
_APPLICATION_ID: Final = 0x43554253  # "CUBS"
_MAGIC: Final = b"SQLite format 3\0"

#: Peaks, and how the picture turns, are kept in rows of this many grid points: what opening a clip
#: of ten hours has to read is 176 rows, not 180 000. Version 1 had peaks alone.
BLOCK: Final = 1024

# A map's id is its analysis << 32 | its grid point. Nothing is looked up but by these keys, so
# there are no indexes; nothing happens by itself, so there are no triggers and no views.
_TABLES: Final = (
    "CREATE TABLE facts (name TEXT NOT NULL PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID",
    "CREATE TABLE analyses (id INTEGER PRIMARY KEY, facts TEXT NOT NULL)",
    "CREATE TABLE peaks (analysis INTEGER NOT NULL, block INTEGER NOT NULL, peaks BLOB NOT NULL,"
    " PRIMARY KEY (analysis, block)) WITHOUT ROWID",
    "CREATE TABLE maps (id INTEGER PRIMARY KEY, code BLOB NOT NULL)",
)


def create_schema(connection: sqlite3.Connection) -> None:
    """Make the tables in an empty file; the transaction that this begins is the caller's to end."""
    # Three to five maps to a page, none of them in overflow pages.
    connection.execute("PRAGMA page_size = 16384")
    connection.execute("BEGIN")
    connection.execute(f"PRAGMA application_id = {_APPLICATION_ID}")
    connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
    for table in _TABLES:
        connection.execute(table)


def raise_version(connection: sqlite3.Connection) -> None:
    """Mark a document of an earlier version as one of this; with the first maps that are."""
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if version < SCHEMA_VERSION:
        connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")


def check_header(path: Path) -> None:
    """Refuse what is no document of ours before SQLite reads a byte of it. DocumentError."""
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):  # opening a named pipe would wait for ever
            raise DocumentError(f"{path} is not a document: it is no ordinary file")
        with path.open("rb") as file:
            head = file.read(100)
    except FileNotFoundError as error:
        raise DocumentError(f"{path} does not exist") from error
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "no file can have this name"
        raise DocumentError(f"cannot read {path}: {reason}") from error
    if len(head) < 100 or not head.startswith(_MAGIC):
        raise DocumentError(f"{path} is not a cubesal document; open the clip itself")
    if int.from_bytes(head[68:72], "big") != _APPLICATION_ID:
        raise DocumentError(f"{path} is a database of another program, not a cubesal document")
    _check_version(path, int.from_bytes(head[60:64], "big"))


def _check_version(path: Path, version: int) -> None:
    if version > SCHEMA_VERSION:
        raise DocumentError(
            f"{path} was made by a newer cubesal (document version {version}, this one reads up to"
            f" {SCHEMA_VERSION}); update cubesal-viewer to open it"
        )
    if version < 1:
        raise DocumentError(f"{path} is not a cubesal document: it has no version")


def check_schema(connection: sqlite3.Connection, path: Path) -> None:
    """Refuse a document that holds anything but our tables, exactly as we make them.

    A trigger, a view or a generated column would let a document run what its author likes.
    """
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    _check_version(path, version)  # as it is after what a killed process left has been recovered
    rows = connection.execute("SELECT sql FROM sqlite_master LIMIT ?", (len(_TABLES) + 1,))
    if sorted(str(sql) for (sql,) in rows) != sorted(_TABLES):
        raise DocumentError(
            f"{path} is damaged or not made by cubesal: its tables are not those of a document"
        )
