"""Where the camera is to look, or not: quiet outlines with a sign, on the pane of the sphere."""

from __future__ import annotations

from math import pi

from PySide6.QtCore import QObject
from PySide6.QtGui import QColor, QPainter

from cubesal.inspection import Circle
from cubesal_viewer.inspect.area_painting import paint_line, paint_name
from cubesal_viewer.state import ViewerState
from cubesal_viewer.widgets.equirect_pane import EquirectPane

__all__ = ["SIGNS", "WishMarks"]

#: A plus where it is to look, a minus where not.
SIGNS = {"prefer": "+", "avoid": "\N{MINUS SIGN}"}
_COLOURS = {"prefer": QColor(235, 235, 235, 150), "avoid": QColor(255, 170, 150, 170)}
_WIDEST = pi - 1e-3


class WishMarks(QObject):
    """Paints those areas of the autopilot that hold at the playhead."""

    def __init__(self, state: ViewerState, pane: EquirectPane, parent: QObject) -> None:
        super().__init__(parent)
        self._state, self._pane = state, pane
        pane.decorations.append(self._paint)
        state.edits_changed.connect(lambda _edits: pane.update())

    def _paint(self, painter: QPainter) -> None:
        now_s = self._state.playhead.time_s
        for area in self._state.edits.areas:
            if area.start_s <= now_s <= area.end_s:
                place = (area.yaw, area.pitch)
                outline = Circle(place, min(area.radius, _WIDEST)).outline()
                paint_line(painter, self._pane, outline, _COLOURS[area.kind], 1.1)
                paint_name(painter, self._pane, place, SIGNS[area.kind])
