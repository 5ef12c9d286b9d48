"""Zoom by attention spread: narrow the view where what it holds is concentrated."""

from __future__ import annotations

from math import radians

import numpy as np
from numpy.typing import NDArray

from cubesal.autopilot.coverage import view_share
from cubesal.autopilot.smoothing import rounded
from cubesal.camera import Camera

STOPS = (1.0, 0.8, 0.65)
"""Fields of view to choose from, as parts of the widest one."""
ENOUGH = 0.75
"""A narrower stop is taken if it still holds this part of what the widest view holds."""
_DWELL_S = 1.0
_NARROWEST = radians(35)


def zoom_curve(
    maps: NDArray[np.floating],
    times: NDArray[np.float64],
    dense: NDArray[np.float64],
    yaw: NDArray[np.float64],
    pitch: NDArray[np.float64],
    widest: float,
    aspect: float,
) -> NDArray[np.float64]:
    """Horizontal field of view (N,) at the ``dense`` times of a path with that yaw and pitch."""
    chosen = []
    for saliency, time_s in zip(maps, times, strict=True):
        here = (float(np.interp(time_s, dense, yaw)), float(np.interp(time_s, dense, pitch)))
        chosen.append(_narrowest_good(saliency, here, widest, aspect))
    curve = np.asarray(np.interp(dense, times, np.array(chosen)), dtype=np.float64)
    if len(dense) == 1:
        return curve
    return rounded(curve, _DWELL_S, float(dense[1] - dense[0]))


def _narrowest_good(
    saliency: NDArray[np.floating], here: tuple[float, float], widest: float, aspect: float
) -> float:
    def share(hfov: float) -> float:
        return view_share(saliency, Camera(here[0], here[1], 0.0, hfov), aspect)

    needed = ENOUGH * share(widest)
    stops = [max(part * widest, min(_NARROWEST, widest)) for part in STOPS]
    return min(hfov for hfov in stops if hfov == widest or share(hfov) >= needed)
