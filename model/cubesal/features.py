"""The backbone's features of a frame, for those who build on them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cubesal.saliency_model import SaliencyModel

__all__ = ["backbone_features"]


def backbone_features(model: SaliencyModel, equirect_rgb: NDArray[np.uint8]) -> NDArray[np.float16]:
    """What the classifier averages, per cube face: (6, C, cells, cells) float16.

    Of the largest face size the model looks at; faces in the project's order.
    """
    return model.features(equirect_rgb).astype(np.float16)
