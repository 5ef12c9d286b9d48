"""What tells the side views apart: their numbers and shares, and their outlines on the sphere."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPolygonF

from cubesal.autopilot import SideView
from cubesal.camera import view_outline
from cubesal.geometry import dir_from_angles
from cubesal_viewer.widgets.equirect_pane import EquirectPane

__all__ = ["label_of", "paint_label", "paint_outlines"]

SIDE_COLOUR: Final = QColor(255, 190, 80)
_SHADE: Final = QColor(0, 0, 0, 150)
_HALO: Final = QColor(0, 0, 0, 120)
#: Thinner than the camera's own outline, which is 2 wide.
_LINE: Final = 1.2
_POINTS: Final = 24


def label_of(number: int, share: float) -> str:
    """What a side view is called: the key that leads there, and what it holds."""
    return f"{number} · {share:.0%}"


def paint_label(painter: QPainter, corner: QPointF, words: str, strong: bool = False) -> None:
    """Write words on a dark ground whose top left corner is ``corner``."""
    box = QRectF(painter.fontMetrics().boundingRect(words))
    box = QRectF(corner.x(), corner.y(), box.width() + 14, box.height() + 4)
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(SIDE_COLOUR, 1) if strong else Qt.PenStyle.NoPen)
    painter.setBrush(_SHADE)
    painter.drawRoundedRect(box, 5, 5)
    painter.setPen(SIDE_COLOUR)
    painter.drawText(box, int(Qt.AlignmentFlag.AlignCenter), words)
    painter.restore()


def paint_outlines(painter: QPainter, pane: EquirectPane, views: Sequence[SideView]) -> None:
    """Draw the borders of the views on the sphere, each with its number."""
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for number, view in enumerate(views, start=2):
        angles = view_outline(view.camera, pane.nfov_aspect, _POINTS)
        places = pane.positions_of(dir_from_angles(angles[:, 0], angles[:, 1]))
        lines = _unbroken(np.vstack([places, places[:1]]), pane.longest_step)
        for colour, width in ((_HALO, _LINE + 2), (SIDE_COLOUR, _LINE)):
            painter.setPen(QPen(colour, width))
            for line in lines:
                painter.drawPolyline(QPolygonF([QPointF(x, y) for x, y in line]))
        centre = pane.position_of(view.camera.yaw, view.camera.pitch)
        paint_label(painter, centre - QPointF(10, 9), str(number))
    painter.restore()


def _unbroken(places: NDArray[np.float64], longest: float) -> list[NDArray[np.float64]]:
    """A line cut where it leaves the picture on one side to go on at another."""
    steps = np.hypot(*np.diff(places, axis=0).T)
    return [part for part in np.split(places, np.flatnonzero(steps > longest) + 1) if len(part) > 1]
