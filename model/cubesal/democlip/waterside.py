"""The subjects at the water, each about its own middle: sailboat and lighthouse."""

from __future__ import annotations

from functools import lru_cache
from math import pi

import numpy as np
from numpy.typing import NDArray

from cubesal.democlip.mesh import Mesh, box, join, lathe, sheet, tube
from cubesal.democlip.parts import (
    CREAM,
    DARK,
    GOLD,
    NAVY,
    ORANGE,
    RED,
    TEAL,
    WHITE,
    WOOD,
    Colour,
    person,
)

__all__ = ["lighthouse", "sailboat"]


def _hull_points() -> NDArray[np.float64]:
    """Grid of the hull from bow to stern, sheer line to waterline and round to the other side."""
    stations = np.linspace(0.0, 1.0, 15)
    z = 3.6 - 7.0 * stations
    beam = 1.18 * np.sin(np.pi * np.clip(0.04 + 0.70 * stations, 0, 1)) ** 0.8
    sheer = 0.92 + 0.32 * (1 - stations) ** 2
    around = np.linspace(-1.0, 1.0, 11)
    x = beam[:, None] * np.sign(around) * np.abs(around) ** 0.6
    up = -0.35 + (sheer[:, None] + 0.35) * np.abs(around) ** 1.6
    return np.stack([x, up - 4.3, np.broadcast_to(z[:, None], x.shape)], axis=-1)


def _hull_paint(_station: int, side: int) -> Colour:
    return {0: WOOD, 9: WOOD, 1: WHITE, 8: WHITE, 2: WHITE, 7: WHITE}.get(side, NAVY)


def _sail(corners: NDArray[np.float64], belly: float, leech: int = 9) -> NDArray[np.float64]:
    """Grid of a triangular sail (tack, clew, head) bulging sideways by ``belly`` metres."""
    tack, clew, head = corners
    rise = np.linspace(0.0, 1.0, 13)[:, None, None]
    out = np.linspace(0.0, 1.0, leech)[None, :, None]
    # The leech is cut with a slight roach; near the head the sail must not close to a point.
    width = 1.0 - 0.97 * rise**1.15
    points = tack + (head - tack) * rise + (clew - tack) * out * width
    points[..., 0] += (belly * np.sin(np.pi * out**0.8) * np.sin(np.pi * (0.12 + 0.8 * rise)))[
        ..., 0
    ]
    return np.asarray(points, np.float64)


@lru_cache(maxsize=1)
def _sailboat_body() -> Mesh:
    hull = sheet(_hull_points(), _hull_paint)
    deck_points = _hull_points()[:, [0, -1]] * [0.96, 1.0, 1.0]
    deck = sheet(deck_points, (0.42, 0.23, 0.10))
    transom = sheet(np.stack([_hull_points()[-1], _hull_points()[-1, ::-1]]), WHITE)
    cabin = box((1.2, 0.45, 1.9), WHITE, (0.0, -3.15, 0.4))
    mast = tube((0.0, -3.4, 0.75), (0.0, 5.1, 0.55), 0.06, WOOD)
    boom = tube((0.0, -2.35, 0.7), (0.75, -2.3, -2.95), 0.05, WOOD)
    main = np.array([[0.0, -2.25, 0.62], [0.75, -2.2, -2.9], [0.0, 5.0, 0.5]])
    jib = np.array([[0.0, -3.0, 3.5], [0.45, -2.7, 0.35], [0.0, 4.3, 0.75]])
    canvas = [
        sheet(
            _sail(main, 0.55), lambda rise, _: RED if rise in (3, 4, 7, 8) else CREAM, through=0.5
        ),
        sheet(_sail(jib, 0.5), lambda rise, _: ORANGE if rise > 8 else CREAM, through=0.5),
    ]
    stays = [
        tube((0.0, 5.0, 0.55), end, 0.018, DARK)
        for end in ((0.0, -3.1, 3.6), (0.0, -3.3, -3.35), (1.1, -3.35, 0.4), (-1.1, -3.35, 0.4))
    ]
    crew = [person((x, -3.5, z), shirt) for x, z, shirt in ((0.4, -2.0, GOLD), (-0.4, -1.5, TEAL))]
    foam = [
        box(
            (0.16, 0.07, 0.5),
            (0.9, 0.9, 0.88),
            (side * (0.12 + 0.42 * k * 0.3), -4.26, 3.55 - 0.42 * k),
        )
        for side in (-1, 1)
        for k in range(7)
    ]
    return join(hull, *foam, deck, transom, cabin, mast, boom, *canvas, *stays, *crew)


def sailboat(_time_s: float) -> Mesh:
    """Seven-metre sloop with red-striped sails; the water is 4.3 m under its middle."""
    return _sailboat_body()


@lru_cache(maxsize=1)
def _lighthouse_body() -> Mesh:
    def bands(ring: int, _side: int) -> Colour:
        return RED if (ring // 2) % 2 else WHITE

    heights = np.linspace(-11.0, 8.0, 15)
    tower = lathe(np.stack([np.linspace(3.1, 1.9, 15), heights], axis=1), bands, sides=24)
    gallery = lathe([(1.9, 7.9), (2.9, 8.2), (2.9, 8.7), (1.5, 8.7)], DARK, sides=24)
    lamp = lathe([(1.45, 8.7), (1.45, 11.0)], (0.9, 0.7, 0.35), sides=16, glow=1.1)
    roof = lathe([(2.0, 11.0), (1.2, 12.1), (0.05, 13.2)], RED, sides=24)
    rng = np.random.default_rng(5)
    places = ((0, 0, 6.6), (-4, -2, 3.6), (4.2, -1, 3.9), (1, -4, 3.8), (-5.5, 1, 2.4))
    rocks = [_rock(x, z, size, rng) for x, z, size in places]
    return join(*rocks, tower, gallery, lamp, roof)


def _rock(x: float, z: float, size: float, rng: np.random.Generator) -> Mesh:
    """Rough boulder of ``size`` metres radius in the water at (x, z)."""
    turn = np.linspace(0, pi / 2, 6)
    bumps = size * (1 + 0.16 * rng.standard_normal(6))
    profile = np.stack([bumps * np.cos(turn) + 0.02, 0.46 * size * np.sin(turn) - 14.0], axis=1)
    shades = (0.11 + 0.05 * rng.random((6, 12)))[..., None] * np.array([1.15, 0.95, 0.75])

    def paint(ring: int, side: int) -> list[float]:
        return [float(value) for value in shades[ring, side]]

    return lathe(profile, paint, sides=12, centre=(x, 0.0, z))


def lighthouse(_time_s: float) -> Mesh:
    """Striped lighthouse on a rock, 14 m under its middle."""
    return _lighthouse_body()
