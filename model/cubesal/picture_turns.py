"""The picture's own turn, as it is known at some maps, for those who plan a camera over all."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["known_turns"]


def known_turns(turns: NDArray[np.floating]) -> NDArray[np.float64]:
    """How fast the picture turns (K, 2) to the right and up, for planners; ``turns`` (K,): rad/s.

    Where it is not known (NaN), as at the first frame of a shot or with maps that were made
    elsewhere, it is that of the nearest map at which it is, the earlier one of two; 0 without any.
    Upwards it never turns: a tilt lifts one side of the sphere and lowers the other.
    """
    values = np.asarray(turns, dtype=np.float64)
    rates = np.zeros((len(values), 2))
    known = np.flatnonzero(np.isfinite(values))
    if known.size:
        places = np.arange(len(values))
        after = np.minimum(np.searchsorted(known, places), len(known) - 1)
        before = np.maximum(after - 1, 0)
        is_nearer = np.abs(places - known[before]) <= np.abs(known[after] - places)
        rates[:, 0] = values[np.where(is_nearer, known[before], known[after])]
    return rates
