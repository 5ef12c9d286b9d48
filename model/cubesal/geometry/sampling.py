"""Resampling between equirect, cube and perspective pictures.

Each function pads its source once with what really lies beyond the border (the other side of the
seam, the far side of the pole, the neighbouring faces), so that one bilinear lookup is right
everywhere.  uint8 and float32 keep their type.
"""

from __future__ import annotations

from functools import lru_cache
from math import tan
from typing import TYPE_CHECKING, Literal, TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray

from cubesal.geometry.axes import FACE_BASES, face_coords_from_dir
from cubesal.geometry.rays import cube_rays, equirect_rays, pixel_centres

if TYPE_CHECKING:  # the camera builds on the axes; only its name is needed here
    from cubesal.camera import Camera

__all__ = [
    "cube_to_equirect",
    "equirect_to_cube",
    "equirect_to_perspective",
    "pad_equirect",
    "rotate_equirect",
    "sample_equirect",
]

Pixel = TypeVar("Pixel", np.uint8, np.float32)
Mode = Literal["bilinear", "cubic"]
_FLAGS = {"bilinear": cv2.INTER_LINEAR, "cubic": cv2.INTER_CUBIC}
#: Border in pixels: bicubic taps reach two pixels beyond the sample.
_PAD = 2
#: OpenCV keeps remap sizes in 16 bits.
_LARGEST_SIDE = 32767
Grid = tuple[NDArray[np.float32], NDArray[np.float32]]


def pad_equirect(equirect: NDArray[Pixel], pad: int = _PAD) -> NDArray[Pixel]:
    """(H, W, ...) → (H+2·pad, W+2·pad, ...): columns wrap; rows continue over the pole."""
    if equirect.ndim not in (2, 3) or min(equirect.shape[:2]) < pad:
        raise ValueError(f"an equirect picture has shape (H, W[, C]), not {equirect.shape}")
    # Going over a pole arrives at the same latitude, half a turn further.
    above = np.roll(equirect[:pad][::-1], equirect.shape[1] // 2, axis=1)
    below = np.roll(equirect[-pad:][::-1], equirect.shape[1] // 2, axis=1)
    tall = np.concatenate([above, equirect, below], axis=0)
    return np.concatenate([tall[:, -pad:], tall, tall[:, :pad]], axis=1)


def _remap(source: NDArray[Pixel], grid: Grid, mode: Mode = "bilinear") -> NDArray[Pixel]:
    if max(source.shape[:2]) > _LARGEST_SIDE:
        raise ValueError(f"pictures beyond {_LARGEST_SIDE} pixels a side cannot be resampled")
    if mode not in _FLAGS:
        raise ValueError(f"mode must be 'bilinear' or 'cubic', not {mode!r}")
    out = cv2.remap(source, *grid, _FLAGS[mode], borderMode=cv2.BORDER_REPLICATE)
    # OpenCV drops a trailing axis of one channel.
    return out.reshape(*grid[0].shape, *source.shape[2:])  # type: ignore[return-value]  # cv2's stub widens the dtype


def _equirect_grid(rays: NDArray[np.float32], height: int, width: int) -> Grid:
    """Coordinates in a padded (height, width) equirect frame of world rays (..., 3)."""
    return _grid_of_components(rays[..., 0], rays[..., 1], rays[..., 2], height, width)


def _grid_of_components(
    x: NDArray[np.float32],
    y: NDArray[np.float32],
    z: NDArray[np.float32],
    height: int,
    width: int,
) -> Grid:
    """Single precision throughout: far below what a bilinear lookup can show, and quicker."""
    yaw, across = _polar(z, x)
    column = yaw
    column *= np.float32(width / (2 * np.pi))
    column += np.float32(width / 2)
    # Yaw comes in [0, 2π): what lies beyond the seam goes back by a turn.
    column -= np.float32(width) * (column >= width)
    column += np.float32(_PAD - 0.5)
    row, _ = _polar(-y, across)  # the angle from straight up, in [0, π]
    row *= np.float32(height / np.pi)
    row += np.float32(_PAD - 0.5)
    return column, row


def _polar(
    x: NDArray[np.float32], y: NDArray[np.float32]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """(atan2(y, x) in [0, 2π), hypot(x, y)), to single precision, quicker than numpy's.

    OpenCV's angle is good to 2e-4 only, a pixel at 32K; the residual is the sine of its error.
    """
    length, angle = cv2.cartToPolar(np.ascontiguousarray(x), np.ascontiguousarray(y))
    about_x, about_y = cv2.polarToCart(length, angle)
    error = y * np.asarray(about_x)
    error -= x * np.asarray(about_y)
    error /= np.maximum(np.square(length), np.float32(1e-12))
    angle += error
    return np.asarray(angle, np.float32), np.asarray(length, np.float32)


def sample_equirect(
    equirect: NDArray[Pixel], rays: NDArray[np.float32], mode: Mode = "bilinear"
) -> NDArray[Pixel]:
    """Values (h, w[, C]) of an equirect picture (H, W[, C]) along world rays (h, w, 3)."""
    grid = _equirect_grid(rays, *equirect.shape[:2])
    return _remap(pad_equirect(equirect), grid, mode)


@lru_cache(maxsize=8)
def _cube_from_equirect_grid(face_w: int, height: int, width: int) -> Grid:
    rays = cube_rays(face_w).reshape(6 * face_w, face_w, 3)
    return _equirect_grid(rays, height, width)


def equirect_to_cube(equirect: NDArray[Pixel], face_w: int) -> NDArray[Pixel]:
    """Equirect (H, W[, C]) → faces (6, face_w, face_w[, C]), bilinear on pixel centres.

    No low-pass filter: shrink the frame to about 4·face_w columns first if it is much larger.
    """
    if face_w < 1:
        raise ValueError(f"face_w must be at least 1, not {face_w}")
    height, width = equirect.shape[:2]
    faces = _remap(pad_equirect(equirect), _cube_from_equirect_grid(face_w, height, width))
    return faces.reshape(6, face_w, face_w, *equirect.shape[2:])


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


@lru_cache(maxsize=8)
def _equirect_from_cube_grid(height: int, face_w: int) -> Grid:
    """Coordinates in the six padded faces stacked on top of each other."""
    face, a, b = face_coords_from_dir(equirect_rays(height))
    column = (a + 1) * face_w / 2 - 0.5 + _PAD
    row = (b + 1) * face_w / 2 - 0.5 + _PAD + face * (face_w + 2 * _PAD)
    return column.astype(np.float32), row.astype(np.float32)


def cube_to_equirect(faces: NDArray[Pixel], height: int, mode: Mode = "bilinear") -> NDArray[Pixel]:
    """Faces (6, W, W, C) → equirect (height, 2·height, C); seamless over the twelve edges."""
    if faces.ndim != 4 or faces.shape[0] != 6 or faces.shape[1] != faces.shape[2]:
        raise ValueError(f"faces have shape (6, W, W, C), not {faces.shape}")
    padded = _pad_faces(faces, _PAD)
    tower = padded.reshape(-1, *padded.shape[2:])
    return _remap(tower, _equirect_from_cube_grid(height, faces.shape[1]), mode)


def equirect_to_perspective(
    equirect: NDArray[Pixel], camera: Camera, width: int, height: int, mode: Mode = "bilinear"
) -> NDArray[Pixel]:
    """What a flat camera sees: equirect (H, W[, C]) → (height, width[, C])."""
    grid = _perspective_grid(camera, width, height, *equirect.shape[:2])
    return _remap(pad_equirect(equirect), grid, mode)


@lru_cache(maxsize=4)  # a camera that stands still needs its coordinates once
def _perspective_grid(
    camera: Camera, width: int, height: int, source_h: int, source_w: int
) -> Grid:
    """The rays of a flat camera are sums of a row and a column vector: no ray is computed alone."""
    half = tan(camera.hfov / 2)
    across = half * pixel_centres(width)
    down = half * height / width * pixel_centres(height)
    turn = camera.world_from_camera
    x, y, z = (
        (turn[k, 0] * across)[None, :].astype(np.float32)
        + (turn[k, 1] * down + turn[k, 2])[:, None].astype(np.float32)
        for k in range(3)
    )
    return _grid_of_components(x, y, z, source_h, source_w)


def rotate_equirect(
    equirect: NDArray[Pixel], world_from_source: NDArray[np.floating], mode: Mode = "bilinear"
) -> NDArray[Pixel]:
    """Turn the whole sphere: what lay in direction d of the source now lies in R·d."""
    height = equirect.shape[0]
    if equirect.shape[1] != 2 * height:
        raise ValueError(f"rotating needs a (H, 2H) picture, not {equirect.shape}")
    rays = equirect_rays(height) @ np.asarray(world_from_source, np.float32)
    return sample_equirect(equirect, rays, mode)
