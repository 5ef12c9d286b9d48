"""Sound while playing: decoded on a thread of its own, heard from a device, the clock's master."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Signal

from cubesal.errors import CubesalError
from cubesal.video.sound import SOUND_RATE, SoundReader
from cubesal_viewer.playback.sound_device import SoundDevice, open_device
from cubesal_viewer.playback.sound_queue import SoundQueue
from cubesal_viewer.worker import Worker, one_sentence

__all__ = ["Sound"]


class Sound(QObject):
    """The sound of the open clip.  Lives on the GUI thread.

    It is heard at the clip's own speed only and muted at any other.  Where there is no device or no
    ``audio`` extra it stays silent and :attr:`silent_because` says why, in one sentence.
    """

    changed = Signal()
    """Volume, muting, or whether and why it is silent."""
    _told = Signal(int, str)

    def __init__(
        self,
        parent: QObject | None = None,
        device: Callable[[], SoundDevice] = open_device,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(parent)
        self._open_device = device
        self._queue = SoundQueue(SOUND_RATE, now)
        self._worker: Worker | None = None  # started with the first clip that has sound
        self._path: Path | None = None
        self._zero_s = 0.0
        self._clip = 0
        self._heard = False
        self._device: SoundDevice | None = None  # these three are the thread's
        self._reader: SoundReader | None = None
        self._reader_clip = 0
        self.volume, self.is_muted = 1.0, False
        self.silent_because = ""
        self._told.connect(self._on_told)

    @property
    def has_sound(self) -> bool:
        """Whether the open clip has sound, heard or not."""
        return self._path is not None

    def open(self, path: Path | None, zero_s: float = 0.0) -> None:
        """Take another clip; None for one without sound.  ``zero_s`` as of :class:`SoundReader`."""
        self.halt()
        self._path, self._zero_s = path, zero_s
        self._clip += 1
        self.silent_because = "" if path else self.tr("This clip has no sound.")
        self.changed.emit()

    def play(self, at_s: float, speed: float) -> None:
        """Sound from moment ``at_s`` of the clip on, in place of whatever sounds now."""
        if self._path is None:
            return
        if speed != 1.0:
            self.halt()
            return
        run, clip, path, zero_s = self._queue.restart(at_s), self._clip, self._path, self._zero_s
        if self._worker is None:
            self._worker = Worker("sound", at_end=self._close, prompt=True)
        work = self._worker.submit
        work(lambda: self._feed(run, clip, path, zero_s, at_s), replace=True)
        self._heard = True

    def halt(self) -> None:
        """Fall silent at once."""
        self._queue.restart(None)
        if self._worker is not None and self._heard:
            self._worker.submit(self._rest, replace=True)
        self._heard = False

    def heard_s(self) -> float | None:
        """The moment of the clip that is heard now, for the clock; None while nothing sounds."""
        device = self._device
        return None if device is None else self._queue.heard_s(device.latency_s)

    def set_volume(self, volume: float) -> None:
        """0 to 1; unmutes."""
        self.volume, self.is_muted = min(max(volume, 0.0), 1.0), False
        self.changed.emit()

    def change_volume(self, step: float) -> None:
        """Louder or softer."""
        self.set_volume(self.volume + step)

    def toggle_muted(self) -> None:
        """Silence without losing the volume, and back."""
        self.is_muted = not self.is_muted
        self.changed.emit()

    def stop(self) -> bool:
        """End the thread; True if it ended in time."""
        self._queue.restart(None)
        return self._worker is None or self._worker.stop()

    def _on_told(self, clip: int, sentence: str) -> None:
        if clip == self._clip and sentence != self.silent_because:
            self.silent_because = sentence
            self.changed.emit()

    # Everything below runs on the sound thread, the device's own thread calls _pull.

    def _feed(self, run: int, clip: int, path: Path, zero_s: float, at_s: float) -> None:
        try:
            if self._reader is None or self._reader_clip != clip:
                self._close_reader()
                self._reader, self._reader_clip = SoundReader(path, zero_s), clip
            if self._device is None:
                self._device = self._open_device()
            self._device.start(self._pull)
            self._told.emit(clip, "")
            for samples in self._reader.samples(at_s):
                if not self._queue.put(run, samples):
                    return
        except CubesalError as error:
            self._told.emit(clip, str(error))
        except Exception as error:
            self._told.emit(clip, one_sentence(error))
        self._queue.end(run)

    def _pull(self, count: int) -> NDArray[np.int16]:
        samples = self._queue.pull(count)
        gain = 0.0 if self.is_muted else self.volume**2  # as ears count
        return samples if gain == 1.0 else (samples * np.float32(gain)).astype(np.int16)

    def _rest(self) -> None:
        if self._device is not None:
            self._device.stop()

    def _close_reader(self) -> None:
        if self._reader is not None:
            self._reader.close()
            self._reader = None

    def _close(self) -> None:
        self._close_reader()
        if self._device is not None:
            self._device.close()
            self._device = None
