"""Checkpoints: everything from which a training goes on as if it had never stopped.

Laid out as the published code does: a folder named by the weights of the losses, in it
``CLSTM_<epoch>_<iteration>``, iterations being counted from the start of the training. Each has the
weights (``.safetensors``, on request ``.pth`` with the published names) and the state of the
training (``.state``).
"""

from __future__ import annotations

import json
import math
import pickle
import random
import re
import warnings
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, cast

import numpy as np
import torch
from safetensors.torch import save as safetensors_bytes
from torch import Tensor

from cubesal.errors import ExportError, TrainingError
from cubesal.training.config import LossConfig
from cubesal.whole_files import written_whole

__all__ = ["Checkpoints", "Position", "random_state", "restore_random_state"]

_NAME = re.compile(r"CLSTM_(\d+)_(\d+)\.state")
_FORMAT = 1
#: What a state holds beside its position.
_PARTS = ("module", "optimiser", "scaler", "random", "about")
#: What reading damaged bytes as a state may raise.
_UNREADABLE = (
    pickle.UnpicklingError, RuntimeError, EOFError, OSError, ValueError, LookupError, TypeError,
    AttributeError, ArithmeticError, AssertionError, MemoryError,
)  # fmt: skip


@dataclass(frozen=True)
class Position:
    """How far a training has come: epochs done, steps done in all, and steps done of this epoch."""

    epoch: int = 0
    step: int = 0
    in_epoch: int = 0


class Checkpoints:
    """The checkpoints of one run.

    Args:
        out: folder of the run.
        losses: whose weights name the folder inside it.
        keep: how many states are kept; 0 for all. Weights of the end of an epoch always are.
        export_pth: also write ``.pth``.
    """

    def __init__(
        self, out: Path, losses: LossConfig, keep: int = 0, export_pth: bool = False
    ) -> None:
        name = f"CLSTM_s_{losses.smooth}_t_{losses.temporal}_m_{losses.mask}"
        self.folder = out / name
        self._keep, self._export_pth = keep, export_pth

    def states(self) -> list[Path]:
        """The states there are, the latest last."""
        found = []
        for path in self.folder.glob("CLSTM_*.state"):
            match = _NAME.fullmatch(path.name)
            if match:
                found.append((int(match[2]), int(match[1]), path))
        return [path for _, _, path in sorted(found)]

    def others(self) -> list[Path]:
        """Folders beside ours with checkpoints of trainings that had other weights of losses."""
        found = {path.parent for path in self.folder.parent.glob("CLSTM_s_*/CLSTM_*_*.*")}
        return sorted(found - {self.folder})

    def save(
        self,
        epoch: int,
        position: Position,
        state: Mapping[str, Any],
        weights: Mapping[str, Tensor],
        about: Mapping[str, Any],
    ) -> Path:
        """Write a checkpoint, the state last, each file whole; returns the file of the weights.

        Args:
            epoch: that it was reached in, for the name; `position` is where to go on.
            state: of the training, as tensors and plain values.
            weights: of the network, by name.
            about: sections of plain values, written into the file of the weights.

        Raises:
            ExportError: no space, no permission.
        """
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise ExportError(f"cannot write {self.folder}: {error.strerror or error}") from error
        stem = f"CLSTM_{epoch}_{position.step}"
        plain = {name: tensor.detach().cpu().contiguous() for name, tensor in weights.items()}
        target = self.folder / f"{stem}.safetensors"
        with written_whole(target) as part:
            # One entry only: the order of several is not fixed, and equal weights are equal files.
            part.write_bytes(safetensors_bytes(plain, {"training": json.dumps(about)}))
        if self._export_pth:
            _write_pth(target.with_suffix(".pth"), plain)
        with written_whole(target.with_suffix(".state")) as part:
            torch.save({"format": _FORMAT, "position": asdict(position), **state}, part)
        self._drop_old()
        return target

    def complete_pth(self, weights: Mapping[str, Tensor]) -> None:
        """Write the ``.pth`` of the last checkpoint, if it is wanted and not there. ExportError.

        Args:
            weights: those of that checkpoint.
        """
        target = self.states()[-1].with_suffix(".pth")
        if self._export_pth and not target.is_file():
            _write_pth(target, {n: t.detach().cpu().contiguous() for n, t in weights.items()})

    def load_latest(self) -> tuple[Position, dict[str, Any]] | None:
        """The latest state, or None without any.

        Raises:
            TrainingError: it cannot be read, is incomplete, holds undefined weights, or is of
                another version.
        """
        states = self.states()
        if not states:
            return None
        content = _read(states[-1])
        return _checked(content, states[-1])

    def _drop_old(self) -> None:
        states = self.states()
        for old in states[: -self._keep] if self._keep else []:
            old.unlink(missing_ok=True)
            if not self._ends_epoch(old, states):
                old.with_suffix(".safetensors").unlink(missing_ok=True)
                old.with_suffix(".pth").unlink(missing_ok=True)

    def _ends_epoch(self, path: Path, states: list[Path]) -> bool:
        """Whether no later checkpoint is of the same epoch."""
        later = states[states.index(path) + 1 :]
        return all(other.name.split("_")[1] != path.name.split("_")[1] for other in later)


def _write_pth(target: Path, plain: Mapping[str, Tensor]) -> None:
    with written_whole(target) as part:
        torch.save(dict(plain), part)


def _read(path: Path) -> dict[str, Any]:
    try:
        with warnings.catch_warnings():
            # That a pickle protocol is unusual; what matters is whether the file can be read.
            warnings.filterwarnings("ignore", message="Detected pickle protocol")
            content = torch.load(path, map_location="cpu", weights_only=True)
    except _UNREADABLE as error:
        raise TrainingError(f"the checkpoint {path} is damaged: {_remedy(path)}") from error
    version = content.get("format") if isinstance(content, dict) else None
    if type(version) is not int or version != _FORMAT:
        raise TrainingError(f"{path} is no checkpoint of this version of cubesal: {_remedy(path)}")
    return cast(dict[str, Any], content)


def _remedy(path: Path) -> str:
    return f"remove {path.name} to continue from the checkpoint before it"


def _checked(content: dict[str, Any], path: Path) -> tuple[Position, dict[str, Any]]:
    """Where it is and the state of the training, all of it there and defined. TrainingError."""
    position = content.pop("position", None)
    names = [field.name for field in fields(Position)]
    if (
        not isinstance(position, dict)
        or set(position) != set(names)
        or not all(type(value) is int and value >= 0 for value in position.values())
        or not all(isinstance(content.get(part), dict) for part in _PARTS)
        or (about := _table(content["about"])) is None
    ):
        raise TrainingError(f"the checkpoint {path} is damaged: {_remedy(path)}")
    if not (_is_finite(content["module"]) and _is_finite(content["optimiser"])):
        raise TrainingError(f"the checkpoint {path} holds undefined weights: {_remedy(path)}")
    return Position(**position), {**content, "about": about}


def _table(about: Mapping[Any, Any]) -> dict[str, dict[str, Any]] | None:
    """The sections of plain values that were written, or None if it is something else."""
    try:
        plain: dict[str, Any] = json.loads(json.dumps(about))
    except (TypeError, ValueError, RecursionError):
        return None
    return plain if all(isinstance(part, dict) for part in plain.values()) else None


def _is_finite(values: Any) -> bool:
    """Whether all numbers of all tensors in it are."""
    if isinstance(values, Tensor):
        plain = values.layout == torch.strided and not values.is_meta
        return plain and bool(torch.isfinite(values).all())
    if isinstance(values, Mapping):
        return all(_is_finite(value) for value in values.values())
    if isinstance(values, list | tuple):
        return all(_is_finite(value) for value in values)
    return not isinstance(values, float) or math.isfinite(values)


def random_state() -> dict[str, Any]:
    """The state of every generator of random numbers, as plain values and tensors."""
    kind, keys, at, has_gauss, gauss = np.random.get_state()  # noqa: NPY002 - others may use it
    version, words, following = random.getstate()
    cuda = torch.cuda.get_rng_state_all() if torch.cuda.is_available() else []
    return {
        "python": [version, list(words), following],
        "numpy": [kind, np.asarray(keys).tolist(), int(at), int(has_gauss), float(gauss)],
        "torch": torch.get_rng_state(),
        "cuda": cuda,
    }


def restore_random_state(state: Mapping[str, Any]) -> None:
    """Go on with the random numbers where `random_state` left them."""
    version, words, following = state["python"]
    random.setstate((version, tuple(words), following))
    kind, keys, *rest = state["numpy"]
    np.random.set_state((kind, np.array(keys, np.uint32), *rest))  # noqa: NPY002 - see above
    torch.set_rng_state(state["torch"])
    if state["cuda"] and len(state["cuda"]) == torch.cuda.device_count():
        torch.cuda.set_rng_state_all(state["cuda"])
