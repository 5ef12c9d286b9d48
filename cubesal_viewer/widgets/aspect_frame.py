"""A frame that keeps the widget inside it at one aspect, centred."""

from __future__ import annotations

from PySide6.QtCore import QRect
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QWidget

__all__ = ["AspectFrame"]


class AspectFrame(QWidget):
    """Fits its child to ``aspect`` (width / height): the viewport shows what an export would."""

    def __init__(self, child: QWidget, aspect: float, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._child = child
        self._aspect = aspect
        child.setParent(self)
        self.setMinimumSize(160, round(160 / aspect))

    def resizeEvent(self, event: QResizeEvent) -> None:
        width = min(self.width(), round(self.height() * self._aspect))
        height = min(self.height(), round(width / self._aspect))
        left, top = (self.width() - width) // 2, (self.height() - height) // 2
        self._child.setGeometry(QRect(left, top, width, height))
        super().resizeEvent(event)
