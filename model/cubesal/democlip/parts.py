"""Colours (linear RGB) and small parts that several subjects share."""

from __future__ import annotations

from typing import Final

from cubesal.democlip.mesh import Mesh, join, lathe

__all__ = ["CREAM", "DARK", "GOLD", "NAVY", "ORANGE", "RED", "TEAL", "WHITE", "WOOD", "Colour"]
__all__ += ["person"]

Colour = tuple[float, float, float]

RED: Final = (0.62, 0.035, 0.03)
CREAM: Final = (0.86, 0.76, 0.58)
NAVY: Final = (0.022, 0.045, 0.15)
ORANGE: Final = (0.85, 0.26, 0.03)
GOLD: Final = (0.90, 0.58, 0.07)
TEAL: Final = (0.03, 0.30, 0.33)
WHITE: Final = (0.85, 0.83, 0.78)
WOOD: Final = (0.34, 0.16, 0.06)
DARK: Final = (0.03, 0.03, 0.035)


def person(at: tuple[float, float, float], shirt: tuple[float, float, float]) -> Mesh:
    """Upper body of someone on board, feet at ``at`` (x, up, z)."""
    body = lathe([(0.0, 0.0), (0.2, 0.0), (0.22, 0.5), (0.0, 0.62)], shirt, sides=8, centre=at)
    head = [(0.0, 0.6), (0.11, 0.66), (0.12, 0.76), (0.0, 0.88)]
    return join(body, lathe(head, (0.55, 0.32, 0.2), sides=8, centre=at))
