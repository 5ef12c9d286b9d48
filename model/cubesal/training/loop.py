"""The loop: batches in a fixed random order, losses, gradients, steps, checkpoints.

It knows a `Task` and a `SampleSource` and neither networks nor clips. Nothing in it depends on when
it runs: what is done at a step follows from the configuration and the number of the step, so that a
training that was killed goes on with the same numbers.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any, Generic, TypeVar

import torch
from torch import Tensor

from cubesal.errors import TrainingError
from cubesal.progress import ProgressFn
from cubesal.training.checkpoints import (
    Checkpoints,
    Position,
    random_state,
    restore_random_state,
)
from cubesal.training.config import OptimiserConfig, TrainingConfig, learning_rate
from cubesal.training.log import COLUMNS, TrainingLog
from cubesal.training.processes import Processes
from cubesal.training.tasks import Task
from cubesal.training.windows import SampleSource, epoch_order

__all__ = ["Trainer"]

BatchT = TypeVar("BatchT")

#: What taking up the state of another network may raise.
_MISFITS = (LookupError, RuntimeError, ValueError, TypeError, AttributeError, ArithmeticError)
_PRECISIONS = {"bf16": torch.bfloat16, "fp16": torch.float16}


class Trainer(Generic[BatchT]):
    """One training, from wherever it is to its end.

    Args:
        config: of the run; what it says about data and network is the business of the others.
        task: the network and its losses; moved to the device of `processes`.
        samples: what it learns from.
        checkpoints: where to keep what.
        about: written beside the weights.

    Raises:
        TrainingError: the batch fits neither the samples nor the processes, or the precision does
            not fit the device.
    """

    def __init__(
        self,
        config: TrainingConfig,
        task: Task[BatchT],
        samples: SampleSource[BatchT],
        checkpoints: Checkpoints,
        processes: Processes,
        about: Mapping[str, Any],
    ) -> None:
        self._run, self._how = config.run, config.optimiser
        self._task, self._samples, self._processes = task, samples, processes
        self._checkpoints, self._about = checkpoints, about
        self.steps_per_epoch = _steps_per_epoch(config, len(samples), processes.count)
        self.steps = self.steps_per_epoch * self._run.epochs
        self.position = Position()
        task.module.to(processes.device)
        processes.agree_on(task.module)
        learned = [p for p in task.module.parameters() if p.requires_grad]
        self._optimiser = torch.optim.Adam(
            learned, lr=self._how.lr, weight_decay=self._how.weight_decay
        )
        self._learned = learned
        _check_precision(self._how, processes.device)
        self._scaler = torch.amp.GradScaler(
            processes.device.type, enabled=self._how.precision == "fp16"
        )

    def resume(self, position: Position, state: Mapping[str, Any]) -> None:
        """Take up a state of `Checkpoints`.

        Raises:
            TrainingError: it is of another network or training.
        """
        done = position.epoch * self.steps_per_epoch + position.in_epoch
        if position.in_epoch >= self.steps_per_epoch or position.step != done:
            raise TrainingError(
                "the last checkpoint contradicts itself about the steps that are done: remove it to"
                " continue from the one before it"
            )
        groups = [set(group) for group in self._optimiser.param_groups]
        try:
            self._task.module.load_state_dict(state["module"])
            self._optimiser.load_state_dict(state["optimiser"])
            self._scaler.load_state_dict(state["scaler"])
            restore_random_state(state["random"])
            self._check_optimiser(groups, position.step)
        except _MISFITS as error:
            raise TrainingError(
                "the checkpoint does not belong to this network: give the configuration that it"
                " was made with, or another folder"
            ) from error
        self.position = position

    def _check_optimiser(self, groups: list[set[str]], step: int) -> None:
        """ValueError unless Adam has the settings it had, and remembers all of each weight."""
        if [set(group) for group in self._optimiser.param_groups] != groups:
            raise ValueError("Adam has other settings")
        remembered = self._optimiser.state
        if step and not remembered and not self._scaler.is_enabled():  # it may skip the first step
            raise ValueError("Adam remembers nothing")
        for weight, moments in remembered.items():
            if set(moments) != {"step", "exp_avg", "exp_avg_sq"}:
                raise ValueError(f"Adam remembers {', '.join(moments)}")
            if {moments["exp_avg"].shape, moments["exp_avg_sq"].shape} != {weight.shape}:
                raise ValueError("Adam remembers other weights")

    def run(
        self,
        log: TrainingLog | None,
        progress: ProgressFn | None = None,
        told: Callable[[Mapping[str, float]], None] | None = None,
    ) -> None:
        """Go on to the end.

        Args:
            log: of the first process.
            progress: called after each step; may raise `Cancelled`, after which `resume` works.
            told: called with each row of the log.

        Raises:
            TrainingError: losses or weights are no longer finite, or a sample cannot be read.
            ExportError: a checkpoint cannot be written.
        """
        self._task.module.train()
        saved = self.position.step
        while self.position.epoch < self._run.epochs:
            row = self._step()
            step = self.position.step
            if step % self._run.log_every == 0 and self._processes.is_first:
                if log is not None:
                    log.add(row)
                if told is not None:
                    told(row)
            every = self._run.checkpoint_every
            if self.position.in_epoch == 0 or (every and step % every == 0):
                self.save()
                saved = step
            if progress is not None:
                progress(step, self.steps)
        if saved != self.position.step:
            self.save()

    def save(self) -> None:
        """Write a checkpoint, in the first process. ExportError; TrainingError: not finite."""
        if not all(bool(torch.isfinite(weight).all()) for weight in self._learned):
            raise _undefined("weights", self.position.step)
        if not self._processes.is_first:
            return
        at = self.position
        ended_epoch = at.in_epoch == 0 and at.step > 0
        state = {
            "module": self._task.module.state_dict(),
            "optimiser": self._optimiser.state_dict(),
            "scaler": self._scaler.state_dict(),
            "random": random_state(),
            "about": dict(self._about),
        }
        epoch = at.epoch - ended_epoch
        self._checkpoints.save(epoch, at, state, self._task.exported(), self._about)

    def _step(self) -> dict[str, float]:
        """One step of the optimiser, over `accumulate` batches; the row of the log."""
        began = time.perf_counter()
        at = self.position
        rate = learning_rate(self._how, at.step, self.steps_per_epoch, self.steps)
        for group in self._optimiser.param_groups:
            group["lr"] = rate
        self._optimiser.zero_grad(set_to_none=True)
        losses = self._accumulated(at)
        self._processes.combine_gradients(self._task.module, self._task.reduction)
        self._check(losses, at.step)
        self._scaler.unscale_(self._optimiser)
        if self._how.clip_norm:
            torch.nn.utils.clip_grad_norm_(self._learned, self._how.clip_norm)
        self._scaler.step(self._optimiser)
        self._scaler.update()
        last = at.in_epoch + 1 == self.steps_per_epoch
        self.position = Position(at.epoch + last, at.step + 1, 0 if last else at.in_epoch + 1)
        values = (at.step + 1, at.epoch, *losses.tolist(), rate, time.perf_counter() - began)
        return dict(zip(COLUMNS, values, strict=True))

    def _accumulated(self, at: Position) -> Tensor:
        """(4,) losses of the step over all processes; their gradients are left with the weights."""
        order = epoch_order(len(self._samples), self._run.seed, at.epoch)
        parts, size = self._how.accumulate, self._run.batch
        share = 1 / parts if self._task.reduction == "mean" else 1.0
        losses = torch.zeros(4, dtype=torch.float64, device=self._processes.device)
        for part in range(parts):
            first = (at.in_epoch * parts + part) * size
            numbers = self._processes.share_of(order[first : first + size])
            batch = self._samples.batch(numbers, self._processes.device)
            found = self._losses_of(batch)
            self._scaler.scale(found[3] * share).backward()  # type: ignore[no-untyped-call]
            losses += found.detach().double() * share
        return self._processes.combine(losses, self._task.reduction)

    def _losses_of(self, batch: BatchT) -> Tensor:
        device, kind = self._processes.device.type, _PRECISIONS.get(self._how.precision)
        with torch.autocast(device, dtype=kind, enabled=kind is not None):
            return torch.stack([term.float() for term in self._task.losses(batch)])

    def _check(self, losses: Tensor, step: int) -> None:
        if not bool(torch.isfinite(losses).all()):
            raise _undefined("losses", step + 1)


def _undefined(what: str, step: int) -> TrainingError:
    return TrainingError(
        f"the {what} became undefined at step {step}: lower optimiser.lr, set"
        " optimiser.clip_norm, or use float32; the last checkpoint is untouched"
    )


def _steps_per_epoch(config: TrainingConfig, samples: int, processes: int) -> int:
    batch, parts = config.run.batch, config.optimiser.accumulate
    if batch % processes:
        raise TrainingError(
            f"run.batch is {batch}, which {processes} processes cannot share evenly"
        )
    steps = samples // (batch * parts)
    if not steps:
        raise TrainingError(
            f"there are {samples} windows, fewer than one step takes ({batch} x {parts}): use more"
            " clips, or a smaller run.batch or optimiser.accumulate"
        )
    return steps


def _check_precision(how: OptimiserConfig, device: torch.device) -> None:
    if how.precision == "fp16" and device.type == "cpu":
        raise TrainingError("optimiser.precision fp16 needs a GPU: use bf16 or float32 on the CPU")
