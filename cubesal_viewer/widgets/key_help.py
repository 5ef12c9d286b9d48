"""The key help: built from the live commands, so it is never out of date."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QDialog, QGridLayout, QLabel, QVBoxLayout, QWidget

__all__ = ["KeyHelp"]

_COLUMNS = 3


class KeyHelp(QDialog):
    """Every command with its keys, by menu.  Escape or a click closes it."""

    def __init__(self, menus: Iterable[tuple[str, list[QAction]]], parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Keys"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        columns = QGridLayout(self)
        columns.setHorizontalSpacing(36)
        columns.setContentsMargins(24, 20, 24, 20)
        for place, (title, actions) in enumerate(menus):
            row, column = divmod(place, _COLUMNS)
            columns.addLayout(_section(title, actions), row, column)

    def mousePressEvent(self, event: object) -> None:
        del event
        self.accept()


def _section(title: str, actions: list[QAction]) -> QVBoxLayout:
    column = QVBoxLayout()
    heading = QLabel(f"<b>{title.replace('&', '')}</b>")
    column.addWidget(heading)
    grid = QGridLayout()
    grid.setHorizontalSpacing(16)
    for row, action in enumerate(actions):
        text = QKeySequence.SequenceFormat.NativeText
        keys = "  ".join(key.toString(text) for key in action.shortcuts())
        grid.addWidget(QLabel(action.text().replace("&", "")), row, 0)
        grid.addWidget(QLabel(keys or "–"), row, 1, Qt.AlignmentFlag.AlignRight)
    column.addLayout(grid)
    column.addStretch(1)
    return column
