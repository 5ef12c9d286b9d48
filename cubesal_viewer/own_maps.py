"""Maps of a person's own in the window: chosen or dropped, in place of a model's, for this clip."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QObject, QSettings, Signal

from cubesal.errors import CubesalError
from cubesal.inspection import is_own_maps, own_maps_word
from cubesal_viewer.document.dialogs import choose_maps
from cubesal_viewer.settings import load_model
from cubesal_viewer.state import ModelChoice, ViewerState
from cubesal_viewer.widgets.main_window import MainWindow

__all__ = ["OwnMaps"]


class OwnMaps(QObject):
    """They are the choice of a model like any other, but for no clip except the open one."""

    failed = Signal(str)

    def __init__(self, state: ViewerState, window: MainWindow, settings: QSettings) -> None:
        super().__init__(window)
        self._state, self._window, self._settings = state, window, settings
        self._before: ModelChoice | None = None
        window.models.maps_asked.connect(self.choose)

    def choose(self) -> None:
        """Ask for a file and show its maps."""
        clip = self._state.clip
        if clip is None:
            self.failed.emit(self.tr("Open a clip first: maps are shown on its picture."))
            return
        path = choose_maps(self._window, str(clip.path.parent))
        if path is not None:
            self.show(path)

    def takes(self, path: Path) -> bool:
        """Whether what was dropped are maps for the open clip, not something to open."""
        return self._state.clip is not None and (path.suffix.lower() == ".npz" or path.is_dir())

    def show(self, path: Path) -> None:
        """Show the maps of a file or folder."""
        try:
            word = own_maps_word(path)
        except CubesalError as error:
            self.failed.emit(str(error))
        else:
            choice = replace(self._state.model, model=word, prior=None)
            if choice != self._state.model:
                # Not those that are still being read: what they turn out to be, nobody knows.
                self._before = self._before or self._state.model
                self._state.set_model(choice)

    def taken(self) -> None:
        """Maps are there: what was chosen can be read."""
        self._before = None

    def refused(self) -> None:
        """No maps are there: if they were to be a person's own, back to what was shown before.

        Those that a document names are not given up: they may only be elsewhere for now.
        """
        before, self._before = self._before, None
        if before is not None and is_own_maps(self._state.model.model):
            self._state.set_model(before)

    def forget(self) -> None:
        """Another clip is open: back to the model that was chosen last."""
        self._before = None
        if is_own_maps(self._state.model.model):
            self._state.set_model(replace(load_model(self._settings), device="auto"))
