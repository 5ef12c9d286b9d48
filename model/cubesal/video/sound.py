"""The sound of a clip as stereo samples, exactly in step with its pictures, from any moment on."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Self

import av
import numpy as np
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler
from numpy.typing import NDArray

from cubesal.errors import MediaError
from cubesal.video.ambisonics import Hearing, ambisonic_channels, heard
from cubesal.video.index import read_packets
from cubesal.video.opening import open_container

__all__ = ["SOUND_RATE", "SoundReader"]

Samples = NDArray[np.int16]

#: Samples a second: what nearly every device runs at.
SOUND_RATE = 48_000
#: Decoders need a few packets before what they give is right.
_WARM_UP_S = 0.2
#: Timestamps are rounded; farther off than this, there is a hole or an overlap.
_SLACK_S = 0.02
#: As many channels without names have ambisonics of first to third order.
_AMBISONIC_COUNTS = (4, 9, 16)
_QUIETER = 0.5**0.5
_FACING_FRONT = Hearing(lambda _: np.eye(3))


class SoundReader:
    """Blocking and for one thread; raises ``MediaError`` for a file without readable sound.

    ``zero_s`` is when the clip's first picture is shown, in seconds on the file's own clock.
    """

    def __init__(self, path: Path, zero_s: float = 0.0, rate: int = SOUND_RATE) -> None:
        self._container = open_container(path)
        streams = self._container.streams.audio
        if not streams or streams[0].codec_context is None:
            self._container.close()
            raise MediaError(f"{path.name} has no sound that can be decoded")
        self._stream = streams[0]
        self._ambisonic = ambisonic_channels(path, streams[0])
        self._zero_s = zero_s
        self._rate = rate

    def samples(self, from_s: float) -> Iterator[Samples]:
        """Stretches (n, 2) int16 without a gap: sample k of all sounds at ``from_s`` + k / rate.

        Holes in the sound are silence; more than two channels are mixed down.
        """
        given = 0
        for time_s, stretch in self._stretches(from_s):
            late = round((time_s - from_s) * self._rate) - given
            if abs(late) <= _SLACK_S * self._rate and given:
                late = 0
            if late < 0:
                stretch = stretch[-late:]
            elif late > 0:
                yield np.zeros((late, 2), np.int16)
                given += late
            if len(stretch):
                yield stretch
                given += len(stretch)

    def close(self) -> None:
        """Close the file."""
        self._container.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _stretches(self, from_s: float) -> Iterator[tuple[float, Samples]]:
        """(time from the first picture, samples) of what is decoded, from a little earlier on."""
        resampler = AudioResampler(format="s16", layout="stereo", rate=self._rate)
        for frame in self._frames(from_s):
            if frame.time is None:
                continue
            time_s = frame.time - self._zero_s
            if time_s + frame.samples / frame.sample_rate < from_s - _SLACK_S:
                continue
            for out in resampler.resample(self._mixed(frame)):
                yield time_s, np.asarray(out.to_ndarray(), np.int16).reshape(-1, 2)
                time_s += out.samples / self._rate

    def _mixed(self, frame: AudioFrame) -> AudioFrame:
        if self._ambisonic is None:
            return _stereo(frame)
        return heard(frame, self._ambisonic, _FACING_FRONT)

    def _frames(self, from_s: float) -> Iterator[AudioFrame]:
        wanted_s = max(self._zero_s + from_s - _WARM_UP_S, 0.0)
        base = float(self._stream.time_base or 1e-6)
        try:
            self._container.seek(int(wanted_s / base), stream=self._stream, backward=True)
        except av.FFmpegError:
            self._container.seek(0)
        for packet in read_packets(self._container, self._stream):
            try:
                yield from self._stream.decode(packet)
            except av.FFmpegError:
                continue  # a broken packet is a hole


def _stereo(frame: AudioFrame) -> AudioFrame:
    """The frame itself where FFmpeg knows how to mix it, otherwise two channels made from it."""
    name = frame.layout.name
    if not (name.startswith("ambisonic") or name.endswith("channels")):
        return frame
    channels = frame.layout.nb_channels
    values = frame.to_ndarray()
    planes = values if frame.format.is_planar else values.reshape(-1, channels).T
    scale = 1.0 if values.dtype.kind == "f" else 2.0 ** (1 - 8 * values.dtype.itemsize)
    values_of = planes.astype(np.float64) * scale * 32768
    is_sphere = name.startswith("ambisonic") or channels in _AMBISONIC_COUNTS
    mixed = _from_ambisonics(values_of) if is_sphere else _from_speakers(values_of)
    packed = np.clip(np.rint(mixed.T.reshape(1, -1)), -32768, 32767).astype(np.int16)
    out = AudioFrame.from_ndarray(np.ascontiguousarray(packed), "s16", "stereo")
    out.sample_rate, out.pts, out.time_base = frame.sample_rate, frame.pts, frame.time_base
    return out


def _from_ambisonics(planes: NDArray[np.float64]) -> NDArray[np.float64]:
    """(channels, n) in AmbiX order → (2, n).

    W is all around and Y points to the left: their sum and difference hear like two microphones
    turned outwards.
    """
    return np.stack([planes[0] + planes[1], planes[0] - planes[1]]) / 2


def _from_speakers(planes: NDArray[np.float64]) -> NDArray[np.float64]:
    """(channels, n) in the usual order, left right centre bass left right …, → (2, n)."""
    if len(planes) <= 2:
        return np.stack([planes[0], planes[-1]])
    pairs = range(4, len(planes) - 1, 2)
    centre = _QUIETER * planes[2]
    sides = [planes[k] + centre + sum(_QUIETER * planes[p + k] for p in pairs) for k in (0, 1)]
    return np.stack(sides) / (1 + _QUIETER * (1 + len(pairs)))
