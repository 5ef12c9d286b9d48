"""How loud it is: a button that mutes and a slider; where nothing is heard, it says why."""

from __future__ import annotations

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import QHBoxLayout, QSlider, QToolButton, QWidget

from cubesal_viewer.widgets.commands import with_key
from cubesal_viewer.widgets.icons import transport_icon

__all__ = ["VolumeControl"]

_STEPS = 100


class VolumeControl(QWidget):
    """Emits ``mute_toggled`` and ``volume_wanted`` (0 to 1); shows what it is told."""

    mute_toggled = Signal()
    volume_wanted = Signal(float)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._mute, self._slider = QToolButton(self), QSlider(Qt.Orientation.Horizontal, self)
        self._mute.setAccessibleName(self.tr("Mute"))
        self._mute.setCheckable(True)
        self._mute.setAutoRaise(True)
        self._slider.setAccessibleName(self.tr("Volume"))
        self._slider.setRange(0, _STEPS)
        self._slider.setFixedWidth(72)
        for control in (self._mute, self._slider):
            control.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._mute.clicked.connect(self.mute_toggled)
        self._slider.valueChanged.connect(lambda step: self.volume_wanted.emit(step / _STEPS))
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(2)
        row.addWidget(self._mute)
        row.addWidget(self._slider)
        self._key, self._why = "", ""
        self.show_sound(1.0, False, "")

    def set_key(self, key: str) -> None:
        """Name the key that mutes; empty for none."""
        self._key = key
        self._explain()

    def show_sound(self, volume: float, muted: bool, silent_because: str) -> None:
        """Show how loud it is; a sentence says why nothing is heard.  Emits nothing."""
        for control in (self._mute, self._slider):
            control.blockSignals(True)
            control.setEnabled(not silent_because)
        self._mute.setChecked(muted)
        self._slider.setValue(round(volume * _STEPS))
        for control in (self._mute, self._slider):
            control.blockSignals(False)
        self._why = silent_because
        self._explain()
        self._draw_icon()

    def _explain(self) -> None:
        mute = with_key(self._mute.accessibleName(), self._key)
        own_speed = self.tr("Sound is heard at the clip's own speed only.")
        self._mute.setToolTip(self._why or f"{mute}\n{own_speed}")
        self._slider.setToolTip(self._why or self._slider.accessibleName())

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() is QEvent.Type.PaletteChange:
            self._draw_icon()

    def _draw_icon(self) -> None:
        silent = self._mute.isChecked() or bool(self._why)
        colour = self.palette().color(QPalette.ColorRole.WindowText)
        quiet = self.palette().color(QPalette.ColorGroup.Disabled, QPalette.ColorRole.WindowText)
        self._mute.setIcon(transport_icon("muted" if silent else "sound", colour, quiet))
