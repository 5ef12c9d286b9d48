"""The pictures along the top of the timeline: one beside the other, each from its left edge on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from PySide6.QtCore import QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QImage, QMouseEvent, QPainter, QPaintEvent, QPalette, QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

__all__ = ["FilmStrip"]

HEIGHT: Final = 32


class FilmStrip(QWidget):
    """``moments_changed`` with the moments (seconds) whose pictures are wanted, from the left.

    ``sought`` with a moment while the left button is down.
    """

    moments_changed = Signal(object)
    sought = Signal(float)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._range_s = (0.0, 0.0)
        self._picture_of: Callable[[float], QImage | None] = lambda _: None
        self._wanted: tuple[float, ...] = ()
        self.setFixedHeight(HEIGHT)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def set_source(self, picture_of: Callable[[float], QImage | None]) -> None:
        """Where pictures come from: None for one that is not there yet."""
        self._picture_of = picture_of

    def set_range(self, start_s: float, end_s: float) -> None:
        """The stretch of the clip that the timeline shows; equal ends for none."""
        if (start_s, end_s) != self._range_s:
            self._range_s = (start_s, end_s)
            self._ask()

    @property
    def moments(self) -> tuple[float, ...]:
        """The moment in the middle of each picture's place, from the left."""
        start_s, end_s = self._range_s
        width = 2 * HEIGHT
        if end_s <= start_s or not self.width():
            return ()
        per_pixel = (end_s - start_s) / self.width()
        lefts = range(0, self.width(), width)
        return tuple(start_s + per_pixel * min(x + width / 2, self.width() - 1) for x in lefts)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.fillRect(event.rect(), self.palette().color(QPalette.ColorRole.Base))
        for k, moment_s in enumerate(self.moments):
            image = self._picture_of(moment_s)
            if image is not None:
                place = QRectF(2 * HEIGHT * k, 0, 2 * HEIGHT - 1, HEIGHT)
                painter.drawImage(place, image)
        painter.end()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._ask()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._seek(event.position(), event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._seek(event.position(), event)

    def _seek(self, position: QPointF, event: QMouseEvent) -> None:
        start_s, end_s = self._range_s
        if event.buttons() & Qt.MouseButton.LeftButton and end_s > start_s:
            part = min(max(position.x() / self.width(), 0.0), 1.0)
            self.sought.emit(start_s + part * (end_s - start_s))
        event.accept()

    def _ask(self) -> None:
        if self.moments != self._wanted:
            self._wanted = self.moments
            self.moments_changed.emit(self._wanted)
        self.update()
