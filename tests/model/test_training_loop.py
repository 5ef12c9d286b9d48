"""The loop: the same numbers however often it is interrupted, and nothing half-written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

import pytest
import torch
from torch import Tensor, nn

from cubesal.errors import Cancelled, ModelError, TrainingError
from cubesal.losses import TemporalLosses
from cubesal.training.checkpoints import Checkpoints, random_state, restore_random_state
from cubesal.training.config import OptimiserConfig, RunConfig, TrainingConfig
from cubesal.training.log import TrainingLog, read_log
from cubesal.training.loop import Trainer
from cubesal.training.processes import Processes
from cubesal.weights import read_weights


class Line:
    """A task of its own, which draws random numbers: another network needs no other loop."""

    def __init__(self) -> None:
        torch.manual_seed(7)
        self.module: nn.Module = nn.Linear(3, 1)
        self.reduction: Literal["mean", "sum"] = "mean"
        self.poison_at = -1
        self.seen: list[list[float]] = []

    def losses(self, batch: Tensor) -> TemporalLosses:
        self.seen.append(batch[:, 0].tolist())
        error = (
            (self.module(batch)[:, 0] - batch.sum(dim=1) + 0.01 * torch.randn(1)).square().mean()
        )
        if len(self.seen) == self.poison_at:
            error = error * float("nan")
        return TemporalLosses(error, error, error, error)

    def exported(self) -> Mapping[str, Tensor]:
        return self.module.state_dict()


class Rows:
    def __init__(self, count: int = 12) -> None:
        self._rows = torch.randn(count, 3, generator=torch.Generator().manual_seed(1))
        self._rows[:, 0] = torch.arange(count)

    def __len__(self) -> int:
        return len(self._rows)

    def batch(self, numbers: Sequence[int], device: torch.device) -> Tensor:
        return self._rows[list(numbers)]

    def fingerprint(self) -> str:
        return "rows"


CONFIG = TrainingConfig(
    optimiser=OptimiserConfig(lr=1e-2, schedule="cosine"),
    run=RunConfig(epochs=3, batch=3, checkpoint_every=3, keep=2, export_pth=True),
)


def trainer_in(
    folder: Path, config: TrainingConfig = CONFIG, count: int = 12
) -> tuple[Trainer[Tensor], Line, Checkpoints]:
    task = Line()
    run = config.run
    checkpoints = Checkpoints(folder, config.losses, run.keep, run.export_pth)
    return (
        Trainer(config, task, Rows(count), checkpoints, Processes(), {"a": {"b": 1}}),
        task,
        checkpoints,
    )


def finished(folder: Path, config: TrainingConfig = CONFIG) -> dict[str, Tensor]:
    trainer, task, _ = trainer_in(folder, config)
    trainer.run(None)
    return {k: v.clone() for k, v in task.module.state_dict().items()}


def stop_after(steps: int) -> Any:
    def progress(done: int, total: int) -> None:
        if done == steps:
            raise Cancelled("enough")

    return progress


def test_every_sample_is_seen_once_in_each_epoch_in_another_order(tmp_path: Path) -> None:
    trainer, task, _ = trainer_in(tmp_path)
    trainer.run(None)
    epochs = [[n for batch in task.seen[4 * k : 4 * k + 4] for n in batch] for k in range(3)]
    assert all(sorted(epoch) == list(range(12)) for epoch in epochs)
    assert epochs[0] != epochs[1]


@pytest.mark.parametrize("stop", [1, 3, 5, 8, 11])
def test_stopped_and_resumed_equals_uninterrupted_bit_for_bit(tmp_path: Path, stop: int) -> None:
    expected = finished(tmp_path / "whole")
    trainer, _, _ = trainer_in(tmp_path / "parts")
    with pytest.raises(Cancelled):
        trainer.run(None, stop_after(stop))
    torch.manual_seed(999)  # whatever happened in between
    trainer, task, checkpoints = trainer_in(tmp_path / "parts")
    found = checkpoints.load_latest()
    assert (found is None) == (stop < 3)
    if found is None:
        torch.manual_seed(7)
        trainer, task, _ = trainer_in(tmp_path / "parts")
    else:
        trainer.resume(*found)
    trainer.run(None)
    for name, value in task.module.state_dict().items():
        assert torch.equal(value, expected[name]), name
    files = [
        (tmp_path / part / checkpoints.folder.name / "CLSTM_2_12.safetensors").read_bytes()
        for part in ("whole", "parts")
    ]
    assert files[0] == files[1]


def test_accumulated_batches_make_the_step_of_one_large_batch(tmp_path: Path) -> None:
    class Quiet(Line):
        def losses(self, batch: Tensor) -> TemporalLosses:
            error = (self.module(batch)[:, 0] - batch.sum(dim=1)).square().mean()
            return TemporalLosses(error, error, error, error)

    results = []
    for batch, parts in ((6, 1), (2, 3)):
        config = replace(
            CONFIG,
            run=replace(CONFIG.run, batch=batch),
            optimiser=OptimiserConfig(lr=1e-2, accumulate=parts),
        )
        checkpoints = Checkpoints(tmp_path / str(parts), config.losses)
        task = Quiet()
        trainer = Trainer(config, task, Rows(), checkpoints, Processes(), {})
        trainer.run(None)
        results.append(torch.cat([p.detach().reshape(-1) for p in task.module.parameters()]))
    torch.testing.assert_close(results[0], results[1])


def test_checkpoints_lie_as_published_old_states_go_and_ends_of_epochs_stay(tmp_path: Path) -> None:
    finished(tmp_path)
    folder = tmp_path / "CLSTM_s_0.7_t_1.0_m_0.01"
    assert sorted(p.name for p in folder.glob("*.state")) == ["CLSTM_2_12.state", "CLSTM_2_9.state"]
    kept = sorted(p.name for p in folder.glob("*.pth"))
    assert kept == ["CLSTM_0_4.pth", "CLSTM_1_8.pth", "CLSTM_2_12.pth", "CLSTM_2_9.pth"]
    assert not [p for p in folder.iterdir() if p.name.startswith(".")]
    weights = read_weights(folder / "CLSTM_2_12.pth")
    assert weights.keys() == {"weight", "bias"}
    same = read_weights(folder / "CLSTM_2_12.safetensors")
    assert all(torch.equal(same[name], weights[name]) for name in weights)


def test_undefined_losses_end_it_with_a_sentence_and_leave_the_last_checkpoint(
    tmp_path: Path,
) -> None:
    trainer, task, checkpoints = trainer_in(tmp_path)
    task.poison_at = 6
    with pytest.raises(TrainingError, match="undefined at step 6: lower"):
        trainer.run(None)
    found = checkpoints.load_latest()
    assert found is not None
    assert found[0].step == 4
    assert all(torch.isfinite(v).all() for v in found[1]["module"].values())


def test_a_damaged_checkpoint_is_named_with_what_to_do(tmp_path: Path) -> None:
    finished(tmp_path)
    _, _, checkpoints = trainer_in(tmp_path)
    latest = checkpoints.states()[-1]
    latest.write_bytes(latest.read_bytes()[:500])
    with pytest.raises(TrainingError, match=r"CLSTM_2_12.state is damaged: remove"):
        checkpoints.load_latest()
    latest.unlink()
    found = checkpoints.load_latest()
    assert found is not None
    assert found[0].step == 9


def test_a_checkpoint_of_another_network_is_refused(tmp_path: Path) -> None:
    finished(tmp_path)
    trainer, task, checkpoints = trainer_in(tmp_path)
    found = checkpoints.load_latest()
    assert found is not None
    task.module.add_module("more", nn.Linear(1, 1))
    with pytest.raises(TrainingError, match="does not belong to this network"):
        trainer.resume(*found)


@pytest.mark.parametrize(
    ("config", "count", "words"),
    [
        (CONFIG, 2, "2 windows, fewer than one step takes"),
        (replace(CONFIG, optimiser=OptimiserConfig(precision="fp16")), 12, "fp16 needs a GPU"),
    ],
)
def test_what_cannot_begin_says_why(
    tmp_path: Path, config: TrainingConfig, count: int, words: str
) -> None:
    with pytest.raises(TrainingError, match=words):
        trainer_in(tmp_path, config, count)


def test_a_batch_that_the_processes_cannot_share_is_refused(tmp_path: Path) -> None:
    checkpoints = Checkpoints(tmp_path, CONFIG.losses)
    with pytest.raises(TrainingError, match="3, which 2 processes cannot share evenly"):
        Trainer(CONFIG, Line(), Rows(), checkpoints, Processes(0, 2), {})


def test_processes_share_a_batch_without_gaps() -> None:
    parts = [Processes(rank, 3).share_of(range(6)) for rank in range(3)]
    assert parts == [[0, 1], [2, 3], [4, 5]]


def test_lower_precision_learns_too(tmp_path: Path) -> None:
    config = replace(CONFIG, optimiser=OptimiserConfig(lr=1e-2, precision="bf16"))
    values = finished(tmp_path, config)
    assert all(v.dtype == torch.float32 and torch.isfinite(v).all() for v in values.values())


def test_the_log_forgets_steps_that_are_done_again_and_lines_cut_short(tmp_path: Path) -> None:
    trainer, _, _ = trainer_in(tmp_path)
    log = TrainingLog(tmp_path)
    trainer.run(log)
    rows = read_log(tmp_path)
    assert [row["step"] for row in rows] == list(range(1, 13))
    with (tmp_path / "log.csv").open("a") as file:
        file.write("13,3,0.5,0.2")
    TrainingLog(tmp_path, step=9)
    assert read_log(tmp_path) == rows[:9]


def test_all_random_numbers_go_on_where_they_were() -> None:
    import random

    import numpy as np

    def draw() -> list[float]:
        return [random.random(), float(np.random.rand()), float(torch.rand(1))]  # noqa: NPY002

    state = random_state()
    first = draw()
    restore_random_state(state)
    assert draw() == first


def test_hostile_checkpoints_are_not_run(tmp_path: Path) -> None:
    class Hostile:
        def __reduce__(self) -> tuple[Any, ...]:
            return (print, ("run!",))

    _, _, checkpoints = trainer_in(tmp_path)
    checkpoints.folder.mkdir(parents=True)
    torch.save({"format": 1, "evil": Hostile()}, checkpoints.folder / "CLSTM_0_1.state")
    with pytest.raises((TrainingError, ModelError), match="damaged"):
        checkpoints.load_latest()
