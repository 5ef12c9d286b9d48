"""The learned memory: a small cube-padded ConvLSTM that weighs the moments of a window.

Of each moment it sees, per cell of the cube, the evidence z, the motion m and the saliency s that
their product gives. It answers with three numbers per cell: how much of what it remembers it keeps,
how much the new moment counts, and by how much the mean that results is raised or lowered:

    total'  = keep total + count s
    weight' = keep weight + count
    saliency = gain total' / weight'

So a map is a weighted mean of what was seen, never an invention; what is learned is the weights
(`training.memory`). The recurrence is Shi et al.'s (2015) with one cube-padded 3x3 convolution for
all gates. Every moment begins a state of its own, and the answer is that of the oldest of `window`
states, so that it depends on those moments and on nothing before them.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import torch
from torch import Tensor, nn

from cubesal.padding import FACES, Pad, cube_pad

__all__ = [
    "INPUTS",
    "MemoryState",
    "MomentMemory",
    "Taps",
    "Turn",
    "as_cells",
    "as_faces",
    "inputs_of",
    "remembered",
    "turned",
]

#: Channels of `inputs_of`.
INPUTS: Final = 3
_KERNEL: Final = 3
_BORDER: Final = Pad(1, 1, 1, 1)
_GATES: Final = 4
#: What is added to motion and to saliency before their logarithms are taken: they may be 0.
_LEAST_MOTION: Final = 0.05
_LEAST_SALIENCY: Final = 0.02
#: Logarithms of the greatest count and of the greatest gain.
_COUNT_LIMIT: Final = 2.0
_GAIN_LIMIT: Final = 3.0
#: Before anything is learned a cell keeps this many e-folds' odds: a fading mean.
_FIRST_KEEP: Final = 2.0


class MemoryState(NamedTuple):
    """What is remembered, per cell: (6N, channels, w, w) each."""

    hidden: Tensor
    cell: Tensor
    total: Tensor
    weight: Tensor


class Turn(NamedTuple):
    """Where the values of cells come from when the camera has turned: (N, 4, P) both."""

    source: Tensor
    share: Tensor


#: One turn, or None where the camera stood still, for each step.
Taps = list[Turn | None]


def inputs_of(evidence: Tensor, motion: Tensor, saliency: Tensor) -> Tensor:
    """What the memory sees of a moment: three times (..., P) -> (..., 3, P), each around -2..2."""
    moved = torch.log(motion + _LEAST_MOTION)
    return torch.stack([evidence, moved, _level(saliency)], dim=-2) / 2


def _level(saliency: Tensor) -> Tensor:
    return torch.log(saliency + _LEAST_SALIENCY)


class MomentMemory(nn.Module):
    """One step of the recurrence, on any number of cubes at once.

    Args:
        hidden: channels of its state.
    """

    def __init__(self, hidden: int = 12) -> None:
        super().__init__()
        self.hidden = hidden
        seen = hidden + INPUTS + 1
        self.gates = nn.Conv2d(seen, _GATES * hidden, _KERNEL)
        self.answer = nn.Conv2d(seen, 3, 1)
        # Untrained it is a mean that fades slowly.
        nn.init.zeros_(self.gates.bias)  # type: ignore[arg-type]  # it has one
        nn.init.zeros_(self.answer.weight)
        self.answer.bias = nn.Parameter(torch.tensor([_FIRST_KEEP, 0.0, 0.0]))

    def begin(self, saliency: Tensor) -> MemoryState:
        """The state before anything was seen, for cubes like (6N, 1, w, w)."""
        nothing = saliency.new_zeros(len(saliency), self.hidden, *saliency.shape[2:])
        return MemoryState(nothing, nothing, nothing[:, :1], nothing[:, :1])

    def forward(
        self, inputs: Tensor, saliency: Tensor, state: MemoryState
    ) -> tuple[Tensor, MemoryState]:
        """One moment.

        Args:
            inputs: (6N, 3, w, w), see `inputs_of`.
            saliency: (6N, 1, w, w) >= 0 of the moment by itself.
            state: of the moment before, turned to how the camera looks now.

        Returns:
            (6N, 1, w, w) >= 0 what the saliency is now, and the state.
        """
        before = state.total / state.weight.clamp_min(1e-3)
        known = torch.where(state.weight > 0, before, saliency)
        seen = torch.cat([state.hidden, inputs, _level(known) / 2], dim=1)
        take, keep, show, new = self.gates(cube_pad(seen, _BORDER)).chunk(_GATES, dim=1)
        cell = torch.sigmoid(keep + 1) * state.cell + torch.sigmoid(take) * torch.tanh(new)
        hidden = torch.sigmoid(show) * torch.tanh(cell)
        held, count, gain = self._answered(torch.cat([hidden, seen[:, self.hidden :]], dim=1))
        total, weight = held * state.total + count * saliency, held * state.weight + count
        return gain * total / weight, MemoryState(hidden, cell, total, weight)

    def _answered(self, seen: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        held, count, gain = self.answer(seen).chunk(3, dim=1)
        return torch.sigmoid(held), _bounded(count, _COUNT_LIMIT), _bounded(gain, _GAIN_LIMIT)


def _bounded(logarithm: Tensor, limit: float) -> Tensor:
    return torch.exp(limit * torch.tanh(logarithm / limit))


def remembered(memory: MomentMemory, inputs: Tensor, saliency: Tensor, taps: Taps) -> Tensor:
    """What a window of T moments comes to.

    Args:
        inputs: (T, N, 3, P), P = 6 w².
        saliency: (T, N, P).
        taps: T - 1 lookups, of how each moment's cells lie in the cells of the one before.

    Returns:
        (N, P), as the last moment lies.
    """
    state = memory.begin(as_faces(saliency[0, :, None]))
    answer = saliency[-1]
    for t in range(len(inputs)):
        if t:
            state = turned(state, taps[t - 1])
        answer, state = memory(as_faces(inputs[t]), as_faces(saliency[t, :, None]), state)
    return as_cells(answer)[:, 0]


def turned(state: MemoryState, turn: Turn | None) -> MemoryState:
    """The state of N cubes as the camera looks now."""
    if turn is None:
        return state
    cells = as_cells(torch.cat(state, dim=1))
    n, channels, places = cells.shape
    index = turn.source.reshape(n, 1, -1).expand(n, channels, -1)
    taps = cells.gather(2, index).view(n, channels, 4, places)
    faces = as_faces((taps * turn.share[:, None]).sum(dim=2))
    hidden = state.hidden.shape[1]
    return MemoryState(*torch.split(faces, [hidden, hidden, 1, 1], dim=1))


def as_faces(cells: Tensor) -> Tensor:
    """(N, C, P) -> (6N, C, w, w)."""
    n, channels, places = cells.shape
    w = round((places / FACES) ** 0.5)
    return cells.view(n, channels, FACES, w, w).transpose(1, 2).reshape(n * FACES, channels, w, w)


def as_cells(faces: Tensor) -> Tensor:
    """(6N, C, w, w) -> (N, C, P)."""
    _, channels, w, _ = faces.shape
    cubes = faces.view(-1, FACES, channels, w, w).transpose(1, 2)
    return cubes.reshape(len(cubes), channels, FACES * w * w)
