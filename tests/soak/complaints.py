"""Everything that may be said while the monkey plays: what is a fault, what a fair answer."""

from __future__ import annotations

import logging
from collections import Counter

from cubesal_viewer.app import Viewer
from cubesal_viewer.failures import Failures
from cubesal_viewer.log import logger

__all__ = ["Complaints"]

_OURS = ("Something went wrong inside", "serious problem")


class Complaints(logging.Handler):
    """Exceptions of any thread, Qt's warnings and errors of the log are faults; sentences are not.

    ``faults`` and ``sentences`` count each text.
    """

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.faults: Counter[str] = Counter()
        self.sentences: Counter[str] = Counter()
        self._failures = Failures()
        self._failures.install()
        logger.addHandler(self)
        logger.setLevel(logging.INFO)

    def watch(self, viewer: Viewer) -> None:
        """Hear what the window tells."""
        viewer.failed.connect(self.told)
        self._failures.told.connect(viewer.tell)

    def told(self, sentence: str) -> None:
        """A sentence for the person: of a fault of ours, or a fair answer."""
        is_fault = sentence.startswith(_OURS) or "\n" in sentence or not sentence.strip()
        (self.faults if is_fault else self.sentences)[sentence] += 1

    def emit(self, record: logging.LogRecord) -> None:
        message = record.getMessage()
        if record.levelno >= logging.ERROR or message.startswith("Qt: "):
            self.faults[self.format(record)] += 1

    def end(self) -> None:
        """Hear no more."""
        logger.removeHandler(self)
        self._failures.remove()
