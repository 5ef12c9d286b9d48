"""Alternatives side by side: paths that look elsewhere, with pictures, to take one of."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Qt, QTimer, Signal
from PySide6.QtGui import QImage, QPixmap
from PySide6.QtWidgets import (
    QDialog,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from cubesal.autopilot import CameraPath, PathKey, alternative_paths, model_keys
from cubesal.geometry import equirect_to_perspective
from cubesal.picture_turns import known_turns
from cubesal.video import ClipReader
from cubesal_viewer.autopilot.planner import PlanRequest
from cubesal_viewer.worker import Worker, one_sentence

__all__ = ["AlternativesDialog", "AlternativesFinder", "Shown", "keys_of"]

COUNT = 3
#: When in the stretch the pictures are taken, as parts of it.
_MOMENTS = (0.15, 0.4, 0.65, 0.9)
_WIDTH, _HEIGHT = 184, 104


@dataclass(frozen=True, eq=False)
class Shown:
    """An alternative, the mean share it keeps in view, and what it sees: (H, W, 3) each."""

    path: CameraPath
    share: float
    pictures: tuple[NDArray[np.uint8], ...]


def found_alternatives(clip: Path, projection: str | None, request: PlanRequest) -> list[Shown]:
    """Plan the alternatives of a stretch and look at the clip along each. Blocking."""
    maps = np.stack([saliency for _, saliency in request.maps.maps()])
    times_s = request.maps.times_s
    turn = known_turns(request.maps.turns)
    found = alternative_paths(maps, times_s, request.options, COUNT, request.areas, turn)
    begin, end = float(times_s[0]), float(times_s[-1])
    moments = [begin + part * (end - begin) for part in _MOMENTS]
    with ClipReader(clip, projection=projection) as reader:
        frames = [reader.read(reader.index_at(moment)).rgb() for moment in moments]
    return [
        Shown(
            one.path,
            one.share,
            tuple(
                equirect_to_perspective(frame, one.path.at(moment), _WIDTH, _HEIGHT)
                for frame, moment in zip(frames, moments, strict=True)
            ),
        )
        for one in found
    ]


def keys_of(path: CameraPath) -> tuple[PathKey, ...]:
    """Keys that make the planner fly this path."""
    return tuple(replace(key, locked=True, ease="direct") for key in model_keys(path))


class AlternativesFinder(QObject):
    """Runs :func:`found_alternatives` on a thread; only the newest request is answered."""

    found = Signal(int, object)
    failed = Signal(int, str)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._worker = Worker("alternatives")
        self._generation = 0

    def find(self, clip: Path, projection: str | None, request: PlanRequest) -> int:
        """Look for alternatives; ``found`` or ``failed`` brings the generation returned here."""
        self._generation += 1
        generation = self._generation

        def work() -> None:
            try:
                shown = found_alternatives(clip, projection, request)
            except Exception as error:
                self.failed.emit(generation, one_sentence(error))
            else:
                self.found.emit(generation, shown)

        self._worker.submit(work, replace=True)
        return generation

    def stop(self) -> bool:
        """End the thread; True if it ended in time."""
        return self._worker.stop()


class AlternativesDialog(QDialog):
    """Shows alternatives a row each; emits ``taken`` with the keys of the one that is taken."""

    taken = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(self.tr("Alternative paths"))
        self._rows = QGridLayout()
        self._rows.setHorizontalSpacing(8)
        self._rows.setVerticalSpacing(8)
        self._words = QLabel(self.tr("Looking for other good paths…"))
        self._words.setMinimumWidth(360)
        self._words.setWordWrap(True)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 14, 16, 14)
        column.setSpacing(12)
        column.addWidget(self._words)
        column.addLayout(self._rows)
        closing = QHBoxLayout()
        closing.addStretch(1)
        close = QPushButton(self.tr("Close"))
        close.clicked.connect(self.reject)
        closing.addWidget(close)
        column.addLayout(closing)

    def show_alternatives(self, alternatives: list[Shown]) -> None:
        """Fill the rows, best first."""
        words = self.tr("Each looks where those above it do not. Taking one sets its keys.")
        self._words.setText(words)
        for row, shown in enumerate(alternatives):
            self._add(row, chr(ord("A") + row), shown)
        QTimer.singleShot(0, self, self._settle)  # when the rows have their sizes

    def _settle(self) -> None:
        self.adjustSize()
        around = self.parentWidget()
        if around is not None:  # it was placed while it was small
            self.move(around.frameGeometry().center() - self.rect().center())

    def show_failure(self, sentence: str) -> None:
        """Say why there are none."""
        self._words.setText(sentence)

    def _add(self, row: int, name: str, shown: Shown) -> None:
        share = self.tr("%1: %2 of the attention").replace("%1", name)
        self._rows.addWidget(QLabel(share.replace("%2", f"{shown.share:.0%}")), row, 0)
        for column, picture in enumerate(shown.pictures, start=1):
            label = QLabel()
            label.setPixmap(_pixmap(picture))
            self._rows.addWidget(label, row, column)
        take = QPushButton(self.tr("Take %1").replace("%1", name))
        take.clicked.connect(lambda: self._take(shown))
        self._rows.addWidget(take, row, len(shown.pictures) + 1)

    def _take(self, shown: Shown) -> None:
        self.taken.emit(keys_of(shown.path))
        self.accept()


def _pixmap(picture: NDArray[np.uint8]) -> QPixmap:
    rows = np.ascontiguousarray(picture)
    height, width = rows.shape[:2]
    image = QImage(rows.data, width, height, 3 * width, QImage.Format.Format_RGB888)
    return QPixmap.fromImage(image.copy())
