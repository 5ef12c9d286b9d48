"""The export queue: jobs one after another, that can be paused, cancelled, and survive a crash."""

from __future__ import annotations

import errno
import threading
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any

from cubesal.errors import Cancelled, CubesalError
from cubesal.exporting.journal import (
    Entry,
    ExportJob,
    held,
    load_journal,
    save_journal,
    sweep_parts,
)
from cubesal.progress import ProgressFn

__all__ = ["ExportQueue", "Work"]

#: Does one job to its end and returns what it wrote. Errors and Cancelled leave no file.
Work = Callable[[ExportJob, ProgressFn], Path]
#: Told of every change of an entry, and of its progress as (entry, done, total).
ChangeFn = Callable[[Entry], None]
ProgressOf = Callable[[Entry, int, int], None]


class ExportQueue:
    """Jobs in order of their arrival. All methods but :meth:`run` return at once, on any thread.

    With a ``journal`` every change is on disk before work goes on. A queue that finds one goes on
    with it: what was finished is kept; what was being written when its process died begins anew,
    and its half-written parts are removed. One process at a time may :meth:`run` a journal.

    Raises ``ExportError`` for a journal that cannot be read.
    """

    def __init__(
        self,
        journal: Path | None = None,
        *,
        changed: ChangeFn | None = None,
        progress: ProgressOf | None = None,
    ) -> None:
        self._journal = journal
        self._changed, self._progress = changed, progress
        self._state = threading.Condition()
        self._paused = self._stopping = False
        self._unwanted: set[int] = set()
        found = journal is not None and journal.exists()
        self._entries: list[Entry] = load_journal(journal) if found and journal else []

    @property
    def entries(self) -> tuple[Entry, ...]:
        """All jobs, in order."""
        with self._state:
            return tuple(self._entries)

    @property
    def paused(self) -> bool:
        """Whether work stands still until :meth:`go_on`."""
        return self._paused

    def add(self, *jobs: ExportJob) -> list[int]:
        """Append jobs; returns their numbers. ExportError if the journal cannot be written."""
        with self._state:
            first = 1 + max((entry.number for entry in self._entries), default=0)
            fresh = [Entry(number, job) for number, job in enumerate(jobs, start=first)]
            self._entries += fresh
            try:
                self._save()
            except BaseException:
                del self._entries[-len(fresh) :]  # told as not added, so it must not be made
                raise
        for entry in fresh:
            self._tell(entry)
        return [entry.number for entry in fresh]

    def pause(self) -> None:
        """Stand still, also in the middle of a job, which keeps what it has."""
        with self._state:
            self._paused = True

    def go_on(self) -> None:
        """End a pause."""
        with self._state:
            self._paused = False
            self._state.notify_all()

    def cancel(self, number: int) -> None:
        """Take a job back: one that waits never begins, one that runs leaves nothing."""
        with self._state:
            entry = next((e for e in self._entries if e.number == number), None)
            if entry is None or not entry.is_open:
                return
            self._unwanted.add(number)
            self._state.notify_all()
        if entry.state == "waiting":
            self._set(entry, state="cancelled")

    def retry(self, number: int) -> None:
        """Let a failed or cancelled job wait again."""
        entry = next((e for e in self.entries if e.number == number), None)
        if entry is not None and entry.state in ("failed", "cancelled"):
            self._unwanted.discard(number)
            self._set(entry, state="waiting", message="")

    def clear(self) -> None:
        """Forget what is finished, failed or cancelled. ExportError."""
        with self._state:
            left = [entry for entry in self._entries if entry.is_open]
            if len(left) < len(self._entries):
                self._entries = left
                self._save()

    def stop(self) -> None:
        """End :meth:`run`; the job under way is broken off, leaves nothing, and waits again."""
        with self._state:
            self._stopping = True
            self._state.notify_all()

    def run(self, work: Work) -> None:
        """Do all that waits, in order, until nothing waits or :meth:`stop`; blocking.

        A job that fails is marked with its sentence and the next one follows; when the disk is
        full those behind it keep waiting. Whatever interrupts the run leaves its job waiting.
        """
        self._stopping = False
        with held(self._journal) if self._journal else nullcontext():
            self._recover()
            while (entry := self._next()) is not None:
                if not self._do(entry, work):
                    return

    def _recover(self) -> None:
        """Nobody else runs this queue: what is marked as running died with its process."""
        for entry in self.entries:
            if entry.state == "running":
                sweep_parts(entry.job.out)
                self._set(entry, state="waiting")

    def _next(self) -> Entry | None:
        with self._state:
            self._state.wait_for(lambda: not self._paused or self._stopping)
            if self._stopping:
                return None
            return next((e for e in self._entries if e.state == "waiting"), None)

    def _do(self, entry: Entry, work: Work) -> bool:
        """One job; False if the run ends with it."""
        entry = self._set(entry, state="running")
        try:
            written = work(entry.job, self._watch(entry))
        except Cancelled:
            is_unwanted = entry.number in self._unwanted
            self._set(entry, state="cancelled" if is_unwanted else "waiting")
            if not is_unwanted and not self._stopping:
                raise
            return is_unwanted
        except CubesalError as error:
            self._set(entry, state="failed", message=str(error))
            return not _is_full_disk(error)
        except BaseException:
            self._set(entry, state="waiting")
            raise
        self._set(entry, state="done", written=written)
        return True

    def _watch(self, entry: Entry) -> ProgressFn:
        def report(done: int, total: int) -> None:
            with self._state:
                self._state.wait_for(
                    lambda: not self._paused or self._stopping or entry.number in self._unwanted
                )
                if self._stopping or entry.number in self._unwanted:
                    raise Cancelled("cancelled")
            if self._progress is not None:
                self._progress(entry, done, total)

        return report

    def _set(self, entry: Entry, **changes: Any) -> Entry:
        now = replace(entry, **changes)
        with self._state:
            self._entries = [now if e.number == now.number else e for e in self._entries]
            self._save()
        self._tell(now)
        return now

    def _save(self) -> None:
        if self._journal is not None:
            save_journal(self._journal, self._entries)

    def _tell(self, entry: Entry) -> None:
        if self._changed is not None:
            self._changed(entry)


def _is_full_disk(error: BaseException) -> bool:
    return any(
        isinstance(cause, OSError) and cause.errno in (errno.ENOSPC, errno.EDQUOT)
        for cause in _causes(error)
    )


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__
