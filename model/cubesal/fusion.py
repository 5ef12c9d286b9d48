"""What stands out times what moves, over the last moments: the model for video.

Appearance and motion need each other: most of what stands out in a frame just stands there, and
most of what moves is leaves, waves and windows. So each cell's evidence is multiplied with how much
moved there since the last frame, the camera's own turn undone (`motion`), and the products of the
last moments are averaged, turned along with the camera, so that a person who pauses is not lost at
once. The memory is a window: a map depends on that many frames before it and on nothing else.
"""

from __future__ import annotations

import math
from collections import deque
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from cubesal.camera_motion import is_turn
from cubesal.cubify import uncubify
from cubesal.geometry import sample_equirect
from cubesal.motion import Motion, MotionMeter
from cubesal.network import CubeSal, Term
from cubesal.saliency_model import NetworkModel
from cubesal.sphere_filter import smooth_on_sphere
from cubesal.sphere_grid import cell_directions, cell_taps, cell_weights
from cubesal.stages import stage

__all__ = ["FusionConfig", "FusionModel"]

FloatArray = NDArray[np.float32]


@dataclass(frozen=True)
class FusionConfig:
    """How evidence and motion become the saliency of a moment."""

    # Weights of terms where something moves, instead of those for stills: in a video, people act.
    weights: tuple[tuple[Term, float], ...] = (("worn", 2.0),)

    # Radians. Change shows at the edges of what moves; this fills it in.
    motion_smoothing: float = math.radians(3)

    # Motion counts relative to its mean over the sphere; this keeps noise from being all there is.
    motion_noise: float = 0.03

    # Twice as much motion is not twice as interesting.
    motion_power: float = 0.8

    # What nothing is multiplied by where nothing moves.
    motion_floor: float = 0.05

    # Moments remembered, and how much each counts compared with the one after it.
    window: int = 8
    fading: float = 0.5

    # Saliency that makes 1: over real clips the maxima lie around it.
    full_scale: float = 8.0


@dataclass
class _Moment:
    """Saliency of the cells (P,) of one moment, and the camera's turn since then."""

    saliency: FloatArray
    turn: NDArray[np.float64]


class FusionModel(NetworkModel):
    """A `CubeSal` network, motion, and a memory of the last moments.

    A frame without one before it, such as a still, gets the network's static map.
    """

    def __init__(
        self,
        name: str,
        network: CubeSal,
        device: torch.device,
        files: tuple[Path, ...] = (),
        config: FusionConfig | None = None,
    ) -> None:
        super().__init__(name, network, device, files)
        self.fusion = config or FusionConfig()
        # A window's first moment needs the frame before it, too: its motion is that since then.
        self.warmup_frames = self.fusion.window
        self.complete = False
        self._meter = MotionMeter()
        self._moments: deque[_Moment] = deque(maxlen=self.fusion.window)
        self._cells = _CellGrid(network.config.cells, self.fusion.motion_smoothing)

    def reset(self) -> None:
        """Forget the frames seen so far: at the start of a clip and after a jump."""
        self._meter.reset()
        self._moments.clear()
        self.last_raw = None
        self.complete = False

    def observe(self, equirect_rgb: NDArray[np.uint8]) -> None:
        """Show the next frame (H, W, 3) without asking for its map."""
        self._remember(equirect_rgb)

    def step(self, equirect_rgb: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Show the next frame (H, W, 3) -> its map, (120, 240) float32 >= 0, maxima around 1."""
        terms = self._remember(equirect_rgb)
        with stage("memory"), torch.inference_mode():
            if self._moments:
                cells = self._faded() / np.float32(self.fusion.full_scale)
                saliency = self.network.to_map(torch.from_numpy(cells)[None].to(self.device))
            else:
                saliency = self.network.map_of(terms)
            self.last_raw = np.asarray(saliency[0].cpu().numpy(), dtype=np.float32)
        return self.last_raw

    def zero_padded(self) -> FusionModel:
        """The same network with the same weights, but zeros for borders, for comparisons."""
        network = uncubify(deepcopy(self.network))
        return FusionModel(self.name, network, self.device, self.files, self.fusion)

    def static(self) -> NetworkModel:
        """The network alone: every frame as a still."""
        return NetworkModel(self.name, self.network, self.device, self.files)

    def _remember(self, equirect_rgb: NDArray[np.uint8]) -> Tensor:
        """Add the moment of a frame, if something is known of its motion; the frame's terms."""
        with stage("motion"):
            motion = self._meter.step(equirect_rgb)
        terms = self.terms(equirect_rgb)
        if motion is None:  # the first frame, or the first of another shot
            self._moments.clear()
        else:
            for moment in self._moments:
                moment.turn = motion.rotation @ moment.turn
            self._moments.append(_Moment(self._fused(terms, motion), np.eye(3)))
        self.complete = len(self._moments) == self.fusion.window
        return terms

    def _fused(self, terms: Tensor, motion: Motion) -> FloatArray:
        """(P,) saliency of one moment."""
        config = self.network.config
        other = dict(self.fusion.weights)
        weights = [other.get(t, w) for t, w in zip(config.terms, config.weights, strict=True)]
        with torch.inference_mode():
            evidence = self.network.evidence
            salient = evidence.salient(evidence.combined(terms, weights))[0].cpu().numpy()
        moved = self._cells.motion(motion.residual, self.fusion.motion_noise)
        fused = salient * (self.fusion.motion_floor + moved**self.fusion.motion_power)
        return np.asarray(fused, np.float32)

    def _faded(self) -> FloatArray:
        """(P,) the mean of the moments remembered, turned to where they are now."""
        shares = self.fusion.fading ** np.arange(len(self._moments))[::-1]
        turned = [self._cells.turned(m.saliency, m.turn) for m in self._moments]
        return np.asarray(np.average(turned, axis=0, weights=shares), np.float32)


class _CellGrid:
    """Values on the P = 6 cells² cells of the cube: motion brought there, and turned."""

    def __init__(self, cells: int, smoothing: float) -> None:
        self._cells = cells
        self._smoothing = smoothing
        self._area = cell_weights(cells).reshape(-1)
        self._dirs = cell_directions(cells).reshape(-1, 3)

    def motion(self, residual: FloatArray, noise: float) -> FloatArray:
        """(h, 2h) -> (P,), smoothed, in units of its mean over the sphere plus `noise`."""
        smooth = smooth_on_sphere(residual, self._smoothing).astype(np.float32)
        moved = sample_equirect(smooth, self._dirs[None].astype(np.float32))[0]
        return np.asarray(moved / (float(moved @ self._area) + noise), np.float32)

    def turned(self, values: FloatArray, rotation: NDArray[np.float64]) -> FloatArray:
        """(P,) values of which what was at d now is at rotation @ d."""
        if not is_turn(rotation):
            return values
        index, weight = cell_taps(self._dirs @ rotation, self._cells)
        return np.asarray((values[index] * weight).sum(axis=0), np.float32)
