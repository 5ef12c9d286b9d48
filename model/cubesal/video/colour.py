"""From the stream's own YUV to RGB: one formula for the CPU here and for the shaders.

The formula is the definition of Y'CbCr by its luma weights (ITU-R BT.601, BT.709, BT.2020
non-constant luminance).  Chroma is upsampled bilinearly with its samples in the middle of each
2x2 block, which is what a GPU does with three linearly filtered textures.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

import cv2
import numpy as np
from numpy.typing import NDArray

__all__ = ["ColourSpec", "Matrix", "YuvPlanes"]

Matrix = Literal["bt601", "bt709", "bt2020"]

#: Luma weights of red and blue, (K_r, K_b); green has the rest.
_LUMA_WEIGHTS: dict[Matrix, tuple[float, float]] = {
    "bt601": (0.299, 0.114),
    "bt709": (0.2126, 0.0722),
    "bt2020": (0.2627, 0.0593),
}

#: Even, so that a strip begins with a new row of chroma.
_STRIP_ROWS = 64


@dataclass(frozen=True)
class ColourSpec:
    """Which Y'CbCr a stream holds: its matrix, and whether codes use all of 0..255."""

    matrix: Matrix
    full_range: bool

    @property
    def rgb_from_yuv(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Matrix (3, 3) and offset (3,): ``rgb = matrix @ yuv + offset``.

        Both sides are code values divided by 255 (what a normalised texture returns); clip the
        result to [0, 1].  The arrays are read-only.
        """
        return _rgb_from_yuv(self.matrix, self.full_range)


@lru_cache(maxsize=8)
def _rgb_from_yuv(
    matrix: Matrix, full_range: bool
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    k_r, k_b = _LUMA_WEIGHTS[matrix]
    k_g = 1.0 - k_r - k_b
    red_per_v, blue_per_u = 2.0 * (1.0 - k_r), 2.0 * (1.0 - k_b)
    unit = np.array(
        [
            [1.0, 0.0, red_per_v],
            [1.0, -blue_per_u * k_b / k_g, -red_per_v * k_r / k_g],
            [1.0, blue_per_u, 0.0],
        ]
    )
    scale = np.ones(3) if full_range else 255.0 / np.array([219.0, 224.0, 224.0])
    zero = np.array([0.0 if full_range else 16.0, 128.0, 128.0]) / 255.0
    rgb_from_yuv = unit * scale
    offset = -rgb_from_yuv @ zero
    for array in (rgb_from_yuv, offset):
        array.setflags(write=False)
    return rgb_from_yuv, offset


@dataclass(frozen=True, eq=False)
class YuvPlanes:
    """One picture as 8-bit 4:2:0: read-only, C-contiguous arrays that the holder may keep.

    ``y`` is (H, W) uint8, ``u`` and ``v`` are (ceil(H/2), ceil(W/2)) uint8.
    """

    y: NDArray[np.uint8]
    u: NDArray[np.uint8]
    v: NDArray[np.uint8]
    colour: ColourSpec

    @classmethod
    def from_rgb(cls, rgb: NDArray[np.uint8], colour: ColourSpec) -> YuvPlanes:
        """The inverse of :meth:`rgb` for (H, W, 3) uint8; chroma is the mean of each block."""
        height, width = rgb.shape[:2]
        rgb_from_yuv, offset = colour.rgb_from_yuv
        yuv_from_rgb = np.linalg.inv(rgb_from_yuv)
        affine = np.column_stack([yuv_from_rgb, -255.0 * yuv_from_rgb @ offset])
        y, u, v = cv2.split(cv2.transform(rgb, affine))
        half = ((width + 1) // 2, (height + 1) // 2)
        u, v = (cv2.resize(plane, half, interpolation=cv2.INTER_AREA) for plane in (u, v))
        return cls(_frozen(y), _frozen(u), _frozen(v), colour)

    def rgb(self) -> NDArray[np.uint8]:
        """The picture as RGB (H, W, 3) uint8, exact to one level of the formula above."""
        height, width = self.y.shape
        rgb_from_yuv, offset = self.colour.rgb_from_yuv
        affine = np.column_stack([rgb_from_yuv, 255.0 * offset])
        rgb = np.empty((height, width, 3), np.uint8)
        # In strips the intermediate pictures stay in the cache.
        yuv = np.empty((min(_STRIP_ROWS, height), width, 3), np.uint8)
        for top in range(0, height, _STRIP_ROWS):
            rows = slice(top, min(top + _STRIP_ROWS, height))
            strip = yuv[: rows.stop - top]
            chroma = [_upsample(plane, rows, width) for plane in (self.u, self.v)]
            cv2.merge([self.y[rows], *chroma], strip)
            cv2.transform(strip, affine, rgb[rows])
        return rgb

    @property
    def nbytes(self) -> int:
        """How much memory the planes take."""
        return self.y.nbytes + self.u.nbytes + self.v.nbytes

    @property
    def has_half(self) -> bool:
        """Whether the picture can be had at half its size: both its sides are even."""
        height, width = self.y.shape
        return not (height % 2 or width % 2)

    def half_rgb(self) -> NDArray[np.uint8]:
        """The picture as RGB (H/2, W/2, 3) uint8: mean luma of each 2x2 block with its chroma.

        Several times quicker than `rgb`, averaged; besides, chroma is not blurred on the way.
        """
        height, width = self.u.shape
        rgb_from_yuv, offset = self.colour.rgb_from_yuv
        luma = cv2.resize(self.y, (width, height), interpolation=cv2.INTER_AREA)
        affine = np.column_stack([rgb_from_yuv, 255.0 * offset])
        return np.asarray(cv2.transform(cv2.merge([luma, self.u, self.v]), affine), np.uint8)


def _frozen(plane: Any) -> NDArray[np.uint8]:
    pixels = np.ascontiguousarray(plane, dtype=np.uint8)
    pixels.setflags(write=False)
    return pixels


def _upsample(chroma: NDArray[np.uint8], rows: slice, width: int) -> NDArray[np.uint8]:
    """Chroma (h, w) at luma resolution for some luma rows; odd widths drop the last half sample.

    One row of neighbours on each side makes the strips meet exactly.
    """
    first = max(rows.start // 2 - 1, 0)
    near = chroma[first : (rows.stop + 1) // 2 + 1]
    full = cv2.resize(near, (2 * near.shape[1], 2 * near.shape[0]), interpolation=cv2.INTER_LINEAR)
    return np.asarray(full[rows.start - 2 * first : rows.stop - 2 * first, :width], dtype=np.uint8)
