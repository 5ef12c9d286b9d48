"""Loading models: by name, onto a device, with everything that can be wrong said in words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from time import perf_counter
from typing import Literal

import numpy as np
import torch
from torch import Tensor

from cubesal.backbone import build, build_backbone, network_for
from cubesal.class_map_model import ClassMapModel, ClassMaps
from cubesal.convlstm import ConvLSTMCell, build_cell, empty_cell, random_cell, sizes_of
from cubesal.device import resolve_device
from cubesal.errors import ModelError
from cubesal.fusion import FusionModel
from cubesal.memory import MomentMemory
from cubesal.model_list import model_files, recipe_of
from cubesal.network import CubeSal
from cubesal.precision import choose_precision
from cubesal.recipes import Recipe
from cubesal.saliency_model import NetworkModel, SaliencyModel
from cubesal.weights import check_state, read_weights

__all__ = [
    "ModelReport",
    "SaliencyModel",
    "load_model",
    "read_own_temporal_weights",
    "read_temporal_weights",
    "verify_model",
]

# Channels of the paper's ConvLSTM: one per class.
_TEMPORAL_WIDTH = 1000


@dataclass(frozen=True)
class ModelReport:
    """What `verify_model` found.

    Attributes:
        paths: the weights files.
        tensors, parameters: how many they hold.
        step_ms: time of one prediction, after one to warm up, on `device`.
    """

    name: str
    paths: tuple[Path, ...]
    tensors: int
    parameters: int
    device: str
    step_ms: float

    @property
    def path(self) -> Path:
        """The file with the backbone's weights."""
        return self.paths[0]


def load_model(
    name: str = "default",
    device: str | torch.device = "auto",
    weights: Literal["random"] | None = None,
) -> SaliencyModel:
    """Build a model, load its weights, and move it to a device.

    Args:
        name: a name from `model_list.available_models`.
        device: see `resolve_device`.
        weights: "random" for the same random weights every time, which need no file: for debugging
            and timing. The model's name then says so.

    Raises:
        ModelError: unknown name; weights missing, damaged or of another network.
        DeviceError: the device is absent.
    """
    target = resolve_device(device)
    recipe = recipe_of(name)
    if weights is None:
        return _loaded(name, recipe, target)
    if weights != "random":
        raise ValueError(f"weights are None or 'random', not {weights!r}")
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return _random(f"{name} (random weights)", recipe, target)


def _loaded(name: str, recipe: Recipe, device: torch.device) -> SaliencyModel:
    files = model_files(name)
    try:
        if recipe.config is not None:
            _, state = network_for(recipe.backbone, files[0])
            backbone = build_backbone(recipe.backbone, state)
            network = CubeSal(recipe.config, backbone).eval().to(device)
            choose_precision(name, network, device)
            if recipe.fusion is None:
                return NetworkModel(name, network, device, files)
            memory = _read_memory(files[1])
            return FusionModel(name, network, memory, device, files, recipe.fusion)
        classifier = build(recipe.backbone, recipe.convention, files[0]).to(device)
    except ValueError as error:
        raise ModelError(f"model {name!r} cannot be built: {error}") from error
    maps = ClassMaps(classifier, recipe.face_w, recipe.projection)
    if len(files) == 1:
        return ClassMapModel(name, maps, files=files)
    own = recipe.temporal is not None
    state = read_own_temporal_weights(files[1]) if own else read_temporal_weights(files[1])
    cell = build_cell(state, recipe.convention).to(device)
    classes = len(classifier.class_weight)
    if cell.input_size > classes:
        raise ModelError(
            f"{files[1]} holds a ConvLSTM of {cell.input_size} channels,"
            f" but the backbone of {name!r} knows {classes} classes"
        )
    maps = replace(maps, channels=cell.input_size if cell.input_size < classes else 0)
    return ClassMapModel(name, maps, cell, recipe.memory or "window", files=files)


def _read_memory(path: Path) -> MomentMemory:
    """The learned memory of the video models. ModelError: it is damaged, or of another network."""
    state = read_weights(path)
    hidden = state["gates.bias"].numel() // 4 if "gates.bias" in state else 1
    memory = MomentMemory(max(hidden, 1))
    check_state(state, memory.state_dict(), path)
    memory.load_state_dict(dict(state))
    return memory.eval().requires_grad_(False)


def _random(name: str, recipe: Recipe, device: torch.device) -> SaliencyModel:
    if recipe.config is not None:
        network = CubeSal(recipe.config, build_backbone(recipe.backbone)).eval().to(device)
        if recipe.fusion is None:
            return NetworkModel(name, network, device)
        memory = MomentMemory().eval().requires_grad_(False)
        return FusionModel(name, network, memory, device, config=recipe.fusion)
    classifier = build(recipe.backbone, recipe.convention, weights=None).to(device)
    cell: ConvLSTMCell | None = None
    if recipe.memory is not None:
        width = len(classifier.class_weight)
        cell = random_cell(width, width, recipe.convention).to(device)
    maps = ClassMaps(classifier, recipe.face_w, recipe.projection)
    return ClassMapModel(name, maps, cell, recipe.memory or "window")


def read_temporal_weights(path: Path) -> Mapping[str, Tensor]:
    """The weights of the paper's ConvLSTM in a file, checked.

    Raises:
        ModelError: the file is unreadable, or holds another network or undefined values; says what.
    """
    state = read_own_temporal_weights(path)
    width, _ = sizes_of(state)
    if width != _TEMPORAL_WIDTH:
        raise ModelError(
            f"{path} holds a ConvLSTM of {width} inputs and {width} hidden channels;"
            f" cp360 needs {_TEMPORAL_WIDTH} of each, one per class"
        )
    return state


def read_own_temporal_weights(path: Path) -> Mapping[str, Tensor]:
    """The weights of a ConvLSTM as `cubesal train` leaves them, of any width, checked.

    Raises:
        ModelError: as `read_temporal_weights`; or its input and its state differ in width, which
            a window that begins with its first maps as state cannot have.
    """
    state = read_weights(path)
    try:
        sizes = sizes_of(state)
    except ValueError as error:
        raise ModelError(f"{path} does not hold the ConvLSTM of CP-360: {error}") from error
    if sizes[0] != sizes[1]:
        raise ModelError(
            f"{path} holds a ConvLSTM of {sizes[0]} inputs and {sizes[1]} hidden channels;"
            " a model needs as many of each"
        )
    check_state(state, empty_cell(*sizes).state_dict(), path)
    return state


def verify_model(name: str, device: str | torch.device = "auto") -> ModelReport:
    """Load a model, check every tensor, and predict once.

    Raises:
        ModelError, DeviceError: as `load_model`, or when anything predicted is not finite.
    """
    files = model_files(name)
    states = [read_weights(file) for file in files]
    model = load_model(name, device)
    frame = np.random.default_rng(0).integers(0, 256, (480, 960, 3), dtype=np.uint8)
    model.step(frame)
    start = perf_counter()
    saliency = model.step(frame)
    step_ms = 1000 * (perf_counter() - start)
    # The map that is shown hides what is wrong with the one that the network gives.
    for values in (saliency, model.last_raw, model.features(frame)):
        model.check_finite(torch.from_numpy(values))
    parameters = sum(tensor.numel() for state in states for tensor in state.values())
    tensors = sum(len(state) for state in states)
    return ModelReport(name, files, tensors, parameters, str(model.device), step_ms)
