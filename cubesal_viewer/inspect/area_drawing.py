"""Drawing an area on the pane of the whole sphere: clicks place corners, a drag draws a circle."""

from __future__ import annotations

from itertools import pairwise
from math import acos
from typing import Literal

import numpy as np
from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter

from cubesal.geometry import dir_from_angles
from cubesal.inspection import Area, Circle, Polygon
from cubesal_viewer.inspect.area_painting import paint_dots, paint_line
from cubesal_viewer.widgets.equirect_pane import EquirectPane

__all__ = ["AreaDrawing", "Shape"]

Shape = Literal["polygon", "circle"]
Angles = tuple[float, float]

#: A circle smaller than this, in radians, was a click.
_SMALLEST = 0.01
_MOUSE = (
    QEvent.Type.MouseButtonPress,
    QEvent.Type.MouseMove,
    QEvent.Type.MouseButtonRelease,
    QEvent.Type.MouseButtonDblClick,
)


class AreaDrawing(QObject):
    """While it is active, the pane's mouse and keys are its own; the camera stays where it is.

    A polygon: each click a corner; double click or Enter closes, Backspace takes the last corner
    back, Esc gives up. A circle: press in its middle, drag to its edge. ``drawn`` brings an `Area`,
    ``refused`` a sentence, ``ended`` follows either and giving up.
    """

    drawn = Signal(object)
    refused = Signal(str)
    ended = Signal()

    def __init__(self, pane: EquirectPane) -> None:
        super().__init__(pane)
        self._pane = pane
        self._shape: Shape | None = None
        self._corners: list[Angles] = []
        self._mouse: Angles | None = None

    @property
    def shape(self) -> Shape | None:
        """What is being drawn."""
        return self._shape

    def start(self, shape: Shape) -> None:
        """Take the pane's mouse and keys until an area is drawn or given up."""
        if self._shape is None:
            self._pane.installEventFilter(self)
        self._shape = shape
        self._corners, self._mouse = [], None
        self._pane.setFocus()
        self._pane.setCursor(Qt.CursorShape.CrossCursor)
        self._pane.update()

    def stop(self) -> None:
        """Give the pane back; idempotent."""
        if self._shape is None:
            return
        self._shape = None
        self._corners = []
        self._pane.removeEventFilter(self)
        self._pane.unsetCursor()
        self._pane.update()
        self.ended.emit()

    def paint(self, painter: QPainter) -> None:
        """Draw what there is of the area so far."""
        if self._shape is None or not self._corners:
            return
        if self._shape == "circle":
            radius = self._radius()
            if radius > _SMALLEST:
                paint_line(painter, self._pane, Circle(self._corners[0], radius).outline())
        else:
            path = [*self._corners, *([self._mouse] if self._mouse else [])]
            for start, end in pairwise(path):
                paint_line(painter, self._pane, _between(start, end))
        paint_dots(painter, self._pane, self._corners)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        del watched
        if event.type() is QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent):
            if event.key() in _KEYS:
                event.accept()  # the key comes here, to no command of the window
                return True
            return False
        if event.type() is QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            return self._on_key(event)
        if event.type() in _MOUSE and isinstance(event, QMouseEvent):
            self._on_mouse(event)
            return True
        return False

    def _on_key(self, event: QKeyEvent) -> bool:
        if event.key() == Qt.Key.Key_Escape:
            self.stop()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._finish()
        elif event.key() == Qt.Key.Key_Backspace:
            del self._corners[-1:]
            self._pane.update()
        else:
            return False
        return True

    def _on_mouse(self, event: QMouseEvent) -> None:
        place = self._pane.direction_at(event.position())
        if place is not None:
            self._mouse = place
        is_left = event.button() is Qt.MouseButton.LeftButton
        if event.type() is QEvent.Type.MouseButtonPress and is_left and place is not None:
            # A circle has one middle, wherever else is pressed.
            self._corners = [place] if self._shape == "circle" else [*self._corners, place]
        elif event.type() is QEvent.Type.MouseButtonRelease and is_left:
            if self._shape == "circle" and self._corners and self._radius() > _SMALLEST:
                self._finish()
        elif event.type() is QEvent.Type.MouseButtonDblClick and is_left:
            self._finish()  # its first press has placed the last corner
        self._pane.update()

    def _radius(self) -> float:
        if self._mouse is None:
            return 0.0
        cosine = dir_from_angles(*self._corners[0]) @ dir_from_angles(*self._mouse)
        return acos(min(max(float(cosine), -1.0), 1.0))

    def _finish(self) -> None:
        try:
            area: Area = (
                Circle(self._corners[0], self._radius())
                if self._shape == "circle" and self._corners
                else Polygon(tuple(self._corners))
            )
        except ValueError as error:
            self.refused.emit(str(error))
            return
        self.stop()
        self.drawn.emit(area)


_KEYS = (
    Qt.Key.Key_Escape,
    Qt.Key.Key_Return,
    Qt.Key.Key_Enter,
    Qt.Key.Key_Backspace,
)


def _between(start: Angles, end: Angles) -> np.ndarray:
    """(N, 3) directions on the great circle between two places."""
    one, other = dir_from_angles(*start), dir_from_angles(*end)
    part = np.linspace(0, 1, 48)[:, None]
    points = (1 - part) * one + part * other
    lengths = np.linalg.norm(points, axis=1, keepdims=True)
    return np.asarray(points / np.maximum(lengths, 1e-9))
