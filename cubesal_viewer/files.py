"""What the person opens and saves: clips, documents, recent files."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject, QSettings

from cubesal.document import SUFFIX, DocumentError
from cubesal_viewer.analysis.controller import AnalysisController
from cubesal_viewer.document.controller import DocumentController
from cubesal_viewer.document.dialogs import choose_to_open
from cubesal_viewer.document.keeper import Keeper
from cubesal_viewer.document.recent import RecentMenu, remember_file
from cubesal_viewer.playback.transport import Transport
from cubesal_viewer.state import ViewerState
from cubesal_viewer.widgets.main_window import MainWindow

__all__ = ["Files"]

_FOLDER = "open/folder"


class Files(QObject):
    """Brings a path, wherever it comes from, to the transport and to its document."""

    def __init__(
        self,
        state: ViewerState,
        keeper: Keeper,
        transport: Transport,
        analysis: AnalysisController,
        window: MainWindow,
        settings: QSettings,
    ) -> None:
        super().__init__(window)
        self._transport, self._analysis = transport, analysis
        self._window, self._settings = window, settings
        self.documents = DocumentController(state, keeper, window)
        self.recent = RecentMenu(settings, window)
        self.recent.chosen.connect(self.open)
        #: Whether what is opened goes into the list of recent files.
        self.remembers = True
        self.documents.clip_wanted.connect(transport.open)
        self.documents.ready.connect(self._remember)
        self.documents.saved.connect(self._on_saved)
        self.documents.title_changed.connect(window.show_title)
        self.documents.noticed.connect(lambda words: window.statusBar().showMessage(words, 20_000))
        keeper.committed.connect(analysis.on_committed)
        window.may_close = lambda: self.documents.may_leave(window.close)

    def open(self, path: Path | str, projection: str | None = None) -> None:
        """Open a clip or a document, after asking about what is unsaved in the present one."""
        chosen = Path(path)
        if self.documents.may_leave(lambda: self._open(chosen, projection)):
            self._open(chosen, projection)

    def _open(self, path: Path, projection: str | None) -> None:
        if path.suffix.lower() == SUFFIX:
            self.documents.open(path)
        else:
            self._transport.open(path, projection)

    def choose(self) -> None:
        """Ask for a clip or a document to open."""
        path = choose_to_open(self._window, str(self._settings.value(_FOLDER, "")))
        if path is not None:
            self._settings.setValue(_FOLDER, str(path.parent))
            self.open(path)

    def shown(self, clip: Path, projection: str | None) -> None:
        """A clip has been opened and is on show."""
        self._analysis.clear()
        self._clip = clip
        self.documents.clip_shown(clip, projection)

    def stop(self) -> bool:
        """End the document thread; True if it ended in time."""
        return self.documents.stop()

    def _remember(self) -> None:
        if self.remembers:
            remember_file(self._settings, self.documents.path or self._clip)

    def _on_saved(self, path: Path) -> None:
        try:
            self._analysis.on_saved(path)
        except DocumentError as error:
            self.documents.failed.emit(str(error))
        self._remember()
        words = self.tr("Saved %1").replace("%1", str(path))
        self._window.statusBar().showMessage(words, 10_000)
