"""The sound device: where samples are heard.  Needs the ``audio`` extra; without it, silence."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from cubesal.errors import DeviceError
from cubesal.video.sound import SOUND_RATE

__all__ = ["AUDIO_VARIABLE", "Pull", "SoundDevice", "open_device"]

Pull = Callable[[int], NDArray[np.int16]]

#: ``CUBESAL_AUDIO=none`` plays no sound; ``null`` plays it to a device that nobody hears.
AUDIO_VARIABLE = "CUBESAL_AUDIO"
_CARDS = Path("/proc/asound/cards")
_SYSTEM_SERVER = Path("/run/pulse/native")
_PERIOD_MS = 30
_PERIODS = 3


class SoundDevice(Protocol):
    """Asks for samples whenever it needs some, on a thread of its own, between start and stop."""

    latency_s: float

    def start(self, pull: Pull) -> None:
        """Run; raises ``DeviceError``."""

    def stop(self) -> None:
        """Rest; can be started again."""

    def close(self) -> None:
        """Give the device back; idempotent."""


def open_device() -> SoundDevice:
    """The system's own device for sound.  Raises ``DeviceError`` with why there is none."""
    asked = os.environ.get(AUDIO_VARIABLE, "")
    if asked == "none":
        raise DeviceError(f"no sound: {AUDIO_VARIABLE}=none")
    try:
        import miniaudio
    except ImportError:
        raise DeviceError("no sound: install cubesal-viewer[audio] to hear clips") from None
    if asked != "null" and _is_mute():
        raise DeviceError("no sound: this computer has no device for it")
    backends = [miniaudio.Backend.NULL] if asked == "null" else None
    try:
        device = miniaudio.PlaybackDevice(
            output_format=miniaudio.SampleFormat.SIGNED16,
            nchannels=2,
            sample_rate=SOUND_RATE,
            buffersize_msec=_PERIOD_MS,
            callback_periods=_PERIODS,
            backends=backends,
            app_name="cubesal-viewer",
        )
    except miniaudio.MiniaudioError:
        raise DeviceError("no sound: this computer has no device for it") from None
    return _MiniaudioDevice(device)


def _is_mute() -> bool:
    """Whether a Linux has neither a sound server nor a card.

    Asked for a device there, ALSA itself writes two dozen lines of complaint to the terminal.
    """
    if not sys.platform.startswith("linux") or os.environ.get("PULSE_SERVER"):
        return False
    sockets = [Path(os.environ.get("XDG_RUNTIME_DIR", "/nowhere")) / "pulse/native", _SYSTEM_SERVER]
    if any(socket.exists() for socket in sockets):
        return False
    try:
        return "[" not in _CARDS.read_text()  # as in " 0 [PCH            ]: HDA-Intel"
    except OSError:
        return True


class _MiniaudioDevice:
    """A device of the ``miniaudio`` package, which brings its library along."""

    def __init__(self, device: Any) -> None:
        self._device = device
        # What is pulled waits behind the periods that are full already.
        self.latency_s = (_PERIODS - 1) * _PERIOD_MS / 1000

    def start(self, pull: Pull) -> None:
        if self._device.running:
            return
        import miniaudio

        source = _source(pull)
        next(source)
        try:
            self._device.start(source)
        except miniaudio.MiniaudioError:
            raise DeviceError("no sound: the device for it does not start") from None

    def stop(self) -> None:
        import miniaudio

        try:
            self._device.stop()
        except miniaudio.MiniaudioError:
            return  # unplugged while it played: it rests already

    def close(self) -> None:
        self._device.close()


def _source(pull: Pull) -> Generator[bytes, int, None]:
    """What miniaudio wants: a generator that is sent a count and yields as many samples."""
    count = yield b""
    while True:
        count = yield pull(count).tobytes()
