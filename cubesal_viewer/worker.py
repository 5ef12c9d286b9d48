"""One named thread with a queue of commands: the wrapper around every blocking core.

A core is plain blocking code with tests of its own.  The wrapper owns the thread and runs one
command at a time; what a newer request has made pointless is dropped before it begins, and answers
carry a generation so that late ones are ignored.
"""

from __future__ import annotations

import sys
import threading
import traceback
from collections import deque
from collections.abc import Callable

from cubesal.errors import CubesalError
from cubesal.threads import yield_to_others
from cubesal_viewer.log import logger, without_folders

__all__ = ["Worker", "details_of", "one_sentence"]

Command = Callable[[], None]

#: Between threads an error travels as its sentence; where it came from waits here for the dialog.
_TRACEBACKS: dict[str, str] = {}
_MOST = 20


class Worker:
    """A daemon thread that runs commands in order; ``replace`` drops those not yet begun.

    Commands report their own failures to whoever asked; one that raises all the same is printed and
    does not end the thread.  ``stop`` never waits behind queued work; ``at_end`` is the last thing
    that the thread does.  The window and the ``prompt`` workers, whose work is seen or heard at
    once, come before all others where cores are few.
    """

    def __init__(self, name: str, at_end: Command | None = None, *, prompt: bool = False) -> None:
        self._at_end = at_end
        self._prompt = prompt
        self._ready = threading.Condition()
        self._commands: deque[Command] = deque()
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    def submit(self, command: Command, *, replace: bool = False) -> None:
        """Queue a command; with ``replace`` it takes the place of everything still waiting."""
        with self._ready:
            if replace:
                self._commands.clear()
            self._commands.append(command)
            self._ready.notify()

    def stop(self, timeout_s: float = 5.0) -> bool:
        """Ask the thread to end and wait; True if it did within ``timeout_s``."""
        with self._ready:
            self._stopping = True
            self._commands.clear()
            self._ready.notify()
        self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def _run(self) -> None:
        if not self._prompt:
            yield_to_others()
        while True:
            with self._ready:
                self._ready.wait_for(lambda: self._commands or self._stopping)
                if self._stopping:
                    break
                command = self._commands.popleft()
            self._attempt(command)
        if self._at_end is not None:
            self._attempt(self._at_end)

    @staticmethod
    def _attempt(command: Command) -> None:
        try:
            command()
        except Exception as error:
            one_sentence(error)  # says where it came from


def one_sentence(error: Exception) -> str:
    """Say what ended a command; for our own errors that is their text.

    Anything else is a fault of ours: the traceback goes to the terminal and into the log, and the
    sentence asks for it.
    """
    if isinstance(error, CubesalError):
        return str(error)
    traceback.print_exception(error, file=sys.stderr)
    logger.error("unexpected in a worker", exc_info=error)
    sentence = (
        f"Something went wrong inside cubesal-viewer ({type(error).__name__}: {error}); "
        "please report it with the details."
    )
    _remember("".join(traceback.format_exception(error)), sentence)
    return sentence


def details_of(sentence: str) -> str:
    """The traceback behind a sentence of :func:`one_sentence`, while it is among the last ones."""
    return _TRACEBACKS.get(sentence, "")


def _remember(lines: str, sentence: str) -> None:
    _TRACEBACKS.pop(sentence, None)
    _TRACEBACKS[sentence] = without_folders(lines)
    while len(_TRACEBACKS) > _MOST:
        _TRACEBACKS.pop(next(iter(_TRACEBACKS)), None)
