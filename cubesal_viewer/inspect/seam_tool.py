"""Asks the library what borders do to the present frame, on a thread, and shows the answer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QFileDialog, QWidget

from cubesal.errors import CubesalError
from cubesal.inspection import Quantity, SeamReport, inspect_seams
from cubesal.video import Frame
from cubesal_viewer.inspect.seam_dialog import SeamDialog
from cubesal_viewer.worker import Worker, one_sentence

if TYPE_CHECKING:
    from cubesal.saliency_model import SaliencyModel

__all__ = ["SeamQuestion", "SeamTool"]


@dataclass(frozen=True, eq=False)
class SeamQuestion:
    """Which frame is to be looked at by which model on which device."""

    model: str
    device: str
    frame: Frame


class SeamTool(QObject):
    """The dialog and its thread, both made when they are first asked for."""

    found = Signal(int, object)
    missed = Signal(int, str)
    failed = Signal(str)

    def __init__(self, question_of: Callable[[], SeamQuestion | None], window: QWidget) -> None:
        super().__init__(window)
        self._question_of, self._window = question_of, window
        self._worker: Worker | None = None
        self._generation = 0
        self._loaded: tuple[str, str, SaliencyModel] | None = None  # of the thread
        self.dialog: SeamDialog | None = None
        self.report: SeamReport | None = None
        self.found.connect(self._on_found)
        self.missed.connect(self._on_missed)

    def show(self) -> None:
        """Open the dialog and look at the present frame."""
        if self._question_of() is None:
            self.failed.emit(self.tr("Open a clip first: the inspector looks at its frame"))
            return
        if self.dialog is None:
            self.dialog = SeamDialog(self._window)
            self.dialog.asked.connect(self.look)
            self.dialog.table_asked.connect(self._save)
        self.dialog.show()
        self.dialog.raise_()
        self.look()

    def look(self) -> None:
        """Look at the present frame by the dialog's choices; the newest question is answered."""
        question = self._question_of()
        if question is None or self.dialog is None:
            return
        self._generation += 1
        generation, dialog = self._generation, self.dialog
        quantity, turned = dialog.quantity, dialog.turned
        dialog.set_busy(self.tr("Looking…"))
        self._worker = self._worker or Worker("seams")
        self._worker.submit(
            lambda: self._inspect(generation, question, quantity, turned), replace=True
        )

    def stop(self) -> bool:
        """Close the dialog and end the thread; True if it ended in time."""
        self._generation += 1
        if self.dialog is not None:
            self.dialog.close()
        return self._worker is None or self._worker.stop(timeout_s=15.0)

    def _inspect(
        self, generation: int, question: SeamQuestion, quantity: Quantity, turned: bool
    ) -> None:
        if generation != self._generation:
            return
        try:
            model = self._model(question)
            report = inspect_seams(model, question.frame.rgb(), quantity, turned=turned)
        except ValueError as error:  # the frame shows nothing to compare
            self.missed.emit(generation, str(error))
        except Exception as error:
            self.missed.emit(generation, one_sentence(error))
        else:
            self.found.emit(generation, report)

    def _model(self, question: SeamQuestion) -> SaliencyModel:
        from cubesal.models import load_model  # imports torch: on this thread

        wanted = (question.model, question.device)
        if self._loaded is None or self._loaded[:2] != wanted:
            self._loaded = (*wanted, load_model(*wanted))
        return self._loaded[2]

    def _on_found(self, generation: int, report: SeamReport) -> None:
        if generation == self._generation and self.dialog is not None:
            self.report = report
            self.dialog.set_busy("")
            self.dialog.set_report(report)

    def _on_missed(self, generation: int, message: str) -> None:
        if generation == self._generation and self.dialog is not None:
            self.dialog.set_busy("")
            self.failed.emit(message)

    def _save(self) -> None:
        name, _ = QFileDialog.getSaveFileName(
            self.dialog, self.tr("Save edges"), "edges.csv", "CSV (*.csv)"
        )
        if not name or self.report is None:
            return
        try:
            self.report.write_csv(Path(name))
        except CubesalError as error:
            self.failed.emit(str(error))
