"""From a decoder's picture to the planes of one eye, upright, as 8-bit 4:2:0."""

from __future__ import annotations

import numpy as np
from av.video.frame import VideoFrame
from av.video.plane import VideoPlane
from av.video.reformatter import VideoReformatter
from numpy.typing import NDArray

from cubesal.errors import MediaError
from cubesal.video.colour import ColourSpec, Matrix, YuvPlanes
from cubesal.video.hdr import COLOUR_OF_HDR, sdr_planes, transfer_of
from cubesal.video.info import Eye, Layout
from cubesal.video.resampling import Resampler

__all__ = ["PlaneExtractor", "colour_of", "plane_pixels"]

#: From this many lines on an untagged picture is taken for BT.709, below it for BT.601: the rule
#: by which most players choose.
_HD_LINES = 720

#: ITU-T H.273 matrix coefficients, as FFmpeg hands them out. BT.470BG, SMPTE 170M and the FCC's
#: are BT.601 to two digits, SMPTE 240M is BT.709 likewise.
_MATRIX_OF_CODE: dict[int, Matrix] = {
    1: "bt709",
    4: "bt601",
    5: "bt601",
    6: "bt601",
    7: "bt709",
    9: "bt2020",
    10: "bt2020",
}
_UNTAGGED_CODES = (0, 2, 3)

#: swscale's numbers for the same matrices and for the two ranges.
_SWS_MATRIX: dict[Matrix, int] = {"bt601": 5, "bt709": 1, "bt2020": 9}
_SWS_LIMITED, _SWS_FULL = 1, 2

_DIRECT_FORMATS = frozenset({"yuv420p", "yuvj420p", "yuva420p"})
_PALETTE_FORMATS = frozenset({"pal8", "monow", "monob"})
#: Pictures without YUV of their own become this.
_COLOUR_OF_RGB = ColourSpec("bt709", full_range=True)


def colour_of(picture: VideoFrame, name: str) -> ColourSpec:
    """Matrix and range of the planes that the extractor returns for a picture of file ``name``.

    Raises ``MediaError`` for a matrix that none of the supported three approximates.
    """
    if transfer_of(picture) != "SDR":
        return COLOUR_OF_HDR
    return _stored_colour(picture, name)


def _stored_colour(picture: VideoFrame, name: str) -> ColourSpec:
    if _is_rgb(picture):
        return _COLOUR_OF_RGB
    name = picture.format.name
    full_range = picture.color_range == _SWS_FULL or (
        picture.color_range != _SWS_LIMITED and name.startswith("yuvj")
    )
    code = int(picture.colorspace)
    if code in _UNTAGGED_CODES:
        return ColourSpec("bt709" if picture.height >= _HD_LINES else "bt601", full_range)
    if code not in _MATRIX_OF_CODE:
        raise MediaError(
            f"{name} uses a colour matrix (H.273 code {code}) that is not supported; "
            "convert it to BT.709 first"
        )
    return ColourSpec(_MATRIX_OF_CODE[code], full_range)


def _is_rgb(picture: VideoFrame) -> bool:
    return picture.format.is_rgb or picture.format.name in _PALETTE_FORMATS


class PlaneExtractor:
    """Turns pictures of one stream into planes of always the same size.

    ``size`` is the stored (width, height) of the first picture; a later one of another size is
    scaled to it.  ``quarter_turns`` are counter-clockwise.  ``resample`` makes one eye's picture an
    equirect one, or turns it.
    """

    def __init__(
        self,
        name: str,
        size: tuple[int, int],
        quarter_turns: int,
        layout: Layout,
        eye: Eye,
        resample: Resampler | None = None,
    ) -> None:
        self._name = name
        self._size = size
        self._quarter_turns = quarter_turns
        self._layout = layout
        self._second = eye is Eye.RIGHT
        self._resample = resample
        self._reformatter = VideoReformatter()

    @property
    def size(self) -> tuple[int, int]:
        """(width, height) to which every picture is brought before it is turned or cropped."""
        return self._size

    def __call__(self, picture: VideoFrame) -> YuvPlanes:
        """The planes of one eye; they stay valid for as long as they are held."""
        colour = colour_of(picture, self._name)
        stored = self._stored_planes(picture, colour)
        y, u, v = (self._turn_and_crop(plane) for plane in stored)
        planes = YuvPlanes(y, u, v, colour)
        return planes if self._resample is None else self._resample(planes)

    def _stored_planes(
        self, picture: VideoFrame, colour: ColourSpec
    ) -> tuple[NDArray[np.uint8], ...]:
        if transfer_of(picture) != "SDR":
            return self._tone_mapped(picture)
        same_size = (picture.width, picture.height) == self._size
        if same_size and picture.format.name == "gray":
            y = plane_pixels(picture.planes[0])
            grey = np.full(((y.shape[0] + 1) // 2, (y.shape[1] + 1) // 2), 128, np.uint8)
            return y, grey, grey
        if not same_size or picture.format.name not in _DIRECT_FORMATS:
            picture = self._convert(picture, colour)
        return tuple(plane_pixels(plane) for plane in picture.planes[:3])

    def _tone_mapped(self, picture: VideoFrame) -> tuple[NDArray[np.uint8], ...]:
        """HDR as SDR; without a tag its matrix is that of BT.2020, as HDR implies."""
        stored = _stored_colour(picture, self._name)
        tagged = int(picture.colorspace) not in _UNTAGGED_CODES
        matrix = _SWS_MATRIX[stored.matrix if tagged else "bt2020"]
        planes = sdr_planes(picture, self._size, matrix, stored.full_range, self._reformatter)
        return planes.y, planes.u, planes.v

    def _convert(self, picture: VideoFrame, colour: ColourSpec) -> VideoFrame:
        """8-bit 4:2:0 by swscale, matrix and range unchanged (RGB becomes the stated ones)."""
        matrix = _SWS_MATRIX[colour.matrix]
        dst_range = _SWS_FULL if colour.full_range else _SWS_LIMITED
        width, height = self._size
        return self._reformatter.reformat(
            picture,
            width=width,
            height=height,
            format="yuv420p",
            src_colorspace=matrix,
            dst_colorspace=matrix,
            src_color_range=_SWS_FULL if _is_rgb(picture) else dst_range,
            dst_color_range=dst_range,
        )

    def _turn_and_crop(self, plane: NDArray[np.uint8]) -> NDArray[np.uint8]:
        upright = np.rot90(plane, self._quarter_turns)
        half_rows, half_columns = upright.shape[0] // 2, upright.shape[1] // 2
        if self._layout is Layout.STEREO_TB:
            upright = upright[half_rows:][:half_rows] if self._second else upright[:half_rows]
        elif self._layout is Layout.STEREO_SBS:
            first, second = upright[:, :half_columns], upright[:, half_columns:][:, :half_columns]
            upright = second if self._second else first
        eye = np.ascontiguousarray(upright)
        eye.setflags(write=False)
        return eye


def plane_pixels(plane: VideoPlane) -> NDArray[np.uint8]:
    """The plane's pixels (h, w) without the padding at the end of each line; not a copy."""
    lines = np.frombuffer(memoryview(plane), np.uint8)[: plane.height * plane.line_size]
    return lines.reshape(plane.height, plane.line_size)[:, : plane.width]
