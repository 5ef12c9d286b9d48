"""The unfolded cube: six faces laid out as a cross, as the cube-net view shows them."""

from __future__ import annotations

from typing import Final, TypeVar

import numpy as np
from numpy.typing import NDArray

from cubesal.geometry.axes import FACE_BASES, Face, face_coords_from_dir

__all__ = ["NET_COLUMNS", "NET_LAYOUT", "NET_ROWS", "cube_net", "dir_from_net", "net_from_dir"]

Value = TypeVar("Value", bound=np.generic)
NET_ROWS: Final = 3
NET_COLUMNS: Final = 4
#: Face → (row, column) of the cross.  Front's four neighbours touch it as they do on the cube.
NET_LAYOUT: Final[dict[Face, tuple[int, int]]] = {
    Face.TOP: (0, 1),
    Face.LEFT: (1, 0),
    Face.FRONT: (1, 1),
    Face.RIGHT: (1, 2),
    Face.BACK: (1, 3),
    Face.DOWN: (2, 1),
}
_FACE_AT = {cell: face for face, cell in NET_LAYOUT.items()}


def cube_net(faces: NDArray[Value], fill: int = 0) -> NDArray[Value]:
    """Faces (6, W, W, C) → (3W, 4W, C); cells without a face hold ``fill``."""
    face_w = faces.shape[1]
    net = np.full((NET_ROWS * face_w, NET_COLUMNS * face_w, faces.shape[3]), fill, faces.dtype)
    for face, (row, column) in NET_LAYOUT.items():
        rows, columns = (slice(k * face_w, (k + 1) * face_w) for k in (row, column))
        net[rows, columns] = faces[face]
    return net


def dir_from_net(x: float, y: float) -> NDArray[np.float64] | None:
    """World ray of the net point (x, y), each in [0, 1], y downwards; None beside the faces."""
    column, row = int(np.floor(x * NET_COLUMNS)), int(np.floor(y * NET_ROWS))
    face = _FACE_AT.get((row, column))
    if face is None:
        return None
    a = 2 * (x * NET_COLUMNS - column) - 1
    b = 2 * (y * NET_ROWS - row) - 1
    right, down, outward = FACE_BASES[face]
    return np.asarray(a * right + b * down + outward, np.float64)


def net_from_dir(dirs: NDArray[np.floating]) -> NDArray[np.float64]:
    """Net points (..., 2) in [0, 1] of world directions (..., 3)."""
    face, a, b = face_coords_from_dir(dirs)
    cells = np.array([NET_LAYOUT[Face(k)] for k in range(6)])[face]
    x = (cells[..., 1] + (a + 1) / 2) / NET_COLUMNS
    y = (cells[..., 0] + (b + 1) / 2) / NET_ROWS
    return np.stack([x, y], axis=-1)
