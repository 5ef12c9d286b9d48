"""From a sequence of equirect frames to saliency maps: numpy in, numpy out.

`cubesal.predictor` itself does not import torch; `create_predictor` does, on first use.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
import numpy.typing as npt

from cubesal.batches import Batches
from cubesal.errors import DeviceError
from cubesal.faces import cube_pyramid
from cubesal.geometry import pixel_angles
from cubesal.relief import is_exhausted, release_memory

if TYPE_CHECKING:
    from cubesal.saliency_model import SaliencyModel

__all__ = [
    "PRIOR_FLOOR",
    "PRIOR_LATITUDE",
    "PRIOR_SIGMA",
    "SaliencyPredictor",
    "create_predictor",
    "cube_pyramid",
    "loaded_predictor",
    "prior_map",
]

#: The prior is a Gaussian of the latitude: people look a little below the horizon, and seldom far
#: from it, though what happens there is seen. Chosen on stills with human fixations; a model may
#: take it to a smaller power (`SaliencyModel.prior_power`) where motion shows where to look.
PRIOR_LATITUDE = math.radians(-5)
PRIOR_SIGMA = math.radians(13)
PRIOR_FLOOR = 0.03

NDArray = npt.NDArray[Any]
Answer = TypeVar("Answer")
LoadFn = Callable[[str], "SaliencyModel"]
"""Loads the model of a predictor on a device, by name."""

_TO_CPU = "{} has run out of memory: the analysis goes on on the CPU, more slowly"
_NO_ROOM = (
    "there is too little memory for this model, on the CPU as well;"
    " close other programs or choose a smaller model, such as fast"
)


def create_predictor(
    model: str = "default", device: str = "auto", prior: bool | None = None
) -> SaliencyPredictor:
    """Load a model and make it ready to be stepped through a clip.

    Args:
        model: a name from `cubesal.model_list.available_models`.
        device: "auto", "cpu", "cuda", "cuda:N" or "mps".
        prior: weight maps by the latitudes where people look; None: if the model is meant so, as
            `default` and `fast` are, and models of class activation maps are not.

    Raises:
        ModelError: the model is unknown, or its weights are missing or unusable.
        DeviceError: the device is absent, or there is too little memory anywhere.
    """
    from cubesal.models import load_model

    def reload(other: str) -> SaliencyModel:
        return load_model(model, other)

    return loaded_predictor(reload, device, prior)


def loaded_predictor(
    load: LoadFn, device: str = "auto", prior: bool | None = None
) -> SaliencyPredictor:
    """A predictor of what ``load`` loads on a device, which can go on on the CPU.

    Where the device has no room for the model itself, the predictor runs on the CPU from the start
    and ``relieved`` says so. DeviceError, and whatever ``load`` raises.
    """
    try:
        return SaliencyPredictor(load(device), prior=prior, reload=load)
    except Exception as error:
        if not is_exhausted(error):
            raise
        trouble = error
    if device == "cpu":
        raise DeviceError(_NO_ROOM) from trouble
    release_memory()
    predictor = SaliencyPredictor(_on_cpu(load), prior=prior)
    predictor.relieved = _TO_CPU.format(device)
    return predictor


def _on_cpu(load: LoadFn) -> SaliencyModel:
    try:
        return load("cpu")
    except Exception as error:
        if is_exhausted(error):
            raise DeviceError(_NO_ROOM) from error
        raise


class SaliencyPredictor:
    """Steps a model through the frames of a clip, in order of time. Not thread-safe.

    A device that runs out of memory is shown fewer frames at once, down to one, whose six faces
    cube padding needs together; then it is tried once more after it has let go of what it only
    keeps; then, if the model can be loaded anew (``reload``), work goes on on the CPU from the same
    frame.

    Attributes:
        name: the model's name.
        prior: whether maps are weighted by the equator prior.
        warmup_frames: how many frames to observe, or to step and discard, after `reset` in the
            middle of a clip before maps equal those of a run from its beginning.
        columns: how many columns of a frame the model looks at; None, at frames as they are.
        relieved: a sentence once memory has run out and the work has been made smaller, else "".
        on_relief: called with that sentence, if somebody wants to hear it at once.
    """

    def __init__(
        self, model: SaliencyModel, *, prior: bool | None = None, reload: LoadFn | None = None
    ) -> None:
        self._model, self._reload = model, reload
        self._before: deque[NDArray] = deque(maxlen=model.warmup_frames)
        self._batches = Batches(model)
        self._has_retried = False
        self.relieved = ""
        self.on_relief: Callable[[str], object] | None = None
        self.name = model.name
        self.prior = model.prior if prior is None else prior
        self.warmup_frames = model.warmup_frames
        self.columns = model.columns

    @property
    def batch(self) -> int:
        """How many frames it is good to `prepare` at once; 1: none."""
        return self._batches.size

    @property
    def device(self) -> str:
        """Where the model runs, as "cpu" or "cuda:0"."""
        return str(self._model.device)

    @property
    def model(self) -> SaliencyModel:
        """The model that is stepped now; another one once memory has run out."""
        return self._model

    @property
    def complete(self) -> bool:
        """Whether the frame last shown had as many before it as the model wants to see."""
        return self._model.complete

    @property
    def last_raw(self) -> npt.NDArray[np.float32] | None:
        """The last map as the model gives it, (h, 2 h): own size and range, without the prior."""
        return self._model.last_raw

    @property
    def measures_turn(self) -> bool:
        """Whether the model finds how the picture turns."""
        return self._model.measures_turn

    @property
    def rotation(self) -> npt.NDArray[np.float64] | None:
        """(3, 3) how the last frame shown is turned against the one before; None: not known."""
        return self._model.rotation

    def reset(self) -> None:
        """Forget the frames seen so far: call at the start of a clip and after a jump."""
        self._before.clear()
        self._model.reset()

    def prepare(self, frames: Sequence[npt.NDArray[np.uint8]]) -> None:
        """Show the next frames in advance: what each needs by itself is computed together.

        Maps do not depend on it. Raises ValueError as `step`.
        """
        self._tell(self._batches.prepare([_checked(frame) for frame in frames]))

    def observe(self, equirect_rgb: npt.NDArray[np.uint8], time_s: float) -> None:  # noqa: ARG002 - as for `step`
        """Show the next frame without asking for its map, which may cost less than `step`.

        Raises:
            ValueError: not an RGB frame of 8 bits per channel.
            DeviceError: memory has run out, on the CPU as well.
        """
        frame = _checked(equirect_rgb)
        self._shown(frame, lambda model: model.observe(frame))

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
            DeviceError: memory has run out, on the CPU as well.
        """
        frame = _checked(equirect_rgb)
        saliency = self._shown(frame, lambda model: model.step(frame))
        return saliency * self.weights(len(saliency)) if self.prior else saliency

    def weights(self, height: int = 120) -> npt.NDArray[np.float32]:
        """The prior (height, 2 height) as it is meant for the map of the frame last shown."""
        return prior_map(height, self._model.prior_power)

    def _shown(self, frame: NDArray, work: Callable[[SaliencyModel], Answer]) -> Answer:
        """What comes of showing a frame, however often that has to be tried."""
        answer = self._tried(work)
        while answer is None:
            self._relieve()
            answer = self._tried(lambda model: self._again(model, work))
        if self.device != "cpu":  # from there on nothing is left to go to
            self._before.append(frame)
        return answer[0]

    def _tried(self, work: Callable[[SaliencyModel], Answer]) -> tuple[Answer] | None:
        """The answer, or None if memory ran out; the error, which holds much, is let go of."""
        try:
            return (work(self._model),)
        except Exception as error:
            if not is_exhausted(error):
                raise
            if self.device == "cpu" or (self._has_retried and self._reload is None):
                raise DeviceError(_NO_ROOM) from error
            return None

    def _again(self, model: SaliencyModel, work: Callable[[SaliencyModel], Answer]) -> Answer:
        """The work once more on a model that has seen what it needs; the failure left it anyhow."""
        model.reset()
        for frame in self._before:
            model.observe(frame)
        return work(model)

    def _relieve(self) -> None:
        """Take the next smaller way to work. DeviceError."""
        release_memory()
        if not self._has_retried:
            self._has_retried = True
            return
        assert self._reload is not None
        sentence = _TO_CPU.format(self.device)
        self._model = _on_cpu(self._reload)
        self._batches = Batches(self._model)
        release_memory()
        self._tell(sentence)

    def _tell(self, sentence: str) -> None:
        if not sentence:
            return
        self.relieved = sentence
        if self.on_relief is not None:
            self.on_relief(sentence)


def _checked(frame: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    if frame.ndim != 3 or frame.shape[2] != 3 or frame.dtype != np.uint8:
        raise ValueError(f"a frame must be (H, W, 3) uint8 RGB, got {frame.shape} {frame.dtype}")
    return frame


@lru_cache(maxsize=8)
def prior_map(height: int = 120, power: float = 1.0) -> npt.NDArray[np.float32]:
    """What saliency is multiplied by where a prior is asked for: (height, 2 height), at most 1.

    ``power``: the smaller, the less it matters; 0 is no prior at all.
    """
    near = np.exp(-0.5 * ((pixel_angles(height)[1] - PRIOR_LATITUDE) / PRIOR_SIGMA) ** 2)
    column = ((PRIOR_FLOOR + (1 - PRIOR_FLOOR) * near) ** power).astype(np.float32)
    weights = np.ascontiguousarray(np.broadcast_to(column[:, None], (height, 2 * height)))
    weights.flags.writeable = False
    return weights
