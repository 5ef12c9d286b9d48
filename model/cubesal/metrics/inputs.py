"""What maps must be to be scored, checked once, in words."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from cubesal.geometry import equirect_rays, sample_equirect

__all__ = ["Map", "Rng", "Values", "as_values", "brought_to", "check_sphere", "check_varies"]

Map = NDArray[Any]
Rng = np.random.Generator | np.random.RandomState
Values = NDArray[np.float64]


def as_values(values: Map, what: str) -> Values:
    """A finite two-dimensional map of real numbers as float64. ValueError."""
    array = np.asarray(values)
    if array.dtype != np.bool_ and not np.issubdtype(array.dtype, np.number):
        raise ValueError(f"the {what} must hold numbers, not {array.dtype}")
    if np.iscomplexobj(array):
        raise ValueError(f"the {what} must hold real numbers")
    if array.ndim != 2 or array.size == 0:
        raise ValueError(f"the {what} must have the shape (H, W), not {array.shape}")
    result = array.astype(np.float64)
    if not np.isfinite(result).all():
        raise ValueError(f"the {what} has values that are not finite (NaN or infinite)")
    return result


def check_sphere(values: Values, what: str) -> None:
    """Whether it can be an equirect map. ValueError."""
    if values.shape[1] != 2 * values.shape[0]:
        raise ValueError(f"the {what} must be an equirect map (H, 2H), not {values.shape}")


def check_varies(values: Values, what: str) -> None:
    """Whether there is anything to rank or correlate. ValueError."""
    # Rounding makes resampled constants vary a little.
    if np.ptp(values) <= 1e-12 * max(float(np.abs(values).max()), 1e-300):
        raise ValueError(f"the {what} is constant, which leaves the score undefined")


def brought_to(values: Values, height: int) -> Values:
    """An equirect map at another size: means of areas downwards, bilinear with wrap upwards."""
    if values.shape[0] == height:
        return values
    if values.shape[0] > height:
        smaller = cv2.resize(values, (2 * height, height), interpolation=cv2.INTER_AREA)
        return np.asarray(smaller, np.float64)
    source = values.astype(np.float32)
    return sample_equirect(source, equirect_rays(height)).astype(np.float64)
