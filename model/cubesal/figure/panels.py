"""What a result block shows, panel by panel, as pictures and curves; nothing is laid out yet."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from math import radians

import cv2
import numpy as np
from numpy.typing import NDArray

from cubesal.autopilot.views import salient_views, views_in_order
from cubesal.camera import Camera, view_outline
from cubesal.geometry import equirect_to_perspective, uv_from_dir
from cubesal.geometry.axes import dir_from_angles
from cubesal.overlay import OverlayStyle, blend_overlay

__all__ = [
    "VIEW_ASPECT",
    "FigureColumn",
    "ResultBlock",
    "outline_pieces",
    "overlay_panel",
    "time_label",
    "view_panel",
]

VIEW_ASPECT = 16 / 9
VIEW_HFOV = radians(75)
"""Narrower than the window's view: in print a subject has to fill its panel."""

_VIEWS = 2


@dataclass(frozen=True)
class FigureColumn:
    """One moment: the frame (H, W, 3) uint8, a map (h, w) per method, and the ground truth."""

    time_s: float
    rgb: NDArray[np.uint8]
    maps: tuple[NDArray[np.float32], ...]
    truth: NDArray[np.float32] | None = None


@dataclass(frozen=True)
class ResultBlock:
    """Moments side by side, methods one below the other; the last one's views are cut out.

    ValueError unless there is a moment and each has a map per method, and all or none a truth.
    """

    methods: tuple[str, ...]
    columns: tuple[FigureColumn, ...]
    style: OverlayStyle = OverlayStyle()  # noqa: RUF009 - frozen

    def __post_init__(self) -> None:
        if not self.columns or not self.methods:
            raise ValueError("a result block needs at least one moment and one method")
        if any(len(column.maps) != len(self.methods) for column in self.columns):
            raise ValueError(f"every moment needs {len(self.methods)} maps, one per method")
        if len({column.truth is None for column in self.columns}) > 1:
            raise ValueError("either all moments have a ground truth or none has")

    @property
    def has_truth(self) -> bool:
        """Whether there is a row of ground truth."""
        return self.columns[0].truth is not None

    @cached_property
    def views(self) -> list[list[Camera]]:
        """Per moment the two most salient views of the last method, followed from left to right."""
        chosen: list[list[Camera]] = []
        for column in self.columns:
            views = salient_views(column.maps[-1], _VIEWS, VIEW_HFOV, VIEW_ASPECT)
            chosen.append(views_in_order(views, chosen[-1] if chosen else []))
        return chosen


def overlay_panel(
    rgb: NDArray[np.uint8],
    saliency: NDArray[np.float32] | None,
    style: OverlayStyle,
    size: tuple[int, int],
) -> NDArray[np.uint8]:
    """A frame at the (width, height) of its panel, with the overlay if there is a map."""
    shrinks = size[0] < rgb.shape[1]
    method = cv2.INTER_AREA if shrinks else cv2.INTER_CUBIC
    picture = np.asarray(cv2.resize(rgb, size, interpolation=method), dtype=np.uint8)
    if saliency is None:
        return picture
    return blend_overlay(picture, saliency, float(saliency.max()), style)


def view_panel(rgb: NDArray[np.uint8], camera: Camera, size: tuple[int, int]) -> NDArray[np.uint8]:
    """What the camera sees of the frame, (width, height) pixels; averaged down where finer."""
    width, height = size
    finer = max(1, min(4, round(rgb.shape[1] * camera.hfov / 6.2832 / width)))
    large = equirect_to_perspective(rgb, camera, finer * width, finer * height)
    return np.asarray(cv2.resize(large, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)


def outline_pieces(camera: Camera, aspect: float) -> list[NDArray[np.float64]]:
    """The border of a view as curves (K, 2) of equirect coordinates u, v, cut at the seam.

    What leaves at one side of the frame ends on its edge and comes in again on the other one.
    """
    angles = view_outline(camera, aspect, points_per_side=48)
    uv = uv_from_dir(dir_from_angles(angles[:, 0], angles[:, 1]))
    closed = np.concatenate([uv, uv[:1]])
    pieces, piece = [], [closed[0]]
    for before, here in pairwise(closed):
        turn = round(float(before[0] - here[0]))  # 1: over the right edge, -1: over the left
        if turn:
            edge = 1.0 if turn > 0 else 0.0
            part = (edge - before[0]) / (here[0] + turn - before[0])
            v = before[1] + part * (here[1] - before[1])
            pieces.append(np.array([*piece, (edge, v)]))
            piece = [np.array((1.0 - edge, v))]
        piece.append(here)
    last = np.array(piece)
    if not pieces:
        return [last]
    # The curve began in the middle of a piece: what comes last leads to it.
    return [np.concatenate([last[:-1], pieces[0]]), *pieces[1:]]


def time_label(time_s: float) -> str:
    """``m:ss.cc``, as the head of a column."""
    hundredths = round(100 * time_s)
    minutes, hundredths = divmod(hundredths, 6000)
    return f"{minutes}:{hundredths // 100:02d}.{hundredths % 100:02d}"
