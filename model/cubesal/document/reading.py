"""Reading a document beside its writer: which maps there are, and single maps at random."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from weakref import finalize

import numpy as np
from numpy.typing import NDArray

from cubesal.document.analysis_key import AnalysisKey, key_from_text
from cubesal.document.connection import connected, in_words
from cubesal.document.errors import DocumentError
from cubesal.document.map_code import decode_map
from cubesal.document.schema import BLOCK

__all__ = ["MapReader", "find_analysis", "map_id", "marks_of"]

#: A document of more analyses was made by nobody's hand.
_MOST_ANALYSES = 1000


class MapReader:
    """The maps of one analysis, each read when it is asked for. For one thread at a time.

    ``peaks`` (K,) float32 are the largest values of the maps that were there on opening, NaN where
    there was none, ``turns`` (K,) how the picture turns there, rad/s, NaN where that is not known:
    opening reads these and no map, whatever the length of the clip. ``close`` it.
    """

    def __init__(self, path: Path, key: AnalysisKey) -> None:
        self.path = path
        self.key = key
        self._connection = connected(path, writing=False)
        self.close = finalize(self, self._connection.close)  # also when nobody looks any more
        try:
            with in_words(path):
                self._analysis = find_analysis(self._connection, path, key)
                marks = marks_of(self._connection, path, self._analysis, key.points)
            self.peaks, self.turns = marks[:, 0], marks[:, 1]
        except BaseException:
            self.close()
            raise

    def read(self, k: int) -> NDArray[np.float32] | None:
        """The map (H, W) of grid point ``k``, read-only; None if there is none. DocumentError."""
        with in_words(self.path):
            if self._analysis is None:  # nothing of it was there on opening, but may be now
                self._analysis = find_analysis(self._connection, self.path, self.key)
            if self._analysis is None:
                return None
            found = self._connection.execute(
                "SELECT code FROM maps WHERE id = ?", (map_id(self._analysis, k),)
            ).fetchone()
        return None if found is None else _decoded(self.path, found[0])


def _decoded(path: Path, code: object) -> NDArray[np.float32]:
    try:
        if not isinstance(code, bytes):
            raise ValueError("a map is no text")
        return decode_map(code)
    except ValueError as error:
        raise DocumentError(
            f"{path} holds a damaged map ({error}); analyse the clip anew"
        ) from error


def map_id(analysis: int, k: int) -> int:
    """The row of a map: its analysis, and its grid point in 32 bits."""
    return analysis << 32 | int(k)  # sqlite3 would take one of numpy's integers for a blob


def find_analysis(connection: sqlite3.Connection, path: Path, key: AnalysisKey) -> int | None:
    """The number of an analysis, if it has been begun. DocumentError for odd contents."""
    return next((number for number, other in _analyses(connection, path) if other == key), None)


def _analyses(connection: sqlite3.Connection, path: Path) -> list[tuple[int, AnalysisKey]]:
    rows = connection.execute("SELECT id, facts FROM analyses LIMIT ?", (_MOST_ANALYSES + 1,))
    found = rows.fetchall()
    try:
        if len(found) > _MOST_ANALYSES:
            raise ValueError(f"more than {_MOST_ANALYSES} analyses")
        return [(_number(number), key_from_text(facts)) for number, facts in found]
    except ValueError as error:
        raise DocumentError(f"{path} is damaged or not made by cubesal: {error}") from error


def _number(number: int) -> int:
    if not 0 < number < 1 << 31:
        raise ValueError(f"an analysis numbered {number}")
    return number


def marks_of(
    connection: sqlite3.Connection, path: Path, analysis: int | None, points: int
) -> NDArray[np.float32]:
    """The peaks and turns (K, 2) float32 of an analysis, NaN where there are none. DocumentError.

    Documents of version 1 hold peaks alone, and so do the rows of theirs that nobody has written
    anew since.
    """
    marks = np.full((points, 2), np.nan, np.float32)
    if analysis is None:
        return marks
    blocks = -(-points // BLOCK)
    rows = connection.execute(
        "SELECT block, peaks FROM peaks WHERE analysis = ? LIMIT ?", (analysis, blocks + 1)
    )
    for block, packed in rows:
        is_sound = isinstance(block, int) and isinstance(packed, bytes) and 0 <= block < blocks
        part = marks[block * BLOCK : (block + 1) * BLOCK] if is_sound else marks[:0]
        if is_sound and len(packed) == 8 * len(part):
            part[:] = np.frombuffer(packed, "<f4").reshape(-1, 2)
        elif is_sound and len(packed) == 4 * len(part):
            part[:, 0] = np.frombuffer(packed, "<f4")
        else:
            raise DocumentError(f"{path} is damaged: its list of maps is no list")
    if np.any(np.isinf(marks)) or np.any(marks[:, 0] < 0):
        raise DocumentError(f"{path} is damaged: its list of maps is no list")
    return marks
