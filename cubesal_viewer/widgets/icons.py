"""The few icons of the transport, drawn in the colours of the palette."""

from __future__ import annotations

from typing import Final, Literal

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QIcon, QPainter, QPainterPath, QPixmap, QPolygonF

__all__ = ["Glyph", "transport_icon"]

Glyph = Literal["play", "pause", "back", "ahead", "sound", "muted"]

#: Drawn large and scaled down by Qt, so that it is sharp at every pixel ratio.
_SIDE: Final = 96


def transport_icon(glyph: Glyph, colour: QColor, quiet: QColor) -> QIcon:
    """Return the icon in ``colour``, and in ``quiet`` for when it is disabled."""
    icon = QIcon()
    icon.addPixmap(_drawn(glyph, colour), QIcon.Mode.Normal)
    icon.addPixmap(_drawn(glyph, quiet), QIcon.Mode.Disabled)
    return icon


def _drawn(glyph: Glyph, colour: QColor) -> QPixmap:
    pixmap = QPixmap(_SIDE, _SIDE)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.scale(_SIDE, _SIDE)
    painter.fillPath(_path(glyph), colour)
    painter.end()
    return pixmap


def _path(glyph: Glyph) -> QPainterPath:
    """The shape in a unit square."""
    path = QPainterPath()
    if glyph == "pause":
        path.addRect(QRectF(0.24, 0.18, 0.18, 0.64))
        path.addRect(QRectF(0.58, 0.18, 0.18, 0.64))
    elif glyph == "play":
        path.addPolygon(_triangle(0.24, 0.86))
    elif glyph in ("sound", "muted"):
        _add_speaker(path, waves=glyph == "sound")
    elif glyph == "ahead":
        path.addPolygon(_triangle(0.2, 0.66))
        path.addRect(QRectF(0.7, 0.22, 0.1, 0.56))
    else:
        path.addPolygon(_triangle(0.8, 0.34))
        path.addRect(QRectF(0.2, 0.22, 0.1, 0.56))
    path.closeSubpath()
    return path


def _add_speaker(path: QPainterPath, waves: bool) -> None:
    """A box with a horn; two bars for what comes out of it, or a stroke for nothing."""
    path.addRect(QRectF(0.1, 0.36, 0.16, 0.28))
    horn = [QPointF(0.28, 0.36), QPointF(0.52, 0.14), QPointF(0.52, 0.86), QPointF(0.28, 0.64)]
    path.addPolygon(QPolygonF(horn))
    if waves:
        path.addRect(QRectF(0.61, 0.36, 0.08, 0.28))
        path.addRect(QRectF(0.77, 0.24, 0.08, 0.52))
    else:
        path.addRect(QRectF(0.61, 0.46, 0.3, 0.08))


def _triangle(base: float, tip: float) -> QPolygonF:
    half = abs(tip - base) * 0.58
    return QPolygonF([QPointF(base, 0.5 - half), QPointF(tip, 0.5), QPointF(base, 0.5 + half)])
