"""Lines of equal attention over a picture, equally wide everywhere.

The viewer's shaders compute the same formula. At a pixel whose scaled value is s, with g the length
of its slope in pixels, the line at level L is d = |s - L| / g pixels away; then with width w

    halo = 1 - smoothstep(w / 2, 3 w / 2, d)        line = clamp(w / 2 + 1/2 - d, 0, 1)
    out  = mix(rgb * (1 - HALO halo), white, LINE line)
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

__all__ = ["CONTOUR_WIDTH", "blend_contours", "contour_width"]

#: Pixels, in a picture of ordinary size.
CONTOUR_WIDTH: Final = 1.4
HALO: Final = 0.45
LINE: Final = 0.85
_ORDINARY_HEIGHT: Final = 960


def contour_width(height: int) -> float:
    """The lines' width in pixels for a picture of this height: large pictures are seen shrunk."""
    return CONTOUR_WIDTH * max(1.0, height / _ORDINARY_HEIGHT)


def blend_contours(
    rgb: NDArray[np.uint8], scaled: NDArray[np.float32], levels: Sequence[float], width: float
) -> NDArray[np.uint8]:
    """Draw lines where ``scaled`` (H, W) crosses the levels over (H, W, 3) uint8; a new picture."""
    slope = np.hypot(_slope(scaled, 0), _slope(scaled, 1))
    apart = np.min([np.abs(scaled - np.float32(level)) for level in levels], axis=0)
    away = apart / np.maximum(slope, np.float32(1e-6))
    t = np.clip((away - 0.5 * width) / width, 0.0, 1.0)
    halo = (HALO * (1 - t * t * (3 - 2 * t)))[..., None]
    line = (LINE * np.clip(0.5 * width + 0.5 - away, 0.0, 1.0))[..., None]
    return np.asarray(np.rint(rgb * (1 - halo) * (1 - line) + 255 * line), np.uint8)


def _slope(scaled: NDArray[np.float32], axis: int) -> NDArray[np.float32]:
    """The smaller of the steps to both neighbours: where a picture is cut, that within its part."""
    steps = np.abs(np.diff(scaled, axis=axis))
    first, last = np.take(steps, [0], axis), np.take(steps, [-1], axis)
    before = np.concatenate([first, steps], axis)
    after = np.concatenate([steps, last], axis)
    return np.asarray(np.minimum(before, after), np.float32)
