"""One map in a few numbers: how strong, how spread out, and in how many places.

Every statistic counts pixels by their area on the sphere.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import cos, radians

import cv2
import numpy as np
from numpy.typing import NDArray

from cubesal.geometry import equirect_rays, pixel_angles, sphere_weights, wrap_columns

__all__ = ["AttentionStats", "Peak", "attention_stats", "hot_spots", "spread"]

_HOT_PART = 0.5
_HOT_APART = radians(20)


@dataclass(frozen=True)
class Peak:
    """A local maximum: its direction in radians and the map's value there."""

    yaw: float
    pitch: float
    value: float


@dataclass(frozen=True)
class AttentionStats:
    """``hot_spots`` strongest first (empty for a map of zeros); ``spread`` as in :func:`spread`."""

    peak: float
    spread: float
    hot_spots: tuple[Peak, ...]


def attention_stats(saliency: NDArray[np.floating]) -> AttentionStats:
    """Statistics of one (H, 2H) map >= 0."""
    return AttentionStats(float(saliency.max()), spread(saliency), hot_spots(saliency))


def spread(saliency: NDArray[np.floating]) -> float:
    """Over which part of the sphere attention is spread, in (0, 1].

    The exponential of the entropy of the map as a distribution on the sphere, relative to the
    even one: attention that is even over a tenth of the sphere and zero elsewhere has 0.1. It does
    not depend on the map's resolution. A map of zeros counts as even.
    """
    weights = np.broadcast_to(sphere_weights(saliency.shape[0]), saliency.shape)
    weights = weights / weights.sum()
    density = np.asarray(saliency, dtype=np.float64)
    mean = float((density * weights).sum())
    if mean <= 0.0:
        return 1.0
    relative = density / mean
    logs = np.log(relative, out=np.zeros_like(relative), where=relative > 0)
    return float(np.exp(-(weights * relative * logs).sum()))


def hot_spots(saliency: NDArray[np.floating], limit: int | None = None) -> tuple[Peak, ...]:
    """Local maxima of at least half the map's peak, 20 degrees apart, strongest first."""
    values = np.asarray(saliency, dtype=np.float32)
    peak = float(values.max())
    if peak <= 0.0:
        return ()
    rows, columns = _local_maxima(values, _HOT_PART * peak)
    order = np.argsort(-values[rows, columns], kind="stable")
    yaws, pitches = pixel_angles(values.shape[0])
    rays = equirect_rays(values.shape[0])
    rows, columns = rows[order], columns[order]
    directions = rays[rows, columns]
    is_left = np.ones(len(rows), dtype=bool)
    found: list[Peak] = []
    # One round per peak, not per pixel: on a plateau all pixels are maxima.
    while is_left.any() and (limit is None or len(found) < limit):
        k = int(is_left.argmax())
        value = float(values[rows[k], columns[k]])
        found.append(Peak(float(yaws[columns[k]]), float(pitches[rows[k]]), value))
        is_left &= directions @ directions[k] <= cos(_HOT_APART)
        is_left[k] = False
    return tuple(found)


def _local_maxima(
    values: NDArray[np.float32], least: float
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """(rows, columns) of pixels of at least ``least`` that no neighbour exceeds; columns wrap."""
    highest = cv2.dilate(wrap_columns(values, 1), np.ones((3, 3), np.uint8))[:, 1:-1]
    rows, columns = np.nonzero((values >= highest) & (values >= np.float32(least)))
    return rows, columns
