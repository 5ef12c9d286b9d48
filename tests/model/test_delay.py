"""The delay check: a map that is known to be late is found to be as late as it is."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from cubesal.democlip import scene_truth
from cubesal.evaluation import PredictedMaps, Row
from cubesal.evaluation.delay import following_delay
from cubesal.geometry import equirect_rays


class Late:
    """Looks at the primary subject as it was some time ago."""

    warmup_frames = 0

    def __init__(self, delay_s: float) -> None:
        self._delay_s = delay_s

    def reset(self) -> None:
        """Nothing to forget."""

    def observe(self, equirect_rgb: NDArray[np.uint8], time_s: float) -> None:
        """Nothing to remember."""

    def step(self, equirect_rgb: NDArray[np.uint8], time_s: float) -> NDArray[np.float32]:
        """A blob."""
        name = scene_truth(time_s).primary
        yaw, pitch = scene_truth(time_s - self._delay_s).directions[name]
        at = [np.cos(pitch) * np.sin(yaw), -np.sin(pitch), np.cos(pitch) * np.cos(yaw)]
        return np.exp((equirect_rays(120) @ np.array(at) - 1) / np.radians(5) ** 2).astype("f4")


@pytest.mark.parametrize("delay_s", [0.0, 0.3, 0.8])
def test_a_known_delay_is_found(delay_s: float, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cubesal.evaluation.delay.frame", lambda _: np.zeros((2, 4, 3), np.uint8))
    assert following_delay(Row("late", Late(delay_s))) == pytest.approx(delay_s, abs=0.05)


def test_stored_maps_have_no_demo_clip(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="stored maps"):
        following_delay(Row("stored", PredictedMaps(tmp_path)))
