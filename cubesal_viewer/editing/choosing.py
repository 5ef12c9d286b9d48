"""Choosing among alternative paths: asks for them, shows them, takes the keys of one."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QWidget

from cubesal.autopilot import PathKey
from cubesal_viewer.editing.alternatives import AlternativesDialog, AlternativesFinder, Shown
from cubesal_viewer.editing.editor import Editor
from cubesal_viewer.editing.operations import keys_replaced
from cubesal_viewer.state import ViewerState
from cubesal_viewer.steering import Steering

__all__ = ["Choosing"]


class Choosing(QObject):
    """One dialog at a time; what is taken can be undone like every edit."""

    def __init__(self, state: ViewerState, steering: Steering, editor: Editor) -> None:
        super().__init__()
        self._state, self._steering, self._editor = state, steering, editor
        self._finder = AlternativesFinder(self)
        self._finder.found.connect(self._on_found)
        self._finder.failed.connect(self._on_failed)
        self._asked = -1
        self.dialog: AlternativesDialog | None = None

    def ask(self, parent: QWidget) -> None:
        """Show the alternatives of the analysed stretch around the playhead."""
        clip, request = self._state.clip, self._steering.whole_request()
        if clip is None or request is None:
            self._editor.noticed.emit(
                self.tr("There is nothing to plan yet: open a clip and wait for its first maps.")
            )
            return
        if self.dialog is not None:
            self.dialog.raise_()
            return
        self.dialog = AlternativesDialog(parent)
        self.dialog.taken.connect(self._take)
        self.dialog.finished.connect(self._forget)
        self.dialog.open()
        request = replace(request, keys=())
        self._asked = self._finder.find(clip.path, self._editor.projection, request)

    def stop(self) -> bool:
        """End the thread; True if it ended in time."""
        self._asked = -1
        return self._finder.stop()

    def _on_found(self, generation: int, shown: list[Shown]) -> None:
        if generation == self._asked and self.dialog is not None:
            self.dialog.show_alternatives(shown)

    def _on_failed(self, generation: int, sentence: str) -> None:
        if generation == self._asked and self.dialog is not None:
            self.dialog.show_failure(sentence)

    def _take(self, keys: tuple[PathKey, ...]) -> None:
        after = keys_replaced(self._state.edits, keys, keys[0].time_s, keys[-1].time_s)
        self._editor.history.edit(self.tr("Take alternative"), after)
        self._state.set_autopilot(True)

    def _forget(self) -> None:
        self.dialog = None
