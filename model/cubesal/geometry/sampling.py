"""Resampling of equirect pictures: along any rays, as a flat camera sees them, turned.

Each function pads its source once with what really lies beyond the border (the other side of the
seam, the far side of the pole), so that one bilinear lookup is right everywhere.  uint8 and float32
keep their type.
"""

from __future__ import annotations

from functools import lru_cache
from math import tan
from typing import TYPE_CHECKING, Literal, TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray

from cubesal.geometry.rays import equirect_rays, pixel_centres

if TYPE_CHECKING:  # the camera builds on the axes; only its name is needed here
    from cubesal.camera import Camera

__all__ = [
    "equirect_to_perspective",
    "pad_equirect",
    "rotate_equirect",
    "sample_equirect",
    "wrap_columns",
]

Pixel = TypeVar("Pixel", np.uint8, np.float32)
Value = TypeVar("Value", bound=np.generic)
Mode = Literal["bilinear", "cubic"]
_FLAGS = {"bilinear": cv2.INTER_LINEAR, "cubic": cv2.INTER_CUBIC}
#: Border in pixels: bicubic taps reach two pixels beyond the sample.
PAD = 2
#: OpenCV keeps remap sizes in 16 bits.
_LARGEST_SIDE = 32767
#: OpenCV 5 rounds the places it reads unless it has code of its own for that many channels, and no
#: version reads hundreds.
_CHANNELS_AT_ONCE = (1, 3, 4)
Grid = tuple[NDArray[np.float32], NDArray[np.float32]]


def wrap_columns(equirect: NDArray[Value], columns: int) -> NDArray[Value]:
    """(H, W, ...) → (H, W+2·columns, ...): continued over the seam, so that filters see no edge."""
    if not columns:
        return equirect
    return np.concatenate([equirect[:, -columns:], equirect, equirect[:, :columns]], axis=1)


def pad_equirect(equirect: NDArray[Value], pad: int = PAD) -> NDArray[Value]:
    """(H, W, ...) → (H+2·pad, W+2·pad, ...): columns wrap; rows continue over the pole."""
    if equirect.ndim not in (2, 3) or min(equirect.shape[:2]) < pad:
        raise ValueError(f"an equirect picture has shape (H, W[, C]), not {equirect.shape}")
    # Going over a pole arrives at the same latitude, half a turn further.
    above = np.roll(equirect[:pad][::-1], equirect.shape[1] // 2, axis=1)
    below = np.roll(equirect[-pad:][::-1], equirect.shape[1] // 2, axis=1)
    tall = np.concatenate([above, equirect, below], axis=0)
    return wrap_columns(tall, pad)


def remap(source: NDArray[Pixel], grid: Grid, mode: Mode = "bilinear") -> NDArray[Pixel]:
    """Values of ``source`` at a grid of (columns, rows); its border pixels go on for ever."""
    if max(source.shape[:2]) > _LARGEST_SIDE:
        raise ValueError(f"pictures beyond {_LARGEST_SIDE} pixels a side cannot be resampled")
    if mode not in _FLAGS:
        raise ValueError(f"mode must be 'bilinear' or 'cubic', not {mode!r}")
    if source.ndim == 3 and source.shape[2] not in _CHANNELS_AT_ONCE:
        return _remap_in_parts(source, grid, mode)
    out = cv2.remap(source, *grid, _FLAGS[mode], borderMode=cv2.BORDER_REPLICATE)
    # OpenCV drops a trailing axis of one channel.
    return out.reshape(*grid[0].shape, *source.shape[2:])  # type: ignore[return-value]  # cv2's stub widens the dtype


def _remap_in_parts(source: NDArray[Pixel], grid: Grid, mode: Mode) -> NDArray[Pixel]:
    channels = source.shape[2]
    step = 4 if channels > 4 else 1
    parts = (source[..., k : k + step] for k in range(0, channels, step))
    done = [remap(np.ascontiguousarray(part), grid, mode) for part in parts]
    return np.concatenate(done, axis=-1)


def equirect_grid(rays: NDArray[np.float32], height: int, width: int) -> Grid:
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
    column += np.float32(PAD - 0.5)
    row, _ = _polar(-y, across)  # the angle from straight up, in [0, π]
    row *= np.float32(height / np.pi)
    row += np.float32(PAD - 0.5)
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
    grid = equirect_grid(rays, *equirect.shape[:2])
    return remap(pad_equirect(equirect), grid, mode)


def equirect_to_perspective(
    equirect: NDArray[Pixel], camera: Camera, width: int, height: int, mode: Mode = "bilinear"
) -> NDArray[Pixel]:
    """What a flat camera sees: equirect (H, W[, C]) → (height, width[, C])."""
    grid = _perspective_grid(camera, width, height, *equirect.shape[:2])
    return remap(pad_equirect(equirect), grid, mode)


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
