"""Other good paths over the same maps: each for what the ones before it leave over."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cubesal.autopilot.areas import Area, weighted
from cubesal.autopilot.coverage import captured_shares, frustum_mask
from cubesal.autopilot.options import PlannerOptions
from cubesal.autopilot.path import CameraPath
from cubesal.autopilot.planner import plan_path

__all__ = ["Alternative", "alternative_paths"]

LEFT_OVER = 0.1
"""What attention counts for the next path where one before it has looked: a tenth."""


@dataclass(frozen=True, eq=False)
class Alternative:
    """A path, and the mean share of all attention that it keeps in view."""

    path: CameraPath
    share: float


def alternative_paths(
    maps: NDArray[np.floating],
    times_s: NDArray[np.floating],
    options: PlannerOptions | None = None,
    count: int = 3,
    areas: Sequence[Area] = (),
    turn: NDArray[np.floating] | None = None,
) -> list[Alternative]:
    """``count`` >= 1 paths over maps (K, H, W) >= 0 at ``times_s`` (K,), the best one first.

    The first is that of :func:`plan_path`, with its ``areas`` and ``turn``; each further one is
    planned on what the views of those before it do not see. Shares are of the maps as they are.
    """
    if count < 1:
        raise ValueError(f"at least one path can be asked for, not {count}")
    options = options or PlannerOptions()
    left = np.array(weighted(maps, times_s, areas), dtype=np.float32)
    found: list[Alternative] = []
    for _ in range(count):
        path = plan_path(left, times_s, options, turn=turn)
        shares = captured_shares(maps, times_s, path, options.aspect)
        found.append(Alternative(path, float(shares.mean())))
        for k, time_s in enumerate(times_s):
            seen = frustum_mask(path.at(float(time_s)), options.aspect, left.shape[1])
            left[k] *= 1 - (1 - LEFT_OVER) * seen.astype(np.float32)
    return found
