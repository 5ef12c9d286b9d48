"""Fixations from CSV and npz files: where, and when if that is said."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cubesal.array_files import opened_arrays
from cubesal.errors import DAMAGED_ARRAY, EvaluationError

__all__ = ["Fixations", "read_fixations"]

_PLACES = (("yaw_deg", "pitch_deg"), ("u", "v"))
_NUMBERS = ("yaw_deg", "pitch_deg", "u", "v", "time_s", "frame_index", "duration_s")
_Columns = dict[str, NDArray[np.float64]]


@dataclass(frozen=True, eq=False)
class Fixations:
    """N fixations: equirect ``u``, ``v`` in [0, 1], begin and end in seconds (None: always)."""

    u: NDArray[np.float64]
    v: NDArray[np.float64]
    start_s: NDArray[np.float64] | None = None
    end_s: NDArray[np.float64] | None = None

    def around(self, time_s: float, reach_s: float) -> NDArray[np.bool_]:
        """(N,): which hold at a moment; those without duration if at most ``reach_s`` away."""
        if self.start_s is None:
            return np.ones(len(self.u), bool)
        if self.end_s is None:
            return np.asarray(np.abs(self.start_s - time_s) <= reach_s)
        return np.asarray((self.start_s <= time_s) & (time_s <= self.end_s))


def read_fixations(
    path: Path, frame_index: NDArray[np.int64], time_s: NDArray[np.float64]
) -> Fixations | None:
    """The fixations of a CSV or npz; None for an npz that holds none. EvaluationError.

    ``frame_index``, ``time_s`` (K,): by which frames that are named become moments.
    """
    columns = _csv_columns(path) if path.suffix.lower() == ".csv" else _npz_columns(path)
    if columns is None:
        return None
    u, v = _places(path, columns)
    if u.size == 0:
        raise EvaluationError(f"{path} has no fixations in it")
    for name, values in columns.items():
        if not np.isfinite(values).all():
            raise EvaluationError(f"{path} has a {name} that is not finite: row {_bad(values)}")
        if values.shape != u.shape:
            raise EvaluationError(f"{path} has {u.size} places but {values.size} of {name}")
    if v.min() < 0 or v.max() > 1:
        raise EvaluationError(f"{path} has fixations above or below the poles: check its columns")
    start = columns.get("time_s")
    if start is None and "frame_index" in columns:
        start = np.interp(columns["frame_index"], frame_index, time_s)
    duration = columns.get("duration_s")
    end = None if start is None or duration is None else start + np.maximum(duration, 0)
    return Fixations(u % 1.0, v, start, end)


def _bad(values: NDArray[np.float64]) -> int:
    return int(np.argmin(np.isfinite(values))) + 1


def _places(path: Path, columns: _Columns) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    if "yaw_deg" in columns and "pitch_deg" in columns:
        return columns["yaw_deg"] / 360 + 0.5, 0.5 - columns["pitch_deg"] / 180
    if "u" in columns and "v" in columns:
        return columns["u"], columns["v"]
    raise EvaluationError(
        f"{path} does not say where people looked: it needs the columns yaw_deg and pitch_deg, "
        "or u and v"
    )


def _csv_columns(path: Path) -> _Columns:
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            rows = csv.DictReader(file, skipinitialspace=True)
            names = [n for n in (rows.fieldnames or ()) if n in _NUMBERS]
            found: dict[str, list[float]] = {name: [] for name in names}
            for number, row in enumerate(rows, start=2):
                for name in names:
                    found[name].append(_number(path, number, name, row[name]))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise EvaluationError(f"{path} cannot be read as a CSV of fixations: {error}") from error
    return {name: np.array(values, np.float64) for name, values in found.items()}


def _number(path: Path, line: int, name: str, text: Any) -> float:
    try:
        return float(text)
    except (TypeError, ValueError):
        raise EvaluationError(f"{path}, line {line}: {name} is {text!r}, not a number") from None


def _npz_columns(path: Path) -> _Columns | None:
    try:
        with opened_arrays(path) as archive:
            if not any(a in archive and b in archive for a, b in _PLACES):
                return None
            names = [name for name in _NUMBERS if name in archive]
            return {name: np.asarray(archive[name], np.float64).reshape(-1) for name in names}
    except DAMAGED_ARRAY as error:
        raise EvaluationError(f"{path} is not a readable npz of fixations or maps") from error
