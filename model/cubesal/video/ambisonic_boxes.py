"""The SA3D box, which says that the channels of an MP4 or MOV's sound are those of ambisonics.

Source: "Spatial Audio RFC" of github.com/google/spatial-media.  FFmpeg reads the box, forgets it
once the sound is decoded, and never writes it.
"""

from __future__ import annotations

import struct
from dataclasses import replace
from pathlib import Path

from cubesal.video.mp4_boxes import Box, BoxError, parse_boxes, read_moov, replace_moov

__all__ = ["FIRST_ORDER_BOX", "add_sa3d", "first_order_channels", "read_sa3d"]

_STSD = (b"mdia", b"minf", b"stbl", b"stsd")
#: Bytes of an AudioSampleEntry before its child boxes, by its version (QuickTime has three).
_ENTRY_PREFIX = {0: 28, 1: 28 + 16, 2: 28 + 36}
_HEAD = struct.Struct(">BBIBBI")
_ACN = 0
_SN3D = 0
#: The highest bit of the type says that a pair of channels which does not turn comes last.
_HEAD_LOCKED = 0x80
_PERIPHONIC = 0

FIRST_ORDER_BOX = Box(
    b"SA3D", _HEAD.pack(0, _PERIPHONIC, 1, _ACN, _SN3D, 4) + struct.pack(">4I", 0, 1, 2, 3)
)
"""Four channels in the order W, Y, Z, X."""


def read_sa3d(path: Path) -> Box | None:
    """The box of a file's first sound track; None if it has none or is no MP4."""
    try:
        moov = read_moov(path)
        entry = _sound_entry(moov)[1]
        return entry.child(b"SA3D")
    except (BoxError, OSError):
        return None


def first_order_channels(box: Box) -> tuple[int, int, int, int] | None:
    """Which channels are W, Y, Z and X; None if they are ordered or scaled in no known way."""
    if len(box.prefix) < _HEAD.size:
        return None
    version, kind, order, ordering, scaling, count = _HEAD.unpack_from(box.prefix)
    known = (version, kind & ~_HEAD_LOCKED, ordering, scaling) == (0, _PERIPHONIC, _ACN, _SN3D)
    if not known or order < 1 or not 4 <= count <= 255:
        return None
    if len(box.prefix) < _HEAD.size + 4 * count:
        return None
    components = struct.unpack_from(f">{count}I", box.prefix, _HEAD.size)
    if not {0, 1, 2, 3} <= set(components):
        return None
    w, y, z, x = (components.index(component) for component in range(4))
    return w, y, z, x


def add_sa3d(path: Path, box: Box) -> None:
    """Put the box into the first sound track of a finished file, in place.

    ``BoxError`` if the file is not an unfragmented MP4/MOV with sound, ``OSError`` if writing
    fails; after an error the file must be discarded.
    """
    moov = read_moov(path)
    position, entry = _sound_entry(moov)
    children = list(moov.children)
    leaf = parse_boxes(entry.with_child(box).to_bytes())[0][0]
    children[position] = _with_entry(children[position], _STSD, leaf)
    replace_moov(path, replace(moov, children=tuple(children)))


def _sound_entry(moov: Box) -> tuple[int, Box]:
    """The position of the first sound track, and its sample entry taken apart."""
    for position, track in enumerate(moov.children):
        handler = track.child(b"mdia", b"hdlr") if track.kind == b"trak" else None
        if handler is None or handler.prefix[8:12] != b"soun":
            continue
        stsd = track.child(*_STSD)
        if stsd is None or not stsd.children:
            break
        entry = stsd.children[0]
        version = int.from_bytes(entry.prefix[8:10], "big")
        length = _ENTRY_PREFIX.get(version)
        if length is None or len(entry.prefix) < length:
            raise BoxError(f"sample entry {entry.kind!r} is of an unknown form")
        children, suffix = parse_boxes(entry.prefix[length:])
        return position, Box(entry.kind, entry.prefix[:length], children, suffix, entry.large)
    raise BoxError("there is no sound track")


def _with_entry(box: Box, path: tuple[bytes, ...], entry: Box) -> Box:
    """The tree with the first child of the box at ``path`` replaced."""
    if not path:
        return replace(box, children=(entry, *box.children[1:]))
    children = [
        _with_entry(child, path[1:], entry) if child.kind == path[0] else child
        for child in box.children
    ]
    return replace(box, children=tuple(children))
