"""The frame index: which frames a stream will show, found by demuxing without decoding."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeVar

import av
import numpy as np
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.packet import Packet
from av.video.stream import VideoStream
from numpy.typing import NDArray

__all__ = ["PacketIndex", "build_index", "is_shown", "missing_frames", "read_packets"]

StreamT = TypeVar("StreamT", VideoStream, AudioStream)

#: A demuxer that fails this often without one packet in between has nothing more to give.
_MAX_FAILURES = 16


@dataclass(frozen=True)
class PacketIndex:
    """Presentation timestamps in the stream's time base.

    ``pts`` (T,) int64 ascends in display order and may repeat; ``key_pts`` (N,) int64 ascends and
    holds the packets at which decoding can start, at least one, also before the first frame;
    ``end_pts`` is where the last frame's own duration ends, or its pts when that is unknown.
    """

    pts: NDArray[np.int64]
    key_pts: NDArray[np.int64]
    end_pts: int

    def from_frame(self, first: int) -> PacketIndex:
        """The same index without the frames before ``first``."""
        return PacketIndex(self.pts[first:], self.key_pts, self.end_pts)


def read_packets(container: InputContainer, stream: StreamT) -> Iterator[Packet[StreamT]]:
    """The stream's packets from the current position on; damaged stretches are stepped over."""
    failures = 0
    while failures < _MAX_FAILURES:
        try:
            for packet in container.demux(stream):
                failures = 0
                if packet.size > 0:
                    yield packet
            return
        except av.FFmpegError:
            failures += 1


def build_index(container: InputContainer, stream: VideoStream) -> PacketIndex | None:
    """The index of a freshly opened container; None when packets carry no timestamps.

    Packets that an edit list cuts away, and VP8's pictures that are only referred to, are not
    frames.  The container is left at its end.
    """
    pts: list[int] = []
    keys: list[int] = []
    ends: list[int] = []
    for packet in read_packets(container, stream):
        if packet.pts is None:
            return None
        if packet.is_keyframe:
            keys.append(packet.pts)
        if not packet.is_discard and is_shown(packet, stream.codec_context.name):
            pts.append(packet.pts)
            ends.append(packet.pts + (packet.duration or 0))
    shown = np.sort(np.array(pts, dtype=np.int64))
    return PacketIndex(shown, _usable_keys(shown, keys), max(ends, default=0))


def _usable_keys(pts: NDArray[np.int64], keys: list[int]) -> NDArray[np.int64]:
    """Key packets, ascending, whose timestamp says which frame they are.

    One that shares its timestamp with another frame could be either of them; only the first key
    packet of all is needed in any case.
    """
    found = np.unique(np.array(keys or pts[:1], dtype=np.int64))
    sharing = np.searchsorted(pts, found, side="right") - np.searchsorted(pts, found, side="left")
    usable: NDArray[np.int64] = found[(sharing <= 1) | (np.arange(len(found)) == 0)]
    return usable


def is_shown(packet: Packet[VideoStream], codec: str) -> bool:
    """Whether the packet holds a picture to show; RFC 6386 section 9.1 for VP8's show_frame bit."""
    return codec != "vp8" or bool(memoryview(packet)[0] & 0x10)


def missing_frames(
    container: InputContainer, stream: VideoStream, index: PacketIndex, file_size: int
) -> int:
    """How many frames an MP4 or MOV lists that lie behind its end, because it was cut off.

    Frames that an edit list cuts away do not count; fragments are not listed in advance.
    """
    if "mp4" not in container.format.name.split(",") or stream.frames <= len(index.pts):
        return 0
    listed = stream.index_entries
    return sum(entry.pos >= file_size and not entry.is_discard for entry in listed)
