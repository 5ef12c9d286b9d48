"""Equirect frame ↔ cube faces, exactly or as the code published with CP-360 has it.

The convention decides where a picture is sampled, and nothing else.  Under "exact" that is at pixel
centres, of a source padded with what really lies beyond its border (the other side of the seam, the
neighbouring faces), so that one lookup is right everywhere.  For "cp360" see ``published``.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Literal, cast

import numpy as np
from numpy.typing import NDArray

from cubesal.convention import Convention, as_convention
from cubesal.geometry.axes import FACE_BASES, face_coords_from_dir
from cubesal.geometry.published import (
    PUBLISHED_LOOKUPS,
    cube_places,
    equirect_taps,
    to_lookup_steps,
)
from cubesal.geometry.rays import cube_rays, equirect_rays
from cubesal.geometry.sampling import PAD, Grid, Pixel, equirect_grid, pad_equirect, remap
from cubesal.geometry.taps import Kernel, Taps, frozen, gather, taps_at

__all__ = [
    "CubeMode",
    "cube_from_equirect",
    "cube_to_equirect",
    "equirect_from_cube",
    "equirect_to_cube",
]

#: The last two only under "cp360".
CubeMode = Literal["bilinear", "cubic", "cubic_q32", "bilinear_align0"]
_EXACT_MODES = ("bilinear", "cubic")

#: OpenCV counts pixels in 16 bits, also those of six faces below each other.
_LARGEST_FACE_W, _LARGEST_HEIGHT = 5461, 16383


def equirect_to_cube(
    equirect: NDArray[Pixel], face_w: int, convention: Convention = "exact"
) -> NDArray[Pixel]:
    """Equirect (H, W[, C]) → faces (6, face_w, face_w[, C]), bilinear.

    No low-pass filter: shrink the frame to about 4·face_w columns first if it is much larger.
    uint8 and float32 keep their type; the published pipeline samples floats in [0, 1].

    Raises:
        ValueError: the picture has another shape or type, or there is no such convention.
    """
    _check_size(face_w, _LARGEST_FACE_W, "face_w")
    _check_picture(equirect, "an equirect picture")
    if equirect.ndim not in (2, 3):
        raise ValueError(f"an equirect picture has shape (H, W[, C]), not {equirect.shape}")
    height, width = equirect.shape[:2]
    if as_convention(convention) == "exact":
        faces = remap(pad_equirect(equirect), _grid_of_faces(face_w, height, width))
    else:
        faces = remap(equirect, _published_grid_of_faces(face_w, height, width))
    return faces.reshape(6, face_w, face_w, *equirect.shape[2:])


@lru_cache(maxsize=8)
def _grid_of_faces(face_w: int, height: int, width: int) -> Grid:
    """Coordinates of the faces' pixels in the padded frame, the faces below each other."""
    return equirect_grid(cube_rays(face_w).reshape(6 * face_w, face_w, 3), height, width)


@lru_cache(maxsize=8)
def _published_grid_of_faces(face_w: int, height: int, width: int) -> Grid:
    """The same in the frame itself, at the steps at which OpenCV looks up, whatever its version."""
    column, row = cube_places(face_w, height, width)
    return (
        to_lookup_steps(column).reshape(6 * face_w, face_w),
        to_lookup_steps(row).reshape(6 * face_w, face_w),
    )


def cube_from_equirect(
    face_w: int, height: int, width: int, convention: Convention
) -> tuple[Taps, ...]:
    """The lookups of ``equirect_to_cube``, one after the other: (height·width) → (6·face_w²)."""
    if as_convention(convention) == "exact":
        numbers = pad_equirect(np.arange(height * width).reshape(height, width))
        grid = _grid_of_faces(face_w, height, width)
        padded_h, padded_w = numbers.shape
        return (taps_at(*grid, padded_w, padded_h, "bilinear").of(numbers),)
    grid = _published_grid_of_faces(face_w, height, width)
    return (taps_at(*grid, width, height, "bilinear"),)


def cube_to_equirect(
    faces: NDArray[Pixel],
    height: int,
    convention: Convention = "exact",
    mode: CubeMode = "bilinear",
) -> NDArray[Pixel]:
    """Faces (6, W, W, C) → equirect (height, 2·height, C); uint8 and float32 keep their type.

    "exact" is seamless over the twelve edges. Under "cp360" a mode is one of
    ``published.PUBLISHED_LOOKUPS``, and uint8 is rounded.

    Raises:
        ValueError: the faces have another shape or type, or there is no such convention or mode
            in it.
    """
    _check_picture(faces, "cube faces")
    if faces.ndim != 4 or faces.shape[0] != 6 or faces.shape[1] != faces.shape[2]:
        raise ValueError(f"faces have shape (6, W, W, C), not {faces.shape}")
    _check_size(height, _LARGEST_HEIGHT, "the height of a map")
    check_mode(convention, mode)
    face_w, channels = faces.shape[2:]
    if convention == "exact":
        tower = _pad_faces(faces, PAD).reshape(-1, face_w + 2 * PAD, channels)
        return remap(tower, _grid_of_map(height, face_w), cast(Kernel, mode))
    values = gather(
        faces.reshape(-1, channels), equirect_taps(height, face_w, PUBLISHED_LOOKUPS[mode])
    )
    if faces.dtype == np.uint8:
        values = np.clip(np.rint(values), 0, 255)
    return values.reshape(height, 2 * height, channels).astype(faces.dtype)


def _check_size(size: int, largest: int, what: str) -> None:
    if not isinstance(size, int | np.integer) or not 1 <= size <= largest:
        raise ValueError(f"{what} must be a whole number of 1 to {largest}, not {size!r}")


def _check_picture(pixels: NDArray[Pixel], what: str) -> None:
    if not isinstance(pixels, np.ndarray):
        raise ValueError(f"{what} must be a numpy array, not {type(pixels).__name__}")
    if pixels.dtype not in (np.uint8, np.float32) or pixels.size == 0:
        raise ValueError(
            f"{what} must hold pixels of uint8 or float32, not {pixels.dtype} {pixels.shape}"
        )


def check_mode(convention: Convention, mode: str) -> None:
    """Refuse a ``mode`` of ``cube_to_equirect`` that the convention does not know.

    Raises:
        ValueError: names the modes that there are.
    """
    modes = _EXACT_MODES if as_convention(convention) == "exact" else tuple(PUBLISHED_LOOKUPS)
    if mode not in modes:
        raise ValueError(
            f"mode under {convention!r} must be one of {', '.join(modes)}, not {mode!r}"
        )


@lru_cache(maxsize=8)
def _grid_of_map(height: int, face_w: int) -> Grid:
    """Coordinates in the six padded faces stacked on top of each other."""
    face, a, b = face_coords_from_dir(equirect_rays(height))
    column = (a + 1) * face_w / 2 - 0.5 + PAD
    row = (b + 1) * face_w / 2 - 0.5 + PAD + face * (face_w + 2 * PAD)
    return column.astype(np.float32), row.astype(np.float32)


def equirect_from_cube(
    height: int, face_w: int, convention: Convention, mode: CubeMode
) -> tuple[Taps, ...]:
    """The lookups of ``cube_to_equirect``, one after the other: (6·face_w²) → (2·height²)."""
    check_mode(convention, mode)
    if convention == "cp360":
        return (equirect_taps(height, face_w, PUBLISHED_LOOKUPS[mode]),)
    padded_w = face_w + 2 * PAD
    grid = _grid_of_map(height, face_w)
    return _padding_taps(face_w), taps_at(*grid, padded_w, 6 * padded_w, cast(Kernel, mode))


def _padding_taps(face_w: int) -> Taps:
    """``_pad_faces`` as a lookup: (6·face_w²) → (6·(face_w + 2·PAD)²)."""
    mask, index, weights = _ring(face_w, PAD)
    own = np.pad(
        np.arange(6 * face_w**2).reshape(6, face_w, face_w), ((0, 0), (PAD, PAD), (PAD, PAD))
    )
    all_index = np.repeat(own[..., None], 4, axis=-1)
    all_weights = np.broadcast_to(np.array([1.0, 0, 0, 0]), all_index.shape).copy()
    all_index[:, mask] = np.moveaxis(index, 0, -1)
    all_weights[:, mask] = np.moveaxis(weights, 0, -1)
    return frozen(all_index.reshape(-1, 4), all_weights.reshape(-1, 4))


@lru_cache(maxsize=8)
def _ring(
    face_w: int, pad: int
) -> tuple[NDArray[np.bool_], NDArray[np.int64], NDArray[np.float64]]:
    """Where the border of padded faces comes from: (ring mask, 4 tap indices, 4 tap weights).

    The face plane is continued by ``pad`` pixels and each of its points is looked up on the face
    where its ray really lands: exact to second order, unlike a copy of the neighbour's rows.
    """
    c = (2 * np.arange(-pad, face_w + pad) + 1) / face_w - 1
    mask = (np.abs(c)[None, :] > 1) | (np.abs(c)[:, None] > 1)
    b, a = (c[index] for index in np.nonzero(mask))
    right, down, outward = (FACE_BASES[:, None, k] for k in range(3))
    face, s, t = face_coords_from_dir(a[:, None] * right + b[:, None] * down + outward)
    x = np.clip((s + 1) * face_w / 2 - 0.5, 0, face_w - 1)
    y = np.clip((t + 1) * face_w / 2 - 0.5, 0, face_w - 1)
    x0, y0 = np.minimum(x.astype(int), face_w - 2), np.minimum(y.astype(int), face_w - 2)
    x0, y0 = np.maximum(x0, 0), np.maximum(y0, 0)
    x1, y1 = np.minimum(x0 + 1, face_w - 1), np.minimum(y0 + 1, face_w - 1)
    taps = [(yy, xx) for yy in (y0, y1) for xx in (x0, x1)]
    index = np.stack([(face * face_w + yy) * face_w + xx for yy, xx in taps])
    fx, fy = x - x0, y - y0
    weights = np.stack([(1 - fy) * (1 - fx), (1 - fy) * fx, fy * (1 - fx), fy * fx])
    return mask, index, weights


def _pad_faces(faces: NDArray[Pixel], pad: int) -> NDArray[Pixel]:
    """(6, W, W, C) → (6, W+2·pad, W+2·pad, C), the border looked up on the neighbouring faces."""
    face_w, channels = faces.shape[1], faces.shape[3]
    mask, index, weights = _ring(face_w, pad)
    flat = faces.reshape(-1, channels)
    border = sum(weights[k][..., None] * flat[index[k]] for k in range(4))
    padded = np.pad(faces, ((0, 0), (pad, pad), (pad, pad), (0, 0)))
    padded[:, mask] = np.rint(border) if faces.dtype == np.uint8 else border
    return padded
