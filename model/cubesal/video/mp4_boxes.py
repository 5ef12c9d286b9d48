"""MP4/MOV boxes (ISO/IEC 14496-12): just enough to look into ``moov`` and to make it grow.

A file is a sequence of boxes: 32-bit size, four-character kind, payload.  Only the containers on
the way to a track's sample entry are taken apart; everything else stays as the bytes it was, so
that parsing and serialising is the identity.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import BinaryIO

__all__ = [
    "Box",
    "BoxError",
    "parse_boxes",
    "read_moov",
    "replace_moov",
    "sample_entry",
    "video_tracks",
]

#: Bytes before the child boxes, by kind of container.
_CONTAINER_PREFIX = {
    b"moov": 0,
    b"trak": 0,
    b"mdia": 0,
    b"minf": 0,
    b"stbl": 0,
    b"stsd": 8,
    b"sv3d": 0,
    b"proj": 0,
}
#: Bytes of a VisualSampleEntry before its child boxes (ISO/IEC 14496-12 section 12.1.3).
_VISUAL_ENTRY_PREFIX = 78
#: A moov of a ten-hour clip has some ten megabytes; beyond this the size field is nonsense.
_MOOV_LIMIT = 1 << 30
_MAX_DEPTH = 16
_BLOCK = 4 << 20
_U32_MAX = (1 << 32) - 1


class BoxError(ValueError):
    """The bytes are not the boxes that they should be."""


@dataclass(frozen=True)
class Box:
    """A box: ``prefix``, then child boxes, then ``suffix``; leaves have a prefix only.

    ``large`` boxes carry a 64-bit size.
    """

    kind: bytes
    prefix: bytes = b""
    children: tuple[Box, ...] = field(default=())
    suffix: bytes = b""
    large: bool = False

    def to_bytes(self) -> bytes:
        """The box as it stands in a file."""
        body = self.prefix + b"".join(child.to_bytes() for child in self.children) + self.suffix
        if self.large or len(body) + 8 > _U32_MAX:
            return struct.pack(">I4sQ", 1, self.kind, len(body) + 16) + body
        return struct.pack(">I4s", len(body) + 8, self.kind) + body

    def child(self, *path: bytes) -> Box | None:
        """The first descendant along ``path``, or None."""
        if not path:
            return self
        found = next((child for child in self.children if child.kind == path[0]), None)
        return found.child(*path[1:]) if found is not None else None

    def with_child(self, new: Box) -> Box:
        """This box with ``new`` appended to its children."""
        return replace(self, children=(*self.children, new))


def parse_boxes(data: bytes, depth: int = 0) -> tuple[tuple[Box, ...], bytes]:
    """The boxes in ``data``, and what is left behind them (some writers pad with zeros).

    Raises ``BoxError`` when sizes do not fit.
    """
    if depth > _MAX_DEPTH:
        raise BoxError("boxes are nested too deeply")
    boxes: list[Box] = []
    start = 0
    while len(data) - start >= 8 and any(data[start:]):
        header, size, kind = _header(data[start : start + 16])
        if size < header or size > len(data) - start:
            raise BoxError(f"box {kind!r} claims {size} bytes where {len(data) - start} are left")
        boxes.append(_parse_body(kind, data[start + header : start + size], header == 16, depth))
        start += size
    return tuple(boxes), data[start:]


def _header(head: bytes) -> tuple[int, int, bytes]:
    """Length of the header, size of the box (0: up to the end), kind."""
    size, kind = struct.unpack_from(">I4s", head)
    if size != 1:
        return 8, size, kind
    if len(head) < 16:
        raise BoxError(f"box {kind!r} is cut off")
    return 16, struct.unpack_from(">Q", head, 8)[0], kind


def _parse_body(kind: bytes, body: bytes, large: bool, depth: int) -> Box:
    prefix = _CONTAINER_PREFIX.get(kind)
    if prefix is None or len(body) < prefix:
        return Box(kind, body, large=large)
    children, suffix = parse_boxes(body[prefix:], depth + 1)
    return Box(kind, body[:prefix], children, suffix, large)


def sample_entry(track: Box) -> Box | None:
    """A video track's first sample entry with its child boxes taken apart, or None."""
    stsd = track.child(b"mdia", b"minf", b"stbl", b"stsd")
    if stsd is None or not stsd.children:
        return None
    entry = stsd.children[0]
    if len(entry.prefix) < _VISUAL_ENTRY_PREFIX:
        raise BoxError(f"sample entry {entry.kind!r} is too short for video")
    children, suffix = parse_boxes(entry.prefix[_VISUAL_ENTRY_PREFIX:])
    return Box(entry.kind, entry.prefix[:_VISUAL_ENTRY_PREFIX], children, suffix, entry.large)


def video_tracks(moov: Box) -> list[int]:
    """Positions of the video tracks among the children of ``moov``."""
    found = []
    for position, box in enumerate(moov.children):
        handler = box.child(b"mdia", b"hdlr") if box.kind == b"trak" else None
        if handler is not None and handler.prefix[8:12] == b"vide":
            found.append(position)
    return found


def _top_level(file: BinaryIO) -> Iterator[tuple[bytes, int, int]]:
    """Kind, start and end of each outermost box."""
    end = file.seek(0, os.SEEK_END)
    start = 0
    while start + 8 <= end:
        file.seek(start)
        header, size, kind = _header(file.read(16))
        stop = end if size == 0 else start + size
        if stop < start + header or stop > end:
            raise BoxError(f"box {kind!r} reaches beyond the end of the file")
        yield kind, start, stop
        start = stop


def _find_moov(file: BinaryIO) -> tuple[int, int]:
    for kind, start, stop in _top_level(file):
        if kind == b"moof":
            raise BoxError("the file is fragmented")
        if kind == b"moov" and stop - start <= _MOOV_LIMIT:
            return start, stop
    raise BoxError("there is no moov box")


def _load_moov(file: BinaryIO) -> tuple[Box, int, int]:
    start, stop = _find_moov(file)
    file.seek(start)
    boxes, rest = parse_boxes(file.read(stop - start))
    if len(boxes) != 1 or rest:
        raise BoxError("the moov box has no definite size")
    return boxes[0], start, stop


def read_moov(path: Path) -> Box:
    """The ``moov`` box of a file; raises ``BoxError`` where there is none, or ``OSError``."""
    with path.open("rb") as file:
        return _load_moov(file)[0]


def replace_moov(path: Path, moov: Box) -> None:
    """Write ``moov`` in place of the file's own; it must be at least as large.

    What lies behind it moves up, and the chunk offsets of ``moov`` (still those of the old
    layout) move along.  Raises ``BoxError`` or ``OSError``; the file is then unusable.
    """
    with path.open("r+b") as file:
        _, start, stop = _load_moov(file)
        data = _grown(moov, start, stop)
        if len(data) != len(moov.to_bytes()):  # some offsets need 64 bits, which take more room
            data = _grown(_with_wide_offsets(moov), start, stop)
        growth = len(data) - (stop - start)
        if growth < 0:
            raise BoxError("the new moov box is smaller than the old one")
        _move_tail(file, stop, growth)
        file.seek(start)
        file.write(data)


def _grown(moov: Box, start: int, stop: int) -> bytes:
    """The bytes of ``moov`` with its offsets as they are once it replaced those start..stop."""
    growth = len(moov.to_bytes()) - (stop - start)
    return _shifted(moov, stop, growth).to_bytes()


def _move_tail(file: BinaryIO, start: int, growth: int) -> None:
    """Move everything from ``start`` on towards the end, last block first."""
    end = file.seek(0, os.SEEK_END)
    while end > start:
        begin = max(start, end - _BLOCK)
        file.seek(begin)
        block = file.read(end - begin)
        file.seek(begin + growth)
        file.write(block)
        end = begin


def _with_wide_offsets(box: Box) -> Box:
    """The tree with every ``stco`` as a ``co64``."""
    if box.kind == b"stco":
        wide = struct.pack(f">{_offset_count(box, 4)}Q", *_offsets(box, ">%dI"))
        return Box(b"co64", box.prefix[:8] + wide)
    return replace(box, children=tuple(_with_wide_offsets(child) for child in box.children))


def _shifted(box: Box, moved_from: int, growth: int) -> Box:
    """The tree with chunk offsets from ``moved_from`` on increased; ``stco`` widens if it must."""
    if box.kind not in (b"stco", b"co64"):
        return replace(
            box, children=tuple(_shifted(child, moved_from, growth) for child in box.children)
        )
    layout = ">%dI" if box.kind == b"stco" else ">%dQ"
    moved = [o + growth if o >= moved_from else o for o in _offsets(box, layout)]
    if box.kind == b"stco" and max(moved, default=0) > _U32_MAX:
        return Box(b"co64", box.prefix[:8] + struct.pack(f">{len(moved)}Q", *moved))
    return replace(box, prefix=box.prefix[:8] + struct.pack(layout % len(moved), *moved))


def _offsets(box: Box, layout: str) -> tuple[int, ...]:
    count = _offset_count(box, 4 if layout.endswith("I") else 8)
    return struct.unpack_from(layout % count, box.prefix, 8)


def _offset_count(box: Box, width: int) -> int:
    """Entries of a chunk offset box: FullBox header, 32-bit count, offsets."""
    if len(box.prefix) < 8:
        raise BoxError(f"box {box.kind!r} is too short")
    count = int(struct.unpack_from(">I", box.prefix, 4)[0])
    if 8 + count * width > len(box.prefix):
        raise BoxError(f"box {box.kind!r} announces {count} offsets and holds fewer")
    return count
