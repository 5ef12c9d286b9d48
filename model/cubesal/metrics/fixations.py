"""Fixations on the sphere: points, counts per pixel, densities."""

from __future__ import annotations

from math import radians
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cubesal.geometry import dir_from_uv, equirect_rays, sphere_weights
from cubesal.metrics.inputs import Map, Values
from cubesal.sphere_filter import smooth_on_sphere

__all__ = [
    "FIXATION_SIGMA",
    "fixation_density",
    "fixation_map",
    "is_fixation_map",
    "strongest_part",
]

#: Radians: about the fovea and an eye tracker's error in a head-mounted display.
FIXATION_SIGMA: Final = radians(4)

#: A map of counts has at most this part of its pixels filled, unless its type tells.
_SPARSE = 0.1


def fixation_map(u: ArrayLike, v: ArrayLike, height: int) -> NDArray[np.int64]:
    """How many fixations fell into each pixel.

    Args:
        u, v: (N,) equirect coordinates: u = yaw / 2π + 1/2, taken modulo 1; v = 1/2 - pitch / π
            in [0, 1].
        height: rows of the map.

    Returns:
        (height, 2 height), of sum N.

    Raises:
        ValueError: the coordinates do not fit together, or lie outside.
    """
    across, down = np.asarray(u, np.float64), np.asarray(v, np.float64)
    if across.shape != down.shape or across.ndim != 1:
        raise ValueError("u and v must be two lists of one length")
    if height < 1:
        raise ValueError(f"height must be at least 1, not {height}")
    if not (np.isfinite(across).all() and np.isfinite(down).all()):
        raise ValueError("fixations must be finite")
    if down.size and (down.min() < 0 or down.max() > 1):
        raise ValueError("v must lie in [0, 1], from the top to the bottom of the sphere")
    row = np.minimum((down * height).astype(np.int64), height - 1)
    column = np.floor(across * 2 * height).astype(np.int64) % (2 * height)
    counts = np.zeros((height, 2 * height), np.int64)
    np.add.at(counts, (row, column), 1)
    return counts


def fixation_density(
    u: ArrayLike, v: ArrayLike, height: int, sigma: float = FIXATION_SIGMA
) -> Values:
    """Fixations blurred with a Gaussian on the sphere, `sigma` in radians: (height, 2 height).

    Every fixation counts where it is, not where its pixel is. Per unit of area, of mean 1 over
    the sphere.

    Raises:
        ValueError: as `fixation_map`, or there are no fixations.
    """
    counts = fixation_map(u, v, height)
    if not counts.any():
        raise ValueError("there are no fixations")
    if not 0 < sigma < np.inf:
        raise ValueError(f"sigma must be a finite angle above 0, not {sigma}")
    uv = np.stack([np.asarray(u, np.float64), np.asarray(v, np.float64)], axis=-1)
    points = dir_from_uv(uv).T.astype(np.float32)
    inverse = np.float32(1 / sigma**2)
    # Row by row: thousands of fixations times thousands of pixels do not fit at once.
    rows = [np.exp((rays @ points - 1) * inverse).sum(axis=1) for rays in equirect_rays(height)]
    density = np.stack(rows).astype(np.float64)
    return np.asarray(density / (density * sphere_weights(height)).sum())


def density_of(counts: Map, sigma: float = FIXATION_SIGMA) -> Values:
    """A fixation map (H, 2H) as a density per unit of area, of mean 1. ValueError if empty."""
    total = float(np.sum(counts))
    if total <= 0:
        raise ValueError("there are no fixations")
    return smooth_on_sphere(counts / (total * sphere_weights(counts.shape[0])), sigma)


def is_fixation_map(truth: Map) -> bool:
    """Whether a truth counts fixations.

    Maps of integers and booleans do. Others, and pictures of 8 or 16 bits, if they are whole
    numbers >= 0 on at most a tenth of the pixels: densities fill more.
    """
    values = np.asarray(truth)
    if values.dtype == np.bool_:
        return True
    if np.issubdtype(values.dtype, np.integer) and values.dtype not in (np.uint8, np.uint16):
        return True
    sparse = np.count_nonzero(values) <= _SPARSE * values.size
    return bool(sparse and (values >= 0).all() and (values % 1 == 0).all())


def strongest_part(density: Map, part: float = 0.02) -> Values:
    """The strongest ``part`` of the sphere as fixations: pixel areas there, 0 elsewhere.

    Pixels as strong as the last one that fits belong to it too; pixels of 0 never do.
    """
    if not 0 < part <= 1:
        raise ValueError(f"part must lie in (0, 1], not {part}")
    values = np.asarray(density, np.float64)
    areas = np.broadcast_to(sphere_weights(values.shape[0]), values.shape)
    order = np.argsort(-values, axis=None, kind="stable")
    filled = np.cumsum(areas.reshape(-1)[order])
    last = min(int(np.searchsorted(filled, part)), values.size - 1)
    threshold = values.reshape(-1)[order[last]]
    return np.where((values >= threshold) & (values > 0), areas, 0.0)
