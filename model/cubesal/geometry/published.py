"""Where the code published with CP-360 samples: its coordinates, for the convention "cp360".

They differ from the exact ones, and the released temporal weights saw features sampled this way.
Equirect to cube reads each face pixel at its upper left *corner*, one and a half source pixels too
far right and down, and stops at the frame's border instead of going on behind the seam. Cube to
equirect takes the *centres* of a face's border pixels for the edges of the face.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from cubesal.geometry.axes import FACE_BASES, dir_from_angles, face_coords_from_dir
from cubesal.geometry.rays import pixel_angles
from cubesal.geometry.taps import Kernel, Taps, taps_at

__all__ = [
    "PUBLISHED_LOOKUPS",
    "Lookup",
    "cube_places",
    "equirect_places",
    "equirect_taps",
    "shrink_as_published",
]

#: OpenCV looks up between pixels in steps of this part of one.
_STEPS_PER_PIXEL: Final = 32
#: Directions this close to the edge of two faces count as on it.
_TIE: Final = 1e-8


@dataclass(frozen=True)
class Lookup:
    """How a cube face is read between its pixels.

    Attributes:
        kernel: bilinear or bicubic; beyond the face there are zeros.
        stretched: divide places by the largest that occurs on the grid, as its bilinear path does.
        edges_at_centres: grid sampling with ``align_corners``, the default of torch before 1.3;
            without it the borders of the faces go dark.
        rounded: to 1/32 of a pixel, as bicubic lookups in OpenCV 3 and 4 do.
    """

    kernel: Kernel
    stretched: bool = False
    edges_at_centres: bool = True
    rounded: bool = False


#: What ``mode`` may be in ``cube_to_equirect`` under "cp360".
PUBLISHED_LOOKUPS: Final = {
    "bilinear": Lookup("bilinear", stretched=True),
    "bilinear_align0": Lookup("bilinear", stretched=True, edges_at_centres=False),
    "cubic": Lookup("cubic"),
    "cubic_q32": Lookup("cubic", rounded=True),
}


@lru_cache(maxsize=8)
def cube_places(
    face_w: int, height: int, width: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """(column, row), (6, face_w, face_w) each, in a (height, width) frame; unrounded, read-only."""
    corners = -1 + 2 * np.arange(face_w) / face_w
    right, down, outward = (FACE_BASES[:, None, None, k, :] for k in range(3))
    rays = corners[None, None, :, None] * right + corners[None, :, None, None] * down + outward
    yaw, pitch_down = _tabled_angles(rays, height, width)
    column = np.clip(width / 2 * (1 + yaw / np.pi) + 1, 1, width - 1)
    row = np.clip(height / 2 * (1 + 2 * pitch_down / np.pi) + 1, 1, height - 1)
    column.setflags(write=False)
    row.setflags(write=False)
    return column, row


def _tabled_angles(
    rays: NDArray[np.float64], height: int, width: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Yaw, and pitch positive downwards, read from tables with two entries per source pixel.

    Between two entries the yaw is linear in its cosine and the pitch in its tangent. The outermost
    entries of the tangent stand half a step before the poles, where it is infinite.
    """
    x, y, z = np.moveaxis(rays, -1, 0)
    across = np.hypot(x, z)
    at_pole = across < 1e-9
    across = np.where(at_pole, 1, across)
    steps = np.arange(2 * width + 1)
    yaw = np.interp(-z / across, -np.cos(steps * np.pi / (2 * width)), steps * np.pi / (2 * width))
    yaw = np.where(at_pole, 0, np.where(x < 0, -yaw, yaw))
    pitches = (np.arange(2 * height + 1) - height) * np.pi / (2 * height)
    known = pitches.copy()
    known[[0, -1]] = pitches[0] + np.pi / (4 * height), pitches[-1] - np.pi / (4 * height)
    pitch = np.interp(y / across, np.tan(known), pitches)
    return yaw, np.where(at_pole, np.sign(y) * np.pi / 2, pitch)


def to_lookup_steps(place: NDArray[np.floating]) -> NDArray[np.float32]:
    """Places rounded to those at which OpenCV looks up; single precision holds them exactly."""
    single = place.astype(np.float32)
    return np.asarray(np.rint(single * _STEPS_PER_PIXEL) / _STEPS_PER_PIXEL, np.float32)


@lru_cache(maxsize=8)
def equirect_places(
    height: int, face_w: int
) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.float64]]:
    """(face, column, row), (height, 2·height) each: where on the cube the map's pixels lie."""
    yaw, pitch = pixel_angles(height)
    face, a, b = face_coords_from_dir(dir_from_angles(yaw[None, :], pitch[:, None]), tie=_TIE)
    column, row = (np.clip((c + 1) / 2, 0, 1) * (face_w - 1) for c in (a, b))
    for array in (face, column, row):
        array.setflags(write=False)
    return face, column, row


@lru_cache(maxsize=4)
def equirect_taps(height: int, face_w: int, lookup: Lookup) -> Taps:
    """The lookup of ``cube_to_equirect`` in the flattened faces (6·face_w·face_w)."""
    face, *exactly = equirect_places(height, face_w)
    places = [place.astype(np.float32) for place in exactly]
    if lookup.stretched:
        places = _stretched(places, face_w, lookup.edges_at_centres)
    if lookup.rounded:
        places = [to_lookup_steps(place) for place in places]
    column, row = places
    return taps_at(column, row, face_w, face_w, lookup.kernel, face.reshape(-1, 1) * face_w**2)


def _stretched(
    places: list[NDArray[np.float32]], face_w: int, edges_at_centres: bool
) -> list[NDArray[np.float32]]:
    """The places at which grid sampling reads when the largest of them is made its +1.

    In single precision, as there: on wide faces it shows in the sixth digit.
    """
    largest = max(place.max() for place in places)
    if largest == 0:  # faces of one pixel
        return places
    one, half = np.float32(1), np.float32(largest / 2)
    normal: list[NDArray[np.float32]] = [(place - half) / half for place in places]
    if edges_at_centres:
        return [(g + one) * np.float32((face_w - 1) / 2) for g in normal]
    return [(g + one) * np.float32(face_w / 2) - np.float32(0.5) for g in normal]


def shrink_as_published(frame: NDArray[np.uint8], height: int) -> NDArray[np.uint8]:
    """A frame (h, w, 3) uint8 at (height, 2·height, 3), by Pillow's Lanczos filter.

    The published code brings every frame to 1920x960 this way before it cuts the cube.
    """
    if frame.ndim != 3 or frame.shape[2] != 3 or frame.dtype != np.uint8:
        raise ValueError(f"a frame must be (H, W, 3) uint8, got {frame.shape} {frame.dtype}")
    if height < 1:
        raise ValueError(f"the height of a frame must be at least 1, not {height}")
    from PIL import Image  # only this convention needs it

    size = (2 * height, height)
    return np.asarray(Image.fromarray(frame).resize(size, Image.Resampling.LANCZOS))
