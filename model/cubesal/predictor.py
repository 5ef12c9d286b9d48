"""From a sequence of equirect frames to saliency maps: numpy in, numpy out.

`cubesal.predictor` itself does not import torch; `create_predictor` does, on first use.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import TYPE_CHECKING

import cv2
import numpy as np
import numpy.typing as npt

from cubesal.geometry import equirect_to_cube

if TYPE_CHECKING:
    from cubesal.models import SaliencyModel

#: Standard deviation of the equator prior: two thirds of human fixations lie within 20° of it.
PRIOR_SIGMA = math.radians(20)


def create_predictor(
    model: str = "default", device: str = "auto", prior: bool = True
) -> SaliencyPredictor:
    """Load a model and make it ready to be stepped through a clip.

    Args:
        model: a name from `cubesal.models.available_models`.
        device: "auto", "cpu", "cuda", "cuda:N" or "mps".
        prior: weight maps by the latitudes where people look.

    Raises:
        ModelError: the model is unknown, or its weights are missing or unusable.
        DeviceError: the device is absent.
    """
    from cubesal.models import load_model

    return SaliencyPredictor(load_model(model, device), prior=prior)


class SaliencyPredictor:
    """Steps a model through the frames of a clip, in order of time. Not thread-safe.

    Attributes:
        name: the model's name.
        prior: whether maps are weighted by the equator prior.
        warmup_frames: how many frames to step, and discard, after `reset` in the middle of a clip
            before maps equal those of a run from its beginning.
    """

    def __init__(self, model: SaliencyModel, *, prior: bool = True) -> None:
        self._model = model
        self.name = model.name
        self.prior = prior
        self.warmup_frames = 0

    @property
    def device(self) -> str:
        """Where the model runs, as "cpu" or "cuda:0"."""
        return str(self._model.device)

    def reset(self) -> None:
        """Forget the frames seen so far: call at the start of a clip and after a jump."""

    def step(
        self,
        equirect_rgb: npt.NDArray[np.uint8],
        time_s: float,  # noqa: ARG002 - part of the contract; static models need no time
    ) -> npt.NDArray[np.float32]:
        """Saliency of the next frame.

        Args:
            equirect_rgb: (H, W, 3) the whole sphere, any size; W = 2 H unless pixels are oblong.
            time_s: its time in the clip; must not run backwards without `reset`.

        Returns:
            (120, 240) float32 >= 0, pixel centres, rows from +90° to -90° latitude, columns from
            -180° to +180° longitude. Comparable between frames of a clip; maxima are around 1.

        Raises:
            ValueError: not an RGB frame of 8 bits per channel.
        """
        if equirect_rgb.ndim != 3 or equirect_rgb.shape[2] != 3 or equirect_rgb.dtype != np.uint8:
            raise ValueError(
                "a frame must be (H, W, 3) uint8 RGB,"
                f" got {equirect_rgb.shape} {equirect_rgb.dtype}"
            )
        saliency = self._model.saliency(cube_pyramid(equirect_rgb, self._model.face_ws))
        return saliency * _prior_map(*saliency.shape) if self.prior else saliency


def cube_pyramid(
    equirect: npt.NDArray[np.uint8], face_ws: tuple[int, ...]
) -> list[npt.NDArray[np.uint8]]:
    """The frame as cube faces of several sizes, (6, W, W, 3) each, without aliasing.

    A face samples the equator at 4 W pixels per turn, and the lookup is bilinear, so that finer
    frames are averaged down to about that first.
    """
    return [equirect_to_cube(_shrunk(equirect, 4 * face_w), face_w) for face_w in face_ws]


def _shrunk(equirect: npt.NDArray[np.uint8], width: int) -> npt.NDArray[np.uint8]:
    if equirect.shape[1] <= width:
        return equirect
    height = min(width // 2, equirect.shape[0])
    return np.asarray(
        cv2.resize(equirect, (width, height), interpolation=cv2.INTER_AREA), dtype=np.uint8
    )


@lru_cache(maxsize=4)
def _prior_map(height: int, width: int) -> npt.NDArray[np.float32]:
    """(height, width) Gaussian of the latitude, 1 at the equator."""
    latitude = (0.5 - (np.arange(height) + 0.5) / height) * math.pi
    column = np.exp(-0.5 * (latitude / PRIOR_SIGMA) ** 2).astype(np.float32)
    return np.ascontiguousarray(np.broadcast_to(column[:, None], (height, width)))
