"""The ConvLSTM cell beyond the recorded figures: widths, states, weights, refusals."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from cubesal.convlstm import ConvLSTMCell, build_cell, empty_cell, random_cell, sizes_of


@settings(max_examples=12, deadline=None)
@given(
    input_size=st.integers(1, 5),
    hidden=st.integers(1, 5),
    width=st.integers(2, 6),
    cubes=st.integers(1, 2),
)
def test_any_width_and_size(input_size: int, hidden: int, width: int, cubes: int) -> None:
    cell = random_cell(input_size, hidden)
    x = torch.randn(6 * cubes, input_size, width, width)
    state = cell(x)
    for _ in range(2):
        state = cell(x, state)
        assert state[0].shape == state[1].shape == (6 * cubes, hidden, width, width)
        assert state[0].abs().max() <= 1


def test_no_state_is_zeros() -> None:
    cell, x = random_cell(3, 2), torch.randn(6, 3, 4, 4)
    zeros = torch.zeros(6, 2, 4, 4)
    for ours, given_zeros in zip(cell(x), cell(x, (zeros, zeros)), strict=True):
        assert torch.equal(ours, given_zeros)


def test_gates_stand_in_their_order() -> None:
    cell, x = random_cell(1, 1), torch.zeros(6, 1, 3, 3)
    for parameter in cell.parameters():
        parameter.data.zero_()
    hidden = torch.zeros(6, 1, 3, 3)
    memory = torch.full((6, 1, 3, 3), 0.5)
    off, on = -50.0, 50.0
    for bias, expected in {
        (off, on, on, 3.0): 0.5,  # keeps
        (on, off, on, 3.0): 0.99505,  # takes the candidate
        (on, on, on, -3.0): 0.5 - 0.99505,  # adds it
    }.items():
        cell.Gates.bias.data[:] = torch.tensor(bias)
        shown, kept = cell(x, (hidden, memory))
        assert kept[0, 0, 0, 0] == pytest.approx(expected, abs=1e-4)
        assert torch.allclose(shown, torch.tanh(kept))
    cell.Gates.bias.data[2] = off
    assert cell(x, (hidden, memory))[0].abs().max() < 1e-6


def test_cubes_of_a_batch_do_not_see_each_other() -> None:
    cell = random_cell(2, 2)
    x = torch.randn(12, 2, 4, 4)
    both, first = cell(x)[0], cell(x[:6])[0]
    assert torch.allclose(both[:6], first, atol=1e-6)


def test_conventions_differ_where_faces_meet_in_corners_only() -> None:
    exact, published = random_cell(2, 2, "exact"), random_cell(2, 2, "cp360")
    x = torch.randn(6, 2, 12, 12)
    difference = (exact(x)[0] - published(x)[0]).abs().amax(dim=(0, 1))
    assert difference[0, 0] > 0
    # Three convolutions carry a corner three pixels far.
    assert difference[3:-3].max() == 0
    assert difference[:, 3:-3].max() == 0


@pytest.mark.parametrize("convention", ["exact", "cp360"])
def test_both_ways_to_compute_a_step_agree(convention: str) -> None:
    cell = random_cell(3, 4, convention)
    x = torch.randn(12, 3, 5, 5)
    state = cell(x)  # gradients are on: convolutions
    with torch.inference_mode():
        for ours, expected in zip(cell(x, state), cell_by_convolution(cell, x, state), strict=True):
            assert torch.allclose(ours, expected, atol=1e-6)


def cell_by_convolution(cell: ConvLSTMCell, x: torch.Tensor, state) -> tuple:
    with torch.inference_mode(mode=False), torch.enable_grad():
        return cell(x.clone(), state)


def test_weights_come_back_and_learn() -> None:
    cell = random_cell(3, 2)
    again = build_cell(cell.state_dict())
    assert sizes_of(cell.state_dict()) == (3, 2)
    x = torch.randn(6, 3, 3, 3)
    assert torch.equal(cell(x)[0], again(x)[0])
    again.requires_grad_(True)
    again(x)[0].sum().backward()
    assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in again.parameters())


def test_the_full_cell_has_the_published_size() -> None:
    state = empty_cell(1000, 1000).state_dict()
    assert list(state) == [
        f"{conv}.{what}" for conv in ("Conv1", "Conv2", "Gates") for what in ("weight", "bias")
    ]
    assert sum(tensor.numel() for tensor in state.values()) == 360_012_000


def test_random_weights_are_the_same_every_time() -> None:
    first, second = (random_cell(2, 2, seed=3).state_dict() for _ in range(2))
    assert all(torch.equal(first[name], second[name]) for name in first)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"Conv1.weight": None}, "it has no Conv1.weight"),
        ({"Gates.weight": None}, "it has no Gates.weight"),
        ({"Gates.weight": torch.zeros(8)}, "Gates.weight has 1 dimensions"),
        ({"Gates.weight": torch.zeros(7, 8, 3, 3)}, "no cell has"),
        ({"Conv1.weight": torch.zeros(8, 2, 3, 3)}, "no cell has"),
        ({"Conv2.weight": torch.zeros(8, 9, 3, 3)}, "do not fit a cell"),
    ],
)
def test_other_weights_are_refused_in_words(change: dict, words: str) -> None:
    state = {**random_cell(3, 2).state_dict(), **change}
    with pytest.raises(ValueError, match=words):
        build_cell({name: tensor for name, tensor in state.items() if tensor is not None})


def test_wrong_shapes_are_refused_in_words() -> None:
    cell = random_cell(3, 2)
    with pytest.raises(ValueError, match=r"a cell takes \(6N, 3, W, W\), got \(5, 3, 4, 4\)"):
        cell(torch.zeros(5, 3, 4, 4))
    state = (torch.zeros(6, 2, 4, 4), torch.zeros(6, 3, 4, 4))
    with pytest.raises(ValueError, match=r"the state must be \(6, 2, 4, 4\)"):
        cell(torch.zeros(6, 3, 4, 4), state)
    with pytest.raises(ValueError, match="a cell needs channels"):
        ConvLSTMCell(0, 3)
    with pytest.raises(ValueError, match="unknown convention"):
        ConvLSTMCell(1, 1, "theirs")
