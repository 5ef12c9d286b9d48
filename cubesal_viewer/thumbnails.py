"""Small pictures of the clip for the timeline, read on a thread of their own, and kept."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QImage

from cubesal.errors import CubesalError
from cubesal.video import ClipReader, Frame
from cubesal_viewer.worker import Worker

__all__ = ["Thumbnails", "thumbnail"]

#: Pictures kept; a strip has room for about thirty.
MOST: Final = 240


def thumbnail(rgb: NDArray[np.uint8], height: int) -> NDArray[np.uint8]:
    """A frame (H, W, 3) shrunk to ``height`` rows, 2:1."""
    small = cv2.resize(rgb, (2 * height, height), interpolation=cv2.INTER_AREA)
    return np.asarray(small, np.uint8)


class Thumbnails(QObject):
    """``ready`` with a frame index whenever its picture has come; a new wish replaces the old.

    The picture is that of the key frame before the one wished for where that is far: a strip shows
    what happens when, not single frames.  Lives on the GUI thread; a clip that can no longer be
    read has no pictures, which whoever reads the frames themselves tells.
    """

    ready = Signal(int)
    _made = Signal(int, int, object)

    def __init__(self, height: int, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._height = height
        self._worker: Worker | None = None
        self._reader: ClipReader | None = None  # this and the next are touched by the thread only
        self._read_from: tuple[Path, str | None] | None = None
        self._clip: tuple[Path, str | None] | None = None
        self._generation = 0
        self._images: OrderedDict[int, QImage] = OrderedDict()
        self._made.connect(self._on_made)

    def open(self, path: Path, projection: str | None) -> None:
        """Another clip: forget the pictures of the one before."""
        self._generation += 1
        self._clip = (path, projection)
        self._images.clear()
        if self._worker is not None:
            self._worker.submit(self._close, replace=True)

    def picture(self, index: int) -> QImage | None:
        """The picture of a frame, None while it is not there."""
        if index in self._images:
            self._images.move_to_end(index)
        return self._images.get(index)

    def want(self, indices: Sequence[int], at_hand: Frame | None = None) -> None:
        """Make the pictures of these frames, in this order, that are not there yet.

        A frame at hand need not be read again, which of a vast still would take as much as it does.
        """
        missing = [index for index in indices if index not in self._images]
        self._generation += 1
        if self._clip is None or not missing:
            return
        if self._worker is None:
            self._worker = Worker("thumbnails", at_end=self._close)
        generation, clip = self._generation, self._clip
        self._worker.submit(lambda: self._make(generation, clip, missing, at_hand), replace=True)

    def stop(self) -> bool:
        """End the thread; True if it ended in time."""
        self._generation += 1
        return self._worker is None or self._worker.stop()

    def _on_made(self, generation: int, index: int, small: NDArray[np.uint8]) -> None:
        if generation != self._generation:
            return
        height, width = small.shape[:2]
        image = QImage(small.tobytes(), width, height, 3 * width, QImage.Format.Format_RGB888)
        self._images[index] = image.copy()
        while len(self._images) > MOST:
            self._images.popitem(last=False)
        self.ready.emit(index)

    # Everything below runs on the thread.

    def _make(
        self,
        generation: int,
        clip: tuple[Path, str | None],
        indices: list[int],
        at_hand: Frame | None,
    ) -> None:
        try:
            for index in indices:
                if generation != self._generation:
                    return
                if at_hand is not None and at_hand.index == index:
                    frame = at_hand
                else:
                    frame = self._read(clip, index)
                # Half the picture is still more than enough, and a quarter of the memory.
                small = thumbnail(frame.rgb(2 * self._height), self._height)
                self._made.emit(generation, index, small)
        except (CubesalError, IndexError):
            self._close()
        if self._reader is not None and self._reader.info.is_vast:
            self._close()

    def _read(self, clip: tuple[Path, str | None], index: int) -> Frame:
        if self._reader is None or self._read_from != clip:
            self._close()
            self._reader = ClipReader(clip[0], projection=clip[1])
            self._read_from = clip
        return self._reader.read(self._reader.key_before(index))

    def _close(self) -> None:
        if self._reader is not None:
            self._reader.close()
            self._reader = None
