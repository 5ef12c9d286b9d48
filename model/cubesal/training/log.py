"""The losses of every step, as a table on disk that survives a crash and a second start."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from cubesal.errors import TrainingError
from cubesal.whole_files import written_whole

__all__ = ["COLUMNS", "TrainingLog", "read_log", "require_tensorboard"]

COLUMNS = ("step", "epoch", "smooth", "temporal", "mask", "total", "lr", "seconds")

_REMEDY = "move it away, or choose another folder with --out"


class TrainingLog:
    """``log.csv`` in a folder: one row per logged step, written at once.

    Args:
        folder: of the run; it exists.
        step: the step that the training continues after; later rows are dropped, since those steps
            are done again.
        tensorboard: also write for TensorBoard.

    Raises:
        TrainingError: TensorBoard is asked for and not installed, or see `read_log`.
        ExportError: the file cannot be written.
    """

    def __init__(self, folder: Path, step: int = 0, tensorboard: bool = False) -> None:
        self._path = folder / "log.csv"
        kept = [row for row in read_log(folder) if row["step"] <= step]
        with written_whole(self._path) as part, part.open("w", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(COLUMNS)
            writer.writerows([_cell(row[name]) for name in COLUMNS] for row in kept)
        self._board = _board(folder / "tensorboard", step) if tensorboard else None

    def add(self, row: Mapping[str, float]) -> None:
        """Append a row with all `COLUMNS`."""
        with self._path.open("a", newline="", encoding="utf-8") as file:
            csv.writer(file, lineterminator="\n").writerow([_cell(row[name]) for name in COLUMNS])
        if self._board is not None:
            for name in COLUMNS[2:]:
                self._board.add_scalar(name, row[name], int(row["step"]))

    def close(self) -> None:
        """Let TensorBoard's writer finish."""
        if self._board is not None:
            self._board.close()


def read_log(folder: Path) -> list[dict[str, float]]:
    """The rows of a folder's ``log.csv``, without what was cut short; [] if there is none.

    Raises:
        TrainingError: it cannot be read, or is something else, which must not be overwritten.
    """
    path = folder / "log.csv"
    try:
        with path.open(newline="", encoding="utf-8") as file:
            reader = csv.DictReader(file)
            rows, header = list(reader), reader.fieldnames
    except (FileNotFoundError, NotADirectoryError):
        return []
    except OSError as error:
        raise TrainingError(f"cannot read {path}: {error.strerror or error}") from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise TrainingError(f"{path} is not the log of a training: {_REMEDY}") from error
    if header is not None and tuple(header) != COLUMNS:
        raise TrainingError(f"{path} is not the log of a training: {_REMEDY}")
    read = []
    for row in rows:
        try:
            read.append({name: float(row[name]) for name in COLUMNS})
        except (KeyError, TypeError, ValueError):
            continue  # the last row of a run that was killed while writing it
    return read


def _cell(value: float) -> str:
    return str(int(value)) if float(value).is_integer() and abs(value) < 1e9 else f"{value:.9g}"


def require_tensorboard() -> Any:
    """TensorBoard's writer; TrainingError if it is not installed."""
    try:
        from torch.utils.tensorboard import SummaryWriter
    except ImportError as error:
        raise TrainingError(
            "run.tensorboard needs the package tensorboard: install it, or turn it off; log.csv is"
            " written in any case"
        ) from error
    return SummaryWriter


def _board(folder: Path, step: int) -> Any:
    return require_tensorboard()(str(folder), purge_step=step + 1)
