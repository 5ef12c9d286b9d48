"""The legend of the difference map, drawn in the corner of the pane."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPainter

from cubesal.overlay import difference_lut

__all__ = ["paint_difference_legend"]

_WIDTH, _BAR, _LINE = 210.0, 8.0, 15.0


def paint_difference_legend(
    painter: QPainter, corner: QPointF, limit: float, ends: tuple[str, str]
) -> None:
    """Draw colours with −limit, 0, +limit and what the ends mean; ``corner`` is the top right."""
    box = QRectF(corner.x() - _WIDTH - 16, corner.y() + 8, _WIDTH + 8, _BAR + 2 * _LINE + 8)
    painter.fillRect(box, QColor(0, 0, 0, 150))
    inner = box.adjusted(6, 4, -6, -4)
    image = QImage(difference_lut().tobytes(), 256, 1, 256 * 3, QImage.Format.Format_RGB888)
    painter.drawImage(QRectF(inner.left(), inner.top(), inner.width(), _BAR), image)
    font = painter.font()
    font.setPixelSize(11)
    painter.setFont(font)
    painter.setPen(QColor(240, 242, 245))
    numbers = QRectF(inner.left(), inner.top() + _BAR, inner.width(), _LINE)
    _row(painter, numbers, f"−{limit:g}", "0", f"+{limit:g}")
    _row(painter, numbers.translated(0, _LINE), ends[0], "", ends[1])


def _row(painter: QPainter, box: QRectF, left: str, middle: str, right: str) -> None:
    for text, side in (
        (left, Qt.AlignmentFlag.AlignLeft),
        (middle, Qt.AlignmentFlag.AlignHCenter),
        (right, Qt.AlignmentFlag.AlignRight),
    ):
        painter.drawText(box, int(side | Qt.AlignmentFlag.AlignVCenter), text)
