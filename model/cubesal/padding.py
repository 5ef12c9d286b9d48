"""Cube padding: the border of a cube face taken from the faces around it (Cheng et al. 2018, 3.2).

A convolution on six separate faces sees zeros beyond each edge and so reacts to edges that the
sphere does not have. Here the border is filled with the neighbouring faces' pixels instead, laid
out as if the neighbour had been folded up into the plane of the face.

Both parts of the work are in this file: which pixel goes where, derived from the axes of the faces
(`pad_table`), and moving the pixels (`CubePad`), a single gather of rows of C values on
channels-last memory. The same gather on channels-first memory would cost half a forward pass.

Corners: beyond two edges at once the cube has no surface, three faces meet there and not four. A
ray continued over a corner still lands somewhere: on the neighbour whose edge it is farther beyond,
whose strip is therefore continued by its last pixel. Equally far beyond both it stays on the edge
between the two neighbours; the face's own corner pixel stands there. That favours no neighbour, so
padding commutes with every symmetry of the cube, mirror images included, and stays a pure gather.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from cubesal.geometry import FACE_BASES, face_coords_from_dir

FACES = 6

Convention = Literal["exact"]


class Pad(NamedTuple):
    """Widths of the border in pixels, in the order of `torch.nn.functional.pad`."""

    left: int
    right: int
    top: int
    down: int


def as_pad(pad: int | tuple[int, int, int, int]) -> Pad:
    """`pad` as (left, right, top, down); one number stands for all four.

    Raises:
        ValueError: a width is negative.
    """
    result = Pad(pad, pad, pad, pad) if isinstance(pad, int) else Pad(*pad)
    if min(result) < 0:
        raise ValueError(f"cube padding must not be negative, got {tuple(result)}")
    return result


def pad_table(face_w: int, pad: int | tuple[int, int, int, int]) -> npt.NDArray[np.int64]:
    """The gather table of cube padding for faces of `face_w` x `face_w` pixels.

    Returns:
        (6, face_w + top + down, face_w + left + right): which pixel stands there, numbered
        face * face_w² + row * face_w + column.

    Raises:
        ValueError: the pad is negative or wider than a face: then the border would need pixels
            from beyond the neighbour.
    """
    pad = as_pad(pad)
    if max(pad) > face_w:
        raise ValueError(f"cube padding {tuple(pad)} is wider than a face of {face_w} pixels")
    a = _centres(face_w, pad.left, pad.right)[None, :]
    b = _centres(face_w, pad.top, pad.down)[:, None]
    a, b = np.broadcast_arrays(a, b)
    beyond_a, beyond_b = _steps_beyond(a, face_w), _steps_beyond(b, face_w)
    last = 1 - 1 / face_w
    # Where both are beyond, only the farther one may stay so; neither, if they are equal.
    held_a = (beyond_b > 0) & (beyond_a <= beyond_b)
    held_b = (beyond_a > 0) & (beyond_b <= beyond_a)
    a, b = (
        np.where(held_a, np.clip(a, -last, last), a),
        np.where(held_b, np.clip(b, -last, last), b),
    )
    return _source_of(np.asarray(a), np.asarray(b), face_w)


def _centres(face_w: int, before: int, after: int) -> npt.NDArray[np.float64]:
    """Face-plane coordinates of the pixel centres of one padded axis; the face is [-1, 1]."""
    return np.asarray((2 * np.arange(-before, face_w + after) + 1) / face_w - 1)


def _steps_beyond(x: npt.NDArray[np.float64], face_w: int) -> npt.NDArray[np.int64]:
    """How many pixels a centre lies beyond the face's edge, 0 inside."""
    return np.asarray(np.ceil(np.maximum(np.abs(x) - 1, 0) * face_w / 2), dtype=np.int64)


def _source_of(
    a: npt.NDArray[np.float64], b: npt.NDArray[np.float64], face_w: int
) -> npt.NDArray[np.int64]:
    """The pixel at (a, b) of each face, at most one coordinate being beyond the face.

    What sticks out over an edge is folded down onto the neighbour: the surface turns there from
    the plane of the face to the direction opposite to the face's own normal.
    """
    beyond = np.maximum(np.abs(a) - 1, 0) + np.maximum(np.abs(b) - 1, 0)
    plane = np.stack([np.clip(a, -1, 1), np.clip(b, -1, 1), 1 - beyond], axis=-1)
    dirs = np.einsum("hwk,fkx->fhwx", plane, FACE_BASES)
    face, face_a, face_b = face_coords_from_dir(dirs)
    column = np.floor((face_a + 1) / 2 * face_w).astype(np.int64)
    row = np.floor((face_b + 1) / 2 * face_w).astype(np.int64)
    return np.asarray((face * face_w + row) * face_w + column, dtype=np.int64)


@lru_cache(maxsize=512)
def _gather_index(face_w: int, pad: Pad, cubes: int, device: torch.device) -> Tensor:
    """`pad_table` for a batch of N cubes: row numbers in the (6N W W, C) matrix of pixels."""
    table = pad_table(face_w, pad).reshape(1, -1)
    offset = np.arange(cubes)[:, None] * (FACES * face_w**2)
    # Kept for later calls too, which may need it for a backward pass.
    with torch.inference_mode(mode=False):
        return torch.from_numpy((table + offset).reshape(-1)).to(device)


def cube_pad(x: Tensor, pad: Pad) -> Tensor:
    """Pad faces with their neighbours' pixels.

    Args:
        x: (6N, C, W, W), faces in the order of `geometry.Face`, face index fastest.
        pad: border widths, each at most W.

    Returns:
        (6N, C, W + top + down, W + left + right) in the memory format of `x`; differentiable. `x`
        itself if there is nothing to pad.

    Raises:
        ValueError: `x` is not a batch of whole cubes with square faces, or the pad is too wide.
    """
    if not any(pad):
        return x
    if x.ndim != 4 or x.shape[0] % FACES or x.shape[2] != x.shape[3]:
        raise ValueError(f"cube padding needs faces of shape (6N, C, W, W), got {tuple(x.shape)}")
    n, c, w, _ = x.shape
    rows = x.permute(0, 2, 3, 1).reshape(n * w * w, c)
    out = rows.index_select(0, _gather_index(w, pad, n // FACES, x.device))
    padded = out.view(n, w + pad.top + pad.down, w + pad.left + pad.right, c).permute(0, 3, 1, 2)
    return padded.contiguous() if _is_channels_first(x) else padded


def _is_channels_first(x: Tensor) -> bool:
    return x.is_contiguous() and not x.is_contiguous(memory_format=torch.channels_last)


class CubePad(nn.Module):
    """`cube_pad` as a layer; it has no parameters.

    Args:
        pad: border width in pixels, or (left, right, top, down).
        convention: "exact", what lies beyond each edge on the cube, at its right depth.
    """

    def __init__(
        self, pad: int | tuple[int, int, int, int], *, convention: Convention = "exact"
    ) -> None:
        super().__init__()
        if convention != "exact":
            raise ValueError(f"unknown cube padding convention {convention!r}, use 'exact'")
        self.pad = as_pad(pad)
        self.convention = convention

    def forward(self, x: Tensor) -> Tensor:
        """(6N, C, W, W) -> (6N, C, W + top + down, W + left + right), see `cube_pad`."""
        return cube_pad(x, self.pad)

    def extra_repr(self) -> str:
        """What `print` shows of the layer."""
        return f"{tuple(self.pad)}, convention={self.convention!r}"
