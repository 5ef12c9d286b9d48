"""The arrow at the edge of the flat view that points to what it misses."""

from __future__ import annotations

from math import atan2, cos, degrees, hypot, sin

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPolygonF

from cubesal.autopilot import MissedView
from cubesal.camera import Camera
from cubesal.geometry import dir_from_angles

__all__ = ["arrow_at", "paint_arrow"]

_MARGIN = 30.0
_SIZE = 11.0
_COLOUR = QColor(255, 190, 80)
_SHADE = QColor(0, 0, 0, 150)


def arrow_at(
    camera: Camera, missed: MissedView, width: float, height: float
) -> tuple[QPointF, float]:
    """Where the arrow stands in a view of this size, and its angle (0: right, clockwise)."""
    ray = camera.world_from_camera.T @ dir_from_angles(missed.yaw, missed.pitch)
    right, down = float(ray[0]), float(ray[1])
    if hypot(right, down) < 1e-6:
        right = 1.0  # exactly behind: one way is as good as the other
    angle = atan2(down, right)
    across, along = width / 2 - _MARGIN, height / 2 - _MARGIN
    reach = min(
        across / max(abs(cos(angle)), 1e-6),
        along / max(abs(sin(angle)), 1e-6),
    )
    place = QPointF(width / 2 + reach * cos(angle), height / 2 + reach * sin(angle))
    return place, angle


def paint_arrow(painter: QPainter, arrow: tuple[QPointF, float], text: str) -> None:
    """Draw it with the share of attention that lies there."""
    place, angle = arrow
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.translate(place)
    painter.rotate(degrees(angle))
    shape = [QPointF(_SIZE, 0), QPointF(-_SIZE, -0.8 * _SIZE), QPointF(-_SIZE, 0.8 * _SIZE)]
    painter.setPen(_SHADE)
    painter.setBrush(_COLOUR)
    painter.drawPolygon(QPolygonF(shape))
    painter.rotate(-degrees(angle))
    inwards = QPointF(-cos(angle) * 32, -sin(angle) * 26)
    box = QRectF(inwards.x() - 22, inwards.y() - 10, 44, 20)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(_SHADE)
    painter.drawRoundedRect(box, 6, 6)
    painter.setPen(_COLOUR)
    painter.drawText(box, int(Qt.AlignmentFlag.AlignCenter), text)
    painter.restore()
