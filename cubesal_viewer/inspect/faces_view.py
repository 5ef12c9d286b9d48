"""Six padded cube faces as pictures in the places of the unfolded cube."""

from __future__ import annotations

from typing import Final

import numpy as np
from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPaintEvent, QPalette, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from cubesal.geometry import Face
from cubesal.inspection import SeamSide
from cubesal.overlay import colormap_lut

__all__ = ["FacesView"]

#: Column and row of each face in the unfolded cube.
_PLACES: Final = {
    Face.TOP: (1, 0),
    Face.LEFT: (0, 1),
    Face.FRONT: (1, 1),
    Face.RIGHT: (2, 1),
    Face.BACK: (3, 1),
    Face.DOWN: (1, 2),
}
_GAP: Final = 0.06


class FacesView(QWidget):
    """Shows a `SeamSide`; the frame in each picture is the face, what lies outside is padding."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._side: SeamSide | None = None
        self._images: list[QImage] = []
        self.setAccessibleName(name)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    def sizeHint(self) -> QSize:
        return QSize(400, 300)

    def minimumSizeHint(self) -> QSize:
        return QSize(240, 180)

    def set_side(self, side: SeamSide | None, peak: float = 1.0) -> None:
        """Show these faces, ``peak`` at the top of the colours; None for nothing."""
        self._side = side
        self._images = [] if side is None else [_image(face, peak) for face in side.padded]
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        del event
        painter = QPainter(self)
        if self._side is not None:
            for face in Face:
                self._paint_face(painter, face, self._side)
        painter.end()

    def _paint_face(self, painter: QPainter, face: Face, side: SeamSide) -> None:
        box = self._box(face)
        painter.drawImage(box, self._images[face])
        part = side.pad / side.padded.shape[1] * box.width()
        painter.setPen(QPen(QColor(255, 255, 255, 220), 1))
        painter.drawRect(box.adjusted(part, part, -part, -part))
        painter.setPen(self.palette().color(QPalette.ColorRole.WindowText))
        above = QRectF(box.left(), box.top() - 14, box.width(), 14)
        painter.drawText(above, int(Qt.AlignmentFlag.AlignCenter), self._word(face))

    def _box(self, face: Face) -> QRectF:
        cell = min(self.width() / 4, (self.height() - 4) / 3)
        column, row = _PLACES[face]
        left, top = (self.width() - 4 * cell) / 2, (self.height() - 3 * cell) / 2
        gap = max(_GAP * cell, 7.0)
        box = QRectF(left + column * cell, top + row * cell, cell, cell)
        return box.adjusted(gap, 2 * gap, -gap, 0)

    def _word(self, face: Face) -> str:
        words = {
            Face.BACK: self.tr("back"),
            Face.DOWN: self.tr("down"),
            Face.FRONT: self.tr("front"),
            Face.LEFT: self.tr("left"),
            Face.RIGHT: self.tr("right"),
            Face.TOP: self.tr("top"),
        }
        return words[face]


def _image(face: np.ndarray, peak: float) -> QImage:
    level = np.clip(face / max(peak, 1e-12), 0, 1)
    rgb = np.ascontiguousarray(colormap_lut("viridis")[np.rint(level * 255).astype(np.intp)])
    height, width = face.shape
    image = QImage(rgb.tobytes(), width, height, 3 * width, QImage.Format.Format_RGB888)
    return image.copy()  # the bytes above live only here
