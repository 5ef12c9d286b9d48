"""The share of attention in view, for one view and for all views of a grid."""

from __future__ import annotations

from math import pi, radians

import numpy as np
import pytest

from cubesal.autopilot.coverage import share_volume, view_share
from cubesal.camera import Camera


@pytest.mark.parametrize("shape", [(120, 240), (72, 144), (181, 362), (40, 80)])
def test_shares_of_a_grid_are_those_of_the_views_one_by_one(shape: tuple[int, int]) -> None:
    rng = np.random.default_rng(3)
    maps = rng.random((3, *shape)).astype(np.float32) ** 4
    maps[1] = 0  # counts as even
    pitches = np.radians([-40.0, 0.0, 25.0])
    volume = share_volume(maps, pitches, 72, radians(90), 16 / 9)
    for k, row, column in ((0, 0, 5), (1, 1, 40), (2, 2, 71), (2, 1, 0)):
        camera = Camera(-pi + column * 2 * pi / 72, float(pitches[row]), 0.0, radians(90))
        share = view_share(maps[k], camera, 16 / 9)
        assert volume[k, row, column] == pytest.approx(share, abs=2e-4)
