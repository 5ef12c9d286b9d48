"""What a few scores allow one to say: means, and intervals where there are enough of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

__all__ = ["LEAST_FOR_INTERVAL", "bootstrap_interval", "weighted_mean"]

#: With fewer items than this an interval would claim more than the data do.
LEAST_FOR_INTERVAL: Final = 8

_RESAMPLES = 10_000
_SEED = 0


def bootstrap_interval(values: Sequence[float], level: float = 0.95) -> tuple[float, float] | None:
    """Percentile interval of the mean over resampled items (clips or pictures, never frames).

    The same values always give the same interval. None for fewer than 8 items.

    Raises:
        ValueError: a level outside (0, 1), or values that are not finite.
    """
    if not 0 < level < 1:
        raise ValueError(f"level must lie in (0, 1), not {level}")
    items = np.asarray(values, np.float64)
    if not np.isfinite(items).all():
        raise ValueError("an interval needs finite values")
    if items.size < LEAST_FOR_INTERVAL:
        return None
    chosen = np.random.default_rng(_SEED).integers(0, items.size, (_RESAMPLES, items.size))
    low, high = np.quantile(items[chosen].mean(axis=1), [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


def weighted_mean(values: Sequence[float], weights: Sequence[float] | None = None) -> float:
    """Mean, each value counted by its weight (all alike without weights)."""
    return float(np.average(np.asarray(values, np.float64), weights=weights))
