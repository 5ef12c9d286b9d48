"""Subjects marked by boxes: where in a frame a viewer would plausibly look."""

from __future__ import annotations

import json
from dataclasses import dataclass
from math import cos, radians
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from cubesal.errors import EvaluationError
from cubesal.geometry import dir_from_uv, equirect_rays, sphere_weights
from cubesal.sphere_filter import smooth_on_sphere

__all__ = ["AnnotatedFrame", "Box", "box_nss", "hit_share", "primary_frames", "turned"]

#: u0, v0, u1, v1: u from the left edge over the full turn, v from the top; u1 > 1 crosses the seam.
Box = tuple[float, float, float, float]

#: Labels of boxes around several persons: too wide to say where one would look.
GROUPS: Final = frozenset({"people", "crowd"})

HIT_ANGLE: Final = radians(25)
HIT_SMOOTHING: Final = radians(3)

#: Values this near the maximum share it, so that rounding does not pick one of them.
_TIE = 1e-6


@dataclass(frozen=True)
class AnnotatedFrame:
    """A frame by its 0-based index, and the boxes of its primary subjects (at least one)."""

    index: int
    boxes: tuple[Box, ...]


def primary_frames(path: Path) -> tuple[str, list[AnnotatedFrame]]:
    """The clip's file name and its frames that have a primary subject. EvaluationError."""
    try:
        facts = json.loads(path.read_text(encoding="utf-8"))
        frames = [
            AnnotatedFrame(int(frame["frame_index"]), boxes)
            for frame in facts["frames"]
            if (boxes := _primary_boxes(frame["subjects"]))
        ]
        clip = str(facts["clip"])
    except (OSError, ValueError, TypeError, KeyError, OverflowError, RecursionError) as error:
        raise EvaluationError(
            f"{path} does not hold usable subject boxes: {_words(error)}"
        ) from error
    if not frames:
        raise EvaluationError(f"{path} marks no primary subject in any frame")
    return clip, frames


def _words(error: Exception) -> str:
    """What is wrong with a file, without its content, which may be anything of any length."""
    if isinstance(error, (UnicodeError, json.JSONDecodeError)):
        return "it is not JSON"
    if isinstance(error, KeyError):
        return f"{error} is missing"
    return str(error)[:200]


def _primary_boxes(subjects: list[dict[str, Any]]) -> tuple[Box, ...]:
    boxes = []
    for subject in subjects:
        if subject["primary"] and subject["label"] not in GROUPS:
            u0, v0, u1, v1 = (float(x) for x in subject["box"])
            if not (0 <= u0 < u1 <= u0 + 1 and 0 <= v0 < v1 <= 1):
                raise ValueError(f"no box: {subject['box']}")
            boxes.append((u0, v0, u1, v1))
    return tuple(boxes)


def turned(boxes: tuple[Box, ...], turn: float) -> tuple[Box, ...]:
    """The boxes after the sphere was turned to the right by ``turn`` (1 is a full turn)."""
    return tuple(((u0 + turn) % 1, v0, (u0 + turn) % 1 + (u1 - u0), v1) for u0, v0, u1, v1 in boxes)


def box_nss(saliency: NDArray[np.floating], boxes: tuple[Box, ...]) -> float:
    """Mean of the standardised (H, 2H) map inside the boxes, all weighted by area on the sphere.

    Raises:
        ValueError: the map is constant or not finite, or no pixel centre lies in the boxes.
    """
    values = np.asarray(saliency, np.float64)
    areas = np.broadcast_to(sphere_weights(values.shape[0]), values.shape)
    centred = values - (areas * values).sum()
    spread = float(np.sqrt((areas * centred**2).sum()))
    if not spread > 0 or not np.isfinite(spread):
        raise ValueError("the map is constant or not finite")
    mask = _inside(boxes, values.shape[0])
    if not mask.any():
        raise ValueError("the boxes are smaller than a pixel of the map")
    return float((centred * areas)[mask].sum() / areas[mask].sum() / spread)


def hit_share(saliency: NDArray[np.floating], boxes: tuple[Box, ...]) -> float:
    """Whether the strongest direction lies within 25° of the middle of a box: 1 or 0.

    The (H, 2H) map is smoothed by 3° on the sphere before. Where several directions share the
    maximum, the part of them that lies near: a band is strongest at all yaws alike.
    """
    smooth = smooth_on_sphere(saliency, HIT_SMOOTHING)
    middles = np.array([((u0 + u1) / 2 % 1, (v0 + v1) / 2) for u0, v0, u1, v1 in boxes])
    nearest = (equirect_rays(smooth.shape[0]) @ dir_from_uv(middles).T).max(axis=-1)
    # Rounding alone makes a smoothed constant vary.
    tie = _TIE * max(float(np.ptp(smooth)), float(np.abs(smooth).max()) * _TIE)
    strongest = (smooth >= smooth.max() - tie) * sphere_weights(smooth.shape[0])
    return float((strongest * (nearest >= cos(HIT_ANGLE))).sum() / strongest.sum())


def _inside(boxes: tuple[Box, ...], height: int) -> NDArray[np.bool_]:
    """(height, 2 height): pixel centres inside any of the boxes."""
    u = (np.arange(2 * height) + 0.5) / (2 * height)
    v = (np.arange(height) + 0.5) / height
    mask = np.zeros((height, 2 * height), dtype=bool)
    for u0, v0, u1, v1 in boxes:
        columns = ((u >= u0) & (u <= u1)) | (u + 1 <= u1)
        mask |= ((v >= v0) & (v <= v1))[:, None] & columns
    return mask
