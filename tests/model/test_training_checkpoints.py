"""Checkpoints and logs that were tampered with: refused in a sentence, and nothing is lost."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from cubesal.errors import TrainingError
from cubesal.training.checkpoints import Position
from cubesal.training.log import TrainingLog
from tests.model.test_training_loop import finished, trainer_in


def poisoned(state: dict[str, Any], part: str) -> None:
    values = state[part]
    tensor = values["weight"] if part == "module" else values["state"][0]["exp_avg"]
    tensor[0, 0] = float("nan")


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (lambda state: poisoned(state, "module"), "holds undefined weights"),
        (lambda state: poisoned(state, "optimiser"), "holds undefined weights"),
        (lambda state: state.pop("position"), "is damaged"),
        (lambda state: state.pop("about"), "is damaged"),
        (lambda state: state.pop("random"), "is damaged"),
        (lambda state: state.update(about=[1, 2]), "is damaged"),
        (lambda state: state.update(about={"run": [1]}), "is damaged"),
        (lambda state: state.update(about={"run": {"batch": torch.ones(2)}}), "is damaged"),
        (lambda state: state.update(position=[1, 2, 3]), "is damaged"),
        (lambda state: state["position"].update(step=-5), "is damaged"),
        (lambda state: state["position"].update(step=1.5), "is damaged"),
        (lambda state: state["position"].update(more=1), "is damaged"),
        (
            lambda state: state.update(format=torch.ones(2)),
            "is no checkpoint of this version of cubesal",
        ),
    ],
)
def test_a_checkpoint_that_was_tampered_with_is_refused(
    tmp_path: Path, damage: Callable[[dict[str, Any]], object], words: str
) -> None:
    finished(tmp_path)
    _, _, checkpoints = trainer_in(tmp_path)
    latest = checkpoints.states()[-1]
    state = torch.load(latest, weights_only=True)
    damage(state)
    torch.save(state, latest)
    with pytest.raises(TrainingError, match=rf"CLSTM_2_12.state {words}: remove CLSTM_2_12"):
        checkpoints.load_latest()


@pytest.mark.parametrize("content", [b"", b"\x80\x04]q\x00.", pickle.dumps({"format": 1}, 4)])
def test_a_pickle_in_place_of_a_checkpoint_is_one_sentence(tmp_path: Path, content: bytes) -> None:
    _, _, checkpoints = trainer_in(tmp_path)
    checkpoints.folder.mkdir(parents=True)
    (checkpoints.folder / "CLSTM_0_1.state").write_bytes(content)
    with pytest.raises(TrainingError, match="remove CLSTM_0_1"):  # and no warning
        checkpoints.load_latest()


@pytest.mark.parametrize("position", [Position(3, 11, 0), Position(0, 9, 9), Position(1, 4, 1)])
def test_a_checkpoint_at_no_place_of_the_training_is_refused(
    tmp_path: Path, position: Position
) -> None:
    finished(tmp_path)
    trainer, _, checkpoints = trainer_in(tmp_path)
    found = checkpoints.load_latest()
    assert found is not None
    with pytest.raises(TrainingError, match="contradicts itself about the steps"):
        trainer.resume(position, found[1])


@pytest.mark.parametrize(
    "damage",
    [
        lambda state: state["optimiser"]["state"][0].update(exp_avg=torch.zeros(2, 2)),
        lambda state: state["optimiser"]["state"][0].clear(),
        lambda state: state["optimiser"]["state"].clear(),
        lambda state: state["optimiser"]["param_groups"][0].pop("betas"),
        lambda state: state["module"].clear(),
        lambda state: state.update(random={"python": [3, [], None]}),
        lambda state: state.update(random={"python": 1}),
    ],
)
def test_the_state_of_something_else_is_refused(
    tmp_path: Path, damage: Callable[[dict[str, Any]], object]
) -> None:
    finished(tmp_path)
    trainer, _, checkpoints = trainer_in(tmp_path)
    found = checkpoints.load_latest()
    assert found is not None
    damage(found[1])
    with pytest.raises(TrainingError, match="does not belong to this network"):
        trainer.resume(*found)


def test_undefined_weights_are_not_saved(tmp_path: Path) -> None:
    trainer, task, checkpoints = trainer_in(tmp_path)
    trainer.save()
    with torch.no_grad():
        next(task.module.parameters()).fill_(float("inf"))
    with pytest.raises(TrainingError, match="the weights became undefined at step 0"):
        trainer.save()
    assert checkpoints.load_latest() is not None


@pytest.mark.parametrize("content", [b"\xff\xfe\x00junk", b"my,own,table\n1,2,3\n"])
def test_what_is_no_log_is_named_and_kept(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "log.csv"
    path.write_bytes(content)
    with pytest.raises(TrainingError, match=r"log\.csv is not the log of a training: move it"):
        TrainingLog(tmp_path)
    assert path.read_bytes() == content
