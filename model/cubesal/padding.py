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

The code published with CP-360 does otherwise in three points, and the convention "cp360" with it:
eight of the 24 strips lie there in reverse order of depth, which shows in borders wider than one
pixel; a corner belongs to the narrower of its two strips, to the upper or lower one if they are
alike; and a border wider than a face is cut down to the face. Only the table differs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from numbers import Integral
from typing import Final, Literal, NamedTuple

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from cubesal.convention import Convention, as_convention
from cubesal.geometry import FACE_BASES, Face, face_coords_from_dir

FACES = 6

#: Of pixels as narrow as those of a picture, many are moved faster in one block than one by one.
_FEW_CHANNELS = 4

Steps = npt.NDArray[np.int64]


class Pad(NamedTuple):
    """Widths of the border in pixels, in the order of `torch.nn.functional.pad`."""

    left: int
    right: int
    top: int
    down: int


Sides = int | tuple[int, int, int, int]


def as_pad(pad: Sides) -> Pad:
    """`pad` as (left, right, top, down); one whole number stands for all four.

    Raises:
        ValueError: it is neither, or a width is negative.
    """
    if type(pad) is Pad and min(pad) >= 0:
        return pad
    given = tuple(pad) if isinstance(pad, Sequence) and not isinstance(pad, str) else (pad,) * 4
    if len(given) != 4 or not all(isinstance(w, Integral) for w in given):
        raise ValueError(
            f"cube padding is a whole number or four of them (left, right, top, down), not {pad!r}"
        )
    result = Pad(*(int(w) for w in given))
    if min(result) < 0:
        raise ValueError(f"cube padding must not be negative, got {tuple(result)}")
    return result


def pad_table(face_w: int, pad: Sides, convention: Convention = "exact") -> npt.NDArray[np.int64]:
    """The gather table of cube padding for faces of `face_w` x `face_w` pixels.

    Returns:
        (6, face_w + top + down, face_w + left + right): which pixel stands there, numbered
        face * face_w² + row * face_w + column. "cp360" cuts each width down to `face_w` first.

    Raises:
        ValueError: the pad is negative, or, under "exact", wider than a face: then the border would
            need pixels from beyond the neighbour.
    """
    rules = _RULES[as_convention(convention)]
    pad = _fitting(as_pad(pad), face_w, rules)
    column = np.arange(-pad.left, face_w + pad.right)[None, :]
    row = np.arange(-pad.top, face_w + pad.down)[:, None]
    over_x, over_y = _steps_beyond(column, face_w), _steps_beyond(row, face_w)
    at_corner = (over_x > 0) & (over_y > 0)
    hold_x, hold_y = _held(rules, over_x, over_y, *_widths_there(pad, column, row))
    column = np.where(at_corner & hold_x, np.clip(column, 0, face_w - 1), column)
    row = np.where(at_corner & hold_y, np.clip(row, 0, face_w - 1), row)
    columns, rows = np.tile(column, (FACES, 1, 1)), np.tile(row, (FACES, 1, 1))
    for face, side in rules.reversed_strips:
        _reverse(columns[face], rows[face], side, pad, face_w)
    return _source_of(columns, rows, face_w)


def _fitting(pad: Pad, face_w: int, rules: _Rules) -> Pad:
    if max(pad) <= face_w:
        return pad
    if not rules.cuts_wide_pads:
        raise ValueError(f"cube padding {tuple(pad)} is wider than a face of {face_w} pixels")
    return Pad(*(min(width, face_w) for width in pad))


def _steps_beyond(index: Steps, face_w: int) -> Steps:
    """How many pixels a row or column lies beyond the face's edge, 0 inside."""
    return np.maximum(np.maximum(-index, index - face_w + 1), 0)


def _widths_there(pad: Pad, column: Steps, row: Steps) -> tuple[Steps, Steps]:
    """Width of the border on whose side each column and each row lies."""
    return np.where(column < 0, pad.left, pad.right), np.where(row < 0, pad.top, pad.down)


def _held(
    rules: _Rules, over_x: Steps, over_y: Steps, width_x: Steps, width_y: Steps
) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
    """Which coordinates of a corner pixel are held on the face: the column, the row, or both."""
    if rules.corner == "narrower":
        hold_column = width_x >= width_y
        return hold_column, ~hold_column
    return over_x <= over_y, over_y <= over_x


def _reverse(columns: Steps, rows: Steps, side: str, pad: Pad, face_w: int) -> None:
    """Turn the depth order of one strip of one face around, in place."""
    index = columns if side in ("left", "right") else rows
    width = getattr(pad, side)
    if side in ("left", "top"):
        index[index < 0] = -1 - width - index[index < 0]
    else:
        index[index >= face_w] = 2 * face_w - 1 + width - index[index >= face_w]


def _source_of(columns: Steps, rows: Steps, face_w: int) -> npt.NDArray[np.int64]:
    """The pixel at each (6, h, w) place of each face, at most one coordinate being beyond it.

    What sticks out over an edge is folded down onto the neighbour: the surface turns there from
    the plane of the face to the direction opposite to the face's own normal.
    """
    a, b = ((2 * index + 1) / face_w - 1 for index in (columns, rows))
    beyond = np.maximum(np.abs(a) - 1, 0) + np.maximum(np.abs(b) - 1, 0)
    plane = np.stack([np.clip(a, -1, 1), np.clip(b, -1, 1), 1 - beyond], axis=-1)
    dirs = np.einsum("fhwk,fkx->fhwx", plane, FACE_BASES)
    face, face_a, face_b = face_coords_from_dir(dirs)
    column = np.floor((face_a + 1) / 2 * face_w).astype(np.int64)
    row = np.floor((face_b + 1) / 2 * face_w).astype(np.int64)
    return np.asarray((face * face_w + row) * face_w + column, dtype=np.int64)


@dataclass(frozen=True)
class _Rules:
    """What a convention lays down about the border."""

    #: The strip that a corner belongs to: the one it lies farther along, or the narrower one.
    corner: Literal["farther", "narrower"]
    reversed_strips: tuple[tuple[Face, str], ...]
    cuts_wide_pads: bool


_RULES: Final[dict[Convention, _Rules]] = {
    "exact": _Rules("farther", (), cuts_wide_pads=False),
    "cp360": _Rules(
        "narrower",
        (
            (Face.BACK, "top"),
            (Face.BACK, "down"),
            (Face.DOWN, "right"),
            (Face.DOWN, "down"),
            (Face.LEFT, "top"),
            (Face.RIGHT, "down"),
            (Face.TOP, "top"),
            (Face.TOP, "left"),
        ),
        cuts_wide_pads=True,
    ),
}


@lru_cache(maxsize=512)
def _gather_index(
    face_w: int, pad: Pad, convention: Convention, cubes: int, device: torch.device
) -> Tensor:
    """`pad_table` for a batch of N cubes: row numbers in the (6N W W, C) matrix of pixels."""
    table = pad_table(face_w, pad, convention).reshape(1, -1)
    offset = np.arange(cubes)[:, None] * (FACES * face_w**2)
    # Kept for later calls too, which may need it for a backward pass.
    with torch.inference_mode(mode=False):
        return torch.from_numpy((table + offset).reshape(-1)).to(device)


@lru_cache(maxsize=64)
def _border_index(
    face_w: int, pad: Pad, convention: Convention, cubes: int, device: torch.device
) -> tuple[Tensor, Tensor]:
    """Of the border alone: row numbers in the padded matrix of pixels, and in that of `x`."""
    index = _gather_index(face_w, pad, convention, cubes, device)
    height, width = face_w + pad.top + pad.down, face_w + pad.left + pad.right
    is_border = np.ones((cubes * FACES, height, width), np.bool_)
    is_border[:, pad.top : pad.top + face_w, pad.left : pad.left + face_w] = False
    with torch.inference_mode(mode=False):
        there = torch.from_numpy(np.flatnonzero(is_border)).to(device)
        return there, index[there]


def cube_pad(x: Tensor, pad: Sides, convention: Convention = "exact") -> Tensor:
    """Pad faces with their neighbours' pixels.

    Args:
        x: (6N, C, W, W), faces in the order of `geometry.Face`, face index fastest.
        pad: border width in pixels, or (left, right, top, down), as `pad_table` allows.
        convention: "exact", what lies there on the cube; "cp360", what the authors' code puts
            there.

    Returns:
        (6N, C, W + top + down, W + left + right) in the memory format of `x`; differentiable. `x`
        itself if there is nothing to pad.

    Raises:
        ValueError: `x` is not a batch of whole cubes with square faces, or the pad is too wide.
    """
    pad = as_pad(pad)
    if not isinstance(x, Tensor):
        raise ValueError(f"cube padding needs a tensor, got {type(x).__name__}")
    if not any(pad):
        return x
    if x.ndim != 4 or x.shape[0] % FACES or x.shape[2] != x.shape[3]:
        raise ValueError(f"cube padding needs faces of shape (6N, C, W, W), got {tuple(x.shape)}")
    n, c, w, _ = x.shape
    pad = _fitting(pad, w, _RULES[as_convention(convention)])
    where = w, pad, convention, n // FACES, x.device
    rows = x.permute(0, 2, 3, 1).reshape(n * w * w, c)
    shape = n, w + pad.top + pad.down, w + pad.left + pad.right, c
    if c <= _FEW_CHANNELS and not x.requires_grad:
        out = x.new_empty(shape)
        out[:, pad.top : pad.top + w, pad.left : pad.left + w] = rows.view(n, w, w, c)
        there, source = _border_index(*where)
        out.view(-1, c).index_copy_(0, there, rows.index_select(0, source))
    else:
        out = rows.index_select(0, _gather_index(*where)).view(shape)
    padded = out.permute(0, 3, 1, 2)
    return padded.contiguous() if _is_channels_first(x) else padded


def _is_channels_first(x: Tensor) -> bool:
    return x.is_contiguous() and not x.is_contiguous(memory_format=torch.channels_last)


class CubePad(nn.Module):
    """`cube_pad` as a layer; it has no parameters.

    Args:
        pad: border width in pixels, or (left, right, top, down).
        convention: as for `cube_pad`.
    """

    def __init__(self, pad: Sides, convention: Convention = "exact") -> None:
        super().__init__()
        self.pad = as_pad(pad)
        self.convention = as_convention(convention)

    def forward(self, x: Tensor) -> Tensor:
        """(6N, C, W, W) -> (6N, C, W + top + down, W + left + right), see `cube_pad`."""
        return cube_pad(x, self.pad, self.convention)

    def extra_repr(self) -> str:
        """What `print` shows of the layer."""
        return f"{tuple(self.pad)}, convention={self.convention!r}"
