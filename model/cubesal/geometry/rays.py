"""Ray grids of the three pictures (equirect, cube, perspective), cached and read-only."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from cubesal.geometry.axes import FACE_BASES, dir_from_angles

__all__ = [
    "cube_rays",
    "equirect_rays",
    "perspective_rays",
    "pixel_angles",
    "pixel_centres",
    "sphere_weights",
]


def _frozen(array: NDArray[np.float32]) -> NDArray[np.float32]:
    array.setflags(write=False)
    return array


def pixel_centres(count: int) -> NDArray[np.float64]:
    """Pixel centres of ``count`` pixels, scaled to (-1, 1)."""
    return (2 * np.arange(count) + 1) / count - 1


@lru_cache(maxsize=16)
def pixel_angles(height: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """(yaw of each column (2·height,), pitch of each row (height,)) of an equirect map, radians."""
    return np.pi * pixel_centres(2 * height), -np.pi / 2 * pixel_centres(height)


@lru_cache(maxsize=8)
def equirect_rays(height: int) -> NDArray[np.float32]:
    """Unit world rays (height, 2·height, 3) through the pixel centres of an equirect frame."""
    yaw, pitch = pixel_angles(height)
    return _frozen(dir_from_angles(yaw[None, :], pitch[:, None]).astype(np.float32))


@lru_cache(maxsize=8)
def cube_rays(face_w: int) -> NDArray[np.float32]:
    """World rays (6, face_w, face_w, 3) through the pixel centres of the faces, length >= 1."""
    c = pixel_centres(face_w)
    right, down, outward = (FACE_BASES[:, None, None, k, :] for k in range(3))
    rays = c[None, None, :, None] * right + c[None, :, None, None] * down + outward
    return _frozen(rays.astype(np.float32))


@lru_cache(maxsize=8)
def perspective_rays(width: int, height: int, hfov: float) -> NDArray[np.float32]:
    """Unit rays (height, width, 3) of a flat camera in *camera* axes; ``hfov`` in radians < π.

    Pixels are square; the vertical field of view follows from the aspect.
    """
    half = np.tan(hfov / 2)
    x = half * pixel_centres(width)[None, :]
    y = half * height / width * pixel_centres(height)[:, None]
    rays = np.stack(np.broadcast_arrays(x, y, 1.0), axis=-1)
    rays /= np.linalg.norm(rays, axis=-1, keepdims=True)
    return _frozen(rays.astype(np.float32))


@lru_cache(maxsize=16)
def sphere_weights(height: int) -> NDArray[np.float64]:
    """Share of the sphere's area (height, 1) of each pixel in a row of an H x 2H map.

    Exact band areas (differences of sin pitch), for many rows the cosine of latitude; over the
    whole map they sum to 1.
    """
    edges = np.sin(np.linspace(np.pi / 2, -np.pi / 2, height + 1))
    weights = (edges[:-1] - edges[1:]) / 2 / (2 * height)
    weights.setflags(write=False)
    return np.asarray(weights[:, None], np.float64)
