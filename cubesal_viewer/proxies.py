"""The proxy of the open clip: made in the background where it is above 4K, then played."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject, QTimer, Signal

from cubesal.errors import Cancelled
from cubesal.video import Frame
from cubesal.video.proxy import make_proxy, needs_proxy
from cubesal_viewer.playback.decoder import VAST_REST_MS, OpenedClip
from cubesal_viewer.playback.transport import Transport
from cubesal_viewer.preferred import Preferences
from cubesal_viewer.state import ViewerState
from cubesal_viewer.widgets.main_window import MainWindow
from cubesal_viewer.widgets.proxy_status import ProxyStatus
from cubesal_viewer.worker import Worker, one_sentence

__all__ = ["Proxies"]

#: Progress is told no more often than people read it.
_TELL_S = 0.1


class Proxies(QObject):
    """Lives on the GUI thread; one proxy is made at a time, on a thread of its own.

    Only what is shown while time runs comes from a proxy; whatever measures, analyses or exports
    reads the clip.
    """

    _progressed = Signal(int, int, int)
    _made = Signal(int, object)
    _failed = Signal(int, str)

    def __init__(self, state: ViewerState, transport: Transport, window: MainWindow) -> None:
        super().__init__(window)
        self._state, self._transport, self._window = state, transport, window
        self.status = ProxyStatus()
        window.statusBar().addPermanentWidget(self.status)
        self._worker = Worker("proxy")
        self._generation = 0  # a job of an older one ends at its next frame
        self._clip: OpenedClip | None = None
        self._is_wanted = state.preferences.proxies
        self._then: Callable[[], None] | None = None
        self.status.cancelled.connect(self.cancel)
        transport.opened.connect(self._on_opened)
        transport.frame_changed.connect(self._on_frame)
        state.preferences_changed.connect(self._on_preferences)
        self._progressed.connect(self._on_progress)
        self._made.connect(self._on_made)
        self._failed.connect(self._on_failed)

    def cancel(self) -> None:
        """Make no proxy of this clip, now; what was begun is removed."""
        self._generation += 1
        self.status.show_making(None)

    def waits_for_source(self, then: Callable[[], None]) -> bool:
        """Whether a proxy is on show; it then pauses, and calls ``then`` with the clip's own."""
        frame = self._transport.frame
        if frame is None or not frame.is_proxy:
            return False
        self._then = then
        self._transport.pause()
        return True

    def stop(self) -> bool:
        """End the thread; True if it ended in time."""
        self.cancel()
        self._then = None
        return self._worker.stop()

    def _on_opened(self, clip: OpenedClip) -> None:
        self._clip, self._then = clip, None
        self._start()

    def _on_preferences(self, preferences: Preferences) -> None:
        if preferences.proxies == self._is_wanted:
            return
        self._is_wanted = preferences.proxies
        self._start()
        if not self._is_wanted:
            self._transport.use_proxy(None)

    def _start(self) -> None:
        self.cancel()
        clip, generation = self._clip, self._generation
        if clip is None or not self._is_wanted or not needs_proxy(clip.info):
            return
        self.status.show_making((0, clip.info.frame_count))
        path, projection = clip.info.path, clip.projection

        def make() -> None:
            if generation == self._generation:
                self._worker.submit(lambda: self._make(generation, path, projection), replace=True)

        QTimer.singleShot(VAST_REST_MS if clip.info.is_vast else 0, self, make)

    def _make(self, generation: int, path: Path, projection: str | None) -> None:
        """On the proxy's thread."""
        told_s = time.monotonic()

        def progress(done: int, total: int) -> None:
            nonlocal told_s
            if generation != self._generation:
                raise Cancelled("the proxy is not wanted any more")
            if time.monotonic() - told_s > _TELL_S:
                told_s = time.monotonic()
                self._progressed.emit(generation, done, total)

        try:
            if generation == self._generation:
                made = make_proxy(path, projection=projection, progress=progress)
                self._made.emit(generation, made)
        except Cancelled:
            return
        except Exception as error:
            self._failed.emit(generation, one_sentence(error))

    def _on_progress(self, generation: int, done: int, total: int) -> None:
        if generation == self._generation:
            self.status.show_making((done, total))

    def _on_made(self, generation: int, path: Path) -> None:
        if generation == self._generation:
            self.status.show_making(None)
            self._transport.use_proxy(path)

    def _on_failed(self, generation: int, message: str) -> None:
        if generation == self._generation:
            self.status.show_making(None)
            self._window.show_notice(message)

    def _on_frame(self, frame: Frame) -> None:
        self.status.show_badge(frame.is_proxy)
        if self._then is not None and not frame.is_proxy:
            then, self._then = self._then, None
            then()
