"""The overlay's dock: colours with swatches, range, contours, smoothing, and the legend."""

from __future__ import annotations

from dataclasses import replace
from math import degrees, radians
from typing import Final

from PySide6.QtCore import QSignalBlocker, QSize, Qt, Signal
from PySide6.QtGui import QIcon, QImage, QPixmap
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDoubleSpinBox,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QSlider,
    QWidget,
)

from cubesal.overlay import COLORMAPS, OverlayStyle, colormap_lut
from cubesal_viewer.state import Overlay
from cubesal_viewer.widgets.commands import with_key

__all__ = ["OverlayPanel"]

_SWATCH: Final = QSize(56, 12)
_LEGEND: Final = QSize(110, 12)
#: What the list of contours offers: shares of the top of the colours.
_CONTOURS: Final[tuple[tuple[float, ...], ...]] = (
    (),
    (0.5,),
    (0.25, 0.5, 0.75),
    (0.2, 0.4, 0.6, 0.8),
)
_MOST_SMOOTHING_DEG: Final = 20


def swatch(colormap: str, inverted: bool = False, size: QSize = _SWATCH) -> QPixmap:
    """Render the colours of a map from low to high."""
    lut = colormap_lut(colormap, inverted)
    image = QImage(lut.tobytes(), 256, 1, 256 * 3, QImage.Format.Format_RGB888)
    return QPixmap.fromImage(image).scaled(size)


class OverlayPanel(QWidget):
    """Emits ``changed`` with a new :class:`Overlay` on every user edit."""

    changed = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._overlay = Overlay()
        self._scale = 0.0
        self._visible = self._box(self.tr("Show heatmap"))
        self._inverted = self._box(self.tr("Inverted colours"))
        self._colormap = self._chooser(self.tr("Colour map"))
        self._colormap.setIconSize(_SWATCH)
        for name in COLORMAPS:
            self._colormap.addItem(name)
        self._opacity = self._slider(self.tr("Opacity"), 100)
        self._threshold = self._slider(self.tr("Threshold"), 90)
        self._smoothing = self._slider(self.tr("Smoothing"), _MOST_SMOOTHING_DEG)
        # A width is worked out once, which takes a moment: not for each one that is passed.
        self._smoothing.setTracking(False)
        self._range = self._chooser(self.tr("Range"))
        for words, mode in (
            (self.tr("each frame"), "frame"),
            (self.tr("whole clip"), "clip"),
            (self.tr("manual"), "manual"),
        ):
            self._range.addItem(words, mode)
        self._contours = self._chooser(self.tr("Contours"))
        for levels in _CONTOURS:
            words = " ".join(f"{round(100 * level)}" for level in levels)
            self._contours.addItem(f"{words} %" if levels else self.tr("none"))
        self._top = self._number(self.tr("Top of the range"))
        self._legend, self._legend_low, self._legend_high = QLabel(), QLabel("0"), QLabel("")
        self._legend.setMinimumHeight(14)
        self._lay_out()
        self.set_overlay(self._overlay)
        self._connect()

    def set_overlay(self, overlay: Overlay) -> None:
        """Show these settings; emits nothing."""
        self._overlay = overlay
        style = overlay.style
        blockers = [QSignalBlocker(child) for child in self.findChildren(QWidget)]
        self._visible.setChecked(overlay.visible)
        self._inverted.setChecked(style.inverted)
        self._colormap.setCurrentText(style.colormap)
        self._opacity.setValue(round(style.opacity * 100))
        self._threshold.setValue(round(style.threshold * 100))
        self._smoothing.setValue(round(degrees(style.smoothing)))
        self._range.setCurrentIndex(self._range.findData(style.range_mode))
        known = style.contours in _CONTOURS
        self._contours.setCurrentIndex(_CONTOURS.index(style.contours) if known else -1)
        self._top.setEnabled(style.range_mode == "manual")
        self._top.setValue(style.top if style.range_mode == "manual" else self._scale)
        del blockers
        self._draw_swatches(style)

    def set_key(self, key: str) -> None:
        """Name the key that shows and hides the heatmap; empty for none."""
        self._visible.setText(with_key(self.tr("Show heatmap"), key))

    def set_scale(self, scale: float) -> None:
        """Write the value at the top of the colour map into the legend."""
        if scale == self._scale:
            return
        self._scale = scale
        self._legend_high.setText(f"{scale:.3g}" if scale > 0 else "–")
        if self._overlay.style.range_mode != "manual":
            with QSignalBlocker(self._top):
                self._top.setValue(scale)

    def _draw_swatches(self, style: OverlayStyle) -> None:
        for k, name in enumerate(COLORMAPS):
            self._colormap.setItemIcon(k, QIcon(swatch(name, style.inverted)))
        self._legend.setPixmap(swatch(style.colormap, style.inverted, _LEGEND))

    def _lay_out(self) -> None:
        legend = QHBoxLayout()
        legend.setSpacing(6)
        for label in (self._legend_low, self._legend, self._legend_high):
            legend.addWidget(label)
        legend.addStretch(1)
        grid = QGridLayout(self)
        grid.setHorizontalSpacing(10)
        grid.setColumnStretch(1, 1)
        grid.setColumnStretch(3, 1)
        grid.setRowStretch(5, 1)
        grid.addWidget(self._visible, 0, 0, 1, 2)
        grid.addWidget(self._inverted, 0, 2, 1, 2)
        rows: tuple[tuple[QWidget, QWidget], ...] = (
            (self._colormap, self._range),
            (self._opacity, self._top),
            (self._threshold, self._contours),
        )
        for row, pair in enumerate(rows, start=1):
            for column, control in enumerate(pair):
                grid.addWidget(QLabel(control.accessibleName()), row, 2 * column)
                grid.addWidget(control, row, 2 * column + 1)
        grid.addWidget(QLabel(self.tr("Legend")), 4, 0)
        grid.addLayout(legend, 4, 1)
        grid.addWidget(QLabel(self._smoothing.accessibleName()), 4, 2)
        grid.addWidget(self._smoothing, 4, 3)

    def _connect(self) -> None:
        for box in (self._visible, self._inverted):
            box.toggled.connect(self._edited)
        for slider in (self._opacity, self._threshold, self._smoothing):
            slider.valueChanged.connect(self._edited)
        for chooser in (self._colormap, self._range, self._contours):
            chooser.currentIndexChanged.connect(self._edited)
        self._top.valueChanged.connect(self._edited)

    def _edited(self) -> None:
        chosen = self._contours.currentIndex()
        style = replace(
            self._overlay.style,
            colormap=self._colormap.currentText(),
            inverted=self._inverted.isChecked(),
            opacity=self._opacity.value() / 100,
            threshold=self._threshold.value() / 100,
            smoothing=radians(self._smoothing.value()),
            range_mode=self._range.currentData(),
            top=self._top.value(),
            contours=_CONTOURS[chosen] if chosen >= 0 else self._overlay.style.contours,
        )
        self.changed.emit(Overlay(style, self._visible.isChecked()))

    # ---- making the controls -----------------------------------------------------------------

    @staticmethod
    def _box(words: str) -> QCheckBox:
        box = QCheckBox(words)
        box.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        return box

    @staticmethod
    def _slider(name: str, high: int) -> QSlider:
        slider = QSlider(Qt.Orientation.Horizontal)
        slider.setRange(0, high)
        slider.setAccessibleName(name)
        slider.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        return slider

    @staticmethod
    def _chooser(name: str) -> QComboBox:
        chooser = QComboBox()
        chooser.setAccessibleName(name)
        chooser.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        chooser.setSizeAdjustPolicy(
            QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
        )
        chooser.setMinimumContentsLength(9)
        return chooser

    @staticmethod
    def _number(name: str) -> QDoubleSpinBox:
        number = QDoubleSpinBox()
        number.setAccessibleName(name)
        number.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        number.setDecimals(4)
        number.setRange(0.0001, 1e6)
        number.setStepType(QDoubleSpinBox.StepType.AdaptiveDecimalStepType)
        number.setKeyboardTracking(False)
        return number
