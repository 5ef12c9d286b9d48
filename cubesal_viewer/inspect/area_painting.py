"""Lines and words on the sphere, painted on the pane; lines break at its seam."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen

from cubesal.geometry import angles_from_dir
from cubesal_viewer.widgets.equirect_pane import EquirectPane

__all__ = ["paint_dots", "paint_line", "paint_name"]

_SHADE: Final = QColor(0, 0, 0, 170)
_LINE: Final = QColor(120, 235, 160)
#: Neighbouring points farther apart than this part of the picture lie on both sides of a seam.
_JUMP: Final = 0.2


def paint_line(
    painter: QPainter,
    pane: EquirectPane,
    dirs: NDArray[np.float64],
    line: QColor = _LINE,
    thick: float = 1.8,
) -> None:
    """Draw a line through directions (N, 3), ``thick`` pixels thick over a shade of twice that."""
    yaws, pitches = angles_from_dir(dirs)
    points = [pane.position_of(float(y), float(p)) for y, p in zip(yaws, pitches, strict=True)]
    width = pane.picture.width / pane.devicePixelRatio()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    for colour, thickness in ((_SHADE, 2 * thick), (line, thick)):
        painter.setPen(QPen(colour, thickness))
        for run in _runs(points, _JUMP * width):
            painter.drawPolyline(run)


def _runs(points: Sequence[QPointF], jump: float) -> list[list[QPointF]]:
    runs: list[list[QPointF]] = [[]]
    for point in points:
        last = runs[-1][-1] if runs[-1] else point
        if (point - last).manhattanLength() > jump:
            runs.append([])
        runs[-1].append(point)
    return [run for run in runs if len(run) > 1]


def paint_dots(
    painter: QPainter, pane: EquirectPane, places: Sequence[tuple[float, float]]
) -> None:
    """Mark the corners of what is being drawn, (yaw, pitch) each."""
    painter.setPen(QPen(_SHADE, 1))
    painter.setBrush(_LINE)
    for yaw, pitch in places:
        painter.drawEllipse(pane.position_of(yaw, pitch), 3.5, 3.5)
    painter.setBrush(Qt.BrushStyle.NoBrush)


def paint_name(
    painter: QPainter, pane: EquirectPane, place: tuple[float, float], words: str
) -> None:
    """Write words centred on a direction (yaw, pitch)."""
    font = painter.font()
    font.setPixelSize(12)
    painter.setFont(font)
    spot = pane.position_of(*place)
    ratio, half = pane.devicePixelRatio(), painter.fontMetrics().horizontalAdvance(words) / 2 + 4
    left, right = pane.picture.x / ratio, (pane.picture.x + pane.picture.width) / ratio
    middle = min(max(spot.x(), left + half), right - half)  # whole also beside the seam
    box = QRectF(middle - half, spot.y() - 9, 2 * half, 18)
    for colour, shift in ((_SHADE, 1.0), (QColor(240, 255, 244), 0.0)):
        painter.setPen(colour)
        painter.drawText(box.translated(shift, shift), int(Qt.AlignmentFlag.AlignCenter), words)
