"""The line between two models on the pane of the whole sphere: drawn, named, dragged."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPen

from cubesal_viewer.widgets.equirect_pane import EquirectPane

__all__ = ["WipeLine"]

#: So near, in logical pixels, a press takes the line instead of the picture.
_NEAR = 7.0


class WipeLine(QObject):
    """A meridian of the picture at ``part`` of its width; ``moved`` while it is dragged."""

    moved = Signal(float)

    def __init__(self, pane: EquirectPane) -> None:
        super().__init__(pane)
        self._pane = pane
        self._is_on, self._held = False, False
        self._part = 0.5
        self._names = ("", "")
        pane.decorations.append(self.paint)

    def show(self, part: float, names: tuple[str, str]) -> None:
        """Show the line between what these names stand for."""
        if not self._is_on:
            self._pane.installEventFilter(self)
        if (self._is_on, self._part, self._names) != (True, part, names):
            self._is_on, self._part, self._names = True, part, names
            self._pane.update()

    def hide(self) -> None:
        """Show no line; idempotent."""
        if self._is_on:
            self._pane.removeEventFilter(self)
            self._is_on = self._held = False
            self._pane.update()

    def _box(self) -> QRectF:
        box, ratio = self._pane.picture, self._pane.devicePixelRatio()
        return QRectF(*(value / ratio for value in (box.x, box.y, box.width, box.height)))

    def paint(self, painter: QPainter) -> None:
        """Draw line, handle and names; on the cube net the line is no line and stays away."""
        if not self._is_on or self._pane.mode != "equirect":
            return
        box = self._box()
        x = box.left() + self._part * box.width()
        for colour, width in ((QColor(0, 0, 0, 170), 3.0), (QColor(255, 255, 255), 1.4)):
            painter.setPen(QPen(colour, width))
            painter.drawLine(QPointF(x, box.top()), QPointF(x, box.bottom()))
        painter.setBrush(QColor(255, 255, 255))
        painter.drawEllipse(QPointF(x, box.center().y()), 6, 6)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        font = painter.font()
        font.setPixelSize(12)
        painter.setFont(font)
        for name, is_left in zip(self._names, (True, False), strict=True):
            self._paint_name(painter, x, box.top() + 8, name, is_left=is_left)

    def _paint_name(
        self, painter: QPainter, x: float, y: float, name: str, *, is_left: bool
    ) -> None:
        width = painter.fontMetrics().horizontalAdvance(name) + 12
        label = QRectF(x - width - 6 if is_left else x + 6, y, width, 18)
        painter.fillRect(label, QColor(0, 0, 0, 150))
        painter.setPen(QColor(240, 242, 245))
        painter.drawText(label, int(Qt.AlignmentFlag.AlignCenter), name)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        del watched
        if not isinstance(event, QMouseEvent) or self._pane.mode != "equirect":
            return False
        box, kind = self._box(), event.type()
        near = abs(event.position().x() - box.left() - self._part * box.width()) <= _NEAR
        is_left = event.button() is Qt.MouseButton.LeftButton
        if kind is QEvent.Type.MouseButtonPress and is_left and near:
            self._held = True
            return True
        if kind is QEvent.Type.MouseMove and self._held:
            part = (event.position().x() - box.left()) / max(box.width(), 1.0)
            self.moved.emit(min(max(part, 0.0), 1.0))
            return True
        if kind is QEvent.Type.MouseButtonRelease and is_left and self._held:
            self._held = False
            return True
        if kind is QEvent.Type.MouseMove and near and not event.buttons():
            self._pane.setCursor(Qt.CursorShape.SplitHCursor)
            return True
        return False
