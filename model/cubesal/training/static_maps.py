"""A frame's class activation maps, as a training prepares them once."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from functools import cached_property

import numpy as np
import torch
from numpy.typing import NDArray

from cubesal.backbone import build
from cubesal.class_map_model import ClassMaps
from cubesal.classifier import Classifier
from cubesal.convention import Convention
from cubesal.errors import TrainingError
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
        network = _built(data, convention).to(device)
        self._class_maps = ClassMaps(network, data.face_w, channels=data.channels)
        classes = len(network.class_weight)
        self.channels = data.channels or classes
        if self.channels > classes:
            raise TrainingError(
                f"data.channels is {data.channels}, but {data.backbone} knows {classes} classes"
            )
        self.weights_name = _content_name(network.state_dict())

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
                "the backbone cannot look at faces of"
                f" data.face_w = {self._class_maps.face_w} pixels: {error}"
            ) from error

    def __call__(self, equirect_rgb: NDArray[np.uint8]) -> NDArray[np.float32]:
        """(H, W, 3) uint8 -> (6, channels, w, w) float32."""
        return np.ascontiguousarray(self._class_maps(equirect_rgb).float().cpu().numpy())


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
