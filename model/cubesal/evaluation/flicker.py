"""Flicker: how much a map changes where the picture does not."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from cubesal.geometry import sphere_weights

__all__ = ["flicker", "luminance", "still_pixels", "still_share"]

#: Deviations of the noise that still count as standing still, and their limits in grey levels:
#: where the camera moves, what looks like noise is the picture itself.
_NOISE_STDS: Final = 3.0
_LEAST_LEVELS: Final = 2.0
_MOST_LEVELS: Final = 4.0
_MAD_TO_STD: Final = 1.4826


def luminance(equirect_rgb: NDArray[np.uint8], height: int) -> NDArray[np.float32]:
    """Grey levels 0..255 of a frame at the size of a map, (height, 2 height)."""
    grey = cv2.cvtColor(equirect_rgb, cv2.COLOR_RGB2GRAY).astype(np.float32)
    return np.asarray(cv2.resize(grey, (2 * height, height), interpolation=cv2.INTER_AREA))


def still_pixels(greys: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Which pixels of which frames show the temporal median, up to noise: (T, H, 2H) both.

    The noise is the median deviation over all pixels and frames, as a standard deviation; three
    times that, but two to four grey levels, may pass for standing still.
    """
    deviation = np.abs(greys - np.median(greys, axis=0))
    noise = _MAD_TO_STD * float(np.median(deviation))
    return np.asarray(deviation <= np.clip(_NOISE_STDS * noise, _LEAST_LEVELS, _MOST_LEVELS))


def still_share(greys: NDArray[np.float32]) -> float:
    """Part of the sphere, mean over time, that stands still. On a tripod most of it does."""
    areas = sphere_weights(greys.shape[1])
    return float((still_pixels(greys) * areas).sum() / len(greys))


def flicker(maps: Sequence[NDArray[np.floating]], greys: NDArray[np.float32]) -> float:
    """Mean total variation per step of sum-to-one maps over pixels that stand still.

    Args:
        maps: T maps (H, 2H) >= 0, evenly spaced in time.
        greys: (T, H, 2H) `luminance` of the same moments.

    Returns:
        0 (nothing changes) .. 1 (everything moves elsewhere at each step), divided by the part
        of the sphere that stands still, so that clips with more movement are not favoured.

    Raises:
        ValueError: fewer than two maps, maps and frames that do not fit, a map of zeros, or
            nothing that stands still.
    """
    stack = np.stack([np.asarray(m, np.float64) for m in maps]) if maps else np.zeros((0, 0, 0))
    if len(stack) < 2 or stack.shape != greys.shape:
        raise ValueError("flicker needs at least two maps, and a frame of the same size for each")
    mass = stack * sphere_weights(stack.shape[1])
    totals = mass.sum(axis=(1, 2), keepdims=True)
    if not (totals > 0).all():
        raise ValueError("a map of zeros has no distribution")
    still = still_pixels(greys)
    both = still[1:] & still[:-1]
    share = float((both * sphere_weights(stack.shape[1])).sum() / len(both))
    if share == 0:
        raise ValueError("nothing in these frames stands still")
    change = np.abs(np.diff(mass / totals, axis=0)) / 2
    return float((change * both).sum() / len(both) / share)
