"""The cube-padded ConvLSTM cell of CP-360 (section 3.3): how class activation maps gain a memory.

    z  = Gates(relu(Conv2(relu(Conv1([x, h])))))     3x3 convolutions, each on cube-padded faces
    c' = sigmoid(forget) c + sigmoid(input) tanh(candidate)
    h' = sigmoid(output) tanh(c')

z is split in the order input, forget, output, candidate. Two more convolutions than in the usual
cell, and no peepholes, as in the code published with the paper, whose checkpoint this loads.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from numbers import Integral

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from cubesal.convention import Convention, as_convention
from cubesal.padding import FACES, Pad, cube_pad, pad_table

__all__ = ["ConvLSTMCell", "State", "build_cell", "empty_cell", "random_cell", "sizes_of"]

#: (hidden, cell), each (6N, hidden_size, W, W).
State = tuple[Tensor, Tensor]

_KERNEL = 3
_BORDER = Pad(1, 1, 1, 1)
_GATES = 4


class ConvLSTMCell(nn.Module):
    """One step of the recurrence, on six faces at once.

    Args:
        input_size, hidden_size: channels of the input and of the state; both are the number of
            classes, 1000, in the published network.
        convention: how the border of a face is made, see `padding`; nothing else depends on it.

    The state dict is `Conv1`, `Conv2`, `Gates`, each with `weight` and `bias`.
    """

    def __init__(self, input_size: int, hidden_size: int, convention: Convention = "exact") -> None:
        super().__init__()
        if not all(isinstance(size, Integral) for size in (input_size, hidden_size)):
            sizes = f"{input_size} and {hidden_size}"
            raise ValueError(f"a cell has whole numbers of channels, not {sizes}")
        if min(input_size, hidden_size) < 1:
            raise ValueError(f"a cell needs channels, got {input_size} and {hidden_size}")
        self.input_size, self.hidden_size = input_size, hidden_size
        self.convention = as_convention(convention)
        wide = _GATES * hidden_size
        self.Conv1 = nn.Conv2d(input_size + hidden_size, wide, _KERNEL)
        self.Conv2 = nn.Conv2d(wide, wide, _KERNEL)
        self.Gates = nn.Conv2d(wide, wide, _KERNEL)

    def forward(self, x: Tensor, state: State | None = None) -> State:
        """One step.

        Args:
            x: (6N, input_size, W, W).
            state: (hidden, cell) of the step before; None stands for zeros.

        Returns:
            (hidden, cell), each (6N, hidden_size, W, W); hidden within [-1, 1].

        Raises:
            ValueError: the input or the state has another shape.
        """
        hidden, cell = self._state_for(x, state)
        z = F.relu(self._convolved(self.Conv1, torch.cat((x, hidden), dim=1)))
        z = F.relu(self._convolved(self.Conv2, z))
        take, keep, show, new = self._convolved(self.Gates, z).chunk(_GATES, dim=1)
        cell = torch.sigmoid(keep) * cell + torch.sigmoid(take) * torch.tanh(new)
        return torch.sigmoid(show) * torch.tanh(cell), cell

    def _convolved(self, conv: nn.Conv2d, x: Tensor) -> Tensor:
        by_place = conv.weight.is_contiguous(memory_format=torch.channels_last)
        if by_place and not torch.is_grad_enabled():
            return _as_product(conv, x, self.convention)
        padded: Tensor = conv(cube_pad(x, _BORDER, self.convention))
        return padded

    def _state_for(self, x: Tensor, state: State | None) -> State:
        if not isinstance(x, Tensor):
            raise ValueError(f"a cell takes a tensor, got {type(x).__name__}")
        if x.ndim != 4 or x.shape[0] % FACES or x.shape[1] != self.input_size:
            raise ValueError(f"a cell takes (6N, {self.input_size}, W, W), got {tuple(x.shape)}")
        if x.shape[2] != x.shape[3] or not x.is_floating_point():
            raise ValueError(f"a cell takes square faces of floats, got {tuple(x.shape)} {x.dtype}")
        shape = (x.shape[0], self.hidden_size, *x.shape[2:])
        if state is None:
            zeros = x.new_zeros(shape)
            return zeros, zeros
        if len(state) != 2 or not all(isinstance(part, Tensor) for part in state):
            raise ValueError("the state must be two tensors, (hidden, cell), or None")
        for part in state:
            if part.shape != shape:
                raise ValueError(f"the state must be {shape}, got {tuple(part.shape)}")
        return state

    def extra_repr(self) -> str:
        """What `print` shows of the cell."""
        return f"{self.input_size}, {self.hidden_size}, convention={self.convention!r}"


def _as_product(conv: nn.Conv2d, x: Tensor, convention: Convention) -> Tensor:
    """`conv` of the padded faces as one matrix product, padding and windows being one gather.

    Twice as fast on a CPU: so few places with so many channels are no image, and torch would
    rearrange half a gigabyte of weights in every call. It keeps nine copies of `x`, which training
    would have to remember.
    """
    n, channels, face_w, _ = x.shape
    rows = x.permute(0, 2, 3, 1).reshape(-1, channels)
    windows = rows.index_select(0, _window_index(face_w, n // FACES, convention, x.device))
    weight = conv.weight.permute(0, 2, 3, 1).reshape(conv.out_channels, -1)
    out = F.linear(windows.view(n * face_w**2, -1), weight, conv.bias)
    return out.view(n, face_w, face_w, -1).permute(0, 3, 1, 2)


@lru_cache(maxsize=16)
def _window_index(face_w: int, cubes: int, convention: Convention, device: torch.device) -> Tensor:
    """Which pixel, of all the cubes', stands at each of the nine places of each window."""
    table = torch.from_numpy(pad_table(face_w, _BORDER, convention))
    windows = table.unfold(1, _KERNEL, 1).unfold(2, _KERNEL, 1).reshape(1, -1)
    offset = torch.arange(cubes).view(-1, 1) * (FACES * face_w**2)
    with torch.inference_mode(mode=False):
        return (windows + offset).reshape(-1).to(device)


def sizes_of(state: Mapping[str, Tensor]) -> tuple[int, int]:
    """(input_size, hidden_size) of the cell that a state dict belongs to.

    Raises:
        ValueError: it is no state dict of this cell; says why.
    """
    for name in ("Conv1.weight", "Gates.weight"):
        if name not in state:
            raise ValueError(f"it has no {name}")
        if state[name].ndim != 4:
            raise ValueError(f"{name} has {state[name].ndim} dimensions and not 4")
    wide, hidden = state["Gates.weight"].shape[0], state["Gates.weight"].shape[0] // _GATES
    input_size = state["Conv1.weight"].shape[1] - hidden
    if wide % _GATES or hidden < 1 or input_size < 1:
        raise ValueError(
            f"no cell has a Conv1.weight of {tuple(state['Conv1.weight'].shape)}"
            f" beside a Gates.weight of {tuple(state['Gates.weight'].shape)}"
        )
    return input_size, hidden


def build_cell(state: Mapping[str, Tensor], convention: Convention = "exact") -> ConvLSTMCell:
    """The cell with these weights, in evaluation mode.

    Raises:
        ValueError: it is no state dict of this cell.
    """
    cell = empty_cell(*sizes_of(state), convention)
    try:
        cell.load_state_dict({k: v.float() for k, v in state.items()}, assign=True)
    except RuntimeError as error:
        raise ValueError(f"the weights do not fit a cell: {error}") from error
    return _ready(cell)


def random_cell(
    input_size: int, hidden_size: int, convention: Convention = "exact", seed: int = 0
) -> ConvLSTMCell:
    """A cell with uniform random weights from `seed`, quick to make at any width; for debugging."""
    cell = empty_cell(input_size, hidden_size, convention).to_empty(device="cpu")
    generator = torch.Generator().manual_seed(seed)
    for conv in (cell.Conv1, cell.Conv2, cell.Gates):
        bound = (conv.in_channels * _KERNEL**2) ** -0.5
        for parameter in conv.parameters():
            parameter.data.uniform_(-bound, bound, generator=generator)
    return _ready(cell)


def _ready(cell: ConvLSTMCell) -> ConvLSTMCell:
    """For inference: no gradients, and the weights of one place side by side (`_as_product`)."""
    for conv in (cell.Conv1, cell.Conv2, cell.Gates):
        conv.weight.data = conv.weight.data.contiguous(memory_format=torch.channels_last)
    return cell.eval().requires_grad_(False)


def empty_cell(input_size: int, hidden_size: int, convention: Convention = "exact") -> ConvLSTMCell:
    """A cell without memory for its weights: torch's own initialisation takes long at full size."""
    with torch.device("meta"):
        return ConvLSTMCell(input_size, hidden_size, convention)
