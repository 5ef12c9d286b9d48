"""What can be trained: a network, and the losses of a batch.

The loop knows no network. Another one is another `Task`, entered in `TASKS` under the name that
`network.kind` gives it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final, Literal, Protocol, TypeVar

import torch
from torch import Tensor, nn

from cubesal.convention import Convention
from cubesal.convlstm import ConvLSTMCell
from cubesal.errors import TrainingError
from cubesal.loss_rules import rules_of
from cubesal.losses import LossWeights, TemporalLosses, temporal_losses
from cubesal.training.config import LossConfig, TrainingConfig
from cubesal.training.sequence import sequence_maps
from cubesal.training.windows import WindowBatch

__all__ = ["TASKS", "ConvLSTMTask", "Task", "build_task"]

BatchT_contra = TypeVar("BatchT_contra", contravariant=True)


class Task(Protocol[BatchT_contra]):
    """What the loop trains.

    Attributes:
        module: its parameters with `requires_grad` are learned.
        reduction: whether losses are means over a batch, so that batches may be averaged, or sums.
    """

    module: nn.Module
    reduction: Literal["mean", "sum"]

    def losses(self, batch: BatchT_contra) -> TemporalLosses:
        """The losses of a batch; the gradient of `total` is followed."""

    def exported(self) -> Mapping[str, Tensor]:
        """The weights under the names that a checkpoint of others would have."""


class ConvLSTMTask:
    """The ConvLSTM of CP-360 on class activation maps, by the three temporal losses."""

    def __init__(
        self, input_size: int, hidden_size: int, losses: LossConfig, convention: Convention
    ) -> None:
        self.cell = ConvLSTMCell(input_size, hidden_size, convention)
        self.module: nn.Module = self.cell
        self.reduction: Literal["mean", "sum"] = rules_of(convention).reduction
        self._losses, self._convention = losses, convention
        self._weights = LossWeights(losses.smooth, losses.temporal, losses.mask)

    def losses(self, batch: WindowBatch) -> TemporalLosses:
        """Of windows of class activation maps and flow."""
        height = self._losses.height or batch.flow.shape[2]
        maps = sequence_maps(self.cell, batch.cams, height, self._convention)
        # Differences of neighbouring maps are small: single precision, whatever the network has.
        with torch.autocast(maps.device.type, enabled=False):
            return temporal_losses(
                maps.float(),
                batch.flow[1:],  # the first moment has no map of its own
                self._convention,
                height=height,
                weights=self._weights,
                threshold=self._losses.threshold,
            )

    def exported(self) -> Mapping[str, Tensor]:
        """The released names are the cell's own."""
        return self.cell.state_dict()


def _convlstm(config: TrainingConfig, channels: int) -> ConvLSTMTask:
    network = config.network
    if network.input != channels:
        raise TrainingError(
            f"network.input is {network.input}, but the prepared maps have {channels} channels:"
            " make it equal, or change data.channels"
        )
    return ConvLSTMTask(network.input, network.hidden, config.losses, config.convention)


#: By name: from a configuration and the channels of the prepared maps to a task.
TASKS: Final[dict[str, Callable[[TrainingConfig, int], Task[WindowBatch]]]] = {
    "convlstm": _convlstm
}


def build_task(config: TrainingConfig, channels: int) -> Task[WindowBatch]:
    """The task that `network.kind` names, with fresh weights.

    Raises:
        TrainingError: there is none of that name, or it does not fit the data.
    """
    make = TASKS.get(config.network.kind)
    if make is None:
        raise TrainingError(
            f"network.kind {config.network.kind!r} is unknown; there is {', '.join(TASKS)}"
        )
    return make(config, channels)
