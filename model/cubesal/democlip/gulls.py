"""A small flock of gulls over the water, each beating its wings in its own time."""

from __future__ import annotations

from functools import lru_cache
from math import cos, sin
from typing import Final

import numpy as np

from cubesal.democlip.mesh import Mesh, join, lathe, posed, sheet
from cubesal.democlip.parts import DARK, ORANGE, WHITE, Colour

__all__ = ["gulls"]

#: Place in the flock (right, up, forward; metres) and phase of the wing beat.
_BIRDS: Final = (
    ((0.0, 0.1, 1.1), 0.0),
    ((1.3, 0.5, 0.1), 1.9),
    ((-1.2, -0.5, 0.2), 3.4),
    ((-1.9, 0.7, -0.8), 5.0),
    ((1.0, -0.8, -1.2), 2.6),
)
_GREY: Final = (0.42, 0.44, 0.47)


@lru_cache(maxsize=1)
def _body() -> Mesh:
    profile = [(0.01, 0.36), (0.055, 0.31), (0.06, 0.22), (0.10, 0.1), (0.10, -0.08), (0.03, -0.32)]
    beak = lathe([(0.025, 0.34), (0.003, 0.44)], ORANGE, sides=6, axis="forward")
    tail = sheet(
        [[(-0.03, 0.0, -0.25), (0.03, 0.0, -0.25)], [(-0.1, 0.0, -0.46), (0.1, 0.0, -0.46)]], WHITE
    )
    return join(lathe(profile, WHITE, sides=10, axis="forward"), beak, tail)


def _wing_paint(part: int, _chord: int) -> Colour:
    return (_GREY, _GREY, WHITE, DARK)[part]


def _wing(side: float, beat: float) -> Mesh:
    """One wing of three joints; ``beat`` -1..1 is how high it is raised."""
    inner, outer = 0.15 + 0.55 * beat, -0.15 + 0.75 * beat
    reach = [(0.05, 0.03)]
    for length, angle in ((0.18, inner), (0.2, inner), (0.22, outer), (0.2, outer - 0.1)):
        x, up = reach[-1]
        reach.append((x + length * cos(angle), up + length * sin(angle)))
    edges = zip(
        reach, (0.12, 0.15, 0.16, 0.06, -0.12), (-0.09, -0.1, -0.08, -0.08, -0.17), strict=True
    )
    points = [[(side * x, up, front), (side * x, up, back)] for (x, up), front, back in edges]
    return sheet(points, _wing_paint, through=0.3)


def gulls(time_s: float) -> Mesh:
    """The flock about its middle; wing span 1.7 m."""
    birds = []
    for number, (place, phase) in enumerate(_BIRDS):
        # A few beats, then a glide.
        effort = 0.35 + 0.65 * max(0.0, sin(0.9 * time_s + 1.3 * number))
        beat = 0.2 + 0.7 * effort * sin(9.0 * time_s + phase)
        bird = join(_body(), _wing(1.0, beat), _wing(-1.0, beat))
        right, up, ahead = place
        bob = 0.06 * sin(9.0 * time_s + phase + 2.2)
        where = np.array([right, -(up + bob), ahead + 0.2 * sin(0.8 * time_s + phase)])
        birds.append(posed(bird, where, bank=0.12 * sin(1.1 * time_s + phase)))
    return join(*birds)
