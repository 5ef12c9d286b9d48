"""The subjects in the air, each about its own middle: hot-air balloon and biplane."""

from __future__ import annotations

from functools import lru_cache
from math import cos, pi, sin

import numpy as np

from cubesal.democlip.mesh import Mesh, box, join, lathe, posed, sheet, tube
from cubesal.democlip.parts import CREAM, DARK, GOLD, NAVY, ORANGE, RED, TEAL, WOOD, Colour, person

__all__ = ["balloon", "biplane", "burner"]


def _envelope_paint(ring: int, gore: int) -> Colour:
    """Vertical gores of red and cream, belted in navy and gold."""
    if ring in (12, 13, 19, 20):
        return GOLD
    if 13 < ring < 19:
        return NAVY if (gore // 3) % 2 else TEAL
    if ring >= 33:
        return ORANGE
    return RED if (gore // 3) % 2 else CREAM


@lru_cache(maxsize=1)
def _balloon_body() -> Mesh:
    top = np.linspace(0.0, np.radians(122.0), 30)
    radius, up = 7.6 * np.sin(top), 7.6 * np.cos(top) + 1.8
    mouth_r, mouth_up = 1.25, -6.4
    ramp = np.linspace(0.0, 1.0, 8)[1:]
    radius = np.concatenate([radius, radius[-1] + (mouth_r - radius[-1]) * ramp])
    up = np.concatenate([up, up[-1] + (mouth_up - up[-1]) * ramp])
    profile = np.stack([np.maximum(radius, 0.01), up], axis=1)
    envelope = lathe(profile, _envelope_paint, sides=48, through=0.22, glow=0.06)
    ropes = [
        tube((1.2 * cos(a), -6.4, 1.2 * sin(a)), (0.62 * cos(a), -8.7, 0.62 * sin(a)), 0.035, DARK)
        for a in np.arange(4) * pi / 2 + pi / 4
    ]
    basket = [
        box((1.35, 0.95, 1.35), WOOD, (0, -9.2, 0)),
        box((1.5, 0.16, 1.5), (0.16, 0.07, 0.03), (0, -8.72, 0)),
        box((1.46, 0.12, 1.46), (0.18, 0.08, 0.03), (0, -9.62, 0)),
    ]
    crew = [person((x, -8.75, z), shirt) for x, z, shirt in ((0.3, 0.2, TEAL), (-0.3, -0.1, GOLD))]
    # Looking up through the mouth one sees the warm inside, not the sky behind.
    turn = np.linspace(0.0, 2 * pi, 25)
    inside = [np.stack([r * np.cos(turn), np.full(25, up), r * np.sin(turn)], axis=1)
              for r, up in ((1.3, -6.35), (0.75, -5.9), (0.01, -5.6))]  # fmt: skip
    lining = sheet(np.array(inside), (0.42, 0.10, 0.03), glow=0.12)
    return join(envelope, lining, *ropes, *crew, *basket)


def balloon(time_s: float) -> Mesh:
    """Hot-air balloon, 15 m across; its burner is lit now and then (see :func:`burner`)."""
    flame = burner(time_s)
    if flame <= 0:
        return _balloon_body()
    tip = -7.6 + 1.6 * flame
    profile = [(0.05, -7.7), (0.26, -7.3), (0.16, tip - 0.3), (0.01, tip)]
    return join(_balloon_body(), lathe(profile, GOLD, sides=8, glow=6.0))


def burner(time_s: float) -> float:
    """How strongly the balloon's burner is lit, 0..1."""
    return max(max(0.0, 1.0 - ((time_s - t) / 0.75) ** 2) for t in (1.2, 5.2, 7.2, 10.6))


def _fuselage_paint(ring: int, _side: int) -> Colour:
    if ring < 2:
        return DARK
    return CREAM if ring in (9, 10) else RED


def _wing(span: float, up: float, chord: float, forward: float) -> Mesh:
    """Wing of several slices with cream tips, thin enough to sort by its slices."""
    slices = 12
    x = np.linspace(-span / 2, span / 2, slices + 1)
    parts = []
    for k in range(slices):
        middle, width = (x[k] + x[k + 1]) / 2, x[k + 1] - x[k]
        rise = up + 0.035 * abs(middle)
        end = k in (0, slices - 1)
        colour = CREAM if k in (1, 2, slices - 2, slices - 3) else RED
        parts.append(
            box((width, 0.11, chord * (0.86 if end else 1.0)), colour, (middle, rise, forward))
        )
    return join(*parts)


@lru_cache(maxsize=1)
def _biplane_body() -> Mesh:
    profile = [
        *((0.02, 3.05), (0.42, 2.95), (0.58, 2.55), (0.62, 2.0), (0.62, 1.4), (0.61, 0.8)),
        *((0.58, 0.2), (0.52, -0.5), (0.46, -1.1), (0.40, -1.7), (0.33, -2.3), (0.25, -2.9)),
        *((0.16, -3.3), (0.02, -3.5)),
    ]
    fuselage = lathe(profile, _fuselage_paint, sides=18, axis="forward")
    struts = [
        tube((x, -0.42 + 0.035 * abs(x), z), (x, 1.1 + 0.035 * abs(x), z + 0.15), 0.045, WOOD)
        for x in (-3.0, -1.9, 1.9, 3.0)
        for z in (0.75, 1.45)
    ]
    cabane = [tube((x, 0.4, z), (x, 1.1, z), 0.04, WOOD) for x in (-0.5, 0.5) for z in (0.8, 1.5)]
    fin = [[(0.0, 0.15, -2.5), (0.0, 1.25, -3.2)], [(0.0, 0.1, -3.5), (0.0, 1.15, -3.75)]]
    tail = [box((1.45, 0.08, 0.95), c, (x, 0.12, -3.1)) for x, c in ((-0.75, RED), (0.75, CREAM))]
    wheels = [
        posed(lathe([(0.01, -0.07), (0.36, -0.07), (0.36, 0.07), (0.01, 0.07)], DARK, axis="up"),
              (x, 1.25, 1.35), bank=pi / 2)
        for x in (-0.8, 0.8)
    ]  # fmt: skip
    legs = [tube((s * 0.35, -0.45, z), (s * 0.8, -1.2, 1.35), 0.045, DARK)
            for s in (-1, 1) for z in (1.1, 1.7)]  # fmt: skip
    pilot = person((0.0, 0.45, -0.15), WOOD)
    screen = box((0.5, 0.25, 0.05), (0.5, 0.6, 0.65), (0.0, 0.68, 0.35))
    lower, upper = _wing(8.2, -0.42, 1.35, 1.1), _wing(8.8, 1.16, 1.4, 1.25)
    return join(
        fuselage,
        lower,
        upper,
        *struts,
        *cabane,
        sheet(fin, RED),
        *tail,
        *wheels,
        *legs,
        pilot,
        screen,
    )


def biplane(time_s: float) -> Mesh:
    """Red biplane with a 9 m wing, its two propeller blades turning."""
    blades = []
    for angle in np.array([0.0, pi]) + 23.0 * time_s:
        side = np.array([cos(angle), sin(angle)])
        across = np.array([-side[1], side[0]]) * 0.11
        ends = [np.array([*(side * r + across * w), 3.1]) for r, w in
                ((0.1, 1), (0.1, -1), (1.3, 0.6), (1.3, -0.6))]  # fmt: skip
        blades.append(sheet(np.array(ends).reshape(2, 2, 3), GOLD))
    spinner = lathe([(0.2, 2.95), (0.14, 3.2), (0.01, 3.38)], GOLD, sides=10, axis="forward")
    return join(_biplane_body(), *blades, spinner)
