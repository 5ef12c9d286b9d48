"""The learned memory: what it computes, whatever it has learned."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors import safe_open
from torch import Tensor

from cubesal.geometry import rotation
from cubesal.memory import (
    MomentMemory,
    as_cells,
    as_faces,
    inputs_of,
    remembered,
    turned,
)
from cubesal.models import load_model
from cubesal.sphere_cells import SphereCells
from cubesal.sphere_grid import cell_directions
from cubesal.training import load_config

CELLS = 5
PLACES = 6 * CELLS**2


def moments(count: int, seed: int = 0) -> tuple[Tensor, Tensor]:
    """Inputs (T, 1, 3, P) and saliency (T, 1, P) of random moments."""
    rng = torch.Generator().manual_seed(seed)
    evidence, motion, saliency = torch.rand(3, count, 1, PLACES, generator=rng)
    return inputs_of(evidence, motion, saliency), saliency


def random_memory(seed: int) -> MomentMemory:
    torch.manual_seed(seed)
    memory = MomentMemory(4)
    for weight in memory.parameters():
        torch.nn.init.normal_(weight, std=0.7)
    return memory.eval().requires_grad_(False)


def test_untrained_it_is_a_mean_that_fades() -> None:
    inputs, saliency = moments(5)
    with torch.inference_mode():
        got = remembered(MomentMemory(4).eval(), inputs, saliency, [None] * 4)[0]
    weight = torch.sigmoid(torch.tensor(2.0)) ** torch.arange(4, -1, -1.0)
    torch.testing.assert_close(got, (weight[:, None] * saliency[:, 0]).sum(0) / weight.sum())


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 1000))
def test_it_invents_nothing(seed: int) -> None:
    """What was never salient does not become so, and the gain has bounds."""
    inputs, saliency = moments(4, seed)
    saliency[:, :, 7] = 0
    got = remembered(random_memory(seed), inputs, saliency, [None] * 3)[0]
    most = saliency[:, 0].amax(dim=0)
    assert got[7] == 0
    assert bool((got >= 0).all())
    assert bool((got <= np.exp(3) * most * 1.0001).all())


def test_cells_on_common_edges_may_differ_but_faces_and_cells_are_one_and_the_same() -> None:
    cells = torch.randn(2, 3, PLACES)
    assert torch.equal(as_cells(as_faces(cells)), cells)


def test_a_turned_state_is_the_state_of_a_turned_world() -> None:
    """A smooth pattern, turned by the taps, is the pattern that was turned before."""
    grid = SphereCells(15)
    dirs = cell_directions(15).reshape(-1, 3)
    turn = rotation(yaw=0.4, pitch=-0.2)

    def pattern(at: np.ndarray) -> Tensor:
        return torch.tensor(1 + at[:, 0] + 0.5 * at[:, 1] * at[:, 2], dtype=torch.float32)

    memory = MomentMemory(2)
    state = memory.begin(as_faces(pattern(dirs)[None, None]))
    state = state._replace(total=as_faces(pattern(dirs)[None, None]))
    got = as_cells(turned(state, grid.turn(turn, 1)).total)[0, 0]
    torch.testing.assert_close(got, pattern(dirs @ turn), atol=0.02, rtol=0)
    assert grid.turn(np.eye(3), 1) is None
    np.testing.assert_allclose(grid.turned(pattern(dirs).numpy(), turn), got.numpy(), atol=1e-6)


@pytest.mark.parametrize("name", ["default", "fast"])
def test_the_shipped_memory_is_small_and_trained(name: str) -> None:
    memory = load_model(name, "cpu").memory  # type: ignore[attr-defined]
    assert float(memory.answer.weight.abs().max()) > 0.01
    places = 6 * 15**2
    per_step = places * (memory.gates.weight.numel() + memory.answer.weight.numel())
    assert per_step * 8 < 3e9  # multiplications of the eight states of a window


def test_the_weights_lie_beside_what_they_were_trained_with() -> None:
    checkout = Path(__file__).resolve().parents[2]
    trained = checkout / "model" / "cubesal" / "trained"
    beside = (trained / "memory.toml").read_text(encoding="utf-8")
    assert beside == (checkout / "configs" / "memory.toml").read_text(encoding="utf-8")
    config = load_config(trained / "memory.toml")
    about = json.loads(safe_open(trained / "memory.safetensors", "np").metadata()["training"])
    assert about["losses"]["anchor"] == config.losses.anchor
    assert about["run"]["seed"] == config.run.seed
    rows = (trained / "memory_log.csv").read_text(encoding="utf-8").splitlines()
    assert int(rows[-1].split(",")[0]) > 800
