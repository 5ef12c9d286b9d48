"""The tab of two models: which one to compare with, the wipe, the fixed range."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDoubleSpinBox,
    QFormLayout,
    QLabel,
    QSlider,
    QWidget,
)

from cubesal_viewer.state import Activity

__all__ = ["WipeView"]

_STEPS = 1000


class WipeView(QWidget):
    """Emits intent; ``wipe_moved`` in [0, 1], ``range_changed`` with 0 for the largest of both."""

    toggled = Signal(bool)
    model_chosen = Signal(str)
    wipe_moved = Signal(float)
    range_changed = Signal(float)

    def __init__(self, models: Sequence[str], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._on = QCheckBox(self.tr("Compare with another model"))
        self._model = QComboBox()
        self._model.setAccessibleName(self.tr("Model to compare with"))
        self._model.addItems(models)
        self._wipe = QSlider(Qt.Orientation.Horizontal)
        self._wipe.setAccessibleName(self.tr("Position of the wipe"))
        self._wipe.setRange(0, _STEPS)
        self._range = QDoubleSpinBox()
        self._range.setAccessibleName(self.tr("Top of the range of both models"))
        self._range.setRange(0.0, 100.0)
        self._range.setSingleStep(0.1)
        self._range.setSpecialValueText(self.tr("largest of both"))
        self._status = QLabel()
        self._status.setWordWrap(True)
        form = QFormLayout(self)
        form.addRow(self._on)
        form.addRow(self.tr("Right of the line"), self._model)
        form.addRow(self.tr("Line"), self._wipe)
        form.addRow(self.tr("Range up to"), self._range)
        form.addRow(self._status)
        self._on.toggled.connect(self.toggled)
        self._model.currentTextChanged.connect(self.model_chosen)
        self._wipe.valueChanged.connect(lambda value: self.wipe_moved.emit(value / _STEPS))
        self._range.valueChanged.connect(self.range_changed)

    @property
    def model(self) -> str:
        """The model to compare with."""
        return self._model.currentText()

    def set_on(self, on: bool) -> None:
        """Show whether two models are compared; emits nothing."""
        self._on.blockSignals(True)
        self._on.setChecked(on)
        self._on.blockSignals(False)
        for widget in (self._wipe, self._range):
            widget.setEnabled(on)

    def set_model(self, model: str) -> None:
        """Show which model is chosen; emits nothing."""
        self._model.blockSignals(True)
        self._model.setCurrentText(model)
        self._model.blockSignals(False)

    def set_wipe(self, part: float) -> None:
        """Show where the line is; emits nothing."""
        self._wipe.blockSignals(True)
        self._wipe.setValue(round(part * _STEPS))
        self._wipe.blockSignals(False)

    def set_activity(self, activity: Activity) -> None:
        """Say how far the other model's analysis is."""
        words = activity.text
        if activity.total:
            words += f"  {activity.done}/{activity.total}"
        self._status.setText(words)
