"""The timeline: analysed ranges, attention over time, the playhead; press anywhere to scrub."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QRectF, Qt, QTimer, Signal
from PySide6.QtGui import QColor, QMouseEvent, QPalette
from PySide6.QtWidgets import QGraphicsRectItem, QWidget

from cubesal.autopilot import PathKey
from cubesal_viewer.widgets.curve_colours import curve_colour
from cubesal_viewer.widgets.timecode import clock_text
from cubesal_viewer.widgets.timeline_marks import TimelineMarks

__all__ = ["CurveName", "Timeline"]

CurveName = Literal["peak", "share", "spread", "spots"]
#: So many hot spots reach the top of the strip.
_MOST_SPOTS = 8
#: The band at the foot of the strip that shows analysed ranges, as a share of its height.
_BAND = 0.07
#: Whatever moves in it repaints all of the strip, which playing pictures have no time for.
_PACE_MS = 100
#: A press that moves less than this is a click.
_DRAG_PX = 4


class _TimeAxis(pg.AxisItem):  # type: ignore[misc]  # pyqtgraph has no types
    def tickStrings(self, values: Sequence[float], scale: float, spacing: float) -> list[str]:
        del scale
        text = [clock_text(max(value, 0.0)) for value in values]
        return [t[:-4] for t in text] if spacing >= 1 else [t[:-1] for t in text]


class Timeline(pg.PlotWidget):  # type: ignore[misc]  # pyqtgraph has no types
    """Emits ``sought`` with a moment in seconds while the left button is pressed or dragged.

    Wheel zooms in time about the pointer, the middle button pans, double click shows all. A key's
    diamond: click jumps there, drag moves it, Alt + click deletes it, the right button asks.
    """

    _dressed = False

    sought = Signal(float)
    range_changed = Signal(float, float)
    """The stretch that is shown, seconds; equal ends without a clip."""
    hovered = Signal(object)
    """The moment under the mouse, seconds; None where it has left."""
    key_moved = Signal(object, float)
    key_deleted = Signal(object)
    key_menu = Signal(object, object)
    """A key, and where on the screen its menu is wanted."""

    def __init__(self, parent: QWidget | None = None) -> None:
        axis = _TimeAxis(orientation="bottom")
        super().__init__(parent, axisItems={"bottom": axis}, background=None)
        self._duration_s = 0.0
        self._bars: list[QGraphicsRectItem] = []
        self.setAccessibleName(self.tr("Timeline"))
        self.setMinimumHeight(96)
        self.hideButtons()
        self.setMenuEnabled(False)
        box = self.getViewBox()
        box.setMouseEnabled(x=True, y=False)
        box.setDefaultPadding(0)
        box.setYRange(0, 1.02, padding=0)
        self.hideAxis("left")
        self._peaks = self.plot(connect="finite")
        self._peaks.setFillLevel(0)
        self._share = self.plot(connect="finite")
        self._spread = self.plot(connect="finite")
        self._spots = self.plot(connect="finite", stepMode="right")
        self._curves: dict[CurveName, pg.PlotDataItem] = {
            "peak": self._peaks,
            "share": self._share,
            "spread": self._spread,
            "spots": self._spots,
        }
        self._playhead = pg.InfiniteLine(0)
        self._playhead_s = 0.0
        self._pace = QTimer(self, interval=_PACE_MS, singleShot=True)
        self._pace.timeout.connect(self._move_playhead)
        self.addItem(self._playhead, ignoreBounds=True)
        self.marks = TimelineMarks(self)
        self._grabbed: PathKey | None = None
        self._grabbed_at = 0.0
        self._is_dragged = False
        self._dressed = True
        self._follow_palette()
        box.sigXRangeChanged.connect(self._on_range)
        self.set_clip(0.0)

    def set_clip(self, duration_s: float) -> None:
        """Show an empty strip for a clip of this length; 0 for none."""
        self._duration_s = duration_s
        self._playhead.setVisible(duration_s > 0)
        end = max(duration_s, 1.0)
        box = self.getViewBox()
        box.setLimits(xMin=0, xMax=end, minXRange=min(end, 0.5), yMin=0, yMax=1.02)
        box.setXRange(0, end, padding=0)
        self.getAxis("bottom").setStyle(showValues=duration_s > 0)
        self._on_range()
        self.set_attention(np.zeros(0), np.zeros(0))
        self.set_captured(np.zeros(0), np.zeros(0))
        self.set_figures(np.zeros(0), np.zeros(0), np.zeros(0))
        self.set_analysed([])
        self.marks.set_keys(())
        self.marks.set_markers(())
        self.marks.set_span(None, duration_s)

    def set_playhead(self, time_s: float) -> None:
        """Move the playhead, at once or within a tenth of a second; emits nothing."""
        self._playhead_s = time_s
        if not self._pace.isActive():
            self._move_playhead()

    def _move_playhead(self) -> None:
        if self._playhead.value() != self._playhead_s:
            self._playhead.setValue(self._playhead_s)
            self._pace.start()

    def set_analysed(self, ranges: Sequence[tuple[float, float]]) -> None:
        """Mark the analysed stretches (start_s, end_s)."""
        for bar in self._bars:
            self.removeItem(bar)
        self._bars = [self._bar(start, end) for start, end in ranges]

    def set_attention(self, times_s: NDArray[np.float64], peaks: NDArray[np.float64]) -> None:
        """Draw the peak of each grid point's map, scaled to [0, 1]; NaN where not analysed."""
        self._peaks.setData(times_s, peaks * (1 - _BAND) + _BAND)

    def set_captured(self, times_s: NDArray[np.float64], share: NDArray[np.float64]) -> None:
        """Draw the share of the attention inside the planned view, in [0, 1]."""
        self._share.setData(times_s, share * (1 - _BAND) + _BAND)

    def set_figures(
        self,
        times_s: NDArray[np.float64],
        spread: NDArray[np.float64],
        spots: NDArray[np.float64],
    ) -> None:
        """Draw how far attention is spread, in [0, 1], and in how many places it is."""
        for item, values in ((self._spread, spread), (self._spots, spots / _MOST_SPOTS)):
            known = np.isfinite(values)
            # pyqtgraph looks for the bounds of what it draws, and warns where there are none.
            shown = np.where(known, np.minimum(values, 1.0) * (1 - _BAND) + _BAND, np.nan)
            item.setData(*((times_s, shown) if known.any() else ([], [])))

    def show_curve(self, name: CurveName, shown: bool) -> None:
        """Show or hide a curve; emits nothing."""
        self._curves[name].setVisible(shown)

    def time_at(self, x: float) -> float:
        """Moment under the widget coordinate ``x``, clamped to the clip."""
        scene = self.mapToScene(int(x), 0)
        moment = self.getViewBox().mapSceneToView(scene).x()
        return float(min(max(moment, 0.0), self._duration_s))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        key = self.marks.key_at(event.position())
        if event.button() == Qt.MouseButton.RightButton and key is not None:
            self.key_menu.emit(key, event.globalPosition().toPoint())
            event.accept()
        elif event.button() == Qt.MouseButton.LeftButton and self._duration_s:
            if key is None:
                self.sought.emit(self.time_at(event.position().x()))
            elif event.modifiers() & Qt.KeyboardModifier.AltModifier:
                self.key_deleted.emit(key)
            else:
                self._grabbed, self._grabbed_at = key, event.position().x()
                self._is_dragged = False
                self.sought.emit(key.time_s)
            event.accept()
        else:
            super().mousePressEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._duration_s:
            self.hovered.emit(self.time_at(event.position().x()))
        if not event.buttons() & Qt.MouseButton.LeftButton or not self._duration_s:
            super().mouseMoveEvent(event)
            return
        x = event.position().x()
        if self._grabbed is None:
            self.sought.emit(self.time_at(x))
        elif self._is_dragged or abs(x - self._grabbed_at) >= _DRAG_PX:
            self._is_dragged = True
            self.marks.move(self._grabbed, self.time_at(x))
        event.accept()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if event.button() != Qt.MouseButton.LeftButton:
            super().mouseReleaseEvent(event)
            return
        key, self._grabbed = self._grabbed, None
        if key is not None and self._is_dragged:
            self.marks.move(None)
            self.key_moved.emit(key, self.time_at(event.position().x()))
        event.accept()  # pyqtgraph would take it for the end of a drag of its own

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self.getViewBox().setXRange(0, max(self._duration_s, 1.0), padding=0)
        event.accept()

    def leaveEvent(self, event: QEvent) -> None:
        self.hovered.emit(None)
        super().leaveEvent(event)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        # pyqtgraph changes its palette while it is being made, before there is an axis.
        if self._dressed and event.type() is QEvent.Type.PaletteChange:
            self._follow_palette()

    def _on_range(self) -> None:
        start_s, end_s = self.getViewBox().viewRange()[0]
        self.range_changed.emit(start_s, end_s if self._duration_s else start_s)

    def _bar(self, start_s: float, end_s: float) -> QGraphicsRectItem:
        bar = QGraphicsRectItem(QRectF(start_s, 0, max(end_s - start_s, 1e-3), _BAND * 0.7))
        bar.setPen(QColor(0, 0, 0, 0))
        bar.setBrush(curve_colour("analysed", self.palette()))
        self.addItem(bar, ignoreBounds=True)
        return bar

    def _follow_palette(self) -> None:
        text = self.palette().color(QPalette.ColorRole.WindowText)
        axis = self.getAxis("bottom")
        axis.setTextPen(text)
        axis.setPen(QColor(text.red(), text.green(), text.blue(), 90))
        self._playhead.setPen(pg.mkPen(text, width=2))
        peak = curve_colour("peak", self.palette())
        self._peaks.setPen(pg.mkPen(peak, width=1.6))
        self._peaks.setFillBrush(QColor(peak.red(), peak.green(), peak.blue(), 50))
        self._share.setPen(pg.mkPen(curve_colour("share", self.palette()), width=1.6))
        for name in ("spread", "spots"):
            pen = pg.mkPen(curve_colour(name, self.palette()), width=1)
            self._curves[name].setPen(pen)
        for bar in self._bars:
            bar.setBrush(curve_colour("analysed", self.palette()))
        self.marks.follow_palette()
