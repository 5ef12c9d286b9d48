"""How fast the picture itself turns: what lets a subject drift although neither it nor we move."""

from __future__ import annotations

from math import nan
from typing import Protocol, runtime_checkable

import cv2
import numpy as np
from numpy.typing import NDArray

from cubesal.camera_motion import is_turn
from cubesal.motion import MotionMeter
from cubesal.stages import stage

__all__ = ["MeasuresTurn", "TurnMeter", "yaw_of_rotation"]


@runtime_checkable
class MeasuresTurn(Protocol):
    """A predictor that may find how the picture turns, for purposes of its own."""

    @property
    def measures_turn(self) -> bool:
        """Whether it does."""

    @property
    def rotation(self) -> NDArray[np.float64] | None:
        """(3, 3) how the last frame shown is turned against the one before; None: not known."""


class TurnMeter:
    """Steps through the frames of a clip and says how fast the picture turned since the last one.

    ``predictor``, shown the same frames before, is asked if it measures this anyway, as models for
    video do; else a :class:`cubesal.motion.MotionMeter` of its own finds it.
    """

    def __init__(self, predictor: object = None) -> None:
        measures = isinstance(predictor, MeasuresTurn) and predictor.measures_turn
        self._predictor = predictor if measures else None
        self._meter = MotionMeter()
        self._before_s = nan

    def step(self, equirect_rgb: NDArray[np.uint8], time_s: float) -> float:
        """Radians per second to the right, after a frame (H, W, 3); NaN where it is not known."""
        rotation = self._rotation(equirect_rgb)
        since_s, self._before_s = time_s - self._before_s, time_s
        if rotation is None or not since_s > 0:
            return nan
        return yaw_of_rotation(rotation) / since_s

    def _rotation(self, equirect_rgb: NDArray[np.uint8]) -> NDArray[np.float64] | None:
        if isinstance(self._predictor, MeasuresTurn):
            return self._predictor.rotation
        with stage("motion"):
            motion = self._meter.step(equirect_rgb)
        return None if motion is None else motion.rotation


def yaw_of_rotation(rotation: NDArray[np.float64]) -> float:
    """How far a rotation (3, 3) turns about the vertical axis, radians to the right.

    Of its axis times its angle the vertical part: what directions all around have in common. Tilts
    lift one side of the sphere and lower the other.
    """
    if not is_turn(rotation):
        return 0.0
    vector, _ = cv2.Rodrigues(rotation)
    return float(vector[1, 0])
