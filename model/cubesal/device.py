"""Which device a model runs on."""

from __future__ import annotations

import torch

from cubesal.errors import DeviceError


def resolve_device(name: str | torch.device = "auto") -> torch.device:
    """The device called `name`: "auto", "cpu", "cuda", "cuda:1", "mps".

    "auto" prefers CUDA, then Apple's MPS, then the CPU.

    Raises:
        DeviceError: the name is unknown, or this computer or this build of torch lacks the device.
    """
    if str(name) == "auto":
        return torch.device(_best())
    try:
        device = torch.device(name)
    except RuntimeError as error:
        raise DeviceError(f"unknown device {name!r}: use auto, cpu, cuda, cuda:N or mps") from error
    problem = _problem(device)
    if problem is not None:
        raise DeviceError(f"device {str(name)!r} cannot be used: {problem}; use auto or cpu")
    return device


def available_devices() -> list[str]:
    """Names that `resolve_device` accepts here, best first, without "auto"."""
    cuda = [f"cuda:{i}" for i in range(torch.cuda.device_count())]
    mps = ["mps"] if torch.backends.mps.is_available() else []
    return [*cuda, *mps, "cpu"]


def settle(device: torch.device) -> None:
    """Return when all work handed to the device is done, so that time can be measured."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    elif device.type == "mps":
        torch.mps.synchronize()


def _best() -> str:
    if torch.cuda.is_available():
        return "cuda"
    return "mps" if torch.backends.mps.is_available() else "cpu"


def _problem(device: torch.device) -> str | None:
    if device.type == "cpu":
        return None
    if device.type == "cuda":
        return _cuda_problem(device.index or 0)
    if device.type == "mps":
        missing = not torch.backends.mps.is_available()
        return "it needs an Apple GPU and macOS 12.3 or later" if missing else None
    return "only CUDA, MPS and CPU are supported"


def _cuda_problem(index: int) -> str | None:
    if torch.version.cuda is None and torch.version.hip is None:
        return "this torch was built without CUDA"
    count = torch.cuda.device_count()
    if count == 0:
        return "no NVIDIA GPU with a working driver was found"
    if index >= count:
        return f"there {'is' if count == 1 else 'are'} only {count} CUDA device(s)"
    return None
