"""Dock panels: the model, and the autopilot."""

from __future__ import annotations

from dataclasses import replace
from math import degrees, radians
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSlider,
    QWidget,
)

from cubesal.autopilot import PlannerOptions
from cubesal.inspection import is_own_maps, own_maps_path
from cubesal_viewer.state import ModelChoice
from cubesal_viewer.widgets.area_list import AreaList
from cubesal_viewer.widgets.commands import with_key

if TYPE_CHECKING:
    from cubesal.model_list import ModelInfo

__all__ = ["AutopilotPanel", "ModelPanel"]


def _slider(name: str, low: int, high: int) -> QSlider:
    slider = QSlider(Qt.Orientation.Horizontal)
    slider.setRange(low, high)
    slider.setAccessibleName(name)
    slider.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    return slider


def _chooser(name: str) -> QComboBox:
    chooser = QComboBox()
    chooser.setAccessibleName(name)
    chooser.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    chooser.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
    return chooser


def _show_entry(chooser: QComboBox, entry: str) -> None:
    """Select an entry; what came from the command line and is not in the list is added."""
    if chooser.findText(entry) < 0:
        chooser.addItem(entry)
    chooser.setCurrentText(entry)


def _button(text: str, purpose: str) -> QPushButton:
    button = QPushButton(text)
    button.setToolTip(purpose)
    button.setAccessibleName(purpose)
    button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    return button


class ModelPanel(QWidget):
    """Emits ``changed`` with a new :class:`ModelChoice`; ``maps_asked``: take maps of a file."""

    changed = Signal(object)
    maps_asked = Signal()

    def __init__(
        self, models: list[ModelInfo], devices: list[str], parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._model, self._device = _chooser(self.tr("Model")), _chooser(self.tr("Device"))
        self._has_prior = {model.name: model.prior for model in models}
        for model in models:
            self._model.addItem(model.name)
            role = Qt.ItemDataRole.ToolTipRole
            self._model.setItemData(self._model.count() - 1, model.description, role)
        self._device.addItems(devices)
        self._prior = QCheckBox(self.tr("Equator prior"))
        self._prior.setToolTip(self.tr("People look near the horizon: weigh the map accordingly"))
        self._prior.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._status = QLabel()
        self._status.setWordWrap(True)
        form = QFormLayout(self)
        form.setHorizontalSpacing(12)
        form.addRow(self.tr("Model"), self._model)
        form.addRow(self.tr("Device"), self._device)
        form.addRow(self._prior)
        words = self.tr("Maps from a file…")
        self._maps = _button(words, self.tr("Show maps of your own in place of a model's"))
        self._maps.clicked.connect(self.maps_asked)
        form.addRow(self._maps)
        form.addRow(self._status)
        self.set_choice(ModelChoice())
        self._model.currentTextChanged.connect(
            lambda name: self._edited(model=self._model.currentData() or name, prior=None)
        )
        self._device.currentTextChanged.connect(lambda name: self._edited(device=name))
        self._prior.toggled.connect(lambda on: self._edited(prior=on))

    def set_choice(self, choice: ModelChoice) -> None:
        """Show this choice; emits nothing."""
        self._choice = choice
        for widget in (self._model, self._device, self._prior):
            widget.blockSignals(True)
        self._show_model(choice.model)
        _show_entry(self._device, choice.device)
        own = self._has_prior.get(choice.model, not is_own_maps(choice.model))
        self._prior.setEnabled(not is_own_maps(choice.model))
        self._prior.setChecked(own if choice.prior is None else choice.prior)
        for widget in (self._model, self._device, self._prior):
            widget.blockSignals(False)

    def _show_model(self, model: str) -> None:
        """Select a model; own maps are shown under the name of their file, one entry at a time."""
        for row in reversed(range(self._model.count())):
            if self._model.itemData(row) not in (None, model):
                self._model.removeItem(row)
        if not is_own_maps(model):
            _show_entry(self._model, model)
            return
        if self._model.findData(model) < 0:
            self._model.addItem(own_maps_path(model).name, model)
        self._model.setCurrentIndex(self._model.findData(model))

    def set_devices(self, devices: tuple[str, ...]) -> None:
        """Offer the devices that really exist, once they are known; emits nothing."""
        self._device.blockSignals(True)
        self._device.clear()
        self._device.addItems(["auto", *devices])
        _show_entry(self._device, self._choice.device)
        self._device.blockSignals(False)

    def set_status(self, text: str) -> None:
        """Say what is loaded and where it runs."""
        self._status.setText(text)

    def _edited(self, **changes: Any) -> None:
        """Another network comes with its own prior; what was chosen before was for the old one."""
        self.set_choice(replace(self._choice, **changes))
        self.changed.emit(self._choice)


class AutopilotPanel(QWidget):
    """Emits ``toggled`` (bool) and ``options_changed`` with new :class:`PlannerOptions`."""

    toggled = Signal(bool)
    options_changed = Signal(object)
    key_asked = Signal()
    recording_asked = Signal()
    following_asked = Signal()

    def __init__(self, options: PlannerOptions, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._options = options
        self._button = QPushButton(self.tr("Autopilot"))
        self._button.setCheckable(True)
        self._button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._calm = _slider(self.tr("Calm to eager"), 0, 100)
        self._calm.setInvertedAppearance(True)
        self._speed = _slider(self.tr("Fastest pan"), 5, 60)
        self._speed_text = QLabel()
        self._share, self._mode = QLabel("–"), QLabel("–")
        self.areas = AreaList()
        self._key = _button(self.tr("Key"), self.tr("Insist on this view at this moment (X)"))
        self._record = _button(self.tr("Record"), self.tr("Record my own looking as keys (R)"))
        self._record.setCheckable(True)
        words = self.tr("Keep what is in the middle of the view in view (T)")
        self._follow = _button(self.tr("Follow this"), words)
        self._calm.setValue(round(options.calm * 100))
        self._speed.setValue(round(degrees(options.max_speed)))
        self._lay_out()
        self._show_speed()
        self._button.clicked.connect(self.toggled)
        self._key.clicked.connect(self.key_asked)
        self._record.clicked.connect(self.recording_asked)
        self._follow.clicked.connect(self.following_asked)
        self._calm.valueChanged.connect(self._edited)
        self._speed.valueChanged.connect(self._edited)

    def set_autopilot(self, on: bool) -> None:
        """Show whether the autopilot steers; emits nothing."""
        self._button.setChecked(on)

    def set_mode(self, mode: str) -> None:
        """Say what the autopilot flies by: "planned", "live" ahead of any plan, or "" for none."""
        words = {"planned": self.tr("planned"), "live": self.tr("live, ahead of the plan")}
        self._mode.setText(words.get(mode, "–"))

    def set_recording(self, on: bool) -> None:
        """Show whether the person's looking is being recorded; emits nothing."""
        self._record.setChecked(on)

    def set_key(self, key: str) -> None:
        """Name the key of the autopilot; empty for none."""
        self._button.setText(with_key(self.tr("Autopilot"), key))

    def set_share(self, share: float | None) -> None:
        """Write how much of the attention the present view covers, in [0, 1]."""
        self._share.setText("–" if share is None else f"{share:.0%}")

    def _lay_out(self) -> None:
        calm = QHBoxLayout()
        calm.setSpacing(8)
        for widget in (QLabel(self.tr("calm")), self._calm, QLabel(self.tr("eager"))):
            calm.addWidget(widget)
        speed = QHBoxLayout()
        speed.setSpacing(8)
        speed.addWidget(self._speed)
        speed.addWidget(self._speed_text)
        form = QFormLayout(self)
        form.setHorizontalSpacing(12)
        form.addRow(self._button)
        form.addRow(self.tr("Manner"), calm)
        form.addRow(self.tr("Fastest pan"), speed)
        form.addRow(self.tr("Attention in view"), self._share)
        form.addRow(self.tr("Flies"), self._mode)
        keys = QHBoxLayout()
        keys.setSpacing(8)
        for button in (self._key, self._record, self._follow):
            keys.addWidget(button)
        form.addRow(self.tr("Path"), keys)
        form.addRow(self.areas)

    def _show_speed(self) -> None:
        self._speed_text.setText(f"{self._speed.value()} °/s")

    def _edited(self) -> None:
        self._show_speed()
        self._options = replace(
            self._options,
            calm=self._calm.value() / 100,
            max_speed=radians(self._speed.value()),
        )
        self.options_changed.emit(self._options)
