"""Axes, angles and faces: the conventions every other module relies on, stated once.

World axes: X to the right, Y **down**, Z forward (right-handed, as in OpenCV and in the CP-360
code).  Yaw turns to the right, pitch looks up, roll turns the camera clockwise as seen from
behind it.  All angles are radians.

                 top (-Y)
                   |   . Z forward = centre of the equirect frame (yaw 0, pitch 0)
                   | .
    left (-X) -----+----- right (+X)   yaw +90°
                 . |
        back (-Z)  |
                 down (+Y)

Equirect coordinates: ``u = yaw / 2π + 1/2`` grows to the right over [0, 1), ``v = 1/2 - pitch / π``
grows downwards over [0, 1].  Pixel (row j, column i) of an H x W frame has its *centre* at
``u = (i + 1/2) / W``, ``v = (j + 1/2) / H``; columns wrap around.

Cube faces are numbered back, down, front, left, right, top.  On each face (a, b) in [-1, 1] run to
the right and down as seen from inside; pixel centres lie at ``a = (2 i + 1) / face_w - 1``.
"""

from __future__ import annotations

from enum import IntEnum

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = [
    "FACE_BASES",
    "Face",
    "angles_from_dir",
    "angles_from_rotation",
    "dir_from_angles",
    "dir_from_uv",
    "face_coords_from_dir",
    "rotation",
    "uv_from_dir",
]

FloatArray = NDArray[np.floating]


class Face(IntEnum):
    """Cube faces in the one face order of this project (that of the CP-360 code)."""

    BACK = 0
    DOWN = 1
    FRONT = 2
    LEFT = 3
    RIGHT = 4
    TOP = 5


#: Per face (right, down, outward): the ray of face point (a, b) is a·right + b·down + outward.
FACE_BASES: NDArray[np.float64] = np.array(
    [
        [[-1, 0, 0], [0, 1, 0], [0, 0, -1]],  # back
        [[1, 0, 0], [0, 0, -1], [0, 1, 0]],  # down: its top row meets front's bottom row
        [[1, 0, 0], [0, 1, 0], [0, 0, 1]],  # front
        [[0, 0, 1], [0, 1, 0], [-1, 0, 0]],  # left
        [[0, 0, -1], [0, 1, 0], [1, 0, 0]],  # right
        [[1, 0, 0], [0, 0, 1], [0, -1, 0]],  # top: its bottom row meets front's top row
    ],
    dtype=np.float64,
)
FACE_BASES.setflags(write=False)


def dir_from_angles(yaw: ArrayLike, pitch: ArrayLike) -> NDArray[np.float64]:
    """Unit world directions (..., 3) of yaw and pitch in radians (broadcast together)."""
    yaw, pitch = np.broadcast_arrays(np.asarray(yaw, np.float64), np.asarray(pitch, np.float64))
    cos_pitch = np.cos(pitch)
    return np.stack([cos_pitch * np.sin(yaw), -np.sin(pitch), cos_pitch * np.cos(yaw)], axis=-1)


def angles_from_dir(dirs: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """(yaw in [-π, π], pitch in [-π/2, π/2]) of world directions (..., 3) of any length > 0."""
    dirs = np.asarray(dirs, np.float64)
    yaw = np.arctan2(dirs[..., 0], dirs[..., 2])
    # atan2 rather than asin: accurate near the poles, and no unit length needed.
    pitch = np.arctan2(-dirs[..., 1], np.hypot(dirs[..., 0], dirs[..., 2]))
    return yaw, pitch


def uv_from_dir(dirs: ArrayLike) -> NDArray[np.float64]:
    """Equirect coordinates (..., 2) of world directions (..., 3); u in [0, 1], v in [0, 1]."""
    yaw, pitch = angles_from_dir(dirs)
    return np.stack([yaw / (2 * np.pi) + 0.5, 0.5 - pitch / np.pi], axis=-1)


def dir_from_uv(uv: ArrayLike) -> NDArray[np.float64]:
    """Unit world directions (..., 3) of equirect coordinates (..., 2)."""
    uv = np.asarray(uv, np.float64)
    return dir_from_angles((uv[..., 0] - 0.5) * 2 * np.pi, (0.5 - uv[..., 1]) * np.pi)


def rotation(yaw: float = 0.0, pitch: float = 0.0, roll: float = 0.0) -> NDArray[np.float64]:
    """``world_from_camera`` (3, 3): roll about the viewing axis, then pitch, then yaw."""
    cy, sy = np.cos(yaw), np.sin(yaw)
    cp, sp = np.cos(pitch), np.sin(pitch)
    cr, sr = np.cos(roll), np.sin(roll)
    about_y = np.array([[cy, 0, sy], [0, 1, 0], [-sy, 0, cy]])
    about_x = np.array([[1, 0, 0], [0, cp, -sp], [0, sp, cp]])
    about_z = np.array([[cr, -sr, 0], [sr, cr, 0], [0, 0, 1]])
    return np.asarray(about_y @ about_x @ about_z, np.float64)


def angles_from_rotation(world_from_camera: NDArray[np.float64]) -> tuple[float, float, float]:
    """(yaw, pitch, roll) whose :func:`rotation` is the given one (3, 3); roll 0 at the poles."""
    right, down, ahead = np.asarray(world_from_camera, np.float64).T
    pitch = float(np.arctan2(-ahead[1], np.hypot(ahead[0], ahead[2])))
    if np.hypot(ahead[0], ahead[2]) < 1e-9:  # straight up or down: yaw and roll are one turn
        return float(np.arctan2(-right[2], right[0])), pitch, 0.0
    return float(np.arctan2(ahead[0], ahead[2])), pitch, float(np.arctan2(right[1], down[1]))


def face_coords_from_dir(
    dirs: ArrayLike, tie: float = 0.0
) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.float64]]:
    """(face index, a, b) of world directions (..., 3); a and b in [-1, 1], a right, b down.

    The face is the one whose axis is nearest; on exact edges the first in the order left/right,
    top/down, front/back wins. Components that differ by less than ``tie`` count as equal.
    """
    dirs = np.asarray(dirs, np.float64)
    x, y, z = dirs[..., 0], dirs[..., 1], dirs[..., 2]
    abs_x, abs_y, abs_z = np.abs(x), np.abs(y), np.abs(z)
    sideways = (abs_x + tie >= abs_y) & (abs_x + tie >= abs_z)
    upright = ~sideways & (abs_y + tie >= abs_z)
    face = np.where(z > 0, Face.FRONT, Face.BACK)
    face = np.where(upright, np.where(y > 0, Face.DOWN, Face.TOP), face)
    face = np.where(sideways, np.where(x > 0, Face.RIGHT, Face.LEFT), face)
    depth = np.maximum(np.maximum(abs_x, abs_y), abs_z)
    right, down = FACE_BASES[face, 0], FACE_BASES[face, 1]
    a = np.einsum("...k,...k->...", dirs, right) / depth
    b = np.einsum("...k,...k->...", dirs, down) / depth
    return face.astype(np.int64), a, b
