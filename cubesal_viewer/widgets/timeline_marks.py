"""What people put on the timeline: key diamonds, markers, the A–B range."""

from __future__ import annotations

from collections.abc import Sequence

import pyqtgraph as pg
from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QGraphicsRectItem

from cubesal.autopilot import PathKey
from cubesal.document import Marker
from cubesal_viewer.widgets.curve_colours import curve_colour

__all__ = ["TimelineMarks"]

_OUTSIDE = QColor(0, 0, 0, 110)
#: Where diamonds and markers stand, as a share of the strip's height.
_KEY_LEVEL, _MARKER_LEVEL = 0.86, 0.97
_KEY_SIZE = 12
#: A hand is on a diamond within so many pixels of its middle.
_GRAB = 9


class TimelineMarks:
    """Draws on a plot; a key insisted on is filled, one of the planner's is hollow."""

    def __init__(self, plot: pg.PlotWidget) -> None:
        self._plot = plot
        self._keys: tuple[PathKey, ...] = ()
        self._moved: tuple[PathKey, float] | None = None
        self._diamonds = pg.ScatterPlotItem(size=_KEY_SIZE, symbol="d", pxMode=True)
        self._flags = pg.ScatterPlotItem(size=10, symbol="t", pxMode=True)
        self._flags.setPen(pg.mkPen(None))
        self._outside: list[QGraphicsRectItem] = []
        self._ends = [pg.InfiniteLine(0) for _ in range(2)]
        for item in (self._diamonds, self._flags, *self._ends):
            item.setZValue(5)
            plot.addItem(item, ignoreBounds=True)
        self.set_span(None, 0.0)
        self.follow_palette()

    def follow_palette(self) -> None:
        """Take the colours that stand out from the plot's ground."""
        palette = self._plot.palette()
        self._flags.setBrush(curve_colour("marker", palette))
        for line in self._ends:
            line.setPen(pg.mkPen(curve_colour("range", palette), width=1.5))
        self._draw_keys()

    @property
    def keys(self) -> tuple[PathKey, ...]:
        """The keys that are shown."""
        return self._keys

    def set_keys(self, keys: Sequence[PathKey]) -> None:
        """Show these keys."""
        self._keys = tuple(keys)
        self._draw_keys()

    def set_markers(self, markers: Sequence[Marker]) -> None:
        """Show these markers."""
        self._flags.setData([m.time_s for m in markers], [_MARKER_LEVEL] * len(markers))

    def set_span(self, span_s: tuple[float, float] | None, duration_s: float) -> None:
        """Show the A–B range by darkening what lies outside."""
        for bar in self._outside:
            self._plot.removeItem(bar)
        self._outside = []
        for line in self._ends:
            line.setVisible(span_s is not None)
        if span_s is None:
            return
        for line, time_s in zip(self._ends, span_s, strict=True):
            line.setValue(time_s)
        for start, end in ((0.0, span_s[0]), (span_s[1], max(duration_s, span_s[1]))):
            bar = QGraphicsRectItem(QRectF(start, 0, end - start, 1.02))
            bar.setPen(QColor(0, 0, 0, 0))
            bar.setBrush(_OUTSIDE)
            bar.setZValue(3)
            self._plot.addItem(bar, ignoreBounds=True)
            self._outside.append(bar)

    def move(self, key: PathKey | None, time_s: float = 0.0) -> None:
        """Show a key at another moment while a hand drags it; None: let go."""
        self._moved = None if key is None else (key, time_s)
        self._draw_keys()

    def key_at(self, position: QPointF) -> PathKey | None:
        """The key under a position in the widget, the nearest of several."""
        near = [(self._distance(key, position), k) for k, key in enumerate(self._keys)]
        if not near or min(near)[0] > _GRAB:
            return None
        return self._keys[min(near)[1]]

    def position_of(self, key: PathKey) -> QPointF:
        """Where a key's diamond is in the widget."""
        at = self._plot.getViewBox().mapViewToScene(QPointF(key.time_s, _KEY_LEVEL))
        return QPointF(self._plot.mapFromScene(at))

    def _distance(self, key: PathKey, position: QPointF) -> float:
        away = self.position_of(key) - position
        return max(abs(away.x()), abs(away.y()))

    def _draw_keys(self) -> None:
        moved = self._moved
        shown = [
            (moved[1] if moved is not None and key == moved[0] else key.time_s, key.locked)
            for key in self._keys
        ]
        hollow, filled = QColor(0, 0, 0, 0), curve_colour("key", self._plot.palette())
        self._diamonds.setData(
            [time_s for time_s, _ in shown],
            [_KEY_LEVEL] * len(shown),
            brush=[filled if is_locked else hollow for _, is_locked in shown],
            pen=[pg.mkPen(filled, width=1.5)] * len(shown),
        )
