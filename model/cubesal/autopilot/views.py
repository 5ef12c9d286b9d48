"""The views of one moment that hold most attention, none looking where another does."""

from __future__ import annotations

from dataclasses import dataclass
from math import pi, radians

import numpy as np
from numpy.typing import NDArray

from cubesal.autopilot.coverage import MIN_COLUMNS, attention_mass, frustum_mask, share_volume
from cubesal.camera import HFOV_DEFAULT, Camera
from cubesal.geometry import dir_from_angles

__all__ = ["MissedView", "angle_between", "missed_view", "salient_views", "views_in_order"]

_ROWS = MIN_COLUMNS // 2
_YAW_CELLS = MIN_COLUMNS // 2
#: A view looks at least this part of its width away from the others.
_APART = 0.8
WORTH = 0.1
"""A part of all attention that is worth a look."""


def salient_views(
    saliency: NDArray[np.floating],
    count: int = 2,
    hfov: float = HFOV_DEFAULT,
    aspect: float = 16 / 9,
) -> list[Camera]:
    """The ``count`` level views that hold most of a map (H, W), best first.

    Each is chosen for what the ones before it leave over, with what it holds near its middle, and
    looks at least 0.8 of ``hfov`` (radians) away from them.
    """
    left = attention_mass(saliency, _ROWS)
    pitches = np.linspace(-pi / 3, pi / 3, 25)
    yaws = -pi + 2 * pi * np.arange(_YAW_CELLS) / _YAW_CELLS
    directions = dir_from_angles(yaws[None, :], pitches[:, None])
    allowed = np.ones(directions.shape[:2], dtype=bool)
    views: list[Camera] = []
    # Mass per cell, made density again: attention_mass weights by area itself.
    area = attention_mass(np.ones_like(left), _ROWS)
    for _ in range(count):
        density = left / area
        shares = share_volume(density[None], pitches, _YAW_CELLS, hfov, aspect, centred=True)[0]
        row, column = np.unravel_index(int(np.where(allowed, shares, -1).argmax()), shares.shape)
        views.append(Camera(float(yaws[column]), float(pitches[row]), 0.0, hfov))
        left = left * (1 - frustum_mask(views[-1], aspect, _ROWS))
        near = directions @ directions[row, column] > np.cos(_APART * hfov)
        allowed &= ~near
    return views


def views_in_order(views: list[Camera], before: list[Camera]) -> list[Camera]:
    """Two views in the order in which they continue those ``before``, so that names stay."""
    if len(views) != 2 or len(before) != 2:
        return views
    kept = sum(angle_between(a, b) for a, b in zip(views, before, strict=True))
    swapped = sum(angle_between(a, b) for a, b in zip(views[::-1], before, strict=True))
    return views[::-1] if swapped + radians(1) < kept else views


def angle_between(one: Camera, other: Camera) -> float:
    """Radians between the directions of two cameras."""
    rays = [dir_from_angles(c.yaw, c.pitch) for c in (one, other)]
    return float(np.arccos(np.clip(rays[0] @ rays[1], -1, 1)))


@dataclass(frozen=True)
class MissedView:
    """A level view (radians) of what a frame misses, and its share of all attention."""

    yaw: float
    pitch: float
    share: float


def missed_view(
    saliency: NDArray[np.floating], camera: Camera, aspect: float = 16 / 9
) -> MissedView | None:
    """Where most of what ``camera`` does not see of a map (H, W) is, if it is worth a look.

    Worth a look: a view as wide holds at least as much of it as `WORTH` of all attention, and at
    least half of what the camera sees.
    """
    mass = attention_mass(saliency, _ROWS)
    total = float(mass.sum())
    if total <= 0:
        return None
    inside = frustum_mask(camera, aspect, _ROWS)
    seen = float((mass * inside).sum()) / total
    area = attention_mass(np.ones_like(mass), _ROWS)
    pitches = np.linspace(-pi / 3, pi / 3, 13)
    left = (mass * (1 - inside) / area)[None]
    columns = _YAW_CELLS // 2
    shares = share_volume(left, pitches, columns, camera.hfov, aspect, centred=True)[0]
    row, column = np.unravel_index(int(shares.argmax()), shares.shape)
    view = Camera(-pi + 2 * pi * float(column) / columns, float(pitches[row]), 0.0, camera.hfov)
    share = float((mass * (1 - inside) * frustum_mask(view, aspect, _ROWS)).sum()) / total
    if share < max(WORTH, 0.5 * seen):
        return None
    return MissedView(view.yaw, view.pitch, share)
