"""What moves by itself: change between two frames once the camera's own turn is undone.

The turn is estimated (`camera_motion`), the earlier frame is turned along with it, and what still
differs is divided by the local contrast: a textured wall that is off by a tenth of a pixel must not
outshine a person in front of a plain one. The result is about how far things moved, in parts of a
pixel's worth of contrast, and 0 where nothing did.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from cubesal.camera_motion import estimate_rotation, is_turn
from cubesal.flow import grey_equirect
from cubesal.geometry import rotate_equirect, wrap_columns

__all__ = ["MOTION_COLUMNS", "MOTION_HEIGHT", "Motion", "MotionMeter"]

#: Rows of a motion map; it has twice as many columns.
MOTION_HEIGHT = 60
#: Rows of the frames that are compared.
_FRAME_HEIGHT = 240
#: Columns of a frame below which motion would be seen less well.
MOTION_COLUMNS = 2 * _FRAME_HEIGHT
#: Pixels; noise of the sensor and of the codec is below this scale.
_DENOISE = 1.0
#: Pixels; contrast is local within this scale.
_LOCAL = 3.0
#: Columns that a frame is continued by over the seam: more than any filter reaches.
_WRAP = 16
#: Grey levels added to the contrast, so that noise on plain walls counts for little.
_FLOOR = 6.0
#: Two frames whose thumbnails correlate less than this are of different shots.
_LEAST_CORRELATION = 0.4


@dataclass(frozen=True)
class Motion:
    """What happened between a frame and the one before.

    Attributes:
        rotation: (3, 3) how the picture turned: what was at d is at rotation @ d.
        residual: (60, 120) float32 >= 0, what moved besides, laid out as the later frame.
    """

    rotation: NDArray[np.float64]
    residual: NDArray[np.float32]


class MotionMeter:
    """Steps through the frames of a clip and says what moved since the last one."""

    def __init__(self) -> None:
        self._before: NDArray[np.uint8] | None = None

    def reset(self) -> None:
        """Forget the last frame: at the start of a clip and after a jump."""
        self._before = None

    def step(self, equirect_rgb: NDArray[np.uint8]) -> Motion | None:
        """(H, W, 3) uint8 -> motion since the last frame; None at first and across a cut."""
        grey = grey_equirect(equirect_rgb, _FRAME_HEIGHT)
        before, self._before = self._before, grey
        if before is None:
            return None
        rotation = estimate_rotation(before, grey).rotation
        now, turned = _denoised(grey), _denoised(before)
        if is_turn(rotation):
            turned = rotate_equirect(turned, rotation)
        if _is_cut(turned, now):
            return None
        return Motion(rotation, _residual(turned, now))


def _denoised(grey: NDArray[np.uint8]) -> NDArray[np.float32]:
    wide = wrap_columns(grey.astype(np.float32), _WRAP)
    return _cropped(cv2.GaussianBlur(wide, (0, 0), _DENOISE))


def _cropped(wide: NDArray[Any]) -> NDArray[np.float32]:
    return np.ascontiguousarray(wide[:, _WRAP:-_WRAP], dtype=np.float32)


def _residual(before: NDArray[np.float32], after: NDArray[np.float32]) -> NDArray[np.float32]:
    return _reduced(np.abs(after - before) / (_contrast(after) + np.float32(_FLOOR)))


def _reduced(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """The mean over each pixel of a motion map."""
    size = (2 * MOTION_HEIGHT, MOTION_HEIGHT)
    return np.asarray(cv2.resize(values, size, interpolation=cv2.INTER_AREA), np.float32)


def _contrast(grey: NDArray[np.float32]) -> NDArray[np.float32]:
    """Grey levels per pixel, around each pixel."""
    wide = wrap_columns(grey, _WRAP)
    across = cv2.Sobel(wide, cv2.CV_32F, 1, 0, scale=1 / 8)
    down = cv2.Sobel(wide, cv2.CV_32F, 0, 1, scale=1 / 8)
    return _cropped(cv2.GaussianBlur(cv2.magnitude(across, down), (0, 0), _LOCAL))


def _is_cut(before: NDArray[np.float32], after: NDArray[np.float32]) -> bool:
    """Whether two frames, the camera's turn undone, show different places."""
    a, b = (_reduced(x).ravel().astype(np.float64) for x in (before, after))
    a, b = a - a.mean(), b - b.mean()
    strength = float(np.linalg.norm(a) * np.linalg.norm(b))
    return strength > 0 and float(a @ b) < _LEAST_CORRELATION * strength
