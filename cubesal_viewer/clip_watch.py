"""Whether the file of the open clip is still the one that was opened: told when it is not."""

from __future__ import annotations

import os
from pathlib import Path

from PySide6.QtCore import QFileSystemWatcher, QObject

from cubesal.video import ClipInfo
from cubesal_viewer.state import ViewerState
from cubesal_viewer.widgets.main_window import MainWindow

__all__ = ["ClipWatch"]

_Stamp = tuple[int, int, int, int]


class ClipWatch(QObject):
    """Watches the open clip.  Lives on the GUI thread.

    Frames, maps and document are those of the file as it was; another file under its name would
    get the maps of the first one, so what is exported asks :meth:`problem` before.
    """

    def __init__(self, state: ViewerState, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        self._path: Path | None = None
        self._stamp: _Stamp | None = None
        self._told = ""
        self._watcher = QFileSystemWatcher(self)
        self._watcher.fileChanged.connect(self._look)
        state.clip_changed.connect(self._on_clip)

    def _on_clip(self, clip: ClipInfo | None) -> None:
        if watched := self._watcher.files():
            self._watcher.removePaths(watched)
        self._path, self._told = None if clip is None else clip.path, ""
        if self._path is not None:
            self._stamp = _stamp(self._path)
            self._watcher.addPath(str(self._path))

    def problem(self) -> str:
        """What has become of the clip since it was opened, in one sentence; empty if nothing."""
        if self._path is None:
            return ""
        now = _stamp(self._path)
        if now == self._stamp:
            return ""
        if now is None:
            words = self.tr("%1 is no longer where it was: put it back, or open it where it is now")
        else:
            words = self.tr("%1 has changed on disk since it was opened: open it again")
        return words.replace("%1", self._path.name)

    def _look(self) -> None:
        problem = self.problem()
        if problem and problem != self._told:
            self._window.show_notice(problem)
        self._told = problem
        if self._path is not None and not self._watcher.files():
            self._watcher.addPath(str(self._path))  # a file that was replaced is watched no more


def _stamp(path: Path) -> _Stamp | None:
    try:
        found = os.stat(path)
    except OSError:
        return None
    return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns
