"""CP-360 as a model: class activation maps of cube faces, with or without the ConvLSTM.

Frame, cube faces, classifier's features, class activation maps; then either the square of the
largest class (static), or the ConvLSTM over a window and its largest channel.
"""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from cubesal.backbone import Classifier
from cubesal.cam import class_activation_maps, merged_classes, static_saliency
from cubesal.convlstm import ConvLSTMCell
from cubesal.cubify import uncubify
from cubesal.faces import PUBLISHED_FACE_W, unit_faces
from cubesal.geometry import equirect_rays, sample_equirect
from cubesal.geometry.cube import CubeMode
from cubesal.model_settings import Memory
from cubesal.network import MAP_HEIGHT
from cubesal.saliency_model import SaliencyModel
from cubesal.stages import stage
from cubesal.temporal import WINDOW, TemporalStream

__all__ = ["ClassMapModel", "ClassMaps", "display_map"]


@dataclass(frozen=True)
class ClassMaps:
    """From frames to class activation maps, each frame by itself.

    Attributes:
        classifier: on its device; its convention holds throughout.
        face_w: width of the faces in pixels.
        projection: how static saliency is brought from the cube to the sphere.
        channels: classes are merged to so many kinds, as for the training of a small memory
            (`cam.merged_classes`); 0 keeps them all.
    """

    classifier: Classifier
    face_w: int = PUBLISHED_FACE_W
    projection: CubeMode = "bilinear"
    channels: int = 0

    def features(self, equirect_rgb: NDArray[np.uint8]) -> Tensor:
        """Frame (H, W, 3) uint8 -> (6, C, h, w), on the classifier's device."""
        convention = self.classifier.convention
        faces = unit_faces(equirect_rgb, self.face_w, convention)
        with stage("backbone"), torch.inference_mode():
            weight = self.classifier.class_weight
            batch = torch.from_numpy(faces).to(weight.device).permute(0, 3, 1, 2)
            return self.classifier.features(self.classifier.normalised(batch))

    def __call__(self, equirect_rgb: NDArray[np.uint8]) -> Tensor:
        """Frame (H, W, 3) uint8 -> (6, K or `channels`, h, w), on the classifier's device."""
        features = self.features(equirect_rgb)
        with stage("cam"), torch.inference_mode():
            weight, convention = self.classifier.class_weight, self.classifier.convention
            maps = class_activation_maps(features, weight, convention)
            return merged_classes(maps, self.channels) if self.channels else maps


class ClassMapModel(SaliencyModel):
    """Saliency from class activation maps, static or remembered by a ConvLSTM.

    `last_raw` is the map as the published code has it, (14, 28) at its face width of 224: the
    square of the largest class where there is no memory, else the largest channel of the hidden
    state, which may be negative. `step` returns it as `display_map` shows it.

    Args:
        name: as chosen by the user.
        class_maps: from frames to class activation maps.
        cell: the memory, for as many channels as there are classes; None for a static model.
        memory, window: how the cell is used, see `temporal.TemporalStream`.
        files: where the weights come from.

    Attributes:
        class_maps: as given; call it with a frame, and `step_maps` with the result, to have both.
        memory: None for a static model.
        window: frames that a map is made of, 1 for a static model.
    """

    prior = False  # the published code has none

    def __init__(
        self,
        name: str,
        class_maps: ClassMaps,
        cell: ConvLSTMCell | None = None,
        memory: Memory = "window",
        window: int = WINDOW,
        files: tuple[Path, ...] = (),
    ) -> None:
        super().__init__(name, class_maps.classifier.class_weight.device, files)
        self.class_maps = class_maps
        self.convention = class_maps.classifier.convention
        self.memory: Memory | None = None if cell is None else memory
        self.window = 1 if cell is None else window
        self._stream: TemporalStream | None = None
        if cell is not None:
            self._stream = TemporalStream(cell, self.convention, memory, window)
            self.warmup_frames = self._stream.warmup_frames
            self.complete = False

    def reset(self) -> None:
        """Forget the frames seen so far: at the start of a clip and after a jump."""
        self.last_raw = None
        if self._stream is not None:
            self._stream.reset()
            self.complete = False

    def observe(self, equirect_rgb: NDArray[np.uint8]) -> None:
        """Show the next frame (H, W, 3) without asking for its map, which costs less."""
        if self._stream is not None:
            self.observe_maps(self.class_maps(equirect_rgb))

    def step(self, equirect_rgb: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Show the next frame (H, W, 3) -> its map, (120, 240) float32 in 0..1."""
        return self.step_maps(self.class_maps(equirect_rgb))

    def observe_maps(self, class_maps: Tensor) -> None:
        """As `observe`, from class activation maps (6, K, h, w) made before."""
        if self._stream is not None:
            with torch.inference_mode():
                self.check_finite(class_maps)
                self._stream.observe(class_maps.to(self.device))
            self.complete = self._stream.complete

    def step_maps(self, class_maps: Tensor) -> NDArray[np.float32]:
        """As `step`, from class activation maps (6, K, h, w) made before."""
        with torch.inference_mode():
            self.check_finite(class_maps)
            raw = self._saliency(class_maps.to(self.device))
            self.check_finite(raw)
        self.last_raw = np.asarray(raw.float().cpu().numpy(), dtype=np.float32)
        with stage("projection"):
            return display_map(self.last_raw)

    def _saliency(self, class_maps: Tensor) -> Tensor:
        if self._stream is None:
            with stage("projection"):
                mode = self.class_maps.projection
                return static_saliency(class_maps, convention=self.convention, mode=mode)[0]
        raw = self._stream.step(class_maps)
        self.complete = self._stream.complete
        return raw

    def features(self, equirect_rgb: NDArray[np.uint8]) -> NDArray[np.float32]:
        """What the classifier averages, of a frame by itself: (6, C, h, w) float32."""
        features = self.class_maps.features(equirect_rgb)
        self.check_finite(features)
        return np.asarray(features.float().cpu().numpy(), dtype=np.float32)

    def with_memory(self, memory: Memory | None, window: int = WINDOW) -> ClassMapModel:
        """The same networks with the memory used otherwise; None, not at all.

        Raises:
            ValueError: there is no memory, or the window is shorter than a frame.
        """
        if memory is None:
            return ClassMapModel(self.name, self.class_maps, files=self.files)
        if self._stream is None:
            raise ValueError(f"model {self.name!r} has no memory")
        cell = self._stream.cell
        return ClassMapModel(self.name, self.class_maps, cell, memory, window, self.files)

    def zero_padded(self) -> ClassMapModel:
        """The same network with the same weights, but zeros for borders, for comparisons.

        The memory keeps its cube padding: there is no other in what it was trained on.
        """
        classifier = uncubify(deepcopy(self.class_maps.classifier))
        maps = replace(self.class_maps, classifier=classifier)
        cell = None if self._stream is None else self._stream.cell
        memory = self.memory or "window"
        return ClassMapModel(self.name, maps, cell, memory, self.window, self.files)


def display_map(raw: NDArray[np.float32]) -> NDArray[np.float32]:
    """A raw map (h, 2 h) of any finite range -> (120, 240) in 0..1, to be shown and planned on.

    Brought to 0..1 by its own least and greatest value, as the published overlays are: the raw
    values rest on a large common level and mean nothing across models. A map of one value is 0.
    Then bilinear between pixel centres, with wrap at the seam and over the poles.

    Raises:
        ValueError: a value is not finite: such a map would be shown as nothing at all.
    """
    if not np.isfinite(raw).all():
        raise ValueError("a map with undefined values cannot be shown")
    least, most = float(raw.min()), float(raw.max())
    unit = (raw - least) / (most - least) if most > least else np.zeros_like(raw)
    shown = sample_equirect(unit.astype(np.float32), equirect_rays(MAP_HEIGHT))
    return np.asarray(np.clip(shown, 0, 1), dtype=np.float32)
