"""What a model predicts and people did not do, and the reverse, as one signed map."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from cubesal.metrics.inputs import brought_to

__all__ = ["DIFFERENCE_RANGE", "difference_map"]

#: A difference map lies within ± this, whatever the maps: colours mean the same in every frame.
DIFFERENCE_RANGE: Final = 1.0


def difference_map(
    saliency: NDArray[np.floating], density: NDArray[np.floating]
) -> NDArray[np.float32]:
    """Prediction minus truth, each divided by its own peak: (H, 2H) in [-1, 1] of ``density``.

    +1: the model's strongest place, where nobody looked; -1: the other way round. A map of zeros
    stays zero. ValueError for maps that are not equirect, or negative.
    """
    scaled = []
    for values, what in ((saliency, "prediction"), (density, "truth")):
        array = np.asarray(values, np.float64)
        if array.ndim != 2 or array.shape[1] != 2 * array.shape[0]:
            raise ValueError(f"the {what} must be an equirect map (H, 2H), not {array.shape}")
        if not np.isfinite(array).all() or array.min() < 0:
            raise ValueError(f"the {what} must be finite and nowhere negative")
        peak = float(array.max())
        scaled.append(array / peak if peak > 0 else array)
    predicted = np.clip(brought_to(scaled[0], scaled[1].shape[0]), 0, 1)
    return np.asarray(predicted - scaled[1], np.float32)
