"""What is odd about the open clip, said once in the status bar: cut off, or of changing size."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject

from cubesal.video import ClipInfo, Frame
from cubesal_viewer.playback.transport import Transport
from cubesal_viewer.state import ViewerState
from cubesal_viewer.widgets.main_window import MainWindow

__all__ = ["ClipNotes"]


class ClipNotes(QObject):
    """Listens to what is opened and shown.  Lives on the GUI thread."""

    def __init__(self, state: ViewerState, transport: Transport, window: MainWindow) -> None:
        super().__init__(window)
        self._transport, self._window = transport, window
        self._path: Path | None = None
        self._has_told_size = False
        state.clip_changed.connect(self._on_clip)
        transport.frame_changed.connect(self._on_frame)

    def _on_clip(self, clip: ClipInfo | None) -> None:
        path = None if clip is None else clip.path
        if clip is None or path == self._path:  # the same clip, read in another way
            self._path = path
            return
        self._path, self._has_told_size = path, False
        if clip.is_cut_off:
            words = self.tr("%1 is damaged: the file was cut off; what is there is shown")
            self._window.show_notice(words.replace("%1", clip.path.name))

    def _on_frame(self) -> None:
        frame: Frame | None = self._transport.frame
        if frame is not None and frame.is_resized and not self._has_told_size:
            self._has_told_size = True
            words = self.tr("The size of the pictures changes here; they are scaled to the first")
            self._window.show_notice(words)
