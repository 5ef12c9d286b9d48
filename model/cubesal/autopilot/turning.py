"""The same views and areas in a sphere that was turned: what a new front does to a path.

A turn is a rotation (3, 3) that takes directions as they were to directions as they are now.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from cubesal.autopilot.areas import Area
from cubesal.autopilot.keys import PathKey
from cubesal.camera import Camera
from cubesal.geometry.axes import angles_from_dir, angles_from_rotation, dir_from_angles

__all__ = ["areas_turned", "camera_turned", "keys_turned"]

Turn = NDArray[np.float64]


def camera_turned(camera: Camera, turn: Turn) -> Camera:
    """The camera that sees what ``camera`` saw before the turn, normalised."""
    yaw, pitch, roll = angles_from_rotation(turn @ camera.world_from_camera)
    return Camera(yaw, pitch, roll, camera.hfov).normalised()


def keys_turned(keys: Iterable[PathKey], turn: Turn) -> tuple[PathKey, ...]:
    """Keys that show what they showed before the turn."""
    turned = ((key, camera_turned(key.camera, turn)) for key in keys)
    return tuple(replace(key, yaw=now.yaw, pitch=now.pitch, roll=now.roll) for key, now in turned)


def areas_turned(areas: Iterable[Area], turn: Turn) -> tuple[Area, ...]:
    """Areas that hold what they held before the turn."""
    return tuple(_area_turned(area, turn) for area in areas)


def _area_turned(area: Area, turn: Turn) -> Area:
    yaw, pitch = angles_from_dir(turn @ dir_from_angles(area.yaw, area.pitch))
    return replace(area, yaw=float(yaw), pitch=float(pitch))
