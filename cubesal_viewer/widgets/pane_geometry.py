"""Where things lie inside a pane, and how a gesture turns the camera. Numbers only, no widgets.

Pane points are (x, y) in device pixels from the top left; view points are (x, y) in [-1, 1] over
a flat camera's picture, to the right and down.
"""

from __future__ import annotations

from dataclasses import replace
from math import acos, atan2, cos, hypot, pi, sin
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from cubesal.camera import Camera, wrap_angle
from cubesal.lens import RECTILINEAR, Lens
from cubesal_viewer.render.content import Viewport

__all__ = ["angles_of", "fitted", "grabbed", "placed", "rolled", "view_ray"]

Point: TypeAlias = tuple[float, float]
Angles: TypeAlias = tuple[float, float]

#: A drag turns at most this many times faster than it would at the picture's centre. Over a pole
#: the exact answer is a half turn at once, which nobody means.
_FASTEST_TURN = 4.0


def fitted(width: int, height: int, shape: tuple[int, int], margin: int = 0) -> Viewport:
    """The largest centred picture of ``shape`` (columns : rows) within width x height pixels."""
    room = max(min((width - 2 * margin) // shape[0], (height - 2 * margin) // shape[1]), 1)
    columns, rows = room * shape[0], room * shape[1]
    return Viewport((width - columns) // 2, (height - rows) // 2, columns, rows)


def angles_of(ray: NDArray[np.float64]) -> Angles:
    """(yaw, pitch) of a world ray of any length."""
    x, y, z = (float(component) for component in ray)
    return atan2(x, z), atan2(-y, hypot(x, z))


def view_ray(
    camera: Camera, aspect: float, point: Point, lens: Lens = RECTILINEAR
) -> NDArray[np.float64]:
    """Unit ray in the view's axes through a view point."""
    return lens.rays(np.array(point) * lens.half_extent(camera, aspect))


def grabbed(
    camera: Camera, aspect: float, start: Point, end: Point, lens: Lens = RECTILINEAR
) -> Camera:
    """The camera after the picture was dragged from one view point to another.

    What lay under ``start`` comes to lie under ``end`` (roll and field of view stay), as far as
    the limits of pitch and turning speed allow.
    """
    held = lens.world_from_view(camera) @ view_ray(camera, aspect, start, lens)
    upright = _unrolled(view_ray(camera, aspect, end, lens), camera.roll)
    pitch = _pitch_that_lifts(upright, float(held[1]), camera.pitch, lens.tilt)
    axis = pitch + lens.tilt
    turned = np.array([upright[0], 0.0, upright[2] * cos(axis) + upright[1] * sin(axis)])
    yaw = atan2(held[0], held[2]) - atan2(turned[0], turned[2])
    half = lens.half_extent(camera, aspect)
    step = hypot((end[0] - start[0]) * half[0], (end[1] - start[1]) * half[1])
    limit = _FASTEST_TURN * step
    turn = min(max(wrap_angle(yaw - camera.yaw), -limit), limit)
    return replace(camera, yaw=camera.yaw + turn, pitch=pitch).normalised()


def _unrolled(ray: NDArray[np.float64], roll: float) -> NDArray[np.float64]:
    x, y, z = ray
    return np.array([x * cos(roll) - y * sin(roll), x * sin(roll) + y * cos(roll), z])


def _pitch_that_lifts(
    ray: NDArray[np.float64], height: float, current: float, tilt: float
) -> float:
    """Pitch at which ``ray`` (roll undone) points to world Y ``height``, nearest to ``current``.

    The view's axis is pitched by ``tilt`` more than the camera. Pitch turns the ray about
    X: Y = y cos p - z sin p = r cos(p + phase).
    """
    reach = hypot(ray[1], ray[2])
    phase = atan2(ray[2], ray[1])
    lift = acos(min(max(height / reach, -1.0), 1.0))
    candidates = [wrap_angle(sign * lift - phase - tilt) for sign in (1.0, -1.0)]
    nearest = min(candidates, key=lambda pitch: abs(wrap_angle(pitch - current)))
    return min(max(nearest, -pi / 2), pi / 2)


def placed(camera: Camera, centre: Angles, moved: Angles = (0.0, 0.0)) -> Camera:
    """The camera looking at ``centre`` displaced by ``moved``; yaw wraps, pitch clamps."""
    return camera.looking_at(centre[0] + moved[0], centre[1] + moved[1])


def rolled(camera: Camera, angle: float) -> Camera:
    """The camera turned about its axis by ``angle``."""
    return replace(camera, roll=camera.roll + angle).normalised()
