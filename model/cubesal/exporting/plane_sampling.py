"""What a flat camera sees, plane by plane: the stream's own YUV is resampled and never made RGB.

The shaders sample Y, U and V with linear filtering before they convert, so this is what they show.
It is cheap for three reasons. Where pixels read the sphere changes smoothly: from every eighth
pixel the others follow by linear interpolation, to a fiftieth of a source pixel, except near a
pole, where each is computed. Turning about the vertical moves all columns alike, so that grids are
kept while a camera only pans. And the plane is continued only where the view needs it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from math import ceil, floor, pi, tan
from typing import Any, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from cubesal.camera import Camera
from cubesal.geometry.axes import rotation
from cubesal.geometry.sampling import PAD, pad_equirect
from cubesal.video.colour import YuvPlanes

__all__ = ["FlatSampler", "sample_map"]

_STEP = 8
_TOLERANCE = 0.02
#: OpenCV keeps the sizes of what it reads in 16 bits.
_LARGEST_SIDE = 32767
Array = NDArray[np.floating[Any]]


class _Grid(NamedTuple):
    """Where each pixel of a plane reads: columns from the view's yaw on, rows, both in pixels.

    ``turn`` is the number of columns of a full turn, ``columns`` and ``rows`` are the extremes.
    """

    column: NDArray[np.float32]
    row: NDArray[np.float32]
    turn: float
    columns: tuple[float, float]
    rows: tuple[float, float]


@dataclass(frozen=True)
class FlatSampler:
    """Flat pictures of (``width``, ``height``), both even, from the planes of equirect frames."""

    width: int
    height: int

    def __post_init__(self) -> None:
        if self.width < 2 or self.height < 2 or self.width % 2 or self.height % 2:
            raise ValueError(
                f"a video is an even number of pixels wide and high, not {self.width}x{self.height}"
            )

    def __call__(self, planes: YuvPlanes, camera: Camera) -> YuvPlanes:
        """The view of ``camera``, Y as (height, width), U and V half of that, same colour."""
        if max(planes.y.shape) > _LARGEST_SIDE:
            raise ValueError(f"pictures beyond {_LARGEST_SIDE} pixels a side cannot be resampled")
        turn = (camera.pitch, camera.roll, camera.hfov)
        luma, chroma = _view_grids(turn, (self.height, self.width), planes.y.shape)
        y = _sampled(planes.y, luma, camera.yaw)
        u, v = (_sampled(plane, chroma, camera.yaw) for plane in (planes.u, planes.v))
        return YuvPlanes(y, u, v, planes.colour)


def _sampled(plane: NDArray[np.uint8], grid: _Grid, yaw: float) -> NDArray[np.uint8]:
    height, width = plane.shape
    shift = yaw * grid.turn / (2 * pi) + grid.turn / 2 - 0.5
    low, high = floor(grid.columns[0] + shift), ceil(grid.columns[1] + shift) + 1
    row = grid.row
    if grid.rows[0] < 0 or grid.rows[1] > height - 1 or high - low > width or width != grid.turn:
        # A pole, or more than a turn: any column, and the far side of the poles.
        plane = pad_equirect(plane)
        column = np.mod(grid.column + np.float32(shift + 0.5), np.float32(grid.turn))
        column += np.float32(PAD - 0.5)
        row = row + np.float32(PAD)
    else:
        if low < 0 or high > width:
            plane = _across_seam(plane, low, high)
            shift -= low
        column = grid.column + np.float32(shift)
    out = cv2.remap(plane, column, row, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(out, np.uint8)


def sample_map(
    levels: NDArray[np.uint8], camera: Camera, width: int, height: int
) -> NDArray[np.uint8]:
    """An equirect map (h, 2h) of 8 bits as a camera sees it: (height, width), bilinear."""
    turn = (camera.pitch, camera.roll, camera.hfov)
    return _sampled(levels, _map_grid(turn, (height, width), levels.shape[:2]), camera.yaw)


@lru_cache(maxsize=4)
def _map_grid(
    turn: tuple[float, float, float], size: tuple[int, int], source: tuple[int, int]
) -> _Grid:
    rays, lattice = _rays_of(turn, size)
    return _grid(rays, lattice, source, 1)


def _across_seam(plane: NDArray[np.uint8], low: int, high: int) -> NDArray[np.uint8]:
    """The columns ``low`` to before ``high``, at most a turn of them, some beyond the plane."""
    width = plane.shape[1]
    first, count = low % width, high - low
    ahead = plane[:, first : first + count]
    return np.concatenate([ahead, plane[:, : count - ahead.shape[1]]], axis=1)


@lru_cache(maxsize=2)  # of an 8K picture each takes some 400 MB
def _view_grids(
    turn: tuple[float, float, float], size: tuple[int, int], source: tuple[int, int]
) -> tuple[_Grid, _Grid]:
    """The grids of luma and of chroma, for (pitch, roll, hfov) and (height, width) of both ends."""
    rays, lattice = _rays_of(turn, size)
    return _grid(rays, lattice, source, 1), _grid(rays, lattice, source, 2)


def _rays_of(
    turn: tuple[float, float, float], size: tuple[int, int]
) -> tuple[_Rays, tuple[Array, Array]]:
    """The rays of a view, and their angles at every `_STEP`-th pixel, a little beyond it."""
    pitch, roll, hfov = turn
    rays = _Rays(rotation(0.0, pitch, roll), tan(hfov / 2), *size)
    lattice = rays.angles(
        *(_STEP * np.arange(-1, ceil(side / _STEP) + 1) + (_STEP - 1) / 2 for side in size)
    )
    return rays, lattice


class _Rays(NamedTuple):
    """The rays through the pixels of a picture ``height`` x ``width``, before the turn by yaw."""

    world_from_camera: NDArray[np.float64]
    half_width: float
    height: int
    width: int

    def angles(self, rows: Array, columns: Array) -> tuple[Array, Array]:
        """(yaw, angle from straight up), each (rows, columns), at pixel positions, radians."""
        scale = 2 * self.half_width / self.width
        across = scale * (columns + 0.5 - self.width / 2)
        down = scale * (rows + 0.5 - self.height / 2)
        turn = self.world_from_camera.astype(rows.dtype)
        x, y, z = (
            (turn[k, 0] * across)[None, :] + (turn[k, 1] * down + turn[k, 2])[:, None]
            for k in range(3)
        )
        return np.arctan2(x, z), np.arctan2(np.hypot(x, z), -y)


def _grid(rays: _Rays, lattice: tuple[Array, Array], source: tuple[int, int], block: int) -> _Grid:
    """The grid of a plane with a sample per ``block`` x ``block`` pixels, in their middle."""
    turn, drop = source[1] / block, source[0] / block
    scales = (turn / (2 * pi), drop / pi)
    size = (rays.height // block, rays.width // block)
    step = _STEP // block
    coarse = [angle * scale for angle, scale in zip(lattice, scales, strict=True)]
    column, row = (_enlarged(values, step, size) for values in coarse)
    rough = _rough_rows(coarse, step, size[0])
    if len(rough):
        # Single precision: a thousandth of a pixel of the largest sources.
        positions = (block * np.arange(side) + (block - 1) / 2 for side in size)
        down, across = (values.astype(np.float32) for values in positions)
        exact = rays.angles(down[rough], across)
        column[rough], row[rough] = (a * np.float32(s) for a, s in zip(exact, scales, strict=True))
    row -= np.float32(0.5)
    bounds = ((float(a.min()), float(a.max())) for a in (column, row))
    for array in (column, row):
        array.setflags(write=False)
    return _Grid(column, row, turn, *bounds)


def _enlarged(values: Array, step: int, size: tuple[int, int]) -> NDArray[np.float32]:
    """Linear interpolation between the middles of blocks of ``step``, without the outer blocks."""
    rows, columns = values.shape
    large = cv2.resize(
        values.astype(np.float32),
        (columns * step, rows * step),
        interpolation=cv2.INTER_LINEAR,
    )
    return np.ascontiguousarray(large[step : step + size[0], step : step + size[1]], np.float32)


def _rough_rows(coarse: list[Array], step: int, height: int) -> NDArray[np.intp]:
    """Rows of pixels between lattice rows where a straight line would miss by too much."""
    bent = np.zeros(coarse[0].shape[0], bool)
    for values in coarse:
        along, upright = (np.abs(np.diff(values, 2, axis=axis)) / 8 for axis in (1, 0))
        bent |= along.max(axis=1, initial=0.0) > _TOLERANCE
        bent[1:-1] |= upright.max(axis=1, initial=0.0) > _TOLERANCE
    near = bent.copy()
    near[1:] |= bent[:-1]
    near[:-1] |= bent[1:]
    return np.flatnonzero(np.repeat(near, step)[step : step + height])
