"""A frame's class activation maps, as a training prepares them once."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from functools import cached_property

import numpy as np
import torch
from numpy.typing import NDArray

from cubesal.backbone import build
from cubesal.cam import class_activation_maps, merged_classes
from cubesal.classifier import Classifier
from cubesal.convention import Convention
from cubesal.errors import TrainingError
from cubesal.faces import unit_faces
from cubesal.training.config import DataConfig

__all__ = ["StaticMaps"]


class StaticMaps:
    """Frames -> class activation maps, with the backbone that a configuration names.

    Raises:
        TrainingError: no such backbone.
        ModelError: its weights are missing.

    Attributes:
        channels: maps per frame.
        weights_name: a short name of the content of all weights.
    """

    def __init__(self, data: DataConfig, convention: Convention, device: torch.device) -> None:
        self._face_w, self._convention, self._device = data.face_w, convention, device
        self._network = _built(data, convention).to(device)
        weight = self._network.class_weight
        self._merge_to = data.channels
        self.channels = data.channels or len(weight)
        if self.channels > len(weight):
            raise TrainingError(
                f"data.channels is {data.channels}, but {data.backbone} knows {len(weight)} classes"
            )
        self.weights_name = _content_name(self._network.state_dict())

    @cached_property
    def shape(self) -> tuple[int, ...]:
        """(6, channels, w, w), what a frame of any size gives.

        Raises:
            TrainingError: the backbone cannot look at faces so small.
        """
        try:
            return self(np.zeros((64, 128, 3), np.uint8)).shape
        except (RuntimeError, ValueError) as error:
            raise TrainingError(
                f"the backbone cannot look at faces of data.face_w = {self._face_w} pixels: {error}"
            ) from error

    def __call__(self, equirect_rgb: NDArray[np.uint8]) -> NDArray[np.float32]:
        """(H, W, 3) uint8 -> (6, channels, w, w) float32."""
        unit = unit_faces(equirect_rgb, self._face_w, self._convention)
        faces = torch.from_numpy(unit).to(self._device).permute(0, 3, 1, 2)
        with torch.inference_mode():
            features = self._network.features(self._network.normalised(faces))
            maps = class_activation_maps(features, self._network.class_weight, self._convention)
            if self._merge_to:
                maps = merged_classes(maps, self._merge_to)
        return np.ascontiguousarray(maps.float().cpu().numpy())


def _content_name(state: Mapping[str, torch.Tensor]) -> str:
    """16 hexadecimal digits of names, shapes and values; counters of training steps do not count.

    Two files may share their class weights and differ in what comes before.
    """
    content = hashlib.sha256()
    for name, tensor in sorted(state.items()):
        if tensor.is_floating_point():
            content.update(f"{name} {tuple(tensor.shape)} ".encode())
            content.update(np.ascontiguousarray(tensor.detach().cpu().numpy()).tobytes())
    return content.hexdigest()[:16]


def _built(data: DataConfig, convention: Convention) -> Classifier:
    try:
        if data.weights != "random":
            return build(data.backbone, convention, data.weights)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(0)
            return build(data.backbone, convention, None)
    except ValueError as error:
        raise TrainingError(f"data.backbone {data.backbone!r} cannot be used: {error}") from error
