"""Quiet ticks of yaw and pitch along the edges of the equirect picture."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from PySide6.QtCore import QPointF, QRectF, QSizeF, Qt
from PySide6.QtGui import QColor, QFont, QImage, QPainter, QPen

__all__ = ["paint_ruler"]

_TICK: Final = QColor(255, 255, 255, 110)
_WORDS: Final = QColor(255, 255, 255, 165)
_SHADE: Final = QColor(0, 0, 0, 150)
_STEP_DEG: Final = 30
_NAMED_DEG: Final = 90
_SHORT, _LONG = 4.0, 8.0
#: How far ticks and words may reach beyond the picture.
_BEYOND: Final = 4.0
#: Narrower pictures get ticks without numbers.
_ROOM_FOR_WORDS: Final = 420.0


def paint_ruler(painter: QPainter, picture: QRectF) -> None:
    """Draw yaw ticks along the bottom and pitch ticks along the left edge of ``picture``.

    From an image that is made once for a size: drawn word by word on a canvas of OpenGL, they cost
    as much as the picture.
    """
    ratio = painter.device().devicePixelRatioF()
    font = painter.font().toString()
    image = _image(picture.width(), picture.height(), ratio, font)
    painter.drawImage(picture.topLeft() - QPointF(0, _BEYOND), image)


@lru_cache(maxsize=4)
def _image(width: float, height: float, ratio: float, font: str) -> QImage:
    size = QSizeF(width + _BEYOND, height + 2 * _BEYOND) * ratio
    image = QImage(size.toSize(), QImage.Format.Format_ARGB32_Premultiplied)
    image.setDevicePixelRatio(ratio)
    image.fill(0)
    painter = QPainter(image)
    painter.setRenderHint(QPainter.RenderHint.TextAntialiasing)
    face = QFont()
    face.fromString(font)
    painter.setFont(face)
    _paint(painter, QRectF(0, _BEYOND, width, height))
    painter.end()
    return image


def _paint(painter: QPainter, picture: QRectF) -> None:
    font = QFont(painter.font())
    font.setPixelSize(10)
    painter.setFont(font)
    worded = picture.width() >= _ROOM_FOR_WORDS
    for yaw_deg in range(-150, 180, _STEP_DEG):
        x = picture.left() + (yaw_deg / 360 + 0.5) * picture.width()
        named = yaw_deg % _NAMED_DEG == 0
        foot = QPointF(x, picture.bottom())
        _tick(painter, foot, QPointF(x, foot.y() - (_LONG if named else _SHORT)))
        if named and worded:
            _words(painter, QRectF(x - 24, foot.y() - 24, 48, 14), f"{yaw_deg:+d}°")
    for pitch_deg in range(-60, 90, _STEP_DEG):
        y = picture.top() + (0.5 - pitch_deg / 180) * picture.height()
        named = pitch_deg in (-60, 0, 60)
        foot = QPointF(picture.left(), y)
        _tick(painter, foot, QPointF(foot.x() + (_LONG if named else _SHORT), y))
        if named and worded:
            box = QRectF(foot.x() + 11, y - 7, 40, 14)
            _words(painter, box, f"{pitch_deg:+d}°", Qt.AlignmentFlag.AlignLeft)


def _tick(painter: QPainter, foot: QPointF, tip: QPointF) -> None:
    for colour, shift in ((_SHADE, 1.0), (_TICK, 0.0)):
        painter.setPen(QPen(colour, 1))
        painter.drawLine(foot + QPointF(shift, shift), tip + QPointF(shift, shift))


def _words(
    painter: QPainter,
    box: QRectF,
    words: str,
    align: Qt.AlignmentFlag = Qt.AlignmentFlag.AlignHCenter,
) -> None:
    text = words.replace("-", "−").replace("+0", "0")
    flags = int(align | Qt.AlignmentFlag.AlignVCenter)
    for colour, shift in ((_SHADE, 1.0), (_WORDS, 0.0)):
        painter.setPen(colour)
        painter.drawText(box.translated(shift, shift), flags, text)
