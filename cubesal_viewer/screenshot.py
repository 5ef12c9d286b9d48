"""``--screenshot``: wait until the window shows what was asked for, save it, and end."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject, QTimer, Signal

from cubesal_viewer.app import Viewer

__all__ = ["Screenshot"]

_LOOK_MS = 100
#: Clips up to this long are analysed to the end first, so that the picture is always the same.
_WHOLE_CLIP_S = 60.0
#: A last moment for the window to draw what has just arrived.
_SETTLE_MS = 400


class Screenshot(QObject):
    """Emits ``done`` with an exit code and a message once the window is saved or cannot be."""

    done = Signal(int, str)

    def __init__(self, viewer: Viewer, path: Path, frame: int | None) -> None:
        super().__init__()
        self._viewer = viewer
        self._path = path
        self._frame = frame
        self._look = QTimer(self, interval=_LOOK_MS)
        self._look.timeout.connect(self._check)
        viewer.transport.opened.connect(self._on_opened)
        viewer.failed.connect(lambda message: self._end(2, message))

    def _on_opened(self) -> None:
        count = self._viewer.transport.frame_count
        wanted = self._frame or 0
        if not 0 <= wanted < count:
            self._end(2, f"--frame {wanted} is not in the clip: it has frames 0 to {count - 1}")
            return
        self._look.start()

    def _check(self) -> None:
        viewer = self._viewer
        frame, track = viewer.transport.frame, viewer.analysis.track
        if frame is None or frame.index != (self._frame or 0) or track is None:
            return
        clip = viewer.state.clip
        whole = clip is not None and clip.duration_s <= _WHOLE_CLIP_S
        current = viewer.analysis.view_at(frame.time_s).status == "current"
        if (track.complete if whole else current) and viewer.steering.settled:
            self._look.stop()
            QTimer.singleShot(_SETTLE_MS, self, self._save)

    def _save(self) -> None:
        if not (self._viewer.window.equirect.is_drawn and self._viewer.window.nfov.is_drawn):
            QTimer.singleShot(_LOOK_MS, self, self._save)
            return
        picture = self._viewer.window.grab()
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            written = picture.save(str(self._path), "PNG")
        except OSError:
            written = False
        if written:
            self._end(0, f"Wrote {self._path} ({picture.width()} x {picture.height()})")
        else:
            self._end(2, f"cannot write {self._path}: check the folder and its permissions")

    def _end(self, code: int, message: str) -> None:
        self._look.stop()
        self.done.emit(code, message)
