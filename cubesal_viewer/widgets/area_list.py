"""The list of what the autopilot is to look at, or not, in its panel; each can be deleted."""

from __future__ import annotations

from collections.abc import Sequence
from math import degrees

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QPushButton, QWidget

from cubesal.autopilot import Area
from cubesal.camera import wrap_angle

__all__ = ["AreaList"]

#: An area that ends after all clips holds for the whole one.
_EVER_S = 1e6


class AreaList(QWidget):
    """Emits ``deleted`` with the row of an area.

    One row high however many there are: a panel that grows takes its height from the pictures.
    """

    deleted = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._list = QComboBox()
        self._list.setAccessibleName(self.tr("Areas to prefer or avoid"))
        self._list.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._button = QPushButton(self.tr("Delete area"))
        self._button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._button.clicked.connect(self._delete)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self._list, 1)
        row.addWidget(self._button)
        self.setVisible(False)

    def set_areas(self, areas: Sequence[Area]) -> None:
        """List these; nothing is shown where there are none."""
        row = min(max(self._list.currentIndex(), 0), len(areas) - 1)
        self._list.clear()
        self._list.addItems([self._words(area) for area in areas])
        self._list.setCurrentIndex(row)
        self.setVisible(bool(areas))

    def _words(self, area: Area) -> str:
        words = (
            self.tr("+ prefer %1°, %2°") if area.kind == "prefer" else self.tr("− avoid %1°, %2°")
        )
        words = words.replace("%1", f"{degrees(wrap_angle(area.yaw)):.0f}")
        words = words.replace("%2", f"{degrees(area.pitch):.0f}")
        if area.end_s > _EVER_S:
            return words
        return words + f", {area.start_s:.1f}–{area.end_s:.1f} s"

    def _delete(self) -> None:
        if self._list.currentIndex() >= 0:
            self.deleted.emit(self._list.currentIndex())
