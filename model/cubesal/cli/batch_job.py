"""What a worker of ``cubesal batch`` is told, and what it answers: plain values that travel."""

from __future__ import annotations

import os
import shutil
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from secrets import token_hex
from typing import Any

from cubesal.cli.batch_inputs import BatchClip
from cubesal.cli.batch_records import HIDDEN
from cubesal.errors import ExportError

__all__ = ["BatchJob", "ClipOutcome", "ClipTask", "run_folder"]

_RUNNING = "running"


@dataclass(frozen=True)
class BatchJob:
    """One run, the same for all its clips; the folders are seen by all its workers."""

    options: dict[str, Any]
    out: Path
    folder: Path
    version: str

    @property
    def is_stopped(self) -> bool:
        """Whether whoever started the run has ended it, also from another machine."""
        return not (self.folder / _RUNNING).exists()

    def stop(self) -> None:
        """Have the workers stop at their next frame."""
        with suppress(OSError):
            (self.folder / _RUNNING).unlink(missing_ok=True)


@dataclass(frozen=True)
class ClipTask:
    """A clip that is not finished yet."""

    clip: BatchClip
    key: str


@dataclass
class ClipOutcome:
    """What became of a clip, as ``--json`` prints it. ``state``: done, skipped or failed."""

    input: str
    state: str
    outputs: list[str] = field(default_factory=list)
    maps: int = 0
    damaged_frames: int = 0
    lost_frames: int = 0
    is_cut_off: bool = False
    resized_frames: int = 0
    seconds: float = 0.0
    error: str | None = None
    #: No clip can succeed: the model does not load, or the worker is of another version.
    is_hopeless: bool = False

    @property
    def is_partial(self) -> bool:
        """Whether there are outputs, but not of every frame."""
        return self.state != "failed" and bool(
            self.damaged_frames or self.lost_frames or self.is_cut_off
        )


@contextmanager
def run_folder(out: Path) -> Iterator[Path]:
    """A new hidden folder for what the workers have not finished; goes at the end. ExportError.

    What runs of this machine have left that were killed goes as well.
    """
    runs = out / HIDDEN / "runs"
    folder = runs / f"{socket.gethostname()}-{os.getpid()}-{token_hex(4)}"
    try:
        folder.mkdir(parents=True)
        _remove_dead(runs)
        (folder / _RUNNING).touch()
    except OSError as error:
        raise ExportError(f"cannot write {folder}: {error.strerror or error}") from error
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _remove_dead(runs: Path) -> None:
    for entry in runs.iterdir():
        host, _, rest = entry.name.rpartition("-")[0].rpartition("-")
        if host == socket.gethostname() and rest.isdigit() and not _is_alive(int(rest)):
            shutil.rmtree(entry, ignore_errors=True)


def _is_alive(pid: int) -> bool:
    if os.name == "nt":
        return True  # there, signal 0 would end the process
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return True
