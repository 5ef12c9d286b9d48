"""Values on the cells of the cube: brought there from an equirect map, averaged, and turned."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray

from cubesal.camera_motion import is_turn
from cubesal.geometry import sample_equirect
from cubesal.memory import Turn
from cubesal.sphere_filter import smooth_on_sphere
from cubesal.sphere_grid import cell_directions, cell_taps, cell_weights

__all__ = ["SphereCells"]

FloatArray = NDArray[np.floating]


class SphereCells:
    """The P = 6 `cells`² cells of a cube with so many per edge of a face."""

    def __init__(self, cells: int) -> None:
        self._cells = cells
        self._area = cell_weights(cells).reshape(-1)
        self._dirs = cell_directions(cells).reshape(-1, 3)

    def sampled(self, equirect_map: FloatArray, smoothing: float) -> NDArray[np.float32]:
        """(h, 2h) -> (P,), smoothed by so many radians before."""
        smooth = smooth_on_sphere(equirect_map, smoothing).astype(np.float32)
        values = sample_equirect(smooth, self._dirs[None].astype(np.float32))
        return np.asarray(values[0], np.float32)

    def mean(self, values: FloatArray) -> float:
        """The mean over the sphere of values (P,)."""
        return float(values @ self._area)

    def turned(
        self, values: NDArray[np.float32], rotation: NDArray[np.float64]
    ) -> NDArray[np.float32]:
        """Values (P,) of which what was at d now is at rotation @ d."""
        if not is_turn(rotation):
            return values
        index, share = cell_taps(self._dirs @ rotation, self._cells)
        return np.asarray((values[index] * share).sum(axis=0), np.float32)

    def turn(
        self, rotation: NDArray[np.float64], count: int, device: torch.device | None = None
    ) -> Turn | None:
        """How to turn `count` cubes of which what was at d now is at rotation @ d; None: not."""
        if not is_turn(rotation):
            return None
        turn = self.turns([rotation], device)
        return turn and Turn(*(part.expand(count, -1, -1) for part in turn))

    def turns(
        self, rotations: Sequence[NDArray[np.float64]], device: torch.device | None = None
    ) -> Turn | None:
        """The same for cubes that turn by a rotation each; None if none of them does."""
        if not any(map(is_turn, rotations)):
            return None
        taps = [cell_taps(self._dirs @ rotation, self._cells) for rotation in rotations]
        source, share = (torch.from_numpy(np.stack(part)) for part in zip(*taps, strict=True))
        return Turn(source.to(device), share.to(device))
