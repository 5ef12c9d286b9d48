"""Spherical metadata of MP4/MOV: Google's V1 (XML in a ``uuid`` box) and V2 (``st3d``, ``sv3d``).

Sources: "Spherical Video RFC" (V1) and "Spherical Video V2 RFC" of github.com/google/spatial-media.
Players differ in which they read, so equirect exports carry both.
"""

from __future__ import annotations

import re
import struct
from dataclasses import dataclass, replace
from pathlib import Path

from cubesal.video.mp4_boxes import (
    Box,
    BoxError,
    parse_boxes,
    read_moov,
    replace_moov,
    sample_entry,
    video_tracks,
)
from cubesal.video.spheres import Bounds

__all__ = ["SphereBoxes", "add_spherical_metadata", "read_spherical_metadata"]

_V1_UUID = bytes.fromhex("ffcc8263f8554a938814587a02521fdd")
_V1_XML = (
    '<?xml version="1.0"?><rdf:SphericalVideo '
    'xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" '
    'xmlns:GSpherical="http://ns.google.com/videos/1.0/spherical/">'
    "<GSpherical:Spherical>true</GSpherical:Spherical>"
    "<GSpherical:Stitched>true</GSpherical:Stitched>"
    "<GSpherical:StitchingSoftware>cubesal</GSpherical:StitchingSoftware>"
    "<GSpherical:ProjectionType>equirectangular</GSpherical:ProjectionType>"
    "<GSpherical:StereoMode>mono</GSpherical:StereoMode>"
    "</rdf:SphericalVideo>"
)
_V1_FIELD = re.compile(r"<GSpherical:(\w+)>\s*([^<]*?)\s*</GSpherical:\1>")
_V1_STEREO = {"mono": "mono", "top-bottom": "top-bottom", "left-right": "left-right"}
_V2_STEREO = {0: "mono", 1: "top-bottom", 2: "left-right", 4: "right-left"}
_V2_OTHER = {
    b"mshp": "a mesh projection (as VR180 cameras and YouTube's EAC use it)",
}
_FULL_BOX = bytes(4)
PARTIAL = "a part of an equirectangular picture"
CUBE = "a cube map"


@dataclass(frozen=True)
class SphereBoxes:
    """What the boxes say; ``version`` 2 wins where both are there.

    ``projection`` is "equirectangular" or the words for another one. ``stereo`` is "mono",
    "top-bottom", "left-right", "right-left" or None where it is not stated.  ``bounds`` say which
    part a :data:`PARTIAL` picture shows, as far as that makes sense.
    """

    version: int
    projection: str
    stereo: str | None
    bounds: Bounds | None = None


def read_spherical_metadata(path: Path) -> SphereBoxes | None:
    """The spherical metadata of a file's first video track; None if it has none or is no MP4."""
    try:
        moov = read_moov(path)
        tracks = video_tracks(moov)
        if not tracks:
            return None
        track = moov.children[tracks[0]]
        return _read_v2(track) or _read_v1(track)
    except (BoxError, OSError):
        return None


def _read_v2(track: Box) -> SphereBoxes | None:
    entry = sample_entry(track)
    projection = entry.child(b"sv3d", b"proj") if entry is not None else None
    if entry is None or projection is None:
        return None
    stereo = entry.child(b"st3d")
    mode = stereo.prefix[4] if stereo is not None and len(stereo.prefix) > 4 else None
    words = None if mode is None else _V2_STEREO.get(mode, "another stereo mode")
    words_of_projection, bounds = _v2_projection(projection)
    return SphereBoxes(2, words_of_projection, words, bounds)


def _v2_projection(projection: Box) -> tuple[str, Bounds | None]:
    equirect = projection.child(b"equi")
    if equirect is not None:
        if not any(equirect.prefix[4:20]):
            return "equirectangular", None
        return PARTIAL, _v2_bounds(equirect.prefix[4:20])
    cube = projection.child(b"cbmp")
    if cube is not None:
        # Layout and padding, both 0 in all that players read.
        return (CUBE if not any(cube.prefix[4:12]) else f"{CUBE} with padding"), None
    return _other_v2_projection(projection), None


def _v2_bounds(numbers: bytes) -> Bounds | None:
    """Top, bottom, left and right as parts of 2^32; None if they are cut short or leave nothing."""
    try:
        top, bottom, left, right = (n / 2**32 for n in struct.unpack(">4I", numbers))
        return Bounds(left, top, right, bottom)
    except (struct.error, ValueError):
        return None


def _other_v2_projection(projection: Box) -> str:
    kinds = [box.kind for box in projection.children]
    return next((_V2_OTHER[kind] for kind in kinds if kind in _V2_OTHER), "an unknown projection")


def _read_v1(track: Box) -> SphereBoxes | None:
    for box in track.children:
        if box.kind != b"uuid" or box.prefix[:16] != _V1_UUID:
            continue
        fields = dict(_V1_FIELD.findall(box.prefix[16:].decode("utf-8", "replace")))
        if fields.get("Spherical", "").lower() != "true":
            return None
        projection = fields.get("ProjectionType", "equirectangular")
        stereo = _V1_STEREO.get(fields.get("StereoMode", ""))
        if projection == "equirectangular" and _is_cropped(fields):
            return SphereBoxes(1, PARTIAL, stereo, _v1_bounds(fields))
        return SphereBoxes(1, projection, stereo)
    return None


def _v1_bounds(fields: dict[str, str]) -> Bounds | None:
    """V1's crop fields as shares; None where one is missing or they leave nothing."""
    try:
        wide, high = (int(fields[f"FullPano{side}Pixels"]) for side in ("Width", "Height"))
        left, top = (int(fields[f"CroppedArea{side}Pixels"]) for side in ("Left", "Top"))
        right, bottom = (
            full - start - int(fields[f"CroppedAreaImage{side}Pixels"])
            for full, start, side in ((wide, left, "Width"), (high, top, "Height"))
        )
        return Bounds(left / wide, top / high, right / wide, bottom / high)
    except (KeyError, ValueError, ZeroDivisionError):
        return None


def _is_cropped(fields: dict[str, str]) -> bool:
    """Whether V1's crop fields leave out a part of the full picture."""
    return any(
        fields.get(f"CroppedAreaImage{side}Pixels") != fields.get(f"FullPano{side}Pixels")
        for side in ("Width", "Height")
        if fields.get(f"CroppedAreaImage{side}Pixels") and fields.get(f"FullPano{side}Pixels")
    )


def add_spherical_metadata(path: Path) -> None:
    """Mark a file as mono equirectangular, V1 and V2, in place.

    Its first video track must not carry such metadata yet.  Raises ``BoxError`` if the file is not
    an unfragmented MP4/MOV with a video track, ``OSError`` if writing fails; after an error the
    file must be discarded.
    """
    moov = read_moov(path)
    tracks = video_tracks(moov)
    if not tracks:
        raise BoxError("there is no video track")
    children = list(moov.children)
    children[tracks[0]] = _tagged(children[tracks[0]])
    replace_moov(path, replace(moov, children=tuple(children)))


def _tagged(track: Box) -> Box:
    entry = sample_entry(track)
    if entry is None:
        raise BoxError("the video track has no sample entry")
    if _read_v2(track) or _read_v1(track):
        raise BoxError("the video track carries spherical metadata already")
    entry = replace(entry, children=(*entry.children, *_v2_boxes()))
    # Back to a leaf, as its siblings in stsd are.
    leaf = parse_boxes(entry.to_bytes())[0][0]
    tagged = _replace_entry(track, (b"mdia", b"minf", b"stbl", b"stsd"), leaf)
    return tagged.with_child(Box(b"uuid", _V1_UUID + _V1_XML.encode()))


def _replace_entry(box: Box, path: tuple[bytes, ...], entry: Box) -> Box:
    """The tree with the first child of the box at ``path`` replaced."""
    if not path:
        return replace(box, children=(entry, *box.children[1:]))
    position = next(i for i, child in enumerate(box.children) if child.kind == path[0])
    children = list(box.children)
    children[position] = _replace_entry(children[position], path[1:], entry)
    return replace(box, children=tuple(children))


def _v2_boxes() -> tuple[Box, Box]:
    """Mono ``st3d`` and whole-sphere ``sv3d``, with no rotation."""
    header = Box(b"svhd", _FULL_BOX + b"cubesal\0")
    pose = Box(b"prhd", _FULL_BOX + struct.pack(">3i", 0, 0, 0))
    bounds = Box(b"equi", _FULL_BOX + struct.pack(">4I", 0, 0, 0, 0))
    sv3d = Box(b"sv3d", children=(header, Box(b"proj", children=(pose, bounds))))
    return Box(b"st3d", _FULL_BOX + b"\0"), sv3d
