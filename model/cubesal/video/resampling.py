"""Turning one eye's planes into a whole equirect picture by lookups that are made once per clip.

Each plane is read by one bilinear ``cv2.remap`` whose places never leave the piece (the face) they
belong to, so that nothing bleeds in from what only the packing has beside it.  The few pixels that
lie between the outermost pixels of two pieces, or over the seam or a pole, are then written anew
from four taps each, those beyond the edge taken from where the sphere goes on.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from math import pi

import cv2
import numpy as np
from numpy.typing import NDArray

from cubesal.geometry.axes import dir_from_uv
from cubesal.video.colour import YuvPlanes
from cubesal.video.reading import Reading
from cubesal.video.spheres import Region, Sphere

__all__ = ["LARGEST_SIDE", "Resampler", "resampler"]

Plane = NDArray[np.uint8]
#: OpenCV keeps the sizes of what it reads in 16 bits.
LARGEST_SIDE = 32767
_STRIP_ROWS = 64
#: Far enough outside any plane that a bilinear lookup finds nothing but the border's value.
_NOWHERE = -16.0
#: A turn this near to whole columns, in columns, is one.
_WHOLE_COLUMNS = 1e-3


@dataclass(frozen=True, eq=False)
class _Lookup:
    """For one plane: fixed-point places (h, w), and the pixels to be written anew with their taps.

    ``again`` (N,) are flat indices of the result, ``taps`` (N, 4) of the plane, ``weights`` (N, 4).
    """

    places: NDArray[np.int16]
    fractions: NDArray[np.uint16]
    again: NDArray[np.int32]
    taps: NDArray[np.int32]
    weights: NDArray[np.float32]

    def __call__(self, plane: Plane, outside: int) -> Plane:
        """The resampled plane; where there is no picture, ``outside``."""
        out = cv2.remap(
            plane,
            self.places,
            self.fractions,
            cv2.INTER_LINEAR,
            borderMode=cv2.BORDER_CONSTANT,
            borderValue=float(outside),
        )
        seams = (plane.reshape(-1)[self.taps] * self.weights).sum(axis=1) + 0.5
        out.reshape(-1)[self.again] = seams.astype(np.uint8)
        return np.asarray(out, np.uint8)


class Resampler:
    """Planes of one eye → planes of a whole equirect picture of :attr:`size`, (width, height).

    ``source`` is the even (width, height) of what is read, at most that of the planes given.
    """

    def __init__(
        self,
        source: tuple[int, int],
        size: tuple[int, int],
        luma: _Lookup | None = None,
        chroma: _Lookup | None = None,
        columns: int = 0,
    ) -> None:
        self._source, self.size = source, size
        self._luma, self._chroma, self._columns = luma, chroma, columns

    def __call__(self, planes: YuvPlanes) -> YuvPlanes:
        """New read-only planes in the same colours; black where the source shows nothing."""
        columns, rows = self._source
        y = np.ascontiguousarray(planes.y[:rows, :columns])
        u, v = (
            np.ascontiguousarray(plane[: rows // 2, : columns // 2])
            for plane in (planes.u, planes.v)
        )
        if self._luma is None or self._chroma is None:
            y = np.roll(y, self._columns, axis=1)
            u, v = (np.roll(plane, self._columns // 2, axis=1) for plane in (u, v))
        else:
            y = self._luma(y, 0 if planes.colour.full_range else 16)
            u, v = (self._chroma(plane, 128) for plane in (u, v))
        for plane in (y, u, v):
            plane.setflags(write=False)
        return YuvPlanes(y, u, v, planes.colour)


@lru_cache(maxsize=2)  # readers of one clip share it; that of an 8K picture takes 200 MB
def resampler(sphere: Sphere, size: tuple[int, int], reading: Reading) -> Resampler:
    """How pictures of (width, height), both even, become equirect, turned as a reading says."""
    if sphere == Region():
        return _turning(sphere, size, reading)
    width = sphere.width(size)
    return _looking_up(sphere, size, (width, width // 2), reading)


def _turning(sphere: Sphere, size: tuple[int, int], reading: Reading) -> Resampler:
    """Of a picture that is equirect already; whole columns of yaw are moved, not resampled."""
    columns = -reading.yaw / (2 * pi) * size[0]
    is_whole = abs(columns / 2 - round(columns / 2)) < _WHOLE_COLUMNS / 2 and size[0] % 2 == 0
    if is_whole and not reading.pitch and not reading.roll:
        return Resampler(size, size, columns=2 * round(columns / 2))
    return _looking_up(sphere, size, size, reading)


def _looking_up(
    sphere: Sphere, size: tuple[int, int], out: tuple[int, int], reading: Reading
) -> Resampler:
    luma, chroma = (_lookup(sphere, size, out, block, reading) for block in (1, 2))
    return Resampler(size, out, luma, chroma)


def _lookup(
    sphere: Sphere, size: tuple[int, int], out: tuple[int, int], block: int, reading: Reading
) -> _Lookup:
    """Of the plane with a sample per ``block`` x ``block`` pixels, in their middle."""
    source = _Plane(sphere, size, block)
    width, height = (-(-side // block) for side in out)
    places = np.empty((height, width, 2), np.int16)
    fractions = np.empty((height, width), np.uint16)
    seams: list[tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]] = []
    u = block * (np.arange(width) + 0.5) / out[0]
    for top in range(0, height, _STRIP_ROWS):
        rows = np.arange(top, min(top + _STRIP_ROWS, height))
        v = block * (rows + 0.5) / out[1]
        uv = np.stack(np.broadcast_arrays(u[None, :], v[:, None]), axis=-1)
        dirs = dir_from_uv(uv) @ reading.source_from_view.T
        column, row, again, taps, weights = source.read(dirs)
        fixed = cv2.convertMaps(column, row, cv2.CV_16SC2)
        places[rows], fractions[rows] = fixed
        seams.append((again + top * width, taps, weights))
    again, taps, weights = (np.concatenate(parts) for parts in zip(*seams, strict=True))
    return _Lookup(
        places,
        fractions,
        again.astype(np.int32),
        taps.astype(np.int32),
        weights.astype(np.float32),
    )


class _Plane:
    """Where a plane of a picture on the sphere is read."""

    def __init__(self, sphere: Sphere, size: tuple[int, int], block: int) -> None:
        self._sphere, self._size = sphere, size
        #: Samples of the plane per picture; for odd sizes the last one covers half a block.
        self._per = np.array(size) / block
        self._columns, rows = (-(-side // block) for side in size)
        edges = sphere.edges(size)
        first = np.ceil(edges[:, :2] * self._per - 0.5 - 1e-6)
        last = np.floor(edges[:, 2:] * self._per - 0.5 + 1e-6)
        #: Per piece the outermost samples, as left, top, right, bottom.
        self._limits = np.concatenate(
            [first, np.minimum(np.maximum(last, first), [self._columns - 1, rows - 1])], axis=1
        )

    def read(
        self, dirs: NDArray[np.float64]
    ) -> tuple[
        NDArray[np.float32],
        NDArray[np.float32],
        NDArray[np.int64],
        NDArray[np.int64],
        NDArray[np.float64],
    ]:
        """Columns and rows (h, w) for remap; flat indices (N,), taps and weights (N, 4)."""
        s, t, piece = self._sphere.place(dirs, self._size)
        is_shown = (s >= 0) & (s <= 1) & (t >= 0) & (t <= 1)
        x, y = s * self._per[0] - 0.5, t * self._per[1] - 0.5
        inside_x, inside_y = self._inside(x, y, piece)
        again = np.flatnonzero(is_shown & ((inside_x != x) | (inside_y != y)))
        taps, weights = self._taps(x.flat[again], y.flat[again], piece.flat[again])
        column = np.where(is_shown, inside_x, _NOWHERE).astype(np.float32)
        row = np.where(is_shown, inside_y, _NOWHERE).astype(np.float32)
        return column, row, again, taps, weights

    def _inside(
        self, x: NDArray[np.float64], y: NDArray[np.float64], piece: NDArray[np.int64]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        left, top, right, bottom = np.moveaxis(self._limits[piece], -1, 0)
        return np.clip(x, left, right), np.clip(y, top, bottom)

    def _taps(
        self, x: NDArray[np.float64], y: NDArray[np.float64], piece: NDArray[np.int64]
    ) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """The four samples around each place (N,), wherever the sphere has them."""
        x0, y0 = np.floor(x), np.floor(y)
        right, below = x - x0, y - y0
        taps, weights = [], []
        for i, across in ((0, 1 - right), (1, right)):
            for j, down in ((0, 1 - below), (1, below)):
                taps.append(self._sample(x0 + i, y0 + j, piece))
                weights.append(across * down)
        return np.stack(taps, axis=-1), np.stack(weights, axis=-1)

    def _sample(
        self, x: NDArray[np.float64], y: NDArray[np.float64], piece: NDArray[np.int64]
    ) -> NDArray[np.int64]:
        """Flat indices of samples; of those beyond their piece, of what lies there."""
        inside_x, inside_y = self._inside(x, y, piece)
        beyond = np.flatnonzero((inside_x != x) | (inside_y != y))
        s, t = (x[beyond] + 0.5) / self._per[0], (y[beyond] + 0.5) / self._per[1]
        s, t, there = self._sphere.place(
            self._sphere.rays(s, t, piece[beyond], self._size), self._size
        )
        found = self._inside(
            np.rint(s * self._per[0] - 0.5), np.rint(t * self._per[1] - 0.5), there
        )
        inside_x[beyond], inside_y[beyond] = found
        return (inside_y * self._columns + inside_x).astype(np.int64)
