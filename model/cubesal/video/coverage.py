"""Clips that show a part of the sphere: what models are given for the rest, and what they get back.

A half sphere (VR180) is read as a whole equirect picture that is black where the clip shows
nothing.  A model would take the border of the black for the strongest edge of the picture.  It is
therefore shown the picture continued by its own mirror image, which meets it without a step; and of
the map that comes of it everything outside the clip's own part is set to zero, because nobody can
look at what is not there.  The planner, which values views by the maps, then does not look there.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from cubesal.geometry.axes import dir_from_uv, uv_from_dir
from cubesal.video.reading import Reading
from cubesal.video.spheres import Bounds

__all__ = ["Coverage", "coverage_of", "only_shown", "whole_rgb"]


@dataclass(frozen=True)
class Coverage:
    """The part of the sphere that a clip shows, read as a reading says."""

    bounds: Bounds
    reading: Reading

    def mask(self, height: int) -> NDArray[np.bool_]:
        """Which pixels (height, 2·height) of a map show the clip."""
        return _mask(self, height)

    def continued(self, rgb: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """A picture (H, W, 3) whose rest is the mirror image of what the clip shows."""
        places = _mirror(self, *rgb.shape[:2])
        return np.asarray(cv2.remap(rgb, places, np.empty(0), cv2.INTER_NEAREST), np.uint8)


def coverage_of(frame: object) -> Coverage | None:
    """The coverage of a frame; None for one of the whole sphere, as every plain picture is."""
    found = getattr(frame, "coverage", None)
    return found if isinstance(found, Coverage) else None


def whole_rgb(rgb: NDArray[np.uint8], coverage: Coverage | None) -> NDArray[np.uint8]:
    """What a model is to be shown of a picture (H, W, 3)."""
    return rgb if coverage is None else coverage.continued(rgb)


def only_shown(saliency: NDArray[np.float32], coverage: Coverage | None) -> NDArray[np.float32]:
    """A map (h, 2h), zero outside the clip's part."""
    if coverage is None:
        return saliency
    return np.where(coverage.mask(len(saliency)), saliency, np.float32(0))


def _source_uv(coverage: Coverage, height: int, width: int) -> NDArray[np.float64]:
    u, v = (np.arange(width) + 0.5) / width, (np.arange(height) + 0.5) / height
    uv = np.stack(np.broadcast_arrays(u[None, :], v[:, None]), axis=-1)
    return uv_from_dir(dir_from_uv(uv) @ coverage.reading.source_from_view.T)


@lru_cache(maxsize=4)
def _mask(coverage: Coverage, height: int) -> NDArray[np.bool_]:
    cut, uv = coverage.bounds, _source_uv(coverage, height, 2 * height)
    u, v = uv[..., 0], uv[..., 1]
    across = (u >= cut.left) & (u <= 1 - cut.right)
    mask = across & (v >= cut.top) & (v <= 1 - cut.bottom)
    mask.setflags(write=False)
    return np.asarray(mask, np.bool_)


@lru_cache(maxsize=2)
def _mirror(coverage: Coverage, height: int, width: int) -> NDArray[np.int16]:
    """Columns and rows (height, width, 2) at which pixels are read: their own, or the mirror's."""
    cut, uv = coverage.bounds, _source_uv(coverage, height, width)
    # A pixel inside, so that the nearest one is one that the clip shows.
    u = _reflected(uv[..., 0], cut.left + 1 / width, 1 - cut.right - 1 / width)
    v = _reflected(uv[..., 1], cut.top + 1 / height, 1 - cut.bottom - 1 / height)
    dirs = dir_from_uv(np.stack([u, v], axis=-1)) @ coverage.reading.source_from_view
    back = uv_from_dir(dirs)
    places = np.rint(back * [width, height] - 0.5)
    return np.clip(places, 0, [width - 1, height - 1]).astype(np.int16)


def _reflected(x: NDArray[np.float64], low: float, high: float) -> NDArray[np.float64]:
    """Brought into [low, high] as between two mirrors."""
    span = high - low
    along = np.mod(x - low, 2 * span)
    return low + np.where(along > span, 2 * span - along, along)
