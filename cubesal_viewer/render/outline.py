"""The outline of a flat view as lines on the picture, for panes that are drawn without shaders."""

from __future__ import annotations

from typing import cast

import numpy as np
from numpy.typing import NDArray
from pyqtgraph.functions import arrayToQPolygonF
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPolygonF

from cubesal import geometry
from cubesal_viewer.render.content import ViewMark
from cubesal_viewer.render.drawing import PictureKind

__all__ = ["outline_runs", "paint_outline"]

_POINTS_PER_SIDE = 32
#: Neighbouring points farther apart than this, as a share of the picture, lie across an edge.
_JUMP = 0.12
#: As ``outline.glsl`` has them.
_LINE = QColor.fromRgbF(1.0, 0.98, 0.94, 0.96)
_HALO = QColor.fromRgbF(0.0, 0.0, 0.0, 0.35)
_HALO_WIDTH, _ARM = 3.2, 3.2


def outline_runs(mark: ViewMark, kind: PictureKind) -> list[NDArray[np.float64]]:
    """Unbroken stretches (n, 2) of the view's border, in [0, 1] of an equirect or a cube net.

    Those of an equirect go on beyond the seam, once for either side: clip them to the picture.
    """
    border = mark.lens.outline(mark.camera, mark.aspect, _POINTS_PER_SIDE)
    closed = np.concatenate([border, border[:1]])
    rays = geometry.dir_from_angles(closed[:, 0], closed[:, 1])
    places = _to_picture(rays, kind)
    if kind == "equirect":
        places[:, 0] = np.unwrap(places[:, 0], period=1.0)
        return [places + np.array([turn, 0.0]) for turn in (-1.0, 0.0, 1.0)]
    jumps = np.flatnonzero(np.abs(np.diff(places, axis=0)).max(axis=1) > _JUMP) + 1
    return [run for run in np.split(places, jumps) if len(run) > 1]


def paint_outline(painter: QPainter, box: QRectF, mark: ViewMark, kind: PictureKind) -> None:
    """Draw the border and a cross at its centre; ``box`` is the picture, in the line's units."""
    runs = outline_runs(mark, kind)
    lines = [_polygon(box, run) for run in runs if run[:, 0].min() < 1 and run[:, 0].max() > 0]
    axis = mark.camera.world_from_camera[:, 2]
    middle = _placed(box, *_to_picture(axis, kind))
    arm = _ARM * mark.line_width
    painter.save()
    painter.setClipRect(box)
    strokes = ((_HALO, _HALO_WIDTH * mark.line_width, False), (_LINE, mark.line_width, True))
    for colour, width, is_smooth in strokes:  # nobody sees the steps of a faint halo
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, is_smooth)
        pen = QPen(colour, width)
        pen.setCapStyle(Qt.PenCapStyle.FlatCap)
        painter.setPen(pen)
        for line in lines:
            painter.drawPolyline(line)
        for reach in (QPointF(arm, 0), QPointF(0, arm)):
            painter.drawLine(middle - reach, middle + reach)
    painter.restore()


def _polygon(box: QRectF, run: NDArray[np.float64]) -> QPolygonF:
    x, y = run[:, 0] * box.width() + box.x(), run[:, 1] * box.height() + box.y()
    return cast(QPolygonF, arrayToQPolygonF(x, y))


def _to_picture(rays: NDArray[np.float64], kind: PictureKind) -> NDArray[np.float64]:
    place = geometry.uv_from_dir if kind == "equirect" else geometry.net_from_dir
    return np.asarray(place(rays), np.float64)


def _placed(box: QRectF, x: float, y: float) -> QPointF:
    return QPointF(box.x() + x * box.width(), box.y() + y * box.height())
