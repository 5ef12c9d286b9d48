"""Resampling written out: for every pixel of the result, which source pixels at which weights.

A lookup in this form is independent of any library's rounding, has a gradient, and reads pictures
of any number of channels: numpy applies it here, torch in ``cubesal.tensor_geometry``.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

__all__ = ["Kernel", "Taps", "gather", "taps_at"]

Kernel = Literal["bilinear", "cubic"]
#: Slope of the cubic kernel at distance one, as in OpenCV.
_CUBIC_A = -0.75


class Taps(NamedTuple):
    """M results from K pixels each; both arrays are read-only."""

    #: (M, K) int64: position of the pixel in the flattened source.
    source: NDArray[np.int64]
    #: (M, K) float64.
    weights: NDArray[np.float64]

    def of(self, numbers: NDArray[np.int64]) -> Taps:
        """The same lookup in the picture from whose pixels ``numbers`` its source was laid out."""
        return frozen(numbers.reshape(-1)[self.source], self.weights)


def frozen(source: NDArray[np.int64], weights: NDArray[np.float64]) -> Taps:
    """Taps of M results, read-only as all cached tables are."""
    source.setflags(write=False)
    weights.setflags(write=False)
    return Taps(source, weights)


def taps_at(
    x: NDArray[np.floating],
    y: NDArray[np.floating],
    width: int,
    height: int,
    kernel: Kernel,
    start: NDArray[np.int64] | int = 0,
) -> Taps:
    """Lookups at (column x, row y), pixel centres at whole numbers; the picture is 0 outside.

    The results are in the order of the flattened coordinates. ``start``, one number or (M, 1), is
    the position of the picture's first pixel among several.
    """
    columns, across = _line(np.ravel(x), width, kernel)
    rows, along = _line(np.ravel(y), height, kernel)
    index = rows[:, :, None] * width + columns[:, None, :]
    weights = along[:, :, None] * across[:, None, :]
    return frozen(index.reshape(len(index), -1) + start, weights.reshape(len(index), -1))


def _line(
    at: NDArray[np.floating], count: int, kernel: Kernel
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Positions (M, k), within the line, and weights (M, k) of the pixels about each place."""
    first = np.floor(at)
    part = (at - first).astype(np.float64)[:, None]
    if kernel == "bilinear":
        steps, weights = np.arange(2), np.concatenate([1 - part, part], axis=1)
    else:
        steps = np.arange(-1, 3)
        weights = _cubic(np.abs(part - steps))
    position = first.astype(np.int64)[:, None] + steps
    inside = (position >= 0) & (position < count)
    return np.clip(position, 0, count - 1), np.where(inside, weights, 0)


def _cubic(distance: NDArray[np.float64]) -> NDArray[np.float64]:
    """Keys' kernel (1981) at 0 <= distance <= 2."""
    a, d = _CUBIC_A, distance
    near = ((a + 2) * d - (a + 3)) * d**2 + 1
    far = a * (((d - 5) * d + 8) * d - 4)
    return np.where(d <= 1, near, far)


def gather(picture: NDArray[np.uint8] | NDArray[np.floating], taps: Taps) -> NDArray[np.float64]:
    """Rows (P, C) of a flattened picture → (M, C), in double precision."""
    source, weights = taps
    out = np.zeros((len(source), picture.shape[1]))
    for k in range(source.shape[1]):
        out += weights[:, k, None] * picture[source[:, k]]
    return out
