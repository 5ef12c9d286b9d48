"""The network on a sequence, as it is trained: maps of successive moments that carry gradients."""

from __future__ import annotations

import torch
from torch import Tensor

from cubesal.cam import strongest_on_sphere
from cubesal.convention import Convention
from cubesal.convlstm import ConvLSTMCell, State
from cubesal.geometry.cube import CubeMode

__all__ = ["normalised", "sequence_maps"]


def normalised(cams: Tensor, convention: Convention) -> Tensor:
    """(T, N, ...) to 0..1 by least and greatest value: of each sample, in "cp360" of the batch.

    What is constant becomes 0.
    """
    samples = cams.flatten(2).transpose(0, 1).flatten(1)
    low, high = samples.amin(dim=1), samples.amax(dim=1)
    if convention == "cp360":
        low, high = low.amin().expand_as(low), high.amax().expand_as(high)
    span = torch.where(high > low, high - low, torch.ones_like(high))
    shape = (1, -1) + (1,) * (cams.ndim - 2)
    return (cams - low.view(shape)) / span.view(shape)


def sequence_maps(
    cell: ConvLSTMCell,
    cams: Tensor,
    height: int | None = None,
    convention: Convention = "exact",
    mode: CubeMode = "bilinear",
) -> Tensor:
    """Saliency maps of all moments of a window but the first (paper, section 3.3).

    The first moment is hidden state, cell state and first input; its own map is not used.

    Args:
        cams: (T, N, 6, C, w, w) class activation maps of T successive moments of N samples.
        height: rows of the compared maps; what is projected has 2 w rows, or fewer if that is less.
        convention: of the normalisation and the projection; the cell has its own.
        mode: of the projection, see `geometry.cube_to_equirect`.

    Returns:
        (T - 1, N, h, 2h) within [-1, 1].

    Raises:
        ValueError: the shape does not fit the cell.
    """
    if cams.ndim != 6 or cams.shape[2] != 6 or len(cams) < 2:
        raise ValueError(f"a window is (T >= 2, N, 6, C, w, w), not {tuple(cams.shape)}")
    frames = normalised(cams, convention).flatten(1, 2)
    rows = min(2 * cams.shape[-1], height or 2 * cams.shape[-1])
    state: State = (frames[0], frames[0])
    maps = []
    for moment, frame in enumerate(frames):
        state = cell(frame, state)
        if moment:
            maps.append(strongest_on_sphere(state[0].float(), rows, convention, mode))
    return torch.stack(maps)
