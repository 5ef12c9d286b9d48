"""A menu of which one entry holds, such as the projection of a clip."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import Signal
from PySide6.QtGui import QAction, QActionGroup
from PySide6.QtWidgets import QMenu, QWidget

__all__ = ["ChoiceMenu"]


class ChoiceMenu(QMenu):
    """Entries by name; emits ``chosen`` with a name when a person picks it, and only then."""

    chosen = Signal(str)

    def __init__(self, title: str, entries: Iterable[tuple[str, str]], parent: QWidget) -> None:
        super().__init__(title, parent)
        self._group = QActionGroup(self)
        self._actions: dict[str, QAction] = {}
        for name, words in entries:
            action = QAction(words, self._group)
            action.setCheckable(True)
            action.triggered.connect(lambda _checked=False, name=name: self.chosen.emit(name))
            self.addAction(action)
            self._actions[name] = action

    def entry(self, name: str) -> QAction:
        """The entry of a name."""
        return self._actions[name]

    def set_chosen(self, name: str) -> None:
        """Mark the entry that holds; emits nothing."""
        self._actions[name].setChecked(True)
