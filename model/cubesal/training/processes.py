"""Training in several processes: who am I among them, and what do all of us find together.

``torchrun`` starts the processes and tells each its number in the environment. Gradients are
averaged here, in one message per step, rather than by a wrapper around the network.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Literal

import torch
import torch.distributed as dist
from torch import Tensor, nn

from cubesal.device import resolve_device
from cubesal.errors import TrainingError

__all__ = ["Processes", "joined_processes"]

#: Preparing the clips of one process may take this much longer than those of another.
_PATIENCE = timedelta(days=7)


@dataclass(frozen=True)
class Processes:
    """This process among `count`."""

    rank: int = 0
    count: int = 1
    device: torch.device = field(default_factory=lambda: torch.device("cpu"))

    @property
    def is_first(self) -> bool:
        """Whether this is the one that writes and speaks."""
        return self.rank == 0

    def share_of(self, items: Sequence[int]) -> list[int]:
        """This process's part of a batch."""
        size = len(items) // self.count
        return list(items[self.rank * size : (self.rank + 1) * size])

    def wait(self) -> None:
        """Until all processes are here."""
        if self.count > 1:
            self.combine(torch.zeros(1, device=self.device), "sum")

    def combine(self, values: Tensor, reduction: Literal["mean", "sum"]) -> Tensor:
        """Mean or sum of `values` over all processes."""
        if self.count == 1:
            return values
        total = values.clone()
        dist.all_reduce(total)
        return total / self.count if reduction == "mean" else total

    def combine_gradients(self, module: nn.Module, reduction: Literal["mean", "sum"]) -> None:
        """Give every process the gradients of all."""
        if self.count == 1:
            return
        gradients = [p.grad for p in module.parameters() if p.grad is not None]
        flat = self.combine(torch.cat([g.reshape(-1) for g in gradients]), reduction)
        for gradient, part in zip(
            gradients, torch.split(flat, [g.numel() for g in gradients]), strict=True
        ):
            gradient.copy_(part.view_as(gradient))

    def agree_on(self, module: nn.Module) -> None:
        """Take over the first process's weights."""
        if self.count == 1:
            return
        for tensor in module.state_dict().values():
            dist.broadcast(tensor, 0)


def _number(name: str, default: int) -> int:
    """An environment variable that ``torchrun`` sets."""
    text = os.environ.get(name, str(default))
    try:
        return int(text)
    except ValueError:
        raise TrainingError(f"the environment variable {name} is {text!r}, no number") from None


@contextmanager
def joined_processes(device: str) -> Iterator[Processes]:
    """Join the other processes, if ``torchrun`` has started any.

    Raises:
        TrainingError: the environment names several processes that cannot be joined.
        DeviceError: the device is absent.
    """
    count, rank, local = (
        _number(n, d) for n, d in (("WORLD_SIZE", 1), ("RANK", -1), ("LOCAL_RANK", 0))
    )
    if count == 1:
        yield Processes(device=resolve_device(device))
        return
    if not 0 <= rank < count:
        raise TrainingError(
            f"there are {count} processes, but RANK does not number this one: start with torchrun"
        )
    own = resolve_device(device)
    if own.type == "cuda":
        own = resolve_device(f"cuda:{local}")
        torch.cuda.set_device(own)
    backend = "nccl" if own.type == "cuda" else "gloo"
    try:
        dist.init_process_group(backend, rank=rank, world_size=count, timeout=_PATIENCE)
    except (RuntimeError, ValueError) as error:
        raise TrainingError(
            f"process {rank} cannot reach the other {count - 1}: {error}; start all with torchrun"
        ) from error
    try:
        yield Processes(rank, count, own)
    finally:
        dist.destroy_process_group()
