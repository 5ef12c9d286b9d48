"""From arguments to an exit code; the one place where errors become text."""

from __future__ import annotations

import os
import signal
import sys
import threading
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module
from typing import Protocol, cast

from cubesal.cli.arguments import Options, build_parser
from cubesal.cli.console import Console
from cubesal.cli.exits import INTERRUPTED, UNUSABLE
from cubesal.errors import Cancelled, CubesalError
from cubesal.threads import spin_briefly
from cubesal.whole_files import remove_parts

__all__ = ["main"]


class _Command(Protocol):
    def run(self, options: Options, console: Console) -> int:
        """Do the work and return the exit code."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code of :mod:`cubesal.cli.exits`."""
    try:
        options = build_parser().parse_args(arguments, namespace=Options())
    except SystemExit as leaving:  # argparse has said what is wrong, or printed the help
        return leaving.code if isinstance(leaving.code, int) else UNUSABLE
    console = Console(options.verbose - options.quiet)
    spin_briefly()
    try:
        with _ended_as_by_ctrl_c():
            # Loaded only now: a command brings torch, PyAV and OpenCV with it.
            module = options.command.replace("-", "_")
            command = cast(_Command, import_module(f"cubesal.cli.{module}"))
            return command.run(options, console)
    except (KeyboardInterrupt, Cancelled):
        remove_parts()
        console.error("interrupted; nothing half-written is left")
        return INTERRUPTED
    except BrokenPipeError:
        # Whoever read our output went away, as `| head` does; keep Python from complaining at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return INTERRUPTED
    except CubesalError as error:
        return _failed(console, str(error))
    except Exception as error:  # the last resort: still one line, and the whole story with -v
        return _failed(console, f"unexpected {type(error).__name__}: {error} (-v shows where)")


@contextmanager
def _ended_as_by_ctrl_c() -> Iterator[None]:
    """Let SIGTERM and SIGHUP raise KeyboardInterrupt too, so that half-written files go."""
    numbers = [getattr(signal, name, None) for name in ("SIGTERM", "SIGHUP")]
    # One that is ignored stays so: nohup ignores SIGHUP.
    ours = [n for n in numbers if n is not None and signal.getsignal(n) is signal.SIG_DFL]
    if threading.current_thread() is not threading.main_thread():
        ours = []  # only the main thread may set handlers

    def interrupt(_number: int, _frame: object) -> None:
        for number in ours:  # a second one must not interrupt the cleaning up
            signal.signal(number, signal.SIG_IGN)
        raise KeyboardInterrupt

    for number in ours:
        signal.signal(number, interrupt)
    try:
        yield
    finally:
        for number in ours:
            signal.signal(number, signal.SIG_DFL)


def _failed(console: Console, message: str) -> int:
    console.error(message)
    if console.verbosity > 0:
        traceback.print_exc(file=sys.stderr)
    return UNUSABLE
