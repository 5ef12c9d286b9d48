"""How much attention a view holds, for one view or for every view of a grid at once.

A *share* is the part of a map's attention that falls inside the frustum of a camera, each pixel
counting by its area on the sphere: 0 sees nothing of it, 1 sees all. A map without any attention
counts as spread evenly.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from math import pi, tan

import cv2
import numpy as np
from numpy.typing import NDArray

from cubesal.autopilot.path import CameraPath
from cubesal.camera import HFOV_DEFAULT, Camera
from cubesal.geometry import equirect_rays, sphere_weights
from cubesal.lens import Lens
from cubesal.overlay import saliency_on_equirect

MIN_COLUMNS = 144
"""Maps are binned to at least this many columns (2.5 degrees) before views are laid over them."""
_SUPERSAMPLE = 3
_FALLOFF = 0.6
_CHUNK = 256

FloatArray = NDArray[np.float32]


def frustum_mask(camera: Camera, aspect: float, rows: int, centred: bool = False) -> FloatArray:
    """Which part of each cell of a (rows, 2 rows) equirect grid the camera sees, in [0, 1].

    ``centred`` lets the weight fall towards the border of the view, from 1 to 1 - 0.6, so that
    among views that hold a subject the one that has it in the middle is worth most.
    """
    across, down, ahead = camera.world_from_camera.T.astype(np.float32) @ _rays(rows)
    half = tan(camera.hfov / 2)
    in_front = ahead > 0
    np.maximum(ahead, np.float32(1e-6), out=ahead)
    out = np.abs(across) / (ahead * np.float32(half))
    np.maximum(out, np.abs(down) / (ahead * np.float32(half / aspect)), out=out)
    weight = 1 - np.float32(_FALLOFF if centred else 0.0) * out * out
    fine = np.where((out <= 1) & in_front, weight, np.float32(0))
    fine = fine.reshape(rows * _SUPERSAMPLE, 2 * rows * _SUPERSAMPLE)
    return np.asarray(cv2.resize(fine, (2 * rows, rows), interpolation=cv2.INTER_AREA))


@lru_cache(maxsize=4)
def _rays(rows: int) -> FloatArray:
    """(3, N) the directions that are looked at in the cells of a grid."""
    rays = equirect_rays(rows * _SUPERSAMPLE).reshape(-1, 3).T
    return np.ascontiguousarray(rays, dtype=np.float32)


def attention_mass(saliency: NDArray[np.floating], rows: int) -> FloatArray:
    """Share of a map's attention per cell of a (rows, 2 rows) grid; sums to 1."""
    values = np.asarray(saliency, dtype=np.float32)
    if values.shape[1] >= 2 * rows and values.shape[0] >= rows:
        weighted = values * sphere_weights(values.shape[0]).astype(np.float32)
        mass = cv2.resize(weighted, (2 * rows, rows), interpolation=cv2.INTER_AREA)
    else:
        enlarged = saliency_on_equirect(values, rows, 2 * rows)
        mass = enlarged * sphere_weights(rows).astype(np.float32)
    total = float(mass.sum(dtype=np.float64))
    if total <= 0.0:
        return attention_mass(np.ones_like(values), rows)
    return np.asarray(mass * np.float32(1 / total), dtype=np.float32)


def grid_rows(yaw_cells: int) -> int:
    """Rows of the binned map whose columns are a whole multiple of ``yaw_cells``."""
    multiple = -(-MIN_COLUMNS // yaw_cells)
    multiple += (multiple * yaw_cells) % 2
    return multiple * yaw_cells // 2


@lru_cache(maxsize=8)
def _mask_spectra(
    pitches: tuple[float, ...], hfov: float, aspect: float, rows: int, centred: bool
) -> NDArray[np.complex64]:
    """Conjugate row spectra of the view masks at yaw 0, as (frequency, row, pitch)."""
    masks = np.stack(
        [frustum_mask(Camera(0.0, p, 0.0, hfov), aspect, rows, centred) for p in pitches]
    )
    spectra = np.conj(np.fft.rfft(masks, axis=2)).astype(np.complex64)
    return np.ascontiguousarray(spectra.transpose(2, 1, 0))


@lru_cache(maxsize=8)
def _inverse_at(yaw_cells: int, rows: int) -> tuple[FloatArray, FloatArray]:
    """The inverse real Fourier transform of length 2 rows, only at the lags of the yaw cells.

    Two small matrix products then replace a transform whose results are mostly thrown away.
    """
    length = 2 * rows
    lags = np.arange(yaw_cells) * (length // yaw_cells) + rows
    angle = 2 * pi * np.outer(np.arange(rows + 1), lags) / length
    weight = np.full((rows + 1, 1), 2.0 / length)
    weight[[0, -1]] = 1.0 / length
    return (weight * np.cos(angle)).astype(np.float32), (weight * np.sin(angle)).astype(np.float32)


def share_volume(
    maps: NDArray[np.floating],
    pitches: NDArray[np.float64],
    yaw_cells: int,
    hfov: float,
    aspect: float,
    centred: bool = False,
) -> FloatArray:
    """Share of each map (K, H, W) inside every view of a grid: (K, P, ``yaw_cells``).

    The yaws are ``-pi + k * 2 pi / yaw_cells``. Turning a view in yaw shifts its exact frustum
    mask along the rows of the map, so all yaws of one pitch are one circular correlation.
    """
    return share_volumes(maps, pitches, yaw_cells, [hfov], aspect, centred)[:, 0]


def share_volumes(
    maps: NDArray[np.floating],
    pitches: NDArray[np.float64],
    yaw_cells: int,
    hfovs: Sequence[float],
    aspect: float,
    centred: bool = False,
    peaked: bool = False,
) -> FloatArray:
    """(K, Z, P, ``yaw_cells``): as :func:`share_volume`, for several fields of view at once.

    ``peaked``: of the maps to the power of 1.5.
    """
    rows = grid_rows(yaw_cells)
    rounds = tuple(map(float, pitches))
    masks = [_mask_spectra(rounds, hfov, aspect, rows, centred) for hfov in hfovs]
    cosine, sine = _inverse_at(yaw_cells, rows)
    volume = np.empty((len(maps), len(hfovs), len(pitches), yaw_cells), dtype=np.float32)
    for first in range(0, len(maps), _CHUNK):
        part = slice(first, first + _CHUNK)
        seen = maps[part] * np.sqrt(maps[part]) if peaked else maps[part]
        spectrum = np.ascontiguousarray(_row_spectra(seen, rows).transpose(2, 0, 1))
        for zoom, spectra in enumerate(masks):
            product = spectrum @ spectra
            volume[part, zoom] = np.tensordot(product.real, cosine, axes=(0, 0))
            volume[part, zoom] -= np.tensordot(product.imag, sine, axes=(0, 0))
    # Far above rounding noise, far below what matters: equal views must compare equal.
    return np.round(volume, 5, out=volume)


def _row_spectra(maps: NDArray[np.floating], rows: int) -> NDArray[np.complex64]:
    """(K, rows, rows + 1): the spectra of the rows of `attention_mass`, of maps (K, H, W).

    Binning and transform are linear and short: as products of matrices they take a third of the
    time that they take one after the other.
    """
    height, width = maps.shape[1:]
    if height < rows or width < 2 * rows:
        mass = np.stack([attention_mass(m, rows) for m in maps])
        return np.fft.rfft(mass, axis=2).astype(np.complex64)
    upright, along = _binning_transform((height, width), rows)
    binned = upright @ np.asarray(maps, dtype=np.float32)
    spectra = (binned.reshape(-1, width) @ along).view(np.complex64)
    spectra = spectra.reshape(len(maps), rows, rows + 1)
    total = spectra[:, :, 0].real.sum(axis=1, dtype=np.float64)
    for empty in np.flatnonzero(total <= 0):
        even = attention_mass(np.zeros((rows, 2 * rows)), rows)
        spectra[empty] = np.fft.rfft(even, axis=1)
        total[empty] = 1.0
    spectra *= (1 / total).astype(np.float32)[:, None, None]
    return spectra


@lru_cache(maxsize=4)
def _binning_transform(shape: tuple[int, int], rows: int) -> tuple[FloatArray, FloatArray]:
    """(rows, H) and (W, 2 rows + 2), the latter's columns real and imaginary parts in turn."""
    height, width = shape
    area = sphere_weights(height)[:, 0]
    upright = _overlaps(height, rows) * area
    angle = 2 * pi * np.outer(np.arange(2 * rows), np.arange(rows + 1)) / (2 * rows)
    parts = np.stack([np.cos(angle), -np.sin(angle)], axis=-1).reshape(2 * rows, -1)
    along = _overlaps(width, 2 * rows).T @ parts
    return upright.astype(np.float32), np.ascontiguousarray(along, dtype=np.float32)


def _overlaps(fine: int, coarse: int) -> NDArray[np.float64]:
    """(coarse, fine): which part of each fine cell lies in each coarse one."""
    edges = np.arange(coarse + 1) * (fine / coarse)
    cells = np.arange(fine)
    low = np.maximum(edges[:-1, None], cells)
    high = np.minimum(edges[1:, None], cells + 1)
    return np.asarray(np.clip(high - low, 0.0, 1.0), np.float64)


def view_share(saliency: NDArray[np.floating], camera: Camera, aspect: float) -> float:
    """Share of a map's attention (H, W) inside one view, in [0, 1]."""
    rows = MIN_COLUMNS // 2
    mask = frustum_mask(camera, aspect, rows)
    return float((attention_mass(saliency, rows) * mask).sum(dtype=np.float64))


def lens_share(saliency: NDArray[np.floating], camera: Camera, aspect: float, lens: Lens) -> float:
    """Share of a map's attention (H, W) inside what a lens shows, in [0, 1]."""
    if not lens.is_stereographic:
        return view_share(saliency, camera, aspect)
    rows = MIN_COLUMNS // 2
    mass = attention_mass(saliency, rows)
    return float(mass[lens.contains(camera, aspect, equirect_rays(rows))].sum(dtype=np.float64))


def captured_attention(
    maps: NDArray[np.floating], times_s: NDArray[np.floating], path: CameraPath, aspect: float
) -> float:
    """Mean share over the maps (K, H, W) of what a path sees at their times (K,)."""
    return float(np.mean(captured_shares(maps, times_s, path, aspect)))


def captured_shares(
    maps: NDArray[np.floating], times_s: NDArray[np.floating], path: CameraPath, aspect: float
) -> NDArray[np.float64]:
    """Share of each map (K, H, W) inside the view that a path holds at its time: (K,)."""
    shares = [view_share(m, path.at(float(t)), aspect) for m, t in zip(maps, times_s, strict=True)]
    return np.array(shares)


def _all_views(maps: NDArray[np.floating], hfov: float, aspect: float) -> FloatArray:
    return share_volume(maps, _report_pitches(), MIN_COLUMNS // 2, hfov, aspect)


def _report_pitches() -> NDArray[np.float64]:
    return np.linspace(-pi / 2, pi / 2, 37)


def upper_bound(
    maps: NDArray[np.floating], hfov: float = HFOV_DEFAULT, aspect: float = 16 / 9
) -> float:
    """Mean share if each map (K, H, W) had its own best view, 5 degree grid, no speed limit."""
    return float(_all_views(maps, hfov, aspect).max(axis=(1, 2)).mean())


def best_fixed_view(
    maps: NDArray[np.floating], hfov: float = HFOV_DEFAULT, aspect: float = 16 / 9
) -> tuple[Camera, float]:
    """The still view that holds most over all maps (K, H, W), in hindsight, and its mean share."""
    mean = _all_views(maps, hfov, aspect).mean(axis=0)
    row, column = np.unravel_index(int(mean.argmax()), mean.shape)
    yaw = -pi + 2 * pi * float(column) / mean.shape[1]
    camera = Camera(yaw, float(_report_pitches()[row]), 0.0, hfov)
    return camera, float(mean[row, column])


def static_eye_level(
    maps: NDArray[np.floating], hfov: float = HFOV_DEFAULT, aspect: float = 16 / 9
) -> float:
    """Mean share of the view that never leaves yaw 0, pitch 0: the row every path must beat."""
    camera = Camera(0.0, 0.0, 0.0, hfov)
    return float(np.mean([view_share(m, camera, aspect) for m in maps]))
