"""A curve over the clip with the playhead; a press seeks."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QMouseEvent, QPalette
from PySide6.QtWidgets import QWidget

from cubesal_viewer.widgets.curve_colours import curve_colour, series_colour

__all__ = ["CurvePlot"]

_Curve = tuple[NDArray[np.float64], NDArray[np.float64]]


class CurvePlot(pg.PlotWidget):  # type: ignore[misc]  # pyqtgraph has no types
    """Curves over seconds, NaN left open; ``sought`` with a moment while the button is down."""

    sought = Signal(float)
    _dressed = False

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent, background=None)
        self.setAccessibleName(name)
        self.setMinimumHeight(70)
        self.hideButtons()
        self.setMenuEnabled(False)
        box = self.getViewBox()
        box.setMouseEnabled(x=False, y=False)
        box.setDefaultPadding(0.02)
        self.getAxis("left").setWidth(36)
        self.getAxis("left").enableAutoSIPrefix(False)
        self._curves: list[pg.PlotDataItem] = []
        self._playhead = pg.InfiniteLine(0)
        self.addItem(self._playhead, ignoreBounds=True)
        self._dressed = True
        self._follow_palette()

    def set_curves(self, curves: Sequence[_Curve]) -> None:
        """Show these (times, values)."""
        while len(self._curves) < len(curves):
            # Points as well: a lone moment between two that are not known is no line.
            self._curves.append(
                self.plot(connect="finite", symbol="o", symbolSize=3, symbolPen=None)
            )
            self._colour_curves()
        for item, curve in zip(self._curves, curves, strict=False):
            # pyqtgraph looks for the bounds of what it draws, and warns where there are none.
            item.setData(*(curve if np.isfinite(curve[1]).any() else ([], [])))
        for item in self._curves[len(curves) :]:
            item.setData([], [])

    def shown(self) -> list[_Curve]:
        """The curves that have points."""
        data = (item.getData() for item in self._curves)
        return [(x, y) for x, y in data if x is not None and len(x)]

    def set_duration(self, duration_s: float) -> None:
        """The length of the clip in seconds: all of it is shown."""
        self.getViewBox().setXRange(0, max(duration_s, 0.1), padding=0.01)

    def set_playhead(self, time_s: float) -> None:
        """Move the playhead; emits nothing."""
        self._playhead.setValue(time_s)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self._seek(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if event.buttons() & Qt.MouseButton.LeftButton:
            self._seek(event)

    def _seek(self, event: QMouseEvent) -> None:
        scene = self.mapToScene(event.position().toPoint())
        self.sought.emit(max(float(self.getViewBox().mapSceneToView(scene).x()), 0.0))
        event.accept()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        # pyqtgraph changes its palette while it is being made, before there is an axis.
        if self._dressed and event.type() == QEvent.Type.PaletteChange:
            self._follow_palette()

    def _follow_palette(self) -> None:
        text = self.palette().color(QPalette.ColorRole.WindowText)
        for side in ("bottom", "left"):
            self.getAxis(side).setPen(text)
            self.getAxis(side).setTextPen(text)
        self._playhead.setPen(pg.mkPen(curve_colour("playhead", self.palette()), width=2))
        self._colour_curves()

    def _colour_curves(self) -> None:
        for number, item in enumerate(self._curves):
            colour = series_colour(number, self.palette())
            item.setPen(pg.mkPen(colour, width=1.8))
            item.setSymbolBrush(colour)
