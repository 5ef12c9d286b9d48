"""What every model is to those who use one: frames of a clip in, in order of time; maps out."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Sequence
from copy import deepcopy
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from cubesal.backbone import Pyramid
from cubesal.convention import Convention
from cubesal.cubify import uncubify
from cubesal.errors import ModelError
from cubesal.faces import cube_pyramid
from cubesal.network import CubeSal
from cubesal.padding import FACES
from cubesal.stages import stage

__all__ = ["NetworkModel", "SaliencyModel"]

#: How many frames go through a network together. On the CPU, the features of two no longer fit its
#: cache, and each takes longer than by itself.
_TOGETHER = {"cuda": 4}


class SaliencyModel(ABC):
    """A network ready to predict on one device; it may remember frames. Not thread-safe.

    Attributes:
        name: as chosen by the user.
        device: where it runs.
        warmup_frames: how many frames to show after `reset` in the middle of a clip before maps
            equal those of a run from its beginning; 0 for a model without a memory.
        complete: whether the frame last shown had all the frames before it that the model wants.
            False at the beginning of a clip for a model with a memory: its map is then made of
            what there is.
        last_raw: the map of the last `step` as the model itself gives it, before it is brought to
            the common size and range: (h, 2 h) float32. None before the first step.
        files: where its weights come from; none for random ones.
        batch: how many frames go through it together with profit, see `prepare`.
        columns: how many columns of a frame it looks at, and finer frames are averaged down; None
            if it wants frames as they are.
        precision: what most of its work is done in.
        convention: what its frames and its flow are made by.
        prior: whether its maps are meant to be weighted by the equator prior.
        prior_power: the power to which that prior is taken for the map of the frame last shown.
        measures_turn: whether it finds how the picture turns from frame to frame.
        rotation: if it does, (3, 3) how the last frame shown is turned against the one before; None
            after `reset` and across a cut.
    """

    batch = 1
    columns: int | None = None
    precision = "float32"
    convention: Convention = "exact"
    prior = True
    prior_power = 1.0
    measures_turn = False
    rotation: NDArray[np.float64] | None = None
    warmup_frames = 0
    complete = True
    last_raw: NDArray[np.float32] | None = None

    def __init__(self, name: str, device: torch.device, files: tuple[Path, ...] = ()) -> None:
        self.name = name
        self.device = device
        self.files = files

    def reset(self) -> None:  # noqa: B027 - nothing to forget
        """Forget the frames seen so far: at the start of a clip and after a jump."""

    def observe(self, equirect_rgb: NDArray[np.uint8]) -> None:  # noqa: B027 - nothing to remember
        """Show the next frame (H, W, 3) without asking for its map, which may cost less."""

    def prepare(self, frames: Sequence[NDArray[np.uint8]]) -> None:  # noqa: B027 - nothing to do
        """Compute together what each of the next frames (H, W, 3) needs by itself.

        May be called again before they are shown. A frame that is shown next without having been
        prepared costs what it costs otherwise, and its map is the same.
        """

    def unprepare(self) -> None:  # noqa: B027 - nothing to let go of
        """Let go of what was prepared and not yet used; `reset` does so, too."""

    @abstractmethod
    def step(self, equirect_rgb: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Show the next frame (H, W, 3) -> its map, (120, 240) float32 >= 0, maxima around 1."""

    @abstractmethod
    def features(self, equirect_rgb: NDArray[np.uint8]) -> NDArray[np.float32]:
        """What the classifier averages, of a frame by itself: (6, C, h, w) float32."""

    def check_finite(self, values: Tensor) -> None:
        """Whether what the network computed can be used. ModelError, naming the model.

        Weights may be finite and nevertheless too large to compute with.
        """
        if not bool(torch.isfinite(values).all()):
            raise self._undefined()

    def _undefined(self) -> ModelError:
        return ModelError(
            f"model {self.name!r} predicts undefined values: its weights are damaged, or too"
            " large to compute with; add them again"
        )

    @abstractmethod
    def zero_padded(self) -> SaliencyModel:
        """The same network with the same weights, but zeros for borders, for comparisons."""


class NetworkModel(SaliencyModel):
    """A `CubeSal` network; without a memory."""

    def __init__(
        self, name: str, network: CubeSal, device: torch.device, files: tuple[Path, ...] = ()
    ) -> None:
        super().__init__(name, device, files)
        self.network = network
        lower = network.backbone.precision
        self.precision = "float32" if lower is None else str(lower).removeprefix("torch.")
        self.columns = 4 * max(self.face_ws)  # as many as these sample around the equator
        self.batch = _TOGETHER.get(device.type, 1)
        self._prepared: deque[tuple[NDArray[np.uint8], list[Pyramid]]] = deque()

    @property
    def face_ws(self) -> tuple[int, ...]:
        """Sizes of the faces that the network looks at."""
        return self.network.config.face_ws

    def reset(self) -> None:
        """Forget the frames seen so far: at the start of a clip and after a jump."""
        self.unprepare()

    def prepare(self, frames: Sequence[NDArray[np.uint8]]) -> None:
        """Compute the features of the next frames (H, W, 3) together."""
        parts = [cube_pyramid(frame, self.face_ws) for frame in frames]
        faces = [np.concatenate(alike) for alike in zip(*parts, strict=True)]
        with torch.inference_mode(), stage("network"):
            pyramids = self.network.evidence.pyramids([self._batch(f) for f in faces])
        for n, frame in enumerate(frames):
            own = slice(FACES * n, FACES * (n + 1))
            self._prepared.append((frame, [{d: x[own] for d, x in p.items()} for p in pyramids]))

    def unprepare(self) -> None:
        """Let go of what was prepared and not yet used."""
        self._prepared.clear()

    def step(self, equirect_rgb: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Show the next frame (H, W, 3) -> its map, (120, 240) float32 >= 0, maxima around 1."""
        terms = self.terms(equirect_rgb)
        with torch.inference_mode(), stage("network"):
            saliency: Tensor = self.network.map_of(terms)
            self.check_finite(saliency)
            self.last_raw = np.asarray(saliency[0].cpu().numpy(), dtype=np.float32)
        return self.last_raw

    def terms(self, equirect_rgb: NDArray[np.uint8]) -> Tensor:
        """What stands out in a frame (H, W, 3): (1, T, P), see `network.Evidence`."""
        pyramids = self._pyramids(equirect_rgb)
        with torch.inference_mode(), stage("network"):
            try:
                terms: Tensor = self.network.evidence.terms(pyramids)
            except torch.linalg.LinAlgError as error:  # type: ignore[attr-defined]  # only its stub lacks it
                raise self._undefined() from error  # features without a covariance
            self.check_finite(terms)
            return terms

    def _pyramids(self, frame: NDArray[np.uint8]) -> list[Pyramid]:
        if self._prepared and self._prepared[0][0] is frame:
            return self._prepared.popleft()[1]
        self.unprepare()
        self.prepare([frame])
        return self._prepared.popleft()[1]

    def features(self, equirect_rgb: NDArray[np.uint8]) -> NDArray[np.float32]:
        """What the classifier averages, on the largest faces looked at: (6, C, h, w) float32."""
        (faces,) = cube_pyramid(equirect_rgb, (max(self.face_ws),))
        with torch.inference_mode(), stage("backbone"):
            deep = self.network.backbone(self._batch(faces))["deep"]
            self.check_finite(deep)
            return np.asarray(deep.float().cpu().numpy(), dtype=np.float32)

    def zero_padded(self) -> NetworkModel:
        """The same network with the same weights, but zeros for borders, for comparisons."""
        network = uncubify(deepcopy(self.network))
        return NetworkModel(self.name, network, self.device, self.files)

    def _batch(self, faces: NDArray[np.uint8]) -> Tensor:
        return torch.from_numpy(faces).to(self.device).permute(0, 3, 1, 2)
