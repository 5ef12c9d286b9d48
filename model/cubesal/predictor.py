"""From a sequence of equirect frames to saliency maps: numpy in, numpy out.

`cubesal.predictor` itself does not import torch; `create_predictor` does, on first use.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from cubesal.faces import cube_pyramid
from cubesal.geometry import pixel_angles

if TYPE_CHECKING:
    from cubesal.saliency_model import SaliencyModel

__all__ = [
    "PRIOR_FLOOR",
    "PRIOR_LATITUDE",
    "PRIOR_SIGMA",
    "SaliencyPredictor",
    "create_predictor",
    "cube_pyramid",
    "prior_map",
]

#: The prior is a Gaussian of the latitude: people look a little below the horizon, and seldom far
#: from it, though what happens there is seen. Chosen on stills with human fixations.
PRIOR_LATITUDE = math.radians(-5)
PRIOR_SIGMA = math.radians(13)
PRIOR_FLOOR = 0.03


def create_predictor(
    model: str = "default", device: str = "auto", prior: bool | None = None
) -> SaliencyPredictor:
    """Load a model and make it ready to be stepped through a clip.

    Args:
        model: a name from `cubesal.models.available_models`.
        device: "auto", "cpu", "cuda", "cuda:N" or "mps".
        prior: weight maps by the latitudes where people look; None: if the model is meant so, as
            `default` and `fast` are, and models of class activation maps are not.

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
        warmup_frames: how many frames to observe, or to step and discard, after `reset` in the
            middle of a clip before maps equal those of a run from its beginning.
    """

    def __init__(self, model: SaliencyModel, *, prior: bool | None = None) -> None:
        self._model = model
        self.name = model.name
        self.prior = model.prior if prior is None else prior
        self.warmup_frames = model.warmup_frames

    @property
    def device(self) -> str:
        """Where the model runs, as "cpu" or "cuda:0"."""
        return str(self._model.device)

    @property
    def complete(self) -> bool:
        """Whether the frame last shown had as many before it as the model wants to see."""
        return self._model.complete

    @property
    def last_raw(self) -> npt.NDArray[np.float32] | None:
        """The last map as the model gives it, (h, 2 h): own size and range, without the prior."""
        return self._model.last_raw

    def reset(self) -> None:
        """Forget the frames seen so far: call at the start of a clip and after a jump."""
        self._model.reset()

    def observe(self, equirect_rgb: npt.NDArray[np.uint8], time_s: float) -> None:  # noqa: ARG002 - as for `step`
        """Show the next frame without asking for its map, which may cost less than `step`.

        Raises:
            ValueError: not an RGB frame of 8 bits per channel.
        """
        self._model.observe(_checked(equirect_rgb))

    def step(
        self,
        equirect_rgb: npt.NDArray[np.uint8],
        time_s: float,  # noqa: ARG002 - part of the contract; the models so far need no time
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
        saliency = self._model.step(_checked(equirect_rgb))
        return saliency * prior_map(len(saliency)) if self.prior else saliency


def _checked(frame: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    if frame.ndim != 3 or frame.shape[2] != 3 or frame.dtype != np.uint8:
        raise ValueError(f"a frame must be (H, W, 3) uint8 RGB, got {frame.shape} {frame.dtype}")
    return frame


@lru_cache(maxsize=4)
def prior_map(height: int = 120) -> npt.NDArray[np.float32]:
    """What saliency is multiplied by where a prior is asked for: (height, 2 height), at most 1."""
    near = np.exp(-0.5 * ((pixel_angles(height)[1] - PRIOR_LATITUDE) / PRIOR_SIGMA) ** 2)
    column = (PRIOR_FLOOR + (1 - PRIOR_FLOOR) * near).astype(np.float32)
    return np.ascontiguousarray(np.broadcast_to(column[:, None], (height, 2 * height)))
