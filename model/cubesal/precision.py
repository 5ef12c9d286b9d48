"""Lower precision for the backbone: only where hardware has it, and only if its maps agree.

With the package comes a pair: a picture, and the map that each of our models makes of it in single
precision. Where a device multiplies shorter numbers natively, a model is tried on that picture as
it is loaded, and the backbone goes on in them if the maps correlate as they should. The rest of
the network, in which small differences are squared and inverted, stays in single precision.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray

from cubesal.errors import ModelError
from cubesal.faces import cube_pyramid
from cubesal.network import CubeSal

__all__ = ["LEAST_AGREEMENT", "PRECISION_VARIABLE", "agreement", "choose_precision", "native"]

#: Correlation with the map in single precision below which lower precision is not used.
LEAST_AGREEMENT: Final = 0.999

#: The environment variable that decides instead: "auto", "float32", "bf16" or "fp16".
PRECISION_VARIABLE: Final = "CUBESAL_PRECISION"

PAIR: Final = Path(__file__).parent / "trained" / "precision_pair.npz"

_NAMES: Final[Mapping[str, torch.dtype | None]] = {
    "float32": None,
    "bf16": torch.bfloat16,
    "fp16": torch.float16,
}

#: CUDA's compute capability from which on tensor cores take bfloat16, and half precision.
_CUDA_BF16, _CUDA_FP16 = (8, 0), (7, 0)
_CPU_BF16 = {"avx512_bf16", "amx_bf16"}


def choose_precision(name: str, network: CubeSal, device: torch.device) -> None:
    """Let the backbone of a network that is on `device` work in the precision that fits it.

    Args:
        name: the model's; of models that are not ours no pair is known, they stay as they are.

    Raises:
        ModelError: the environment asks for what does not exist, or for what does not agree.
    """
    asked = os.environ.get(PRECISION_VARIABLE, "auto")
    if asked not in ("auto", *_NAMES):
        choices = ", ".join(["auto", *_NAMES])
        raise ModelError(f"{PRECISION_VARIABLE} is {asked!r}: it can be one of {choices}")
    lower = native(device) if asked == "auto" else _NAMES[asked]
    if lower is None or name not in _pair():
        return
    network.backbone.precision = lower
    found = agreement(name, network)
    if found >= LEAST_AGREEMENT:
        return
    network.backbone.precision = None
    if asked != "auto":
        raise ModelError(
            f"maps of {name!r} in {asked} correlate {found:.4f} with those in float32, less than"
            f" {LEAST_AGREEMENT}: set {PRECISION_VARIABLE} to float32"
        )


def native(device: torch.device) -> torch.dtype | None:
    """The shorter numbers that a device multiplies natively; None if it has none."""
    if device.type == "cuda":
        capability = torch.cuda.get_device_capability(device)
        if capability >= _CUDA_BF16:
            return torch.bfloat16
        return torch.float16 if capability >= _CUDA_FP16 else None
    if device.type == "cpu" and _CPU_BF16 & _cpu_flags():
        return torch.bfloat16
    return None


def agreement(name: str, network: CubeSal) -> float:
    """Correlation of the map that a network makes of the pair's picture with the pair's map."""
    picture, expected = np.asarray(_pair()["picture"], np.uint8), _pair()[name]
    faces = [
        torch.from_numpy(faces).to(network.backbone.mean.device).permute(0, 3, 1, 2)
        for faces in cube_pyramid(picture, network.config.face_ws)
    ]
    with torch.inference_mode():
        made = network(faces)[0].float().cpu().numpy()
    if not np.isfinite(made).all():
        return 0.0
    return float(np.corrcoef(made.ravel(), expected.astype(np.float32).ravel())[0, 1])


@lru_cache(maxsize=1)
def _pair() -> dict[str, NDArray[np.generic]]:
    """The picture (H, 2H, 3) uint8, and by model's name its static map (120, 240)."""
    if not PAIR.is_file():
        raise ModelError(f"the installation has lost {PAIR}: install cubesal-viewer again")
    with np.load(PAIR, allow_pickle=False) as stored:
        return {key: stored[key] for key in stored.files}


@lru_cache(maxsize=1)
def _cpu_flags() -> frozenset[str]:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:  # no Linux: not known, so not relied on
        return frozenset()
    flags = next((line for line in lines if line.startswith("flags")), "")
    return frozenset(flags.partition(":")[2].split())
