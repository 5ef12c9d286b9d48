"""Whether a file ends before it says it does, where FFmpeg reads what is there in silence."""

from __future__ import annotations

import mmap
from pathlib import Path

__all__ = ["is_cut_off"]

_EBML, _SEGMENT = b"\x1a\x45\xdf\xa3", b"\x18\x53\x80\x67"
_HEAD = 4096
#: Lengths of transport packets and where in one its sync byte lies: TS, and M2TS with its times.
_PACKETS = ((188, 0), (192, 4))


def is_cut_off(path: Path) -> bool:
    """True for a file of which something is known to be missing at its end.

    That is a JPEG without its end mark, Matroska or RIFF (AVI, WebP) that is too short, and a
    transport stream (TS, M2TS) that ends within a packet. Of other formats nothing is known here,
    nor of a file that cannot be read.
    """
    try:
        with path.open("rb") as file:
            size = file.seek(0, 2)
            file.seek(0)
            head = file.read(_HEAD)
            if head[:3] == b"\xff\xd8\xff":
                with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
                    # Coded data never holds these marks; a thumbnail in front has its own end.
                    return data.rfind(b"\xff\xd9") < data.rfind(b"\xff\xda")
    except (OSError, ValueError):
        return False
    if head[:4] == b"RIFF" and len(head) >= 8:
        return int.from_bytes(head[4:8], "little") + 8 > size
    for length, sync in _PACKETS:
        if len(head) > 2 * length and all(head[k * length + sync] == 0x47 for k in range(3)):
            return size % length != 0
    return head[:4] == _EBML and _segment_end(head) > size


def _segment_end(head: bytes) -> int:
    """Where a Matroska file's one segment ends; 0 if it does not say so, as live ones do not."""
    at = head.find(_SEGMENT) + len(_SEGMENT)
    if at < len(_SEGMENT) or at >= len(head) or head[at] == 0:
        return 0
    length = 9 - head[at].bit_length()
    value = int.from_bytes(head[at : at + length], "big") & ((1 << 7 * length) - 1)
    return 0 if value == (1 << 7 * length) - 1 else at + length + value
