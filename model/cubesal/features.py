"""The backbone's features of a frame, for those who build on them."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray

from cubesal.models import SaliencyModel
from cubesal.predictor import cube_pyramid

__all__ = ["backbone_features"]


def backbone_features(model: SaliencyModel, equirect_rgb: NDArray[np.uint8]) -> NDArray[np.float16]:
    """What the classifier averages, per cube face: (6, C, cells, cells) float16.

    Of the largest face size the model looks at; faces in the project's order.
    """
    face_w = max(model.face_ws)
    faces = cube_pyramid(equirect_rgb, (face_w,))[0]
    with torch.inference_mode():
        batch = torch.from_numpy(faces).to(model.device).permute(0, 3, 1, 2)
        deep = model.network.backbone(batch).deep
    return np.asarray(deep.float().cpu().numpy(), dtype=np.float16)
