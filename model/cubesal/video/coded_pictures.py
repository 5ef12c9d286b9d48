"""Pictures as encoders take them: RGB or planes → a frame of the encoder's pixel format."""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np
from av.video.frame import VideoFrame
from numpy.typing import NDArray

from cubesal.video.colour import ColourSpec, YuvPlanes
from cubesal.video.planes import plane_pixels

__all__ = ["OUTPUT_COLOUR", "coded_picture", "in_output_colour"]

OUTPUT_COLOUR: Final = ColourSpec("bt709", full_range=False)
"""All outputs are BT.709 with limited range, which every player assumes of HD video."""
_H273_BT709 = 1
_LIMITED, _FULL = 1, 2


def in_output_colour(planes: YuvPlanes) -> YuvPlanes:
    """The same picture in :data:`OUTPUT_COLOUR`; most clips have it already."""
    if planes.colour == OUTPUT_COLOUR:
        return planes
    return YuvPlanes.from_rgb(planes.rgb(), OUTPUT_COLOUR)


def coded_picture(
    picture: NDArray[np.uint8] | YuvPlanes, size: tuple[int, int], pix_fmt: str
) -> VideoFrame:
    """RGB (H, W, 3) uint8, or planes, as a frame of (width, height) in a pixel format."""
    if isinstance(picture, YuvPlanes):
        is_fit = picture.colour == OUTPUT_COLOUR and size == picture.y.shape[::-1]
        if is_fit and pix_fmt == "yuv420p":
            return _frame_of(picture)
        picture = picture.rgb()
    if size != picture.shape[1::-1]:
        picture = np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_LINEAR), np.uint8)
    if pix_fmt == "yuv420p":
        return _frame_of(YuvPlanes.from_rgb(picture, OUTPUT_COLOUR))
    packed = VideoFrame.from_ndarray(np.ascontiguousarray(picture), "rgb24")
    return packed.reformat(
        format=pix_fmt,
        dst_colorspace=_H273_BT709,
        src_color_range=_FULL,
        dst_color_range=_FULL if pix_fmt == "bgr0" else _LIMITED,
    )


def _frame_of(planes: YuvPlanes) -> VideoFrame:
    height, width = planes.y.shape
    frame = VideoFrame(width, height, "yuv420p")
    for target, pixels in zip(frame.planes, (planes.y, planes.u, planes.v), strict=True):
        plane_pixels(target)[:] = pixels
    frame.colorspace, frame.color_range = _H273_BT709, _LIMITED
    return frame
