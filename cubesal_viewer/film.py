"""Brings the clip's small pictures onto the timeline, for what it shows of the clip now."""

from __future__ import annotations

from PySide6.QtCore import QObject, QTimer
from PySide6.QtGui import QImage

from cubesal_viewer.playback.decoder import VAST_REST_MS, OpenedClip
from cubesal_viewer.playback.transport import Transport
from cubesal_viewer.thumbnails import Thumbnails
from cubesal_viewer.widgets.film_strip import HEIGHT
from cubesal_viewer.widgets.main_window import MainWindow

__all__ = ["Film"]

#: Zooming and panning ask for pictures once they rest this long; a new clip gets its frame first.
_REST_MS = 400


class Film(QObject):
    """Lives on the GUI thread; while the clip plays, no pictures are made."""

    def __init__(self, transport: Transport, window: MainWindow) -> None:
        super().__init__(window)
        self._transport, self._strip = transport, window.film
        self.thumbnails = Thumbnails(2 * HEIGHT, self)
        self._timer = QTimer(self, interval=_REST_MS, singleShot=True)
        self._timer.timeout.connect(self._want)
        self._strip.set_source(self._picture_at)
        self._strip.moments_changed.connect(lambda _: self._timer.start())
        self._strip.sought.connect(transport.seek_time)
        self.thumbnails.ready.connect(lambda _: self._strip.update())
        transport.opened.connect(self._on_opened)

    def stop(self) -> bool:
        """End the thread; True if it ended in time."""
        self._timer.stop()
        return self.thumbnails.stop()

    def _on_opened(self, clip: OpenedClip) -> None:
        self.thumbnails.open(clip.info.path, clip.projection)
        self._strip.update()
        self._timer.start(VAST_REST_MS if clip.info.is_vast else _REST_MS)

    def _index_at(self, moment_s: float) -> int:
        return self._transport.index_at(moment_s)

    def _picture_at(self, moment_s: float) -> QImage | None:
        return self.thumbnails.picture(self._index_at(moment_s))

    def _want(self) -> None:
        transport = self._transport
        is_still = transport.frame_count == 1
        if transport.is_playing or (is_still and transport.frame is None):
            self._timer.start()
            return
        indices = [self._index_at(moment_s) for moment_s in self._strip.moments]
        self.thumbnails.want(indices, transport.frame if is_still else None)
