"""Optical flow on the sphere's equirect frame, dense, with wrap-around in yaw."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

__all__ = ["FLOW_HEIGHT", "FlowMeter", "grey_equirect"]

FLOW_HEIGHT = 240
_WRAP = 64


def grey_equirect(equirect_rgb: NDArray[np.uint8], height: int = FLOW_HEIGHT) -> NDArray[np.uint8]:
    """Grey (height, 2 height) uint8 of an RGB frame of any size, averaged down."""
    grey = cv2.cvtColor(equirect_rgb, cv2.COLOR_RGB2GRAY)
    shrinks = grey.shape[0] >= height
    method = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(grey, (2 * height, height), interpolation=method), np.uint8)


class FlowMeter:
    """Flow from each frame to the next: Dense Inverse Search (Kroeger et al., ECCV 2016).

    Both frames are continued over the seam by 64 pixels, so that motion across it is found.
    """

    def __init__(self, height: int = FLOW_HEIGHT) -> None:
        self._height = height
        self._search = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
        self._before: NDArray[np.uint8] | None = None

    def step(self, equirect_rgb: NDArray[np.uint8]) -> NDArray[np.float32] | None:
        """(H, 2H, 2) float32 shift in pixels (right, down) since the last frame; None at first."""
        grey = grey_equirect(equirect_rgb, self._height)
        wide = np.concatenate([grey[:, -_WRAP:], grey, grey[:, :_WRAP]], axis=1)
        before, self._before = self._before, wide
        if before is None:
            return None
        # OpenCV's stubs want an initial flow that the function itself takes as optional.
        flow = self._search.calc(before, wide, None)  # type: ignore[call-overload]  # see above
        return np.asarray(flow[:, _WRAP:-_WRAP], dtype=np.float32)
