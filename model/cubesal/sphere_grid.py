"""The grid of feature cells on the sphere: directions, areas, smoothing, and the way to a map.

A network whose strided layers pad symmetrically, on faces of 32 k + 1 pixels, samples its features
at pixels 0, 32, 64, ...: the first and the last cell of a row lie *on* the edges of the face. (On
faces of 32 k pixels TensorFlow's "same" padding would shift every cell half a cell to the right and
down.) So here cell i of n stands at -1 + 2 i / (n - 1) of the face plane; the true position differs
by at most half an input pixel. Neighbouring faces share the cells of their common edge, which
makes bilinear sampling continuous all over the sphere.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import numpy.typing as npt

from cubesal.geometry import FACE_BASES, equirect_rays, face_coords_from_dir

FloatArray = npt.NDArray[np.float64]
Float32Array = npt.NDArray[np.float32]


def _plane(cells: int) -> tuple[FloatArray, FloatArray]:
    if cells < 2:
        raise ValueError(f"a grid of feature cells needs at least 2 per edge, got {cells}")
    line = np.linspace(-1, 1, cells)
    return np.broadcast_to(line, (cells, cells)), np.broadcast_to(line[:, None], (cells, cells))


def cell_directions(cells: int) -> FloatArray:
    """(6, cells, cells, 3) unit directions."""
    a, b = _plane(cells)
    plane = np.stack([a, b, np.ones_like(a)], axis=-1)
    dirs = np.einsum("hwk,fkx->fhwx", plane, FACE_BASES)
    return np.asarray(dirs / np.linalg.norm(dirs, axis=-1, keepdims=True))


def cell_weights(cells: int) -> FloatArray:
    """(6, cells, cells) share of the sphere that each cell stands for; the sum is 1.

    An area on the face plane at (a, b) covers (1 + a² + b²)^-3/2 of it as a solid angle; cells on
    an edge reach only half (in a corner, a quarter) as far into their own face.
    """
    a, b = _plane(cells)
    reach = np.ones(cells)
    reach[[0, -1]] = 0.5
    area = reach[:, None] * reach * (1 + a**2 + b**2) ** -1.5
    weights = np.broadcast_to(area, (6, cells, cells))
    return np.asarray(weights / weights.sum())


@lru_cache(maxsize=16)
def smoothing_matrix(cells: int, sigma: float) -> Float32Array:
    """(P, P), P = 6 cells²: a Gaussian of `sigma` radians on the sphere, weighted by cell area.

    The kernel is exp((cos d - 1) / sigma²) at the angle d (von Mises-Fisher, which for small angles
    is the Gaussian). Rows sum to 1, so a constant stays what it is. Cells that share a direction
    on a common edge get equal rows, hence equal values.
    """
    dirs = cell_directions(cells).reshape(-1, 3)
    kernel = np.exp((dirs @ dirs.T - 1) / sigma**2) * cell_weights(cells).reshape(-1)
    return np.asarray(kernel / kernel.sum(axis=1, keepdims=True), dtype=np.float32)


@lru_cache(maxsize=16)
def equirect_taps(cells: int, height: int) -> tuple[npt.NDArray[np.int64], Float32Array]:
    """`cell_taps` of an equirect map of `height` rows from the top, pixel centres, as one line."""
    return cell_taps(equirect_rays(height).reshape(-1, 3), cells)


def cell_taps(
    dirs: npt.NDArray[np.floating], cells: int
) -> tuple[npt.NDArray[np.int64], Float32Array]:
    """Bilinear taps from the cells to directions (D, 3).

    Returns:
        index: (4, D) into the P = 6 cells² flat cells.
        weight: the same shape; each column sums to 1.
    """
    face, a, b = face_coords_from_dir(dirs)
    col, row = (a + 1) / 2 * (cells - 1), (b + 1) / 2 * (cells - 1)
    col0 = np.clip(np.floor(col).astype(np.int64), 0, cells - 2)
    row0 = np.clip(np.floor(row).astype(np.int64), 0, cells - 2)
    right, down = np.clip(col - col0, 0, 1), np.clip(row - row0, 0, 1)
    first = (np.asarray(face, dtype=np.int64) * cells + row0) * cells + col0
    index = np.stack([first, first + 1, first + cells, first + cells + 1])
    weight = np.stack(
        [(1 - down) * (1 - right), (1 - down) * right, down * (1 - right), down * right]
    )
    return index, weight.astype(np.float32)
