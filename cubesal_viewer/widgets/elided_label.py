"""A label of one line that ends in an ellipsis where it has too little room."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QLabel

__all__ = ["ElidedLabel"]

#: So many letters are asked for at least.
_LEAST_LETTERS = 6


class ElidedLabel(QLabel):
    """Plain text, whole in the tool tip; where it is wrapped it is a label like any other."""

    def setText(self, text: str) -> None:
        super().setText(text)
        self.setToolTip("" if self.wordWrap() else text)

    def minimumSizeHint(self) -> QSize:
        hint = super().minimumSizeHint()
        if not self.wordWrap():
            least = self.fontMetrics().averageCharWidth() * _LEAST_LETTERS
            hint.setWidth(min(hint.width(), least))
        return hint

    def paintEvent(self, event: QPaintEvent) -> None:
        if self.wordWrap():
            super().paintEvent(event)
            return
        painter = QPainter(self)
        painter.setPen(self.palette().color(self.foregroundRole()))
        room = self.contentsRect()
        shown = self.fontMetrics().elidedText(
            self.text(), Qt.TextElideMode.ElideMiddle, room.width()
        )
        painter.drawText(room, Qt.AlignmentFlag.AlignVCenter, shown)
