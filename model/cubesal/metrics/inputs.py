"""What maps must be to be scored, checked once, in words."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from cubesal.geometry import equirect_rays, sample_equirect

__all__ = [
    "Map",
    "Rng",
    "Values",
    "as_values",
    "brought_to",
    "check_sphere",
    "check_varies",
    "is_constant",
]

Map = NDArray[Any]
Rng = np.random.Generator | np.random.RandomState
Values = NDArray[np.float64]

#: Beyond this, or below its inverse, single precision could not hold the squares of values.
_HUGE = 1e15


def as_values(values: Map, what: str) -> Values:
    """A finite two-dimensional map of real numbers as float64. ValueError.

    Maps of huge or tiny values are divided by the largest: their squares would be out of range,
    and the scores compare shapes.
    """
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
    largest = float(np.abs(result).max())
    within = 1 / _HUGE <= largest <= _HUGE or largest == 0
    return result if within else np.asarray(result / largest)


def check_sphere(values: Values, what: str) -> None:
    """Whether it can be an equirect map. ValueError."""
    if values.shape[1] != 2 * values.shape[0]:
        raise ValueError(f"the {what} must be an equirect map (H, 2H), not {values.shape}")


def check_varies(values: Values, what: str) -> None:
    """Whether there is anything to rank or correlate. ValueError."""
    if is_constant(values):
        raise ValueError(f"the {what} is constant, which leaves the score undefined")


def is_constant(values: Values) -> bool:
    """Whether a map is the same everywhere, but for rounding."""
    return bool(np.ptp(values) <= 1e-12 * max(float(np.abs(values).max()), 1e-300))


def brought_to(values: Values, height: int) -> Values:
    """An equirect map at another size: means of areas downwards, bilinear with wrap upwards."""
    if values.shape[0] == height:
        return values
    if is_constant(values):  # resampled, it would vary by more than rounding
        return np.full((height, 2 * height), values[0, 0])
    if values.shape[0] > height:
        smaller = cv2.resize(values, (2 * height, height), interpolation=cv2.INTER_AREA)
        return np.asarray(smaller, np.float64)
    source = values.astype(np.float32)
    return sample_equirect(source, equirect_rays(height)).astype(np.float64)
