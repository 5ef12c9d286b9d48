"""Saliency with a memory: class activation maps of successive frames -> ConvLSTM -> maps.

The published protocol (CP-360, section 3.3) gives each frame a window of its own: the maps of five
frames, brought to 0..1 by the least and the greatest value in the whole window, are shown to the
cell one by one, the first of them being its initial hidden and cell state as well. What the cell
then holds, projected to an equirect, is the frame's saliency: the largest of all channels.

The other mode carries the state on from frame to frame, one step each: a fifth of the work, not
what is published, and so named where it is used. It normalises by the same rolling window.

A frame's class activation maps enter once; the last few are kept for the windows to come.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass

import torch
from torch import Tensor

from cubesal.cam import strongest_on_sphere
from cubesal.convention import Convention
from cubesal.convlstm import ConvLSTMCell, State
from cubesal.model_settings import Memory
from cubesal.stages import stage

__all__ = [
    "WINDOW",
    "Memory",
    "TemporalStream",
    "min_max",
    "saliency_of_sequence",
    "window_saliency",
]

#: Frames in a window of the published protocol.
WINDOW = 5


# A carried state has no end to its memory. After as many steps as three windows it is taken for
# independent of the frame it began with.
_CARRIED_WARMUP = 3 * WINDOW


def min_max(cams: Tensor) -> Tensor:
    """Values of any shape brought to 0..1 by their own least and greatest, all together.

    Equal values, for which the published code divides by zero, become 0.
    """
    least, most = torch.aminmax(cams)
    span = most - least
    return (cams - least) / torch.where(span > 0, span, torch.ones_like(span))


def window_saliency(
    cams: Tensor, cell: ConvLSTMCell, height: int | None = None, convention: Convention = "exact"
) -> Tensor:
    """The saliency of the last frame of a window.

    Args:
        cams: (T, 6, K, w, w) class activation maps of successive frames, five as published.
        cell: with as many input and hidden channels as there are classes.
        height: rows of the result, 2 w unless given.
        convention: of the projection; the cell has its own.

    Returns:
        (height, 2 height), within [-1, 1].

    Raises:
        ValueError: the maps are not a window of cube maps for this cell.
    """
    if cams.ndim != 5 or not len(cams) or cell.input_size != cell.hidden_size:
        raise ValueError(
            f"a window is (T, 6, K, w, w) for a cell of equal widths, got {tuple(cams.shape)}"
            f" for {cell.input_size} and {cell.hidden_size}"
        )
    with stage("temporal"):
        frames = min_max(cams)
        state = (frames[0], frames[0])
        for frame in frames:
            state = cell(frame, state)
    return _projected(state, height, convention)


def _projected(state: State, height: int | None, convention: Convention) -> Tensor:
    with stage("projection"):
        return strongest_on_sphere(state[0], height, convention)[0]


@dataclass
class TemporalStream:
    """Steps through the class activation maps of a clip, one frame after another.

    Attributes:
        cell: the memory.
        convention: of the projection.
        memory: "window" as published, or "carried".
        window: frames in a window; in carried mode, the frames that set the normalisation.
        height: rows of the maps, twice the feature faces' width unless given.
    """

    cell: ConvLSTMCell
    convention: Convention = "exact"
    memory: Memory = "window"
    window: int = WINDOW
    height: int | None = None

    def __post_init__(self) -> None:
        if self.window < 1 or self.memory not in ("window", "carried"):
            raise ValueError(f"no memory {self.memory!r} over {self.window} frames")
        self._cams: deque[Tensor] = deque(maxlen=self.window)
        self._state: State | None = None
        self._seen = 0

    @property
    def warmup_frames(self) -> int:
        """Frames to show after a jump until maps equal those of a run from the clip's beginning.

        Exactly so for windows, nearly so for a carried state.
        """
        return self.window - 1 if self.memory == "window" else _CARRIED_WARMUP

    @property
    def complete(self) -> bool:
        """Whether the frame last shown had a whole window of frames, not a filled-up one."""
        return self._seen >= self.window

    def reset(self) -> None:
        """Forget the frames shown: at the start of a clip, and after a jump."""
        self._cams.clear()
        self._state = None
        self._seen = 0

    def observe(self, cams: Tensor) -> None:
        """Show the next frame (6, K, w, w) without asking for its map, which costs less."""
        self._cams.append(cams)
        self._seen += 1
        if self.memory == "carried":
            self._advance()

    def step(self, cams: Tensor) -> Tensor:
        """Show the next frame (6, K, w, w) -> its saliency (height, 2 height).

        Before there is a whole window, the frames there are count, the first repeatedly.
        """
        self.observe(cams)
        if self.memory == "carried":
            assert self._state is not None
            return _projected(self._state, self.height, self.convention)
        missing = self.window - len(self._cams)
        frames = [self._cams[0]] * missing + list(self._cams)
        return window_saliency(torch.stack(frames), self.cell, self.height, self.convention)

    def _advance(self) -> None:
        with stage("temporal"):
            frame = min_max(torch.stack(list(self._cams)))[-1]
            self._state = self.cell(frame, self._state or (frame, frame))


def saliency_of_sequence(
    cams: Iterable[Tensor],
    cell: ConvLSTMCell,
    convention: Convention = "exact",
    *,
    memory: Memory = "window",
    window: int = WINDOW,
    height: int | None = None,
) -> tuple[list[int], list[Tensor]]:
    """Saliency of every frame of a clip that has a whole window behind it.

    Args:
        cams: (6, K, w, w) of each frame, in order; taken one at a time.
        cell, memory, window, height: as for `TemporalStream`.
        convention: of the projection. "cp360" also leaves out the clip's last frame, as the
            published loop over the windows does.

    Returns:
        The frames' positions in `cams`, and their maps (height, 2 height).
    """
    stream = TemporalStream(cell, convention, memory, window, height)
    indices: list[int] = []
    maps: list[Tensor] = []
    ahead: Tensor | None = None
    count = 0
    for following in cams:
        if ahead is not None:
            _step_into(stream, ahead, count - 1, indices, maps)
        ahead, count = following, count + 1
    if ahead is not None and convention == "exact":
        _step_into(stream, ahead, count - 1, indices, maps)
    return indices, maps


def _step_into(
    stream: TemporalStream, cams: Tensor, index: int, indices: list[int], maps: list[Tensor]
) -> None:
    if index < stream.window - 1:
        stream.observe(cams)
        return
    indices.append(index)
    maps.append(stream.step(cams))
