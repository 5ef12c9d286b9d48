"""What stands out times what moves, over the last moments: the model for video.

Appearance and motion need each other: most of what stands out in a frame just stands there, and
most of what moves is leaves, waves and windows. So each cell's evidence is multiplied with how much
moved there since the last frame, the camera's own turn undone (`motion`), and a small learned
memory (`memory`) weighs the products of the last moments, turned along with the camera, so that a
person who pauses is not lost at once. A map depends on a window of frames and on nothing before it.
"""

from __future__ import annotations

from copy import deepcopy
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from cubesal.cubify import uncubify
from cubesal.memory import MemoryState, MomentMemory, as_cells, as_faces, inputs_of, turned
from cubesal.model_settings import FusionConfig
from cubesal.motion import MOTION_COLUMNS, Motion, MotionMeter
from cubesal.network import CubeSal, Evidence
from cubesal.padding import FACES
from cubesal.saliency_model import NetworkModel
from cubesal.sphere_cells import SphereCells
from cubesal.stages import stage

__all__ = ["FusionConfig", "FusionModel", "Moment", "moment_of"]


class Moment(NamedTuple):
    """What is seen at one moment, per cell: (P,) each."""

    evidence: Tensor
    motion: Tensor
    saliency: Tensor


def moment_of(
    evidence: Evidence, terms: Tensor, motion: Motion, cells: SphereCells, fusion: FusionConfig
) -> Moment:
    """What terms (1, T, P) and the motion since the frame before come to."""
    config, other = evidence.config, dict(fusion.weights)
    weights = [other.get(t, w) for t, w in zip(config.terms, config.weights, strict=True)]
    z = evidence.combined(terms, weights)[0]
    residual = cells.sampled(motion.residual, fusion.motion_smoothing)
    relative = residual / (cells.mean(residual) + fusion.motion_noise)
    moved = torch.from_numpy(relative.astype(np.float32)).to(z)
    saliency = evidence.salient(z) * (fusion.motion_floor + moved**fusion.motion_power)
    return Moment(z, moved, saliency)


class FusionModel(NetworkModel):
    """A `CubeSal` network, motion, and a memory of the last moments.

    A frame without one before it, such as a still, gets the network's static map.
    """

    measures_turn = True

    def __init__(
        self,
        name: str,
        network: CubeSal,
        memory: MomentMemory,
        device: torch.device,
        files: tuple[Path, ...] = (),
        config: FusionConfig | None = None,
    ) -> None:
        super().__init__(name, network, device, files)
        self.memory = memory.to(device)
        self.fusion = config or FusionConfig()
        # A window's first moment needs the frame before it, too: its motion is that since then.
        self.warmup_frames = self.fusion.window
        self.columns = max(4 * max(self.face_ws), MOTION_COLUMNS)
        self.complete = False
        self._meter = MotionMeter()
        self._cells = SphereCells(network.config.cells)
        # A state for each moment of the window, begun with it; the oldest first.
        self._state: MemoryState | None = None
        self._moments = 0

    def reset(self) -> None:
        """Forget the frames seen so far: at the start of a clip and after a jump."""
        super().reset()
        self._meter.reset()
        self._notice(None)
        self._forget()
        self.last_raw = None

    def _notice(self, motion: Motion | None) -> None:
        """A map without motion is that of a still."""
        self.rotation = None if motion is None else motion.rotation
        self.prior_power = 1.0 if motion is None else self.fusion.prior_power

    def _forget(self) -> None:
        self._state, self._moments = None, 0
        self.complete = False

    def observe(self, equirect_rgb: NDArray[np.uint8]) -> None:
        """Show the next frame (H, W, 3) without asking for its map."""
        self._seen(equirect_rgb)

    def step(self, equirect_rgb: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Show the next frame (H, W, 3) -> its map, (120, 240) float32 >= 0, maxima around 1."""
        saliency = self._seen(equirect_rgb)
        self.check_finite(saliency)
        self.last_raw = np.asarray(saliency[0].cpu().numpy(), dtype=np.float32)
        return self.last_raw

    def zero_padded(self) -> FusionModel:
        """The same network with the same weights, but zeros for borders, for comparisons."""
        network = uncubify(deepcopy(self.network))
        return FusionModel(self.name, network, self.memory, self.device, self.files, self.fusion)

    def static(self) -> NetworkModel:
        """The network alone: every frame as a still."""
        return NetworkModel(self.name, self.network, self.device, self.files)

    def momentary(self) -> FusionModel:
        """The same without a memory: each moment by itself."""
        config = replace(self.fusion, window=1)
        return FusionModel(
            self.name, self.network, MomentMemory().eval(), self.device, self.files, config
        )

    def _seen(self, equirect_rgb: NDArray[np.uint8]) -> Tensor:
        """Remember a frame; (1, 120, 240) its saliency."""
        with stage("motion"):
            motion = self._meter.step(equirect_rgb)
        self._notice(motion)
        terms = self.terms(equirect_rgb)
        with torch.inference_mode():
            if motion is None:  # the first frame, or the first of another shot
                self._forget()
                static: Tensor = self.network.map_of(terms)
                return static
            with stage("memory"):
                cells = self._remembered(terms, motion)
                made: Tensor = self.network.to_map(cells / self.fusion.full_scale)
                return made

    def _remembered(self, terms: Tensor, motion: Motion) -> Tensor:
        """(1, P) what the window up to this moment comes to."""
        moment = moment_of(self.network.evidence, terms, motion, self._cells, self.fusion)
        window = self.fusion.window
        inputs = as_faces(inputs_of(*moment).expand(window, -1, -1))
        saliency = as_faces(moment.saliency.expand(window, 1, -1))
        self._moments = min(self._moments + 1, window)
        self.complete = self._moments == window
        answers, self._state = self.memory(inputs, saliency, self._begun(saliency, motion))
        return as_cells(answers)[window - self._moments]

    def _begun(self, saliency: Tensor, motion: Motion) -> MemoryState:
        """The states of the moments before, turned, and one that begins now.

        Always as many as the window has moments, those of moments that have not been among them:
        the same numbers in a batch of another size would come out rounded otherwise.
        """
        new = self.memory.begin(saliency)
        if self._state is None:
            return new
        turn = self._cells.turn(motion.rotation, self.fusion.window, saliency.device)
        old = turned(self._state, turn)
        pairs = zip(old, new, strict=True)
        return MemoryState(*(torch.cat([o[FACES:], n[-FACES:]]) for o, n in pairs))
