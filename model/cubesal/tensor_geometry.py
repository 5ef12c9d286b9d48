"""Equirect pictures and cube faces as tensors: the lookups of `cubesal.geometry`, differentiable.

Where a pixel is looked up is computed there, once for numpy and torch. Here the lookups are applied
to rows of all channels at a place, so that a thousand class maps cost little more than one.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from cubesal.convention import Convention
from cubesal.geometry.cube import CubeMode, cube_from_equirect, equirect_from_cube
from cubesal.geometry.taps import Taps

__all__ = ["cube_to_equirect", "equirect_to_cube"]

FACES = 6


class _Lookup(NamedTuple):
    """`geometry.taps.Taps` on a device: M results from K pixels each."""

    source: Tensor
    weights: Tensor


def equirect_to_cube(x: Tensor, face_w: int, convention: Convention = "exact") -> Tensor:
    """Equirect (N, C, H, W) floats → faces (6N, C, face_w, face_w), face index fastest; bilinear.

    Differentiable. No low-pass filter, as `geometry.equirect_to_cube`.

    Raises:
        ValueError: `x` has another shape or type, or there is no such convention.
    """
    if not isinstance(x, Tensor) or x.ndim != 4 or not x.is_floating_point() or not x.numel():
        raise ValueError(f"equirect pictures must be (N, C, H, W) floats, got {_kind(x)}")
    if not isinstance(face_w, int | np.integer) or face_w < 1:
        raise ValueError(f"face_w must be at least 1, not {face_w}")
    n, c, height, width = x.shape
    lookups = _to_faces(face_w, height, width, convention, x.dtype, x.device)
    rows = _looked_up(x.permute(2, 3, 0, 1).reshape(height * width, n * c), lookups)
    faces = rows.view(FACES, face_w, face_w, n, c).permute(3, 0, 4, 1, 2)
    return faces.reshape(FACES * n, c, face_w, face_w)


def cube_to_equirect(
    x: Tensor, height: int, convention: Convention = "exact", mode: CubeMode = "bilinear"
) -> Tensor:
    """Faces (6N, C, W, W) floats, face index fastest → equirect (N, C, height, 2·height).

    Differentiable. The modes are those of `geometry.cube_to_equirect`.

    Raises:
        ValueError: `x` has another shape or type, or there is no such convention or mode in it.
    """
    if not isinstance(x, Tensor) or x.ndim != 4 or not x.is_floating_point() or not x.numel():
        raise ValueError(f"cube faces must be (6N, C, W, W) floats, got {_kind(x)}")
    if x.shape[0] % FACES or x.shape[2] != x.shape[3]:
        raise ValueError(f"cube faces must be (6N, C, W, W) floats, got {_kind(x)}")
    if not isinstance(height, int | np.integer) or height < 1:
        raise ValueError(f"the height of a map must be at least 1, not {height}")
    n, c, face_w = x.shape[0] // FACES, *x.shape[1:3]
    lookups = _to_map(height, face_w, convention, mode, x.dtype, x.device)
    by_place = x.view(n, FACES, c, face_w, face_w).permute(1, 3, 4, 0, 2)
    rows = _looked_up(by_place.reshape(FACES * face_w**2, n * c), lookups)
    return rows.view(height, 2 * height, n, c).permute(2, 3, 0, 1)


def _kind(x: Tensor) -> str:
    return f"{tuple(x.shape)} {x.dtype}" if isinstance(x, Tensor) else type(x).__name__


def _looked_up(rows: Tensor, lookups: tuple[_Lookup, ...]) -> Tensor:
    rows = rows.contiguous()  # what is strided takes a slower way with other roundings
    for source, weights in lookups:
        rows = F.embedding_bag(source, rows, per_sample_weights=weights, mode="sum")
    return rows


@lru_cache(maxsize=16)
def _to_faces(
    face_w: int,
    height: int,
    width: int,
    convention: Convention,
    dtype: torch.dtype,
    device: torch.device,
) -> tuple[_Lookup, ...]:
    taps = cube_from_equirect(face_w, height, width, convention)
    return tuple(_as_tensors(each, dtype, device) for each in taps)


@lru_cache(maxsize=16)
def _to_map(
    height: int,
    face_w: int,
    convention: Convention,
    mode: CubeMode,
    dtype: torch.dtype,
    device: torch.device,
) -> tuple[_Lookup, ...]:
    taps = equirect_from_cube(height, face_w, convention, mode)
    return tuple(_as_tensors(each, dtype, device) for each in taps)


def _as_tensors(taps: Taps, dtype: torch.dtype, device: torch.device) -> _Lookup:
    # Kept for later calls too, which may need them for a backward pass.
    with torch.inference_mode(mode=False):
        return _Lookup(
            torch.tensor(taps.source, device=device),
            torch.tensor(taps.weights, dtype=dtype, device=device),
        )
