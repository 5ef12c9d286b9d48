"""Teaching the memory: windows of moments, what they should come to, and the losses.

Nobody says where people look. Three things are asked of the maps of successive windows: that they
obey the label-free losses of CP-360 (`losses`: they move as the picture does, change little, and
give nothing to what stands still), and that they stay near a teacher. The teacher knows what the
memory cannot: on clips, the moments to come as well as those past; in rendered scenes, who moves on
purpose.

Maps are compared as the square roots of distributions (the Hellinger distance), so that what
happens in the dim parts of a map counts too.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from cubesal.errors import TrainingError
from cubesal.loss_rules import EXACT
from cubesal.losses import LossWeights, TemporalLosses, temporal_losses
from cubesal.memory import MomentMemory, Taps, Turn, inputs_of, remembered
from cubesal.sphere_cells import SphereCells
from cubesal.sphere_grid import cell_weights, equirect_taps
from cubesal.training.config import LossConfig
from cubesal.training.moments import FLOW_ROWS, Moments

__all__ = ["MemoryTask", "MomentBatch", "MomentWindows", "teacher"]

#: Successive windows in a sample: two pairs of neighbouring maps.
_WINDOWS: Final = 3
#: Moments before and after that the teacher sees, and the deviation of their weights.
_SIGHT: Final = 5
_SIGHT_STD: Final = 2.0
#: What moves without being a mover keeps this part in the teacher's eyes.
_ASIDE: Final = 0.3

FloatArray = NDArray[np.float32]


@dataclass(frozen=True)
class MomentBatch:
    """N samples of three windows, T = window + 2 moments.

    Attributes:
        inputs: (T, N, 3, P), see `memory.inputs_of`.
        saliency: (T, N, P) of each moment by itself.
        turns: (T, N, 3, 3).
        flow: (2, N, 60, 120, 2), between the last moments of the windows.
        target: (3, N, P), what the windows should come to.
    """

    inputs: Tensor
    saliency: Tensor
    turns: NDArray[np.float32]
    flow: Tensor
    target: Tensor


class MomentWindows:
    """All samples of some takes. TrainingError if there is none."""

    def __init__(self, takes: Sequence[Moments], window: int, cells: int) -> None:
        self._takes, self._length = takes, window + _WINDOWS - 1
        self._starts = [
            (number, start)
            for number, take in enumerate(takes)
            for start in range(len(take) - self._length + 1)
        ]
        if not self._starts:
            raise TrainingError(
                f"no take is long enough: a sample needs {self._length} moments without a cut"
            )
        grid = SphereCells(cells)
        self._targets = [teacher(take, grid) for take in takes]

    def __len__(self) -> int:
        return len(self._starts)

    def batch(self, numbers: Sequence[int], device: torch.device) -> MomentBatch:
        """These samples."""
        parts: list[list[FloatArray]] = [[] for _ in range(6)]
        for number in numbers:
            index, start = self._starts[number]
            take, stop = self._takes[index], start + self._length
            last = slice(stop - _WINDOWS, stop)
            for part, values in zip(
                parts,
                (
                    take.evidence[start:stop],
                    take.motion[start:stop],
                    take.saliency[start:stop],
                    take.turns[start:stop],
                    take.flow[last][1:],
                    self._targets[index][last],
                ),
                strict=True,
            ):
                part.append(values)
        seen = [torch.from_numpy(np.stack(part, axis=1)).to(device) for part in parts]
        evidence, motion, saliency, turns, flow, target = seen
        inputs = inputs_of(evidence, motion, saliency)
        return MomentBatch(inputs, saliency, turns.cpu().numpy(), flow, target)

    def fingerprint(self) -> str:
        """Of the content of all takes and targets."""
        digest = hashlib.sha256(repr(self._starts).encode())
        for take, target in zip(self._takes, self._targets, strict=True):
            digest.update(take.saliency.tobytes())
            digest.update(target.tobytes())
        return digest.hexdigest()[:24]


def teacher(take: Moments, grid: SphereCells) -> FloatArray:
    """(T, P): what each moment should come to, for one who knows the whole take."""
    smooth = _smoothed(take, grid)
    if not take.movers.shape[1]:
        return smooth
    wanted = smooth * (1 - take.movers.max(axis=1)) * np.float32(_ASIDE)
    usual = np.mean([grid.mean(s) for s in take.saliency])
    for mask in take.movers.transpose(1, 0, 2):
        # As much over its whole way as it has on average, so that it does not flicker.
        share = np.array(
            [[grid.mean(m), grid.mean(m * s)] for m, s in zip(mask, take.saliency, strict=True)]
        )
        level = max(share[:, 1].sum() / max(share[:, 0].sum(), 1e-6), usual)
        wanted = np.maximum(wanted, np.float32(level) * mask)
    return np.asarray(wanted, np.float32)


def _smoothed(take: Moments, grid: SphereCells) -> FloatArray:
    """(T, P) the mean over the moments before and after, turned to how each of them lies."""
    count = len(take)
    gathered = np.zeros_like(take.saliency)
    weights = np.zeros(count, np.float32)
    for apart in range(-_SIGHT, _SIGHT + 1):
        weight = np.float32(np.exp(-0.5 * (apart / _SIGHT_STD) ** 2))
        for t in range(max(0, -apart), min(count, count - apart)):
            turn = _turn_between(take.turns, t + apart, t)
            gathered[t] += weight * grid.turned(take.saliency[t + apart], turn)
            weights[t] += weight
    return gathered / weights[:, None]


def _turn_between(turns: FloatArray, start: int, stop: int) -> NDArray[np.float64]:
    """How the picture turned from one moment to another, earlier or later one."""
    turn = np.eye(3)
    for t in range(min(start, stop) + 1, max(start, stop) + 1):
        turn = turns[t].astype(np.float64) @ turn
    return turn if start <= stop else turn.T


class MemoryTask:
    """The memory, and the losses of its maps."""

    reduction: Literal["mean", "sum"] = "mean"

    def __init__(self, hidden: int, window: int, cells: int, losses: LossConfig) -> None:
        self.memory = MomentMemory(hidden)
        self.module: nn.Module = self.memory
        self._window, self._losses = window, losses
        self._grid = SphereCells(cells)
        self._area = torch.tensor(cell_weights(cells).reshape(-1), dtype=torch.float32)
        index, share = equirect_taps(cells, FLOW_ROWS)
        self._index, self._share = torch.from_numpy(index), torch.from_numpy(share)

    def losses(self, batch: MomentBatch) -> TemporalLosses:
        """The three temporal losses, and in the total the distance to the teacher as well."""
        answers = self._answers(batch)
        area = self._area.to(answers)
        roots, wanted = (_root(cells, area) for cells in (answers, batch.target))
        found = temporal_losses(
            self._maps(roots),
            batch.flow,
            height=FLOW_ROWS,
            weights=LossWeights(self._losses.smooth, self._losses.temporal, self._losses.mask),
            threshold=self._losses.threshold,
            rules=replace(EXACT, gradient="both"),
        )
        anchor = ((roots - wanted).square() * area).sum(dim=-1).mean()
        return found._replace(total=found.total + self._losses.anchor * anchor)

    def exported(self) -> Mapping[str, Tensor]:
        """As the video models load it."""
        return self.memory.state_dict()

    def _answers(self, batch: MomentBatch) -> Tensor:
        """(3, N, P): all windows side by side, as if they were more samples."""
        starts = range(_WINDOWS)
        spans = [slice(start, start + self._window) for start in starts]
        inputs = torch.cat([batch.inputs[span] for span in spans], dim=1)
        saliency = torch.cat([batch.saliency[span] for span in spans], dim=1)
        turns = np.concatenate([batch.turns[span] for span in spans], axis=1)
        taps: Taps = [self._turn(turn, inputs.device) for turn in turns[1:]]
        answers = remembered(self.memory, inputs, saliency, taps)
        return answers.view(_WINDOWS, -1, answers.shape[-1])

    def _turn(self, rotations: FloatArray, device: torch.device) -> Turn | None:
        return self._grid.turns(list(rotations.astype(np.float64)), device)

    def _maps(self, cells: Tensor) -> Tensor:
        """(T, N, P) -> (T, N, 60, 120)."""
        taps = cells[..., self._index.to(cells.device)]
        maps = (taps * self._share.to(cells)).sum(dim=-2)
        return maps.view(*cells.shape[:2], FLOW_ROWS, 2 * FLOW_ROWS)


def _root(cells: Tensor, area: Tensor) -> Tensor:
    """Square roots of the densities with mean 1 that (..., P) are."""
    density = cells / (cells * area).sum(dim=-1, keepdim=True)
    return torch.sqrt(density + 1e-6)
