"""How weights get to where a user's own are kept.

They lie as safetensors in the user's data directory (CUBESAL_DATA_DIR overrides which), each
checked before it was kept, so that nothing is found out in the middle of an analysis.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, cast

import torch
from safetensors.torch import save_file
from torch import Tensor

from cubesal.errors import ExportError, ModelError
from cubesal.torchvision_guard import import_torchvision
from cubesal.whole_files import written_whole

__all__ = [
    "download_imagenet",
    "filled",
    "keep_weights",
]

#: Which of torchvision's weights: those that CP-360 was built on.
IMAGENET: Final = "IMAGENET1K_V1"


def keep_weights(state: Mapping[str, Tensor], target: Path) -> Path:
    """Write a state dict as float32 safetensors, whole or not at all; counters are dropped.

    Raises:
        ModelError: it cannot be written.
    """
    kept = _alone({name: value for name, value in state.items() if value.is_floating_point()})
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with written_whole(target) as part:
            mode = part.stat().st_mode
            save_file(kept, part)
            part.chmod(mode)  # safetensors closes its files to everybody else
    except OSError as error:
        raise ModelError(f"cannot write {target}: {error.strerror or error}") from error
    except ExportError as error:
        raise ModelError(str(error)) from error
    return target


def _alone(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Each tensor by itself in memory, without gaps: what a safetensors file can hold."""
    taken: set[int] = set()
    kept: dict[str, Tensor] = {}
    for name, value in state.items():
        tensor = value.detach().float().contiguous()
        storage = tensor.untyped_storage()
        is_part = storage.nbytes() != tensor.numel() * tensor.element_size()
        kept[name] = tensor.clone() if is_part or storage.data_ptr() in taken else tensor
        taken.add(storage.data_ptr())
    return kept


def download_imagenet(name: str) -> dict[str, Tensor]:
    """Fetch torchvision's ImageNet weights of the network `name` from their publisher.

    Raises:
        ModelError: there are none, or they cannot be fetched; says from where to fetch by hand.
    """
    weights = _published_weights(name)
    try:
        with tempfile.TemporaryDirectory() as folder:
            state = weights.get_state_dict(model_dir=folder, check_hash=True, weights_only=True)
    except (OSError, RuntimeError) as error:  # no network; or what came is not what was published
        raise ModelError(
            f"cannot download the weights of {name} ({error}): fetch {weights.url} by hand"
            f" and run `cubesal models add {name} FILE`"
        ) from error
    return cast(dict[str, Tensor], state)


def _published_weights(name: str) -> Any:
    offered = import_torchvision().models.get_model_weights(name)
    try:
        return offered[IMAGENET]
    except KeyError as error:
        raise ModelError(f"torchvision offers no {IMAGENET} weights of {name}") from error


def filled(state: Mapping[str, Tensor], expected: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """A checked state dict as float32, with the counters of training steps that it lacks."""
    counters = {k: torch.zeros((), dtype=torch.int64) for k in expected if k not in state}
    weights = {k: v.float() if v.is_floating_point() else v for k, v in state.items()}
    return {**weights, **counters}
