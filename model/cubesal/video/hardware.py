"""Encoders of graphics hardware: tried out before they are relied on, with a fallback that is told.

That FFmpeg knows an encoder says nothing about this machine: drivers, generations and free
sessions differ. So a probe codes a few pictures of the very size.
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType

import av
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from cubesal.errors import ExportError
from cubesal.video.encoders import ENCODERS, Encoder, VideoCodec

__all__ = ["HARDWARE", "usable_encoder", "works"]

_CONTAINERS = (".mp4", ".m4v", ".mov", ".mkv")
_PROBE_FRAMES = 3


def _nvenc(codec: str, default: int, words: tuple[int, ...], tag: str | None = None) -> Encoder:
    # Without a rate to hold, constant quality decides alone.
    options = (("preset", "p5"), ("rc", "vbr"), ("b", "0"))
    return Encoder(
        f"{codec}_nvenc", "yuv420p", _CONTAINERS, "cq", range(52), default, words, options, tag
    )


def _quick_sync(
    codec: str, default: int, words: tuple[int, ...], tag: str | None = None
) -> Encoder:
    return Encoder(
        f"{codec}_qsv", "nv12", _CONTAINERS, "global_quality", range(1, 52), default, words, (), tag
    )


#: By codec, the one to try first first.
HARDWARE: Mapping[VideoCodec, tuple[Encoder, ...]] = MappingProxyType(
    {
        "h264": (_nvenc("h264", 23, (30, 23, 19, 15)), _quick_sync("h264", 23, (30, 23, 19, 15))),
        "hevc": (
            _nvenc("hevc", 25, (32, 25, 21, 17), "hvc1"),
            _quick_sync("hevc", 25, (32, 25, 21, 17), "hvc1"),
        ),
        "av1": (_nvenc("av1", 30, (38, 30, 25, 20)), _quick_sync("av1", 30, (38, 30, 25, 20))),
    }
)


def usable_encoder(
    codec: VideoCodec, hardware: bool = False, size: tuple[int, int] = (1280, 720)
) -> tuple[Encoder, str]:
    """The encoder to use, and a sentence to tell if it is not the one that was wished for.

    ``size`` is (width, height). The first probe of each may take a second: not for a GUI thread.
    ExportError if this FFmpeg has no encoder for the codec at all.
    """
    tried = HARDWARE.get(codec, ()) if hardware else ()
    for encoder in tried:
        if works(encoder, size):
            return encoder, ""
    encoder = ENCODERS[codec]
    if encoder.name not in av.codecs_available:
        there = [name for name, known in ENCODERS.items() if known.name in av.codecs_available]
        raise ExportError(
            f"this FFmpeg cannot write {codec}: it comes without {encoder.name}; "
            f"choose another codec: {', '.join(there)}"
        )
    if not hardware:
        return encoder, ""
    names = " or ".join(known.name for known in tried)
    reason = f"{names} does not work on this machine" if tried else f"no hardware writes {codec}"
    return encoder, f"{reason}; {encoder.name} is used instead"


@lru_cache(maxsize=32)
def works(encoder: Encoder, size: tuple[int, int]) -> bool:
    """Whether a few grey pictures of (width, height) can be coded, here and now."""
    if encoder.name not in av.codecs_available:
        return False
    try:
        with av.open(io.BytesIO(), "w", format="matroska") as output:
            stream = output.add_stream(encoder.name, rate=30, options=encoder.quality_options(None))
            if not isinstance(stream, VideoStream):
                return False
            stream.width, stream.height = size
            stream.pix_fmt = encoder.pix_fmt
            packets = []
            for _ in range(_PROBE_FRAMES):
                packets += stream.encode(VideoFrame(*size, encoder.pix_fmt))
            packets += stream.encode(None)
            return len(packets) == _PROBE_FRAMES
    except (av.FFmpegError, OSError, ValueError):
        return False
