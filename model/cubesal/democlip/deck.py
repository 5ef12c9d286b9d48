"""The round wooden jetty head the camera stands on, with a compass rose under the tripod."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from cubesal.democlip.light import AMBIENT, SUN_COLOUR, SUN_PITCH, SUN_YAW, smoothstep
from cubesal.democlip.noise import fractal, sample

__all__ = ["DECK_BELOW_M", "DECK_RADIUS_M", "DECK_SPAN_M", "deck"]

#: Camera above the planks, and radius of the platform (metres).
DECK_BELOW_M: Final = 1.55
DECK_RADIUS_M: Final = 1.75
#: Half the side of the square that :func:`deck` draws.
DECK_SPAN_M: Final = 1.8
_PLANK_M: Final = 0.17
_ROSE_M: Final = 0.80

_NAVY = np.array([0.020, 0.050, 0.13])
_BRASS = np.array([0.52, 0.33, 0.10])
_IVORY = np.array([0.72, 0.64, 0.48])
_RED = np.array([0.50, 0.045, 0.03])


def deck(size: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """The deck from above: linear radiance (size, size, 3) and coverage (size, size) 0..1.

    The square spans ±:data:`DECK_SPAN_M`; columns run along X, rows along Z (forward is down).
    """
    steps = (((np.arange(size) + 0.5) / size * 2 - 1) * DECK_SPAN_M).astype(np.float32)
    x, z = np.meshgrid(steps, steps)
    radius = np.hypot(x, z)
    albedo, gap = _planks(x, z)
    rim = smoothstep(1.50, 1.505, radius)[..., None]
    albedo = albedo * (1 - rim) + rim * _rim(x, z)
    middle = slice(int(size * 0.2), size - int(size * 0.2))
    inner = (middle, middle)
    paint, painted = _rose(x[inner], z[inner])
    # Worn paint: the planks' grain and gaps show through.
    painted *= (0.86 + 0.07 * _grain(x[inner], z[inner])) * np.where(gap[inner] > 0.5, 0.35, 1.0)
    albedo[inner] += (paint - albedo[inner]) * painted[..., None]
    light = SUN_COLOUR * np.sin(SUN_PITCH) * 1.9 + AMBIENT * 1.05
    edge = 1 - 0.35 * np.exp(-(((DECK_RADIUS_M - radius) / 0.05) ** 2))
    tripod = 1 - 0.55 * np.exp(-((radius / 0.22) ** 2))
    lit = albedo * light * (edge * tripod * _long_shadow(x, z))[..., None]
    cover = smoothstep(DECK_RADIUS_M + 0.004, DECK_RADIUS_M - 0.004, radius)
    return lit.astype(np.float32), cover.astype(np.float32)


def _folded(turn: NDArray[np.floating], count: int) -> NDArray[np.floating]:
    """Angle from the nearest of ``count`` directions around the circle, the first at 0."""
    step = 2 * np.pi / count
    return np.asarray(turn - step * np.round(turn / step))


def _grain(x: NDArray[np.floating], z: NDArray[np.floating]) -> NDArray[np.floating]:
    """Fibres of the wood along the planks (which run along z), about -2..2."""
    fine = fractal(512, seed=31, slope=1.1, lowest=4)
    row = np.floor(x / _PLANK_M) * 0.37
    return np.asarray(sample(fine, x / 0.55 + row, z / 5.0 + row))


def _planks(
    x: NDArray[np.floating], z: NDArray[np.floating]
) -> tuple[NDArray[np.floating], NDArray[np.floating]]:
    """Albedo (..., 3) of the boards and how deep in a gap each point lies (...), 0..1."""
    board = x / _PLANK_M
    index = np.floor(board)
    across = np.abs(board - index - 0.5) * 2
    tone = np.mod(np.sin(index * 12.9898) * 43758.5453, 1.0)
    wood = np.array([0.34, 0.185, 0.09]) * (0.72 + 0.55 * tone)[..., None]
    silver = np.array([0.30, 0.26, 0.22])
    worn = (0.10 + 0.30 * np.mod(tone * 7.3, 1.0))[..., None]
    albedo = (wood + (silver - wood) * worn) * (1 + 0.17 * _grain(x, z))[..., None]
    gap = smoothstep(0.90, 0.97, across)
    bolt = np.hypot((board - index - 0.5) * _PLANK_M, np.abs(np.abs(z) - 1.1))
    dark = 1 - 0.9 * np.maximum(gap, 0.7 * smoothstep(0.016, 0.010, bolt))
    return np.asarray(albedo * dark[..., None]), gap


def _rim(x: NDArray[np.floating], z: NDArray[np.floating]) -> NDArray[np.floating]:
    """Albedo of the circular border board: ivory, with a navy line, cut into twelve pieces."""
    radius, turn = np.hypot(x, z), np.arctan2(x, z)
    base = _IVORY * (0.78 + 0.05 * _grain(x, z))[..., None]
    line = (smoothstep(1.585, 1.59, radius) * smoothstep(1.665, 1.66, radius))[..., None]
    joint = np.abs(_folded(turn, 12)) * radius
    dark = (1 - 0.8 * smoothstep(0.008, 0.003, joint))[..., None]
    inner = (1 - 0.75 * np.exp(-(((radius - 1.505) / 0.012) ** 2)))[..., None]
    return np.asarray((base + (_NAVY - base) * line) * dark * inner)


def _rose(
    x: NDArray[np.floating], z: NDArray[np.floating]
) -> tuple[NDArray[np.floating], NDArray[np.floating]]:
    """Colour (..., 3) and coverage (...) of the compass rose; its red point marks yaw 0."""
    radius, turn = np.hypot(x, z), np.arctan2(x, z)
    paint = np.broadcast_to(_NAVY, (*radius.shape, 3)).copy()
    cover = _band(radius, 0.93, 0.025) + _band(radius, 1.01, 0.006)
    tick = np.abs(_folded(turn, 32)) * radius
    cover = np.maximum(cover, smoothstep(0.010, 0.006, tick) * _band(radius, 0.97, 0.03))
    for count, length, width in ((8, 0.62, 0.115), (4, 1.0, 0.17)):
        # Fold the plane to one point of the star; its two halves are light and dark.
        sector = _folded(turn + (np.pi / 4 if count == 8 else 0.0), 4)
        along, side = radius * np.cos(sector), radius * np.sin(sector)
        half_width = np.minimum(along * width / 0.17, (_ROSE_M * length - along) * width)
        inside = smoothstep(-0.002, 0.003, half_width - np.abs(side))
        north = (count == 4) & (np.abs(turn) < np.pi / 4)
        dark = np.where(north[..., None], _RED, _NAVY if count == 4 else _BRASS)
        colour = np.where((side > 0)[..., None], dark, _IVORY)
        paint = paint + (colour - paint) * inside[..., None]
        cover = np.maximum(cover, inside)
    hub = smoothstep(0.075, 0.070, radius)
    paint = paint + (_BRASS - paint) * hub[..., None]
    return paint, np.asarray(np.clip(np.maximum(cover, hub), 0, 1))


def _band(radius: NDArray[np.floating], middle: float, half: float) -> NDArray[np.floating]:
    return smoothstep(half + 0.003, half - 0.003, np.abs(radius - middle))


def _long_shadow(x: NDArray[np.floating], z: NDArray[np.floating]) -> NDArray[np.floating]:
    """The tripod's soft shadow, away from the low sun."""
    along = -(x * np.sin(SUN_YAW) + z * np.cos(SUN_YAW))
    side = x * np.cos(SUN_YAW) - z * np.sin(SUN_YAW)
    soft = 0.02 + 0.03 * np.maximum(along, 0)
    shade = np.exp(-((side / (soft + 0.035)) ** 2)) * smoothstep(0.0, 0.15, along)
    return np.asarray(1 - 0.5 * shade)
