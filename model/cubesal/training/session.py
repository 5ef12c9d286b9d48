"""A training from its configuration to its last checkpoint."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import platformdirs
import torch

from cubesal.errors import TrainingError
from cubesal.progress import ProgressFn
from cubesal.training.checkpoints import Checkpoints
from cubesal.training.config import TrainingConfig
from cubesal.training.config_file import as_table, difference
from cubesal.training.lessons import Lesson
from cubesal.training.log import TrainingLog, read_log, require_tensorboard
from cubesal.training.loop import Trainer
from cubesal.training.processes import Processes

__all__ = ["TrainingReport", "check_folder", "default_cache", "train"]

#: What may change when a training goes on: it alters no number, or only how many there are.
_FREE = {
    "run": ("out", "epochs", "checkpoint_every", "keep", "log_every", "tensorboard", "export_pth"),
    "data": ("clips", "ids", "panoramas"),  # the samples themselves are compared instead
}


@dataclass(frozen=True)
class TrainingReport:
    """What came of a training.

    Attributes:
        first_loss, last_loss: mean total over the first and over the last epoch of the log.
        weights: file of the last weights.
        sha256: of that file.
    """

    steps: int
    epochs: int
    windows: int
    first_loss: float
    last_loss: float
    weights: Path
    sha256: str


def default_cache() -> Path:
    """Where prepared data are kept unless told otherwise."""
    return platformdirs.user_cache_path("cubesal", appauthor=False) / "training"


def check_folder(config: TrainingConfig, out: Path, *, resume: bool) -> None:
    """Make sure that nothing in `out` would be lost; looks only.

    A folder holds one training: checkpoints of several would have folders of their own in it, but
    there is only one log.

    Raises:
        TrainingError: the folder holds another training, or this one without `resume`; or a file
            named as the log that is none; or TensorBoard is asked for and not there.
    """
    checkpoints = Checkpoints(out, config.losses)
    others = checkpoints.others()
    if others:
        raise TrainingError(
            f"{others[0]} holds another training, with other weights of the losses: choose another"
            " folder with --out, or give the losses of that training to continue it with --resume"
        )
    if not resume and checkpoints.states():
        raise TrainingError(
            f"{checkpoints.folder} holds a training already: continue it with --resume, or choose"
            " another folder with --out"
        )
    read_log(out)
    if config.run.tensorboard:
        require_tensorboard()


def train(
    config: TrainingConfig,
    lesson: Lesson,
    out: Path,
    processes: Processes,
    *,
    resume: bool = False,
    progress: ProgressFn | None = None,
    told: Callable[[Mapping[str, float]], None] | None = None,
) -> TrainingReport:
    """Train to the end, or on from the last checkpoint in `out` if there is one.

    Raises:
        TrainingError: the folder holds another training; see also `Trainer`.
        ExportError: a checkpoint or the log cannot be written.
    """
    check_folder(config, out, resume=resume)
    run = config.run
    samples = lesson.samples()
    checkpoints = Checkpoints(out, config.losses, run.keep, run.export_pth)
    about = {**_lasting(config), "samples": {"fingerprint": samples.fingerprint()}}
    found = checkpoints.load_latest() if resume else None
    if found is not None:
        _check_same(about, found[1]["about"], checkpoints.folder)
    _seed(run.seed)
    task = lesson.make_task()
    trainer = Trainer(config, task, samples, checkpoints, processes, about)
    if found is not None:
        trainer.resume(*found)
    _run_logged(trainer, config, out, processes, progress, told)
    if processes.is_first:  # a training that was finished already has not saved again
        checkpoints.complete_pth(task.exported())
    processes.wait()
    return _report(trainer, out, len(samples), checkpoints)


def _run_logged(
    trainer: Trainer[Any],
    config: TrainingConfig,
    out: Path,
    processes: Processes,
    progress: ProgressFn | None,
    told: Callable[[Mapping[str, float]], None] | None,
) -> None:
    if not processes.is_first:
        trainer.run(None)
        return
    out.mkdir(parents=True, exist_ok=True)
    log = TrainingLog(out, trainer.position.step, config.run.tensorboard)
    try:
        trainer.run(log, progress, told)
    finally:
        log.close()


def _seed(seed: int) -> None:
    random.seed(seed)
    np.random.seed(seed)  # noqa: NPY002 - whoever uses the global generator shall be repeatable too
    torch.manual_seed(seed)


def _lasting(config: TrainingConfig) -> dict[str, Any]:
    """The configuration without what may change when a training goes on."""
    table = as_table(config)
    for section, names in _FREE.items():
        for name in names:
            if name == "epochs" and config.optimiser.schedule == "cosine":
                continue  # the rate of every step depends on it
            del table[section][name]
    table["data"].pop("frames")
    return table


def _check_same(ours: Mapping[str, Any], theirs: Mapping[str, Any], folder: Path) -> None:
    changed = difference(ours, theirs)
    if changed is None:
        return
    if changed.startswith("samples."):
        raise TrainingError(
            f"the training in {folder} learned from other clips than these: give the same ones, or"
            " begin another with --out"
        )
    raise TrainingError(
        f"the training in {folder} was begun with another configuration: {changed}; restore it, or"
        " begin another with --out"
    )


def _report(
    trainer: Trainer[Any], out: Path, windows: int, checkpoints: Checkpoints
) -> TrainingReport:
    rows = read_log(out)
    last = max((row["epoch"] for row in rows), default=0)
    weights = checkpoints.states()[-1].with_suffix(".safetensors")
    return TrainingReport(
        steps=trainer.position.step,
        epochs=trainer.position.epoch,
        windows=windows,
        first_loss=_mean([row["total"] for row in rows if row["epoch"] == 0]),
        last_loss=_mean([row["total"] for row in rows if row["epoch"] == last]),
        weights=weights,
        sha256=hashlib.sha256(weights.read_bytes()).hexdigest(),
    )


def _mean(values: list[float]) -> float:
    return float(np.mean(values)) if values else float("nan")
