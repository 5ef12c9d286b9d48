"""What a file says about its projection, from our own box reader and from FFmpeg's side data."""

from __future__ import annotations

import struct
from pathlib import Path

from av.sidedata.sidedata import SideDataContainer
from av.sidedata.sidedata import Type as SideDataType
from av.video.frame import VideoFrame

from cubesal.video.info import Layout
from cubesal.video.projection import SphereTags
from cubesal.video.spheres import HALF, Bounds
from cubesal.video.spherical import CUBE, PARTIAL, read_spherical_metadata

__all__ = ["sphere_tags"]

#: FFmpeg's enum AVSphericalProjection.
_PROJECTION_OF_CODE = {
    0: "equirectangular",
    1: CUBE,
    2: PARTIAL,
    3: PARTIAL,  # the half in front
    4: "a rectilinear picture",
    5: "a fisheye picture",
    6: "a parametric immersive picture",
}
#: FFmpeg's enum AVStereo3DType, as far as both eyes are halves of the picture.
_LAYOUT_OF_CODE = {0: Layout.MONO, 1: Layout.STEREO_SBS, 2: Layout.STEREO_TB}
_INVERTED = 1
_HALF_CODE = 3

_LAYOUT_OF_WORDS = {
    "mono": Layout.MONO,
    "top-bottom": Layout.STEREO_TB,
    "left-right": Layout.STEREO_SBS,
    "right-left": Layout.STEREO_SBS,
}


def sphere_tags(path: Path, picture: VideoFrame) -> SphereTags:
    """The tags of a file whose first decoded picture is given; the boxes of an MP4 go first.

    FFmpeg's side data also knows Matroska and what stands in the video stream itself, but not
    V1 from V2, nor mesh projections.
    """
    stereo, right_first = _stereo_side_data(picture)
    boxes = read_spherical_metadata(path)
    if boxes is None:
        projection, bounds = _spherical_side_data(picture)
        return SphereTags(projection, stereo, "metadata", right_first, bounds)
    if boxes.stereo is not None:
        stereo, right_first = _LAYOUT_OF_WORDS.get(boxes.stereo), boxes.stereo == "right-left"
    source = f"V{boxes.version} metadata"
    return SphereTags(boxes.projection, stereo, source, right_first, boxes.bounds)


def _spherical_side_data(picture: VideoFrame) -> tuple[str | None, Bounds | None]:
    """FFmpeg's AVSphericalMapping: a code, three angles, four bounds as parts of 2^32, padding."""
    data = _side_data(picture, SideDataType.SPHERICAL)
    if data is None:
        return None, None
    code, left, top, right, bottom, padding = struct.unpack_from("=I12x5I", data)
    words = _PROJECTION_OF_CODE.get(code, "an unknown projection")
    if words == CUBE and padding:
        words = f"{CUBE} with padding"
    if code == _HALF_CODE:
        return words, HALF
    try:
        return words, Bounds(*(side / 2**32 for side in (left, top, right, bottom)))
    except ValueError:
        return words, None


def _stereo_side_data(picture: VideoFrame) -> tuple[Layout | None, bool]:
    data = _side_data(picture, SideDataType.STEREO3D)
    if data is None:
        return None, False
    code, flags = struct.unpack_from("=2I", data)
    return _LAYOUT_OF_CODE.get(code), bool(flags & _INVERTED)


def _side_data(picture: VideoFrame, kind: SideDataType) -> bytes | None:
    try:
        # Not ``picture.side_data``, which makes a ring of the two, in which a picture of half a
        # gigabyte stays until Python happens to look for rings.
        container = SideDataContainer(picture)  # type: ignore[call-arg]  # unknown to the stub
    except ValueError:
        return None  # PyAV gives up on kinds that it has no name for, such as a photo's EXIF
    return next((bytes(data) for data in container if data.type is kind), None)
