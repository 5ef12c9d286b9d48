"""Where the pictures of each projection lie on the sphere: directions to places, and back.

Places are fractions (s, t) of one eye's picture, each in [0, 1], columns to the right and rows
down; a *piece* is a rectangle of the picture within which neighbours are neighbours on the sphere.
The packing of cube maps and EAC is that of FFmpeg's filter v360, by which the tests check it.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import pi, sqrt
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from cubesal.geometry.axes import FACE_BASES, Face, dir_from_uv, face_coords_from_dir, uv_from_dir

__all__ = ["HALF", "WHOLE", "Bounds", "FacePacking", "Region", "Sphere", "cube_map", "eac"]

Floats = NDArray[np.float64]
Places = tuple[Floats, Floats, NDArray[np.int64]]

#: Rows and columns of stored pixels that an EAC picture has around its two rows of faces.
_EAC_PADDING = 2
#: The face at each place of the packing and its quarter turns clockwise, row by row.
_Cells = tuple[tuple[tuple[Face, int], ...], ...]
_UPRIGHT_3X2: _Cells = (
    ((Face.RIGHT, 0), (Face.LEFT, 0), (Face.TOP, 0)),
    ((Face.DOWN, 0), (Face.FRONT, 0), (Face.BACK, 0)),
)
#: As spherical metadata defines it: the top of the upper face is in front.
_TURNED_3X2: _Cells = (
    ((Face.RIGHT, 0), (Face.LEFT, 0), (Face.TOP, 2)),
    ((Face.DOWN, 2), (Face.FRONT, 0), (Face.BACK, 0)),
)
_UPRIGHT_6X1: _Cells = (
    (
        (Face.RIGHT, 0),
        (Face.LEFT, 0),
        (Face.TOP, 0),
        (Face.DOWN, 0),
        (Face.FRONT, 0),
        (Face.BACK, 0),
    ),
)
_EAC: _Cells = (
    ((Face.LEFT, 0), (Face.FRONT, 0), (Face.RIGHT, 0)),
    ((Face.DOWN, 3), (Face.BACK, 1), (Face.TOP, 3)),
)


@dataclass(frozen=True)
class Bounds:
    """The share of a whole equirect picture that is left out at each side, each in [0, 1)."""

    left: float = 0.0
    top: float = 0.0
    right: float = 0.0
    bottom: float = 0.0

    def __post_init__(self) -> None:
        sides = (self.left, self.top, self.right, self.bottom)
        if min(sides) < 0 or self.left + self.right >= 1 or self.top + self.bottom >= 1:
            raise ValueError(f"these bounds leave nothing of the sphere: {sides}")

    @property
    def is_whole(self) -> bool:
        """Whether nothing is left out."""
        return not any((self.left, self.top, self.right, self.bottom))


WHOLE = Bounds()
#: The half sphere in front, as VR180 has it.
HALF = Bounds(left=0.25, right=0.25)


@dataclass(frozen=True)
class Region:
    """An equirect picture of the whole sphere, or of the part within some bounds."""

    bounds: Bounds = WHOLE

    def place(self, dirs: Floats, size: tuple[int, int]) -> Places:  # noqa: ARG002 - as the others
        """(s, t, piece) of world directions (..., 3); outside [0, 1] there is no picture."""
        cut, uv = self.bounds, uv_from_dir(dirs)
        s = (uv[..., 0] - cut.left) / (1 - cut.left - cut.right)
        t = (uv[..., 1] - cut.top) / (1 - cut.top - cut.bottom)
        return s, t, np.zeros(s.shape, np.int64)

    def rays(
        self,
        s: Floats,
        t: Floats,
        piece: NDArray[np.int64],  # noqa: ARG002 - there is one
        size: tuple[int, int],  # noqa: ARG002 - as the others
    ) -> Floats:
        """World directions (..., 3) of places; beyond the seam or a pole the sphere goes on."""
        cut = self.bounds
        u = cut.left + s * (1 - cut.left - cut.right)
        v = cut.top + t * (1 - cut.top - cut.bottom)
        return dir_from_uv(np.stack([u, v], axis=-1))

    def edges(self, size: tuple[int, int]) -> Floats:  # noqa: ARG002 - as the others
        """(1, 4): left, top, right and bottom of the one piece."""
        return np.array([[0.0, 0.0, 1.0, 1.0]])

    def width(self, size: tuple[int, int]) -> int:
        """How wide a 2:1 picture of the whole sphere is that shows as much detail."""
        cut = self.bounds
        across = size[0] / (1 - cut.left - cut.right)
        down = 2 * size[1] / (1 - cut.top - cut.bottom)
        return _by_four(sqrt(across * down))


@dataclass(frozen=True)
class FacePacking:
    """Six faces of a cube in one picture; ``is_angular``: even in angle (EAC), not on the face.

    ``padding`` rows and columns of stored pixels surround the faces of each row of the packing.
    """

    cells: tuple[tuple[tuple[Face, int], ...], ...]
    is_angular: bool = False
    padding: int = 0

    def place(self, dirs: Floats, size: tuple[int, int]) -> Places:
        """(s, t, piece) of world directions (..., 3); the piece is the number of the face."""
        face, a, b = face_coords_from_dir(dirs)
        if self.is_angular:
            a, b = np.arctan(a) * (4 / pi), np.arctan(b) * (4 / pi)
        a, b = _turned(a, b, self._turns[face])
        left, top, right, bottom = np.moveaxis(self.edges(size)[face], -1, 0)
        return left + (a + 1) / 2 * (right - left), top + (b + 1) / 2 * (bottom - top), face

    def rays(self, s: Floats, t: Floats, piece: NDArray[np.int64], size: tuple[int, int]) -> Floats:
        """Beyond the edge of a face its plane goes on, and the ray meets the next face."""
        left, top, right, bottom = np.moveaxis(self.edges(size)[piece], -1, 0)
        a, b = (s - left) / (right - left) * 2 - 1, (t - top) / (bottom - top) * 2 - 1
        a, b = _turned(a, b, -self._turns[piece])
        if self.is_angular:
            a, b = np.tan(a * (pi / 4)), np.tan(b * (pi / 4))
        right_down_ahead = np.stack([a, b, np.ones_like(a)], axis=-1)
        return np.asarray(np.einsum("...k,...kd->...d", right_down_ahead, FACE_BASES[piece]))

    def edges(self, size: tuple[int, int]) -> Floats:
        """(6, 4): left, top, right and bottom of each face, by its number."""
        rows, columns = len(self.cells), len(self.cells[0])
        pad_s, pad_t = self.padding / size[0], self.padding / size[1]
        wide, high = (1 - 2 * pad_s) / columns, 1 / rows - 2 * pad_t
        edges = np.empty((6, 4))
        for j, row in enumerate(self.cells):
            for i, (face, _turns) in enumerate(row):
                left, top = pad_s + i * wide, j / rows + pad_t
                edges[face] = left, top, left + wide, top + high
        return edges

    def width(self, size: tuple[int, int]) -> int:
        """How wide a 2:1 picture is that shows as much detail: four faces make the equator."""
        edges = self.edges(size)[Face.FRONT]
        return _by_four(4 * sqrt((edges[2] - edges[0]) * size[0] * (edges[3] - edges[1]) * size[1]))

    @property
    def _turns(self) -> NDArray[np.int64]:
        turns = np.zeros(6, np.int64)
        for face, turn in (cell for row in self.cells for cell in row):
            turns[face] = turn
        return turns


#: A projection of (a part of) the sphere onto a picture; all methods take its (width, height).
Sphere: TypeAlias = Region | FacePacking


def cube_map(kind: Literal["3x2", "6x1"], *, as_in_metadata: bool = False) -> FacePacking:
    """Right, left, top, bottom, front, back; metadata has the last two of height turned round."""
    if kind == "6x1":
        return FacePacking(_UPRIGHT_6X1)
    return FacePacking(_TURNED_3X2 if as_in_metadata else _UPRIGHT_3X2)


def eac() -> FacePacking:
    """The equi-angular cube map that YouTube serves: the band around, and under it what is left."""
    return FacePacking(_EAC, is_angular=True, padding=_EAC_PADDING)


def _turned(a: Floats, b: Floats, turns: NDArray[np.int64]) -> tuple[Floats, Floats]:
    """Points (a, b) of a picture centred at 0 after quarter turns clockwise."""
    cos, sin = np.array([1, 0, -1, 0])[turns % 4], np.array([0, 1, 0, -1])[turns % 4]
    return a * cos - b * sin, a * sin + b * cos


def _by_four(width: float) -> int:
    """So that both sides are even and chroma is whole."""
    return max(4 * round(width / 4), 4)
