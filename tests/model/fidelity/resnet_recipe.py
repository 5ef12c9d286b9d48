"""The recipe of the weights that the recorded ResNet-50 figures were made with."""

from __future__ import annotations

import math
import zlib
from collections.abc import Mapping

import numpy as np
import torch
from torch import Tensor


def recipe_state(shapes: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """A state dict with the names and shapes given, each tensor seeded by its own name."""
    return {
        name: torch.from_numpy(_values(name, tuple(like.shape)).astype(np.float32))
        if like.is_floating_point()
        else torch.zeros(like.shape, dtype=like.dtype)
        for name, like in shapes.items()
    }


def _values(name: str, shape: tuple[int, ...]) -> np.ndarray:
    random = np.random.RandomState(zlib.crc32(name.encode("ascii")) & 0x7FFFFFFF)
    if name.endswith("running_var"):
        return 0.5 + random.random_sample(shape)
    r = random.standard_normal(shape)
    if len(shape) == 4:
        return r * math.sqrt(2 / (shape[1] * shape[2] * shape[3]))
    if name == "fc.weight":
        return 0.03 * r
    if name == "fc.bias":
        return 0 * r
    if name.endswith(("running_mean", "bias")):
        return 0.1 * r
    if name.endswith("bn3.weight"):
        return 0.25 * (1 + 0.1 * r)
    return 1 + 0.1 * r
