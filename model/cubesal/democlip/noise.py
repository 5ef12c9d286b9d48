"""Tileable random textures from a seed: the raw material of clouds, hills, wood and water."""

from __future__ import annotations

from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

__all__ = ["fractal", "sample"]

FloatImage = NDArray[np.float32]


@lru_cache(maxsize=16)
def fractal(size: int, seed: int, slope: float, lowest: int = 2) -> FloatImage:
    """Tileable noise (size, size) with mean 0 and standard deviation 1.

    ``slope`` is the exponent of the amplitude spectrum 1/f^slope (1 rough, 2 smooth); waves longer
    than size/``lowest`` pixels are left out, so that tiling does not show.
    """
    rng = np.random.default_rng(seed)
    spectrum = np.fft.rfft2(rng.standard_normal((size, size)))
    row = np.fft.fftfreq(size)[:, None] * size
    col = np.fft.rfftfreq(size)[None, :] * size
    frequency = np.hypot(row, col)
    gain = np.where(frequency >= lowest, np.maximum(frequency, 1.0) ** -slope, 0.0)
    noise = np.fft.irfft2(spectrum * gain, s=(size, size))
    scaled: FloatImage = ((noise - noise.mean()) / noise.std()).astype(np.float32)
    scaled.setflags(write=False)
    return scaled


def sample(texture: FloatImage, x: NDArray[np.floating], y: NDArray[np.floating]) -> FloatImage:
    """Bilinear samples of a tileable texture at (x, y), where one tile is one unit."""
    height, width = texture.shape[:2]
    columns = np.mod(x, 1.0).astype(np.float32) * width
    rows = np.mod(y, 1.0).astype(np.float32) * height
    picked = cv2.remap(texture, columns, rows, cv2.INTER_LINEAR, borderMode=cv2.BORDER_WRAP)
    return np.asarray(picked, np.float32)
