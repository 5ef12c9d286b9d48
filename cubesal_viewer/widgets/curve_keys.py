"""The legend of the timeline's curves: each names its curve, and shows or hides it."""

from __future__ import annotations

from typing import Final, get_args

from PySide6.QtCore import QEvent, QSize, Qt, Signal
from PySide6.QtGui import QIcon, QPainter, QPixmap
from PySide6.QtWidgets import QHBoxLayout, QToolButton, QWidget

from cubesal_viewer.widgets.curve_colours import curve_colour
from cubesal_viewer.widgets.timeline import CurveName

__all__ = ["CurveKeys"]

_SIZE: Final = QSize(14, 12)


class CurveKeys(QWidget):
    """Emits ``toggled`` with a curve's name and whether it is to be seen."""

    toggled = Signal(str, bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(2)
        self._buttons: dict[CurveName, QToolButton] = {}
        for name, words, purpose in self._words():
            button = QToolButton(self)
            button.setCheckable(True)
            button.setChecked(True)
            button.setAutoRaise(True)
            button.setText(words)
            button.setAccessibleName(purpose)
            button.setToolTip(purpose)
            button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            button.toggled.connect(lambda on, name=name: self.toggled.emit(name, on))
            row.addWidget(button)
            self._buttons[name] = button
        self._colour()

    def _words(self) -> list[tuple[CurveName, str, str]]:
        return [
            ("peak", self.tr("peak"), self.tr("Show how strong the strongest attention is")),
            ("share", self.tr("in view"), self.tr("Show the share of attention in view")),
            ("spread", self.tr("spread"), self.tr("Show how far attention is spread")),
            ("spots", self.tr("hot spots"), self.tr("Show in how many places attention is")),
        ]

    def shown(self) -> list[CurveName]:
        """The curves that are to be seen."""
        return [name for name, button in self._buttons.items() if button.isChecked()]

    def set_shown(self, names: list[str]) -> None:
        """Show these curves and hide the others; emits ``toggled`` for those that change."""
        for name, button in self._buttons.items():
            button.setChecked(name in names)

    def _colour(self) -> None:
        ratio = self.devicePixelRatio()
        for name in get_args(CurveName):
            picture = QPixmap(_SIZE * ratio)
            picture.setDevicePixelRatio(ratio)
            picture.fill(Qt.GlobalColor.transparent)
            painter = QPainter(picture)
            painter.fillRect(1, 4, 12, 4, curve_colour(name, self.palette()))
            painter.end()
            self._buttons[name].setIcon(QIcon(picture))

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() is QEvent.Type.PaletteChange:
            self._colour()
