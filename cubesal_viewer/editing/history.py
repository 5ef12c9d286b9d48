"""Undo and redo of every edit: each step keeps what was before and what came of it."""

from __future__ import annotations

from PySide6.QtCore import QObject
from PySide6.QtGui import QUndoCommand, QUndoStack

from cubesal_viewer.state import Edits, ViewerState

__all__ = ["History"]


class _Step(QUndoCommand):
    def __init__(self, text: str, state: ViewerState, before: Edits, after: Edits) -> None:
        super().__init__(text)
        self._state, self._before, self._after = state, before, after

    def redo(self) -> None:
        self._state.set_edits(self._after)

    def undo(self) -> None:
        self._state.set_edits(self._before)


class History(QObject):
    """The one way in which edits change by a person's hand; ``stack`` is for menus to follow."""

    def __init__(self, state: ViewerState, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._state = state
        self.stack = QUndoStack(self)

    def edit(self, text: str, after: Edits) -> bool:
        """Make an edit that can be undone; False if it changes nothing."""
        before = self._state.edits
        if after == before:
            return False
        self.stack.push(_Step(text, self._state, before, after))
        return True

    def forget(self) -> None:
        """Another clip is open: what was done to the one before is done."""
        self.stack.clear()
