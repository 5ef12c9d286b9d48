"""What the view holds of a map, and what it misses, from a thread: too much work for the window."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Signal

from cubesal.autopilot import MissedView, lens_share, missed_view
from cubesal.camera import Camera
from cubesal.lens import Lens
from cubesal_viewer.worker import Worker, one_sentence

__all__ = ["ViewFigures"]


@dataclass(frozen=True, eq=False)
class _Question:
    saliency: NDArray[np.float32]
    camera: Camera
    lens: Lens
    aspect: float


class ViewFigures(QObject):
    """Answers the newest question; ``changed`` comes with every answer.

    Attributes:
        share: of the map's attention in view, None without a map.
        missed: where most of the rest is, if it is worth a look.
    """

    changed = Signal()
    _answered = Signal(object, object, object)
    _failed = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self._worker: Worker | None = None
        self._next: _Question | None = None
        self._under_way: _Question | None = None
        self.share: float | None = None
        self.missed: MissedView | None = None
        self._answered.connect(self._on_answered)
        self._failed.connect(self._on_failed)

    def ask(
        self, saliency: NDArray[np.float32] | None, camera: Camera, lens: Lens, aspect: float
    ) -> None:
        """What does this view hold of this map? None forgets what was known at once."""
        if saliency is None:
            self._next = self._under_way = None
            self.share = self.missed = None
            self.changed.emit()
            return
        self._next = _Question(saliency, camera, lens, aspect)
        self._go_on()

    def stop(self) -> bool:
        """End the thread; True if it ended in time."""
        self._next = self._under_way = None
        return self._worker is None or self._worker.stop()

    def _go_on(self) -> None:
        if self._under_way is not None or self._next is None:
            return
        question, self._next = self._next, None
        self._under_way = question
        if self._worker is None:
            self._worker = Worker("view figures")
        self._worker.submit(lambda: self._answer(question))

    def _answer(self, question: _Question) -> None:
        """On the thread."""
        saliency, camera, aspect = question.saliency, question.camera, question.aspect
        try:
            share = lens_share(saliency, camera, aspect, question.lens)
            missed = missed_view(saliency, camera, aspect)
        except Exception as error:
            one_sentence(error)  # goes into the log
            self._failed.emit(question)
            return
        self._answered.emit(question, share, missed)

    def _on_answered(self, question: _Question, share: float, missed: MissedView | None) -> None:
        if question is not self._under_way:
            return  # of a clip that is gone
        self._under_way = None
        self.share, self.missed = share, missed
        self.changed.emit()
        self._go_on()

    def _on_failed(self, question: _Question) -> None:
        if question is self._under_way:
            self._under_way = None
            self._go_on()
