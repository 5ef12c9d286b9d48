"""The decoding thread: opens clips, shows single frames, and decodes ahead while playing."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Signal

from cubesal.errors import Cancelled, CubesalError
from cubesal.video import ClipInfo, ClipReader, Frame
from cubesal.video.proxy import ProxyReader
from cubesal_viewer.log import logger
from cubesal_viewer.playback.frame_queue import FrameQueue
from cubesal_viewer.worker import Worker, one_sentence

__all__ = ["VAST_REST_MS", "Decoder", "OpenedClip"]

#: Decoded pictures at hand for stepping back and for scrubbing to and fro: some 90 of 1920x960.
_KEPT_BYTES = 256 << 20
#: Whoever looks through vast clips, of which each reader takes half a gigabyte, does not wait for
#: what others make of those passed by: that begins when one has been on show for so long.
VAST_REST_MS = 2000
#: A frame that a newer request has overtaken is still worth so much time: a drag shows its way.
_PATIENCE_S = 0.1


class OpenedClip:
    """What the window needs to know of a clip: facts, frame times (T,), projection override.

    ``zero_s`` is when its first frame is shown on the file's own clock, where sound has its place.
    """

    def __init__(
        self,
        info: ClipInfo,
        times_s: NDArray[np.float64],
        projection: str | None,
        zero_s: float = 0.0,
    ) -> None:
        self.info = info
        self.zero_s = zero_s
        self.times_s = times_s
        self.projection = projection


class Decoder(QObject):
    """Owns the one reader that feeds the picture; every answer names the request it belongs to.

    Signals arrive on the GUI thread (queued).  ``opened`` and ``failed`` carry the generation that
    :meth:`open` returned; ``frame_shown`` the one that :meth:`show` returned.  Before a frame that
    takes long, ``stand_in_shown`` brings the key frame before it; a request that a newer one has
    overtaken is given up after a moment.  Where there is a proxy, playing shows that, and it stands
    in for single frames until their own picture is decoded.
    """

    opened = Signal(int, object)
    failed = Signal(int, str)
    frame_shown = Signal(int, object)
    stand_in_shown = Signal(int, object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.queue = FrameQueue()
        self._worker = Worker("decode", at_end=self._close, prompt=True)
        self._reader: ClipReader | None = None  # touched by the decoding thread only
        self._read_from: tuple[Path, str | None] | None = None  # likewise
        self._proxy: ProxyReader | None = None  # likewise
        #: The proxy to use, and of which clip; whole values, so that no thread sees half of one.
        self._wanted_proxy: tuple[Path, ClipInfo] | None = None
        self._generation = 0

    def open(self, path: Path, projection: str | None = None) -> int:
        """Open a clip in place of the present one."""
        generation = self._next()
        self._worker.submit(lambda: self._open(generation, path, projection), replace=True)
        return generation

    def show(self, index: int) -> int:
        """Decode one frame exactly; a newer request replaces one that has not begun."""
        generation = self._next()
        self._worker.submit(lambda: self._show(generation, index), replace=True)
        return generation

    def play(self, index: int) -> None:
        """Decode ahead into :attr:`queue` from frame ``index`` on."""
        generation = self._next()
        run = self.queue.restart()
        self._worker.submit(lambda: self._play(generation, run, index), replace=True)

    def use_proxy(self, path: Path | None, clip: ClipInfo) -> None:
        """From the next request on, play a clip from its proxy; None: from its own file."""
        self._wanted_proxy = None if path is None else (path, clip)

    def halt(self) -> None:
        """Stop decoding ahead and forget what was queued."""
        self.queue.restart()

    def stop(self) -> bool:
        """End the thread; True if it ended in time."""
        self.queue.restart()
        return self._worker.stop()

    @property
    def generation(self) -> int:
        """The generation of the newest request."""
        return self._generation

    def _next(self) -> int:
        self._generation += 1
        self.queue.restart()
        return self._generation

    # Everything below runs on the decoding thread.

    def _open(self, generation: int, path: Path, projection: str | None) -> None:
        if self._reader is not None and self._reader.info.is_vast:
            self._close()  # it is opened again if the new one turns out to be none
        try:
            reader = _reader_of(path, projection)
        except Exception as error:
            self.failed.emit(generation, one_sentence(error))
            return
        self._close()
        self._reader, self._read_from = reader, (path, projection)
        zero_s = float(reader.pts[0] * reader.info.time_base)
        self.opened.emit(generation, OpenedClip(reader.info, reader.times_s, projection, zero_s))

    def _show(self, generation: int, index: int) -> None:
        begun_s = time.monotonic()

        def is_overtaken() -> bool:
            return generation != self._generation and time.monotonic() - begun_s > _PATIENCE_S

        try:
            reader = self._present()
            if reader is None:
                return
            stand_in = self._stand_in(reader, index)
            if stand_in is not None:
                self.stand_in_shown.emit(generation, stand_in)
            self.frame_shown.emit(generation, reader.read(index, is_overtaken))
        except Cancelled:
            return
        except Exception as error:
            self.failed.emit(generation, one_sentence(error))

    def _present(self) -> ClipReader | None:
        """The reader of the clip on show; None if there is no clip. CubesalError."""
        if self._reader is None and self._read_from is not None:
            self._reader = _reader_of(*self._read_from)
        return self._reader

    def _stand_in(self, reader: ClipReader, index: int) -> Frame | None:
        """The frame from the proxy, or without one a key frame near it; None if it is near."""
        proxy = self._take_proxy()
        if proxy is not None:
            return proxy.read(index)
        key = reader.quick_stand_in(index)
        return None if key is None else reader.read(key)

    def _play(self, generation: int, run: int, index: int) -> None:
        try:
            own = self._present()
            if own is None:
                return
            reader = self._take_proxy() or own
            for shown in range(index, own.info.frame_count):
                if not self.queue.put(run, reader.read(shown)):
                    return
        except Exception as error:
            self.failed.emit(generation, one_sentence(error))
        self.queue.end(run)

    def _take_proxy(self) -> ProxyReader | None:
        """The proxy that is wanted for the open clip, opened; None if there is none of use."""
        wanted, reader = self._wanted_proxy, self._reader
        is_for_this = wanted is not None and reader is not None and wanted[1] == reader.info
        if not is_for_this:
            self._close_proxy()
        elif self._proxy is None and wanted is not None and reader is not None:
            try:
                self._proxy = ProxyReader(wanted[0], reader, kept_bytes=0)
            except CubesalError as error:  # removed or damaged since: the clip itself is there
                logger.warning("no proxy: %s", error)
                self._wanted_proxy = None
        return self._proxy

    def _close_proxy(self) -> None:
        if self._proxy is not None:
            self._proxy.close()
            self._proxy = None

    def _close(self) -> None:
        self._close_proxy()
        if self._reader is not None:
            self._reader.close()
            self._reader = None


def _reader_of(path: Path, projection: str | None) -> ClipReader:
    return ClipReader(path, projection=projection, kept_bytes=_KEPT_BYTES)
