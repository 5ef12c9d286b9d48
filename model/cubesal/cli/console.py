"""What people read while a command works: progress and errors on stderr, results on stdout."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from cubesal.progress import ProgressFn

if TYPE_CHECKING:
    from rich.table import Table

__all__ = ["Console"]

_UNWATCHED_WIDTH = 240


class Console:
    """Verbosity -1 (``-q``) prints results and errors only, 0 is normal, 1 (``-v``) tells more."""

    def __init__(self, verbosity: int = 0) -> None:
        self.verbosity = verbosity

    def result(self, text: str) -> None:
        """Something that was asked for."""
        print(text)

    def table(self, title: str, table: Table) -> None:
        """A table that was asked for, under a line; as wide as it needs where nobody watches."""
        from rich.console import Console as RichConsole

        print(title)
        width = None if sys.stdout.isatty() else _UNWATCHED_WIDTH
        RichConsole(file=sys.stdout, width=width, highlight=False).print(table)

    def note(self, text: str) -> None:
        """Something good to know; silent with ``-q``."""
        if self.verbosity >= 0:
            print(text, file=sys.stderr)

    def detail(self, text: str) -> None:
        """Something for those who look closer, with ``-v``."""
        if self.verbosity > 0:
            print(text, file=sys.stderr)

    def error(self, text: str) -> None:
        """What went wrong, as one line."""
        print(f"cubesal: error: {' '.join(text.split())}", file=sys.stderr)

    @contextmanager
    def progress(self, what: str) -> Iterator[ProgressFn]:
        """Show the progress of a job: a bar for a person watching, else one line at its end."""
        if self.verbosity >= 0 and sys.stderr.isatty():
            with _bar(what) as update:
                yield update
            return
        count, began = 0, time.perf_counter()

        def remember(done: int, _total: int) -> None:
            nonlocal count
            count = done

        yield remember
        self.note(f"{what}: {count} in {time.perf_counter() - began:.1f} s")


@contextmanager
def _bar(what: str) -> Iterator[ProgressFn]:
    from rich import progress as rich_progress  # only when somebody watches
    from rich.console import Console as RichConsole

    columns = (
        rich_progress.TextColumn("{task.description}"),
        rich_progress.BarColumn(),
        rich_progress.MofNCompleteColumn(),
        rich_progress.TimeElapsedColumn(),
        rich_progress.TimeRemainingColumn(),
    )
    with rich_progress.Progress(*columns, console=RichConsole(stderr=True)) as bars:
        task = bars.add_task(what, total=None)
        yield lambda done, total: bars.update(task, completed=done, total=total)
