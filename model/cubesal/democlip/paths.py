"""Where every subject of the demo clip is at every moment: the script, and so the ground truth.

Positions are metres in world axes (X right, Y down, Z forward) around the camera; the water lies
:data:`EYE_M` below it.  The script lasts :data:`DURATION_S` and then starts over.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import asin, atan2, cos, hypot, pi, radians, sin
from types import MappingProxyType
from typing import Final

import numpy as np
from numpy.typing import NDArray

from cubesal.geometry import angles_from_dir

__all__ = ["DURATION_S", "EYE_M", "FPS", "HANDOVERS_S", "SUBJECTS", "DemoTruth", "Pose"]
__all__ += ["pose", "scene_truth"]

DURATION_S: Final = 12.0
FPS: Final = 30
#: Height of the camera above the water.
EYE_M: Final = 2.2
#: When the script's attention passes from the biplane to the balloon, and then to the sailboat.
HANDOVERS_S: Final = (4.0, 8.0)

_PRIMARIES = ("biplane", "balloon", "sailboat")
SUBJECTS: Final = (*_PRIMARIES, "gulls", "lighthouse")
#: Radius in metres of the sphere about a subject's position that holds the whole subject.
_RADIUS_M = MappingProxyType(
    {"biplane": 5.0, "balloon": 9.8, "sailboat": 6.0, "gulls": 3.0, "lighthouse": 16.5}
)


@dataclass(frozen=True)
class Pose:
    """Position (metres, world axes) and attitude (radians) of a subject.

    ``heading`` is the yaw its bow points to, ``climb`` its nose up, ``bank`` its right side down.
    """

    position: NDArray[np.float64]
    heading: float = 0.0
    climb: float = 0.0
    bank: float = 0.0


@dataclass(frozen=True)
class DemoTruth:
    """True directions at one moment: per subject (yaw, pitch) and angular radius, in radians."""

    directions: Mapping[str, tuple[float, float]]
    radii: Mapping[str, float]
    primary: str

    @property
    def primary_direction(self) -> tuple[float, float]:
        """(yaw, pitch) of the subject that a good camera would follow now."""
        return self.directions[self.primary]


def scene_truth(time_s: float) -> DemoTruth:
    """The ground truth ``time_s`` seconds into the clip (the script repeats)."""
    time_s = time_s % DURATION_S
    directions: dict[str, tuple[float, float]] = {}
    radii: dict[str, float] = {}
    for name in SUBJECTS:
        position = pose(name, time_s).position
        yaw, pitch = angles_from_dir(position)
        directions[name] = (float(yaw), float(pitch))
        radii[name] = asin(_RADIUS_M[name] / float(np.linalg.norm(position)))
    primary = _PRIMARIES[sum(time_s >= moment for moment in HANDOVERS_S)]
    return DemoTruth(MappingProxyType(directions), MappingProxyType(radii), primary)


def pose(name: str, time_s: float) -> Pose:
    """Position and attitude of a subject; ValueError for a name not in :data:`SUBJECTS`."""
    makers = {
        "biplane": _biplane,
        "balloon": _balloon,
        "sailboat": _sailboat,
        "gulls": _gulls,
        "lighthouse": _lighthouse,
    }
    if name not in makers:
        raise ValueError(f"no subject named {name!r} in the demo clip; there are {SUBJECTS}")
    return makers[name](time_s % DURATION_S)


def _biplane_at(time_s: float) -> NDArray[np.float64]:
    """Comes from the left, passes in front of the camera, turns away and climbs."""
    x = -15.0 + 8.4 * time_s + 0.05 * time_s**2
    z = 40.0 - 6.6 * time_s + 0.27 * time_s**2
    up = 6.2 + 0.45 * time_s + 0.14 * time_s**2 + 0.25 * sin(1.7 * time_s)
    return np.array([x, -up, z])


def _biplane(time_s: float) -> Pose:
    step = 0.05
    before, here, after = (_biplane_at(time_s + k * step) for k in (-1, 0, 1))
    velocity, bend = (after - before) / (2 * step), (after - 2 * here + before) / step**2
    speed = hypot(velocity[0], velocity[2])
    # A turn to the left (towards +Z while flying to +X) lowers the left wing.
    turn = (velocity[2] * bend[0] - velocity[0] * bend[2]) / speed
    return Pose(
        position=here,
        heading=atan2(velocity[0], velocity[2]),
        climb=0.7 * atan2(-velocity[1], speed),
        bank=0.22 * turn + 0.10 * sin(1.3 * time_s + 2.2),
    )


def _balloon(time_s: float) -> Pose:
    """Drifts from the right over the camera, a little beside the zenith, and rises."""
    middle_s = 6.4
    x = -8.6 * (time_s - middle_s)
    up = 41.0 + 0.7 * time_s + 0.3 * sin(1.1 * time_s)
    z = 5.6 + 0.5 * (time_s - middle_s)
    return Pose(np.array([x, -up, z]), heading=0.5 + 0.09 * time_s, climb=0.02 * sin(1.3 * time_s))


def _sailboat(time_s: float) -> Pose:
    """Sails behind the camera from right to left, across the seam at yaw ±180°."""
    middle_s = 9.6
    away = time_s - middle_s
    position = np.array([-4.5 * away, EYE_M - 4.3 - 0.06 * sin(2.3 * time_s), -21.0 - 0.25 * away])
    return Pose(
        position,
        heading=-pi / 2 - 0.06,
        climb=0.025 * sin(1.9 * time_s + 0.4),
        bank=0.11 + 0.03 * sin(1.4 * time_s),
    )


def _gulls(time_s: float) -> Pose:
    """Fly low over the water, from the right towards the front."""
    x = 22.5 - 1.6 * time_s + 0.5 * sin(0.5 * time_s)
    up = 2.2 + 0.5 * sin(0.6 * time_s) + 0.1 * time_s
    return Pose(np.array([x, -up, 7.0 + 1.4 * time_s]), heading=-0.85 + 0.12 * cos(0.5 * time_s))


def _lighthouse(_time_s: float) -> Pose:
    """Stands on its rock; it never moves."""
    yaw, away = radians(-34.0), 105.0
    return Pose(np.array([away * sin(yaw), EYE_M - 14.0, away * cos(yaw)]), heading=yaw + pi)
