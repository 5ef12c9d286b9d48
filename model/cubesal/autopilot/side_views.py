"""Views beside the camera: each holds a peak that camera and others leave, and stays on it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import cos, pi, radians
from typing import Final

import numpy as np
from numpy.typing import NDArray

from cubesal.autopilot.coverage import MIN_COLUMNS, attention_mass, frustum_mask, share_volume
from cubesal.camera import HFOV_DEFAULT, Camera
from cubesal.geometry import dir_from_angles

__all__ = ["SideView", "side_views"]

_ROWS: Final = MIN_COLUMNS // 2
_YAW_CELLS: Final = MIN_COLUMNS // 2
_PITCHES: Final = np.linspace(-pi / 3, pi / 3, 25)
#: A new view looks at least this part of its width away from all others; one that is there may
#: come closer before it has to go.
_APART: Final = 0.8
_TOO_CLOSE: Final = 0.55
#: From one map to the next a view follows its peak this far.
_REACH: Final = radians(15)
#: Another place has to hold this many times what a view holds before that view goes there.
_CLEARLY: Final = 1.35


@dataclass(frozen=True)
class SideView:
    """A level view and the share of all attention inside it, in [0, 1]."""

    camera: Camera
    share: float


def side_views(
    saliency: NDArray[np.floating],
    camera: Camera,
    count: int,
    before: Sequence[Camera] = (),
    *,
    hfov: float = HFOV_DEFAULT,
    aspect: float = 16 / 9,
) -> tuple[SideView, ...]:
    """The views that hold most of what ``camera`` does not see of a map (H, W).

    ``before``: the views of the moment before, in order. Each follows its peak and keeps its place
    in the order; at most one is given up for another place, if that holds clearly more. So the
    views are calm where the peaks are, whatever the maps' noise.

    Args:
        saliency: (H, W) >= 0.
        camera: where the main view looks; none of the others looks there.
        count: how many views, at least 0.
        hfov, aspect: of the views, radians and width / height.

    Returns:
        ``count`` views.

    Raises:
        ValueError: a negative count.
    """
    if count < 0:
        raise ValueError(f"the number of views must not be negative, but is {count}")
    search = _Search(saliency, camera, hfov, aspect)
    slots: list[Camera | None] = [search.follow(view) for view in before[:count]]
    slots += [None] * (count - len(slots))
    kept = [view for view in slots if view is not None]
    if len(kept) == count and kept:
        weakest = min(range(count), key=lambda k: search.worth(kept[k]))
        rival = search.best(kept)
        if rival is not None and search.worth(rival) > _CLEARLY * search.worth(kept[weakest]):
            slots[weakest] = rival
    for k, view in enumerate(slots):
        if view is None:
            taken = [other for other in slots if other is not None]
            slots[k] = search.best(taken) or search.best(taken, anywhere=True)
    return tuple(SideView(view, search.share(view)) for view in slots if view is not None)


class _Search:
    """One map, and the views that are taken while others are looked for."""

    def __init__(
        self, saliency: NDArray[np.floating], camera: Camera, hfov: float, aspect: float
    ) -> None:
        self._hfov, self._aspect, self._camera = hfov, aspect, camera
        self._mass = attention_mass(saliency, _ROWS)
        self._area = attention_mass(np.ones_like(self._mass), _ROWS)
        self._left = self._mass * (1 - frustum_mask(camera, aspect, _ROWS))
        yaws = -pi + 2 * pi * np.arange(_YAW_CELLS) / _YAW_CELLS
        self._yaws = yaws
        self._directions = dir_from_angles(yaws[None, :], _PITCHES[:, None])
        self._taken: list[Camera] = []

    def share(self, view: Camera) -> float:
        """Of all attention, what the view sees."""
        return float((self._mass * frustum_mask(view, self._aspect, _ROWS)).sum())

    def worth(self, view: Camera) -> float:
        """Of all attention, what the view sees and the camera does not."""
        seen = self._mass_beside_camera * frustum_mask(view, self._aspect, _ROWS, centred=True)
        return float(seen.sum())

    @property
    def _mass_beside_camera(self) -> NDArray[np.float32]:
        mask = frustum_mask(self._camera, self._aspect, _ROWS)
        return np.asarray(self._mass * (1 - mask), np.float32)

    def follow(self, view: Camera) -> Camera | None:
        """The view gone on with its peak, None if others look there by now."""
        if not self._is_free(view):
            return None
        near = self._directions @ _ray(view) > cos(_REACH)
        found = self._best_of(near)
        if found is None or not self._is_free(found):
            found = view
        self._take(found)
        return found

    def best(self, taken: Sequence[Camera], anywhere: bool = False) -> Camera | None:
        """The best view away from the camera and the ``taken`` ones, None if there is no room."""
        for view in taken:
            if view not in self._taken:
                self._take(view)
        allowed = np.ones(self._directions.shape[:2], bool)
        for view in () if anywhere else (self._camera, *taken):
            allowed &= self._directions @ _ray(view) < cos(_APART * self._hfov)
        return self._best_of(allowed)

    def _is_free(self, view: Camera) -> bool:
        others = (self._camera, *self._taken)
        closest = max(float(_ray(other) @ _ray(view)) for other in others)
        return closest < cos(_TOO_CLOSE * self._hfov)

    def _take(self, view: Camera) -> None:
        self._left = self._left * (1 - frustum_mask(view, self._aspect, _ROWS))
        self._taken.append(view)

    def _best_of(self, allowed: NDArray[np.bool_]) -> Camera | None:
        if not allowed.any():
            return None
        # Mass per cell, made density again: share_volume weights by area itself. Its shares are of
        # what is left, which orders places but compares with no other search: see `worth`.
        density = (self._left / self._area)[None]
        shares = share_volume(
            density, _PITCHES, _YAW_CELLS, self._hfov, self._aspect, centred=True
        )[0]
        row, column = np.unravel_index(int(np.where(allowed, shares, -1).argmax()), shares.shape)
        return Camera(float(self._yaws[column]), float(_PITCHES[row]), 0.0, self._hfov)


def _ray(camera: Camera) -> NDArray[np.float64]:
    return np.asarray(dir_from_angles(camera.yaw, camera.pitch), np.float64)
