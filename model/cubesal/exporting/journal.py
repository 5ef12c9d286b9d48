"""What an export queue remembers: its jobs as frozen values, in a file that is always whole."""

from __future__ import annotations

import json
import os
import re
import shutil
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, Literal, get_args

from cubesal.errors import ExportError
from cubesal.whole_files import written_whole

__all__ = ["Entry", "ExportJob", "JobState", "held", "load_journal", "save_journal", "sweep_parts"]

JobState = Literal["waiting", "running", "done", "failed", "cancelled"]
_FORMAT, _VERSION = "cubesal export queue", 1
#: What whole_files and tempfile put between a target's name and ".part".
_TOKEN = r"(?:[0-9a-f]{16}|[a-z0-9_]{8})"
_NAME_CHARACTERS = 50


@dataclass(frozen=True)
class ExportJob:
    """One output: ``what`` of ``clip`` goes to ``out``; ``settings`` hold the rest, JSON values."""

    what: str
    clip: Path
    out: Path
    settings: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Entry:
    """A job in a queue: its number there, how it stands, and why it failed, in one sentence.

    ``written`` is the file or folder that a finished job has left.
    """

    number: int
    job: ExportJob
    state: JobState = "waiting"
    message: str = ""
    written: Path | None = None

    @property
    def is_open(self) -> bool:
        """Whether there is still something to do."""
        return self.state in ("waiting", "running")


def save_journal(file: Path, entries: Iterable[Entry]) -> None:
    """Write all entries; whoever is killed meanwhile leaves the earlier journal. ExportError."""
    jobs = [
        {
            "number": entry.number,
            "what": entry.job.what,
            "clip": str(entry.job.clip),
            "out": str(entry.job.out),
            "settings": dict(entry.job.settings),
            "state": entry.state,
            "message": entry.message,
            "written": None if entry.written is None else str(entry.written),
        }
        for entry in entries
    ]
    facts = {"format": _FORMAT, "version": _VERSION, "jobs": jobs}
    with written_whole(file) as part, part.open("w", encoding="utf-8") as stream:
        json.dump(facts, stream, indent=1)
        stream.flush()
        os.fsync(stream.fileno())  # a power cut must not leave the new name on old content


def load_journal(file: Path) -> list[Entry]:
    """The entries of a journal. ExportError for what is none, in one sentence."""
    try:
        facts = json.loads(file.read_text(encoding="utf-8"))
        if facts["format"] != _FORMAT or facts["version"] != _VERSION:
            raise ValueError
        return [_entry(saved) for saved in facts["jobs"]]
    except FileNotFoundError as error:
        raise ExportError(f"{file} does not exist: there is no queue to go on with") from error
    except OSError as error:
        raise ExportError(f"cannot read {file}: {error.strerror or error}") from error
    except (ValueError, KeyError, TypeError, OverflowError, RecursionError) as error:
        raise ExportError(f"{file} is not the journal of an export queue") from error


def _entry(saved: dict[str, Any]) -> Entry:
    if saved["state"] not in get_args(JobState) or not isinstance(saved["settings"], dict):
        raise ValueError("not an entry")
    job = ExportJob(saved["what"], Path(saved["clip"]), Path(saved["out"]), saved["settings"])
    written = None if saved["written"] is None else Path(saved["written"])
    return Entry(int(saved["number"]), job, saved["state"], str(saved["message"]), written)


def sweep_parts(out: Path) -> None:
    """Remove what a killed process left half-written for ``out``; nobody else may be writing it."""
    name = re.escape(out.name[:_NAME_CHARACTERS])
    whole = re.escape(out.name)
    pattern = re.compile(rf"\.(?:{name}|{whole})\.{_TOKEN}\.part")
    # A snapshot's "out" may be the folder in which it gets a name of its own.
    inside = re.compile(rf"\..*\.{_TOKEN}\.part") if out.is_dir() else None
    with suppress(OSError):
        for entry in out.parent.iterdir():
            if pattern.fullmatch(entry.name):
                _remove(entry)
        for entry in out.iterdir() if inside else ():
            if inside and inside.fullmatch(entry.name):
                _remove(entry)


def _remove(entry: Path) -> None:
    if entry.is_dir() and not entry.is_symlink():
        shutil.rmtree(entry, ignore_errors=True)
    else:
        entry.unlink(missing_ok=True)


@contextmanager
def held(file: Path) -> Iterator[None]:
    """Hold a journal for this process; the system lets go of it even if we are killed.

    ExportError if another process holds it.
    """
    lock = file.with_name(f".{file.name}.lock")
    try:
        stream = lock.open("a+b")
    except OSError as error:
        raise ExportError(f"cannot write {file}: {error.strerror or error}") from error
    with stream:
        try:
            _lock(stream)
        except OSError as error:
            raise ExportError(f"{file} is being worked on by another process") from error
        try:
            yield
        finally:
            with suppress(OSError):
                lock.unlink()


def _lock(stream: IO[bytes]) -> None:
    if sys.platform == "win32":
        import msvcrt

        msvcrt.locking(stream.fileno(), msvcrt.LK_NBLCK, 1)
    else:
        import fcntl

        fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
