"""A frame that keeps the widget inside it at one aspect, centred."""

from __future__ import annotations

from PySide6.QtCore import QRect
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QWidget

__all__ = ["AspectFrame"]


#: As around the picture of the whole sphere: side by side, the two are equally tall.
_MARGIN = 6


class AspectFrame(QWidget):
    """Fits its child to ``aspect`` (width / height): what the viewport shows, an export holds."""

    def __init__(
        self, child: QWidget, aspect: float, surround: QColor, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._surround = surround
        self._child = child
        self._aspect = aspect
        child.setParent(self)
        self.setMinimumSize(160, round(160 / aspect))

    def set_aspect(self, aspect: float) -> None:
        """Fit the child to another width / height."""
        self._aspect = aspect
        self._place_child()

    def paintEvent(self, event: QPaintEvent) -> None:
        QPainter(self).fillRect(event.rect(), self._surround)

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._place_child()
        super().resizeEvent(event)

    def _place_child(self) -> None:
        most, tallest = self.width() - 2 * _MARGIN, self.height() - 2 * _MARGIN
        width = min(most, round(tallest * self._aspect))
        height = min(tallest, round(width / self._aspect))
        left, top = (self.width() - width) // 2, (self.height() - height) // 2
        self._child.setGeometry(QRect(left, top, width, height))
