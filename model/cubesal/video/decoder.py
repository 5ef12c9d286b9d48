"""Decoded pictures by frame index: exact wherever decoding starts, cheap for the next one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from typing import TypeAlias

import av
import numpy as np
from av.container import InputContainer
from av.packet import Packet
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from cubesal.errors import Cancelled
from cubesal.video.index import PacketIndex, read_packets
from cubesal.video.picture_cache import PictureCache

__all__ = ["PictureDecoder"]

VideoPacket: TypeAlias = "Packet[VideoStream]"  # generic in the stubs only

#: Pictures are kept up to this size, so that stepping back does not seek each time.
_KEPT_BYTES = 96 << 20
#: Decoding on over this many extra pictures is cheaper than a seek, which refills the pipeline.
_SEEK_COST_FRAMES = 8
_BEFORE_START_S = 10


class PictureDecoder:
    """Random access over one video stream.

    Pictures are identified by pts, never by counting packets, so that lost, reordered or leading
    pictures cannot shift the numbering.  Indices whose picture the decoder failed to deliver are
    *damaged*; they are answered with the nearest earlier picture.
    """

    def __init__(self, container: InputContainer, stream: VideoStream, index: PacketIndex) -> None:
        self._container = container
        self._stream: VideoStream | None = stream
        self._time_base = stream.time_base or 1
        self._index = index
        self._running: Iterator[VideoFrame] | None = None
        self._position = -1  # the largest index that the running decoder has passed
        self._kept = PictureCache()
        #: Bytes of pictures to keep; None = as many as suit whoever reads ahead.
        self.kept_bytes: int | None = None
        self._held: dict[int, int] = {}  # damaged index -> the one before it

    @property
    def damaged(self) -> frozenset[int]:
        """Indices met so far that had no decodable picture."""
        return frozenset(self._held)

    def picture(
        self, index: int, is_pointless: Callable[[], bool] | None = None
    ) -> VideoFrame | None:
        """The picture of a frame, or of the nearest earlier decodable one; None if none is.

        Raises ``Cancelled`` once ``is_pointless`` answers yes; decoding goes on from there later.
        """
        while True:
            while index in self._held:
                index = self._held[index]
            if index < 0:
                return None
            found = self._kept.ask(index)
            if found is not None:
                return found
            if not self._should_continue(index):
                self._seek(index)
            self._decode_to(index, is_pointless)
            if index not in self._kept:
                self._held[index] = index - 1

    def retire(self) -> None:
        """Close the file and let go of every picture: no other will be asked for.

        The codec itself holds what it decoded last, until nobody holds its stream.
        """
        self._kept = PictureCache()
        self._running = self._stream = None
        self._container.close()

    def must_seek(self, index: int) -> bool:
        """Whether a frame is neither kept nor ahead of where decoding stands now."""
        return index not in self._kept and not self._should_continue(index)

    def key_before(self, index: int) -> int:
        """The nearest frame up to ``index`` at which decoding can start."""
        return max(self._first_index_of(next(self._starts_before(index))), 0)

    def _should_continue(self, index: int) -> bool:
        if self._running is None or index <= self._position:
            return False
        key_index = self._first_index_of(next(self._starts_before(index)))
        return key_index - self._position <= _SEEK_COST_FRAMES

    def _first_index_of(self, pts: int) -> int:
        return int(np.searchsorted(self._index.pts, pts, side="left"))

    def _starts_before(self, index: int) -> Iterator[int]:
        """Timestamps to seek to for a frame: its key packet, then earlier and earlier ones."""
        key_pts = self._index.key_pts
        nearest = int(np.searchsorted(key_pts, self._index.pts[index], side="right")) - 1
        back = 0
        while nearest - back > 0:
            yield int(key_pts[nearest - back])
            back = 2 * back + 1
        start = int(min(key_pts[0], self._index.pts[0]))
        yield start
        # Transport streams are searched by decoding time, which runs ahead of the pts.
        yield start - round(_BEFORE_START_S / self._time_base)

    def _seek(self, index: int) -> None:
        """Start decoding at the key packet before ``index``, or earlier if the demuxer lands late.

        Demuxers may land after the packet asked for: open groups of pictures, transport streams.
        """
        for wanted_pts in self._starts_before(index):
            if self._start_at(wanted_pts, latest_pts=int(self._index.pts[index])):
                return

    def _start_at(self, wanted_pts: int, latest_pts: int) -> bool:
        """Seek and begin to decode; False when no key packet comes up to ``latest_pts``."""
        self._running = None
        if self._stream is None:
            return False
        try:
            self._container.seek(wanted_pts, stream=self._stream, backward=True)
        except av.FFmpegError:
            return False  # some demuxers refuse times before their first packet
        packets = read_packets(self._container, self._stream)
        for packet in packets:
            if packet.is_keyframe and packet.pts is not None:
                self._position = self._first_index_of(packet.pts) - 1
                self._running = self._decode(chain([packet], packets), packet.pts)
                return packet.pts <= latest_pts
        return False

    def _decode(self, packets: Iterable[VideoPacket], start_pts: int) -> Iterator[VideoFrame]:
        """Pictures from the key packet on; leading ones before it lack what they refer to."""
        for packet in packets:
            for picture in self._send(packet):
                if picture.pts is not None and picture.pts >= start_pts:
                    yield picture
        yield from self._send(None)

    def _send(self, packet: VideoPacket | None) -> list[VideoFrame]:
        if self._stream is None:
            return []
        try:
            return self._stream.decode(packet)
        except (av.FFmpegError, EOFError):
            return []  # a broken packet; its picture will be found missing

    def _decode_to(self, index: int, is_pointless: Callable[[], bool] | None = None) -> None:
        while self._position < index and self._running is not None:
            if is_pointless is not None and is_pointless():
                raise Cancelled(f"frame {index} is wanted no more")
            picture = next(self._running, None)
            if picture is None:
                self._mark_damaged(self._position + 1, len(self._index.pts))
                self._running = None
                return
            label = self._label(picture)
            if label is None:
                continue
            budget = _KEPT_BYTES if self.kept_bytes is None else self.kept_bytes
            self._kept.keep(label, picture, budget)
            self._held.pop(label, None)
            self._mark_damaged(self._position + 1, label)
            self._position = max(self._position, label)

    def _label(self, picture: VideoFrame) -> int | None:
        """The frame index of a decoded picture; None for one that the index does not show."""
        pts = self._index.pts
        label = self._first_index_of(picture.pts or 0)
        if label == len(pts) or pts[label] != picture.pts:
            return None
        while label <= self._position and label + 1 < len(pts) and pts[label + 1] == picture.pts:
            label += 1  # the next of several frames that share this timestamp
        return label

    def _mark_damaged(self, start: int, stop: int) -> None:
        for index in range(start, stop):
            self._held[index] = start - 1
