"""The sound of a clip, carried over into an output beside newly coded pictures."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Self, TypeAlias, cast

import av
import numpy as np
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler
from av.audio.stream import AudioStream
from av.container import InputContainer, OutputContainer
from av.packet import Packet

from cubesal.errors import ExportError
from cubesal.video.ambisonic_boxes import FIRST_ORDER_BOX, read_sa3d
from cubesal.video.ambisonics import Hearing, ambisonic_channels, heard
from cubesal.video.index import read_packets
from cubesal.video.mp4_boxes import Box
from cubesal.video.opening import open_container

__all__ = ["AudioCopy"]

AudioPacket: TypeAlias = "Packet[AudioStream]"  # generic in the stubs only

#: Codecs that players expect in each container (Matroska takes all); others are coded anew.
_COPYABLE = {
    "mp4": frozenset({"aac", "mp3", "ac3", "eac3", "alac"}),
    "mov": frozenset({"aac", "mp3", "ac3", "eac3", "alac", "pcm_s16le", "pcm_s24le"}),
    "webm": frozenset({"opus", "vorbis"}),
}
_RATES = (44100, 48000)
_LAYOUTS = ("mono", "stereo", "5.1")
#: MP4 and MOV hide what comes before zero behind an edit list: room for packets that prime the
#: decoder.  Elsewhere a negative time would shift the pictures.
_PRIMED_CONTAINERS = ("mp4", "mov")
_PRIMING_S = Fraction(1, 20)
#: Seeking lands on a key frame of the video; a little earlier is never too late.
_SEEK_MARGIN_S = 1
_UNTURNED = Hearing(lambda _: np.eye(3), is_flat=False)


class AudioCopy:
    """Feeds the sound of a source into an output, in step with the pictures.

    ``from_s`` and ``to_s`` bound what is taken, in seconds from the source's first frame; what
    sounds at ``from_s`` sounds at zero in the output.  Packets are copied as they are, so the cut
    is as fine as one of them (about 20 ms); codecs that the container cannot hold are coded anew
    as AAC, in WebM as Opus.  Ambisonic sound stays ambisonic, unless ``hearing`` says who hears
    it: then it is mixed or turned, and coded anew.  ``sa3d`` is the box which says that the sound
    of an MP4 or MOV is ambisonic, where the codec does not say so itself.
    """

    def __init__(
        self,
        path: Path,
        source: InputContainer,
        output: OutputContainer,
        from_s: float,
        to_s: float | None,
        hearing: Hearing | None,
    ) -> None:
        self.sa3d: Box | None = None
        self._source = source
        self._output = output
        self._input = source.streams.audio[0]
        self._start_s = _video_start_s(source) + Fraction(from_s).limit_denominator(10**6)
        self._end_s = None if to_s is None else Fraction(to_s - from_s)
        if from_s > _SEEK_MARGIN_S:
            source.seek(int((self._start_s - _SEEK_MARGIN_S) * 10**6))
        container = output.format.name
        codec = self._input.codec_context.codec.canonical_name
        self._channels = ambisonic_channels(path, self._input)
        self._hearing = None if self._channels is None else hearing
        if self._hearing is None and codec in self._copyable(container, codec):
            earliest_s = -_PRIMING_S if container in _PRIMED_CONTAINERS else Fraction(0)
            target = output.add_stream_from_template(self._input)
            self._packets = self._copied(target, earliest_s)
            self.sa3d = None if self._channels is None else read_sa3d(path)
        elif self._channels is None or (self._hearing is not None and self._hearing.is_flat):
            self._packets = self._coded(self._add_encoder())
        else:
            self._hearing = self._hearing or _UNTURNED
            self._packets = self._coded(self._add_ambisonic_encoder())
        self._next: AudioPacket | None = None

    @classmethod
    def open(
        cls,
        path: Path,
        output: OutputContainer,
        from_s: float,
        to_s: float | None,
        hearing: Hearing | None = None,
    ) -> Self | None:
        """The sound of a file, or None if it is silent.

        Raises ``MediaError`` if the file is unreadable, ``ExportError`` for unknown sound.
        """
        source = open_container(path)
        if not source.streams.audio:
            source.close()
            return None
        # PyAV's stub knows of no stream without a decoder.
        if cast("object | None", source.streams.audio[0].codec_context) is None:
            source.close()
            raise ExportError(
                f"{path.name}: its sound is coded in a way that cannot be copied or decoded here; "
                f"remove it first (ffmpeg -i {path.name} -an OUT{path.suffix})"
            )
        return cls(path, source, output, from_s, to_s, hearing)

    def advance(self, until_s: float = float("inf")) -> None:
        """Write what begins up to ``until_s`` of output time, by default the rest."""
        while True:
            packet = self._next or next(self._packets, None)
            self._next = packet
            if packet is None or float((packet.pts or 0) * packet.time_base) > until_s:
                return
            self._output.mux(packet)
            self._next = None

    def close(self) -> None:
        """Close the source."""
        self._source.close()

    def _copyable(self, container: str, codec: str) -> frozenset[str]:
        known = _COPYABLE.get(container, frozenset({codec}))
        # Of what MP4 holds, only Opus says itself that it is ambisonic.
        return known | {"opus"} if container == "mp4" and self._channels is not None else known

    def _copied(self, target: AudioStream, earliest_s: Fraction) -> Iterator[AudioPacket]:
        tick_s = self._input.time_base or Fraction(1, 48000)
        shift = round(self._start_s / tick_s)
        for packet in read_packets(self._source, self._input):
            if packet.pts is None:
                continue
            packet.pts -= shift
            packet.dts = packet.pts
            packet.stream = target
            if self._end_s is not None and packet.pts * tick_s >= self._end_s:
                return
            if packet.pts * tick_s >= earliest_s:
                yield packet

    def _add_encoder(self) -> AudioStream:
        rate = self._input.rate if self._input.rate in _RATES else _RATES[-1]
        layout = "stereo" if self._hearing is not None else self._input.layout.name
        stream = self._output.add_stream(
            "libopus" if self._output.format.name == "webm" else "aac",
            rate=48000 if self._output.format.name == "webm" else rate,
            layout=layout if layout in _LAYOUTS else "stereo",
        )
        if not isinstance(stream, AudioStream):
            raise TypeError("an audio encoder made a stream of another kind")
        return stream

    def _add_ambisonic_encoder(self) -> AudioStream:
        """Opus says itself that it is ambisonic; MOV, which cannot hold it, gets PCM and a box."""
        if self._output.format.name == "mov":
            self.sa3d = FIRST_ORDER_BOX
            stream = self._output.add_stream("pcm_s16le", rate=self._input.rate, layout="4.0")
        else:
            options = {"mapping_family": "2"}
            stream = self._output.add_stream(
                "libopus", rate=48000, layout="ambisonic 1", options=options
            )
        if not isinstance(stream, AudioStream):
            raise TypeError("an audio encoder made a stream of another kind")
        return stream

    def _coded(self, target: AudioStream) -> Iterator[AudioPacket]:
        context = target.codec_context
        resampler = AudioResampler(context.format, context.layout, context.rate)
        for frame in self._heard(context.layout.name):
            for part in resampler.resample(frame):
                yield from target.encode(part)
        for part in resampler.resample(None):
            yield from target.encode(part)
        yield from target.encode(None)

    def _heard(self, layout: str) -> Iterator[AudioFrame]:
        for frame in self._frames():
            if self._hearing is None or self._channels is None:
                yield frame
            else:
                yield heard(frame, self._channels, self._hearing, layout)

    def _frames(self) -> Iterator[AudioFrame]:
        """Decoded sound within the bounds, timed from ``from_s`` on."""
        for packet in read_packets(self._source, self._input):
            for frame in _decode(packet):
                tick_s = frame.time_base or Fraction(1, frame.sample_rate)
                time_s = (frame.pts or 0) * tick_s - self._start_s
                if self._end_s is not None and time_s >= self._end_s:
                    return
                if time_s >= 0:
                    frame.time_base = Fraction(1, frame.sample_rate)
                    frame.pts = round(time_s * frame.sample_rate)
                    yield frame


def _decode(packet: AudioPacket) -> list[AudioFrame]:
    try:
        return packet.decode()
    except av.FFmpegError:
        return []  # a damaged packet is a short silence


def _video_start_s(source: InputContainer) -> Fraction:
    """When the first picture is shown, on the container's clock."""
    if not source.streams.video:
        return Fraction(0)
    stream = source.streams.video[0]
    return (stream.start_time or 0) * (stream.time_base or Fraction(0))
