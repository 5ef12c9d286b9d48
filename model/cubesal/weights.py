"""Reading weights from files of others, with everything that may be wrong with them in words."""

from __future__ import annotations

import pickle
import pickletools
import warnings
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import cast

import safetensors
import torch
from safetensors.torch import load_file
from torch import Tensor

from cubesal.errors import ModelError

# A file is named by what its first bytes say, not by its suffix: people rename files.
_ZIP, _PICKLE = b"PK", b"\x80"
_WEB_PAGE = (b"<!doctype", b"<html", b"<?xml")

# What PyTorch's older files begin with: a magic number, a version, the machine, the contents.
_LEGACY_PICKLES = 4

_NUMBERS = (torch.float64, torch.float32, torch.float16, torch.bfloat16)


def read_weights(path: Path) -> dict[str, Tensor]:
    """The state dict in a .safetensors or PyTorch file, on the CPU.

    PyTorch files are unpickled with `weights_only=True`: one that would run code is refused. A
    training checkpoint that keeps the state dict under "state_dict" or "model" is unwrapped, and
    the prefix "module." of data-parallel training is dropped.

    Raises:
        ModelError: the file is missing, unreadable, damaged, or holds something else.
    """
    try:
        with path.open("rb") as file:
            head = file.read(512)
    except OSError as error:
        raise ModelError(f"cannot read {path}: {error.strerror or error}") from error
    if head.lstrip().lower().startswith(_WEB_PAGE):
        raise ModelError(
            f"{path} is a web page and not a weights file: download the file itself again, not the"
            " page that offers it"
        )
    content = _read_pytorch(path) if head.startswith((_ZIP, _PICKLE)) else _read_safetensors(path)
    return _as_state(content, path)


def _read_safetensors(path: Path) -> object:
    try:
        return load_file(path)
    except (safetensors.SafetensorError, ValueError, OSError) as error:
        raise ModelError(
            f"{path} is neither a PyTorch nor a safetensors file, or it is damaged"
        ) from error


def _read_pytorch(path: Path) -> object:
    try:
        with warnings.catch_warnings():
            # Of unusual pickles and tensors; what matters is whether the contents can be used.
            warnings.simplefilter("ignore")
            return torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # a damaged file makes the unpickler stumble in any way whatever
        if not isinstance(error, pickle.UnpicklingError) or _is_cut_off(path):
            raise ModelError(f"{path} is damaged or not a PyTorch file; fetch it again") from error
        raise ModelError(
            f"{path} holds more than weights and could run code when opened; it was not opened:"
            " ask for a file with the state dict only"
        ) from error


def _is_cut_off(path: Path) -> bool:
    """Whether a file ends too early; nothing in it is carried out."""
    with path.open("rb") as file:
        if file.read(len(_ZIP)) == _ZIP:
            return not zipfile.is_zipfile(path)
        file.seek(0)
        try:
            for _ in range(_LEGACY_PICKLES):
                for _operation in pickletools.genops(file):
                    pass
                if not file.peek(1):
                    break
        except (ValueError, EOFError, IndexError):
            return True
    return False


def _as_state(content: object, path: Path) -> dict[str, Tensor]:
    if isinstance(content, Mapping):
        for wrapper in ("state_dict", "model"):
            if isinstance(content.get(wrapper), Mapping):
                content = cast(Mapping[object, object], content[wrapper])
    if not isinstance(content, Mapping) or not content:
        raise ModelError(f"{path} holds no state dict (names and tensors)")
    strangers = [
        k for k, v in content.items() if not (isinstance(k, str) and isinstance(v, Tensor))
    ]
    if strangers:
        raise ModelError(f"{path} holds no state dict: entry {strangers[0]!r} is no tensor")
    for name, tensor in content.items():
        _check_plain(str(name), tensor, path)
    return {str(name).removeprefix("module."): tensor for name, tensor in content.items()}


def _check_plain(name: str, tensor: Tensor, path: Path) -> None:
    if tensor.is_meta or tensor.is_nested or tensor.layout != torch.strided:
        raise ModelError(f"{path} does not fit: {name} holds no plain array of values")


def check_state(state: Mapping[str, Tensor], expected: Mapping[str, Tensor], path: Path) -> None:
    """Compare names, shapes and values with what a network expects.

    Raises:
        ModelError: naming the first thing that does not fit.
    """
    # Counters of training steps: absent in files from before torch 0.4.1, and never used here.
    needed = {k for k in expected if not k.endswith("num_batches_tracked")}
    missing = sorted(needed - state.keys())
    surplus = sorted(state.keys() - expected.keys())
    if missing or surplus:
        raise ModelError(f"{path} does not fit: {_differences(missing, surplus)}")
    for name in sorted(needed):
        if state[name].shape != expected[name].shape:
            raise ModelError(
                f"{path} does not fit: {name} has shape {tuple(state[name].shape)},"
                f" expected {tuple(expected[name].shape)}"
            )
        if state[name].dtype not in _NUMBERS:
            raise ModelError(f"{path} does not fit: {name} holds {state[name].dtype} values")
        _check_plain(name, state[name], path)
        # Judged in the precision in which they are kept and used.
        if not bool(torch.isfinite(state[name].float()).all()):
            raise ModelError(
                f"{path} is unusable: {name} contains infinite or undefined values, or such as"
                " single precision cannot hold"
            )


def _differences(missing: list[str], surplus: list[str]) -> str:
    parts = [
        f"{len(names)} tensor(s) {word}, the first is {names[0]}"
        for word, names in (("missing", missing), ("not known", surplus))
        if names
    ]
    return "; ".join(parts)
