"""From an equirect frame to the cube faces that a network looks at."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from cubesal.convention import Convention
from cubesal.geometry import equirect_to_cube, shrink_as_published
from cubesal.stages import stage

__all__ = ["PUBLISHED_FACE_W", "cube_pyramid", "unit_faces"]

#: Width of a face in the published code, in pixels.
PUBLISHED_FACE_W = 224

# Columns of a frame, in parts of what faces sample, that bilinear lookup does not alias visibly.
_FINE_ENOUGH = 1.25

# The published code brings every frame to this many rows first, also smaller ones.
_PUBLISHED_HEIGHT = 960


def cube_pyramid(equirect: NDArray[np.uint8], face_ws: tuple[int, ...]) -> list[NDArray[np.uint8]]:
    """The frame as cube faces of several sizes, (6, W, W, 3) each, without aliasing.

    A face samples the equator at 4 W pixels per turn, and the lookup is bilinear, so that finer
    frames are averaged down to about that first; coarser faces go on from where finer ones were.
    """
    small, faces = equirect, {}
    for face_w in sorted(set(face_ws), reverse=True):
        with stage("resize"):
            small = _shrunk(small, 4 * face_w)
        with stage("faces"):
            faces[face_w] = equirect_to_cube(small, face_w)
    return [faces[face_w] for face_w in face_ws]


def _shrunk(equirect: NDArray[np.uint8], width: int) -> NDArray[np.uint8]:
    """The frame at up to a quarter more than `width` columns, if it has more.

    First by a power of two, which is several times quicker than by any other number.
    """
    height, columns = equirect.shape[:2]
    by = 1
    while not (height % (2 * by) or columns % (2 * by)) and columns // (2 * by) >= width:
        by *= 2
    if by > 1:
        equirect = _resized(equirect, columns // by, height // by)
        height, columns = equirect.shape[:2]
    if columns <= _FINE_ENOUGH * width:
        return equirect
    return _resized(equirect, width, min(width // 2, height))


def _resized(equirect: NDArray[np.uint8], width: int, height: int) -> NDArray[np.uint8]:
    small = cv2.resize(equirect, (width, max(height, 1)), interpolation=cv2.INTER_AREA)
    return np.asarray(small, dtype=np.uint8)


def unit_faces(
    equirect_rgb: NDArray[np.uint8], face_w: int, convention: Convention
) -> NDArray[np.float32]:
    """The faces as floats in 0..1, as a classifier of ordinary pictures wants them.

    Args:
        equirect_rgb: (H, W, 3).
        face_w: width of a face in pixels.
        convention: "exact", RGB, averaged down where finer than the faces. "cp360", as the
            published code sees frames: brought to 1920x960 by a Lanczos filter, sampled at the
            pixels' corners, and with red and blue exchanged, since it takes OpenCV's BGR for RGB.

    Returns:
        (6, face_w, face_w, 3).
    """
    if convention == "exact":
        return cube_pyramid(equirect_rgb, (face_w,))[0].astype(np.float32) / np.float32(255)
    with stage("resize"):
        bgr = np.ascontiguousarray(equirect_rgb[:, :, ::-1])
        frame = shrink_as_published(bgr, _PUBLISHED_HEIGHT).astype(np.float32) / np.float32(255)
    with stage("faces"):
        return equirect_to_cube(frame, face_w, convention)
