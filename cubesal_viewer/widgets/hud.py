"""The quiet words over the flat view: where it looks, when, and how much attention it holds."""

from __future__ import annotations

from dataclasses import dataclass
from math import degrees
from typing import Final

from PySide6.QtCore import QCoreApplication, QPointF, QRectF
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter

from cubesal.camera import Camera
from cubesal.lens import Lens
from cubesal_viewer.widgets.timecode import clock_text

__all__ = ["Hud", "paint_hud"]

_WORDS: Final = QColor(255, 255, 255, 215)
_SHADE: Final = QColor(0, 0, 0, 170)
_MARGIN: Final = 10.0


@dataclass(frozen=True)
class Hud:
    """What is written: ``time_s`` of the frame, ``share`` of attention in view if it is known."""

    time_s: float = 0.0
    share: float | None = None


def paint_hud(painter: QPainter, hud: Hud, camera: Camera, lens: Lens, view: QRectF) -> None:
    """Write it at the foot of ``view``, logical pixels, on as many lines as that needs."""
    font = QFont(painter.font())
    font.setPixelSize(11)
    painter.save()
    painter.setFont(font)
    room, metrics = view.width() - 2 * _MARGIN, QFontMetricsF(font)
    lines = [""]
    for part in hud_parts(hud, camera, lens):
        wider = f"{lines[-1]}   {part}" if lines[-1] else part
        if lines[-1] and metrics.horizontalAdvance(wider) > room:
            lines.append(part)
        else:
            lines[-1] = wider
    foot = view.bottom() - _MARGIN
    for line in reversed(lines):
        for colour, shift in ((_SHADE, 1.0), (_WORDS, 0.0)):
            painter.setPen(colour)
            painter.drawText(QPointF(view.left() + _MARGIN + shift, foot + shift), line)
        foot -= metrics.lineSpacing()
    painter.restore()


def hud_parts(hud: Hud, camera: Camera, lens: Lens) -> list[str]:
    """The words, in parts that may come to stand on lines of their own."""
    hfov = lens.fov if lens.is_stereographic else camera.hfov
    angles = (
        (_translated("yaw %1°"), camera.yaw, "+"),
        (_translated("pitch %1°"), camera.pitch, "+"),
        (_translated("roll %1°"), camera.roll, "+"),
        (_translated("hfov %1°"), hfov, ""),
    )
    words = "  ".join(
        text.replace("%1", f"{degrees(value):{sign}.1f}").replace("-", "−")
        for text, value, sign in angles
    )
    parts = [words, clock_text(hud.time_s)]
    if hud.share is not None:
        parts.append(_translated("%1 of attention in view").replace("%1", f"{hud.share:.0%}"))
    return parts


def _translated(text: str) -> str:
    return QCoreApplication.translate("Hud", text)
