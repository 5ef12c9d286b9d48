"""What is drawn into exported pictures on wish: legend, time code, the outline of the flat view."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from math import pi

import cv2
import numpy as np
from numpy.typing import NDArray

from cubesal.camera import Camera, view_outline
from cubesal.geometry import dir_from_angles, net_from_dir
from cubesal.overlay import OverlayStyle, colormap_lut

__all__ = ["BURNABLE", "Burn", "burn_legend", "burn_outline", "burn_timecode"]

BURNABLE = ("legend", "timecode", "outline")
Picture = NDArray[np.uint8]
_INK, _PAPER = (255, 250, 240), (16, 16, 20)
_PAPER_PART = 0.6
_FONT = cv2.FONT_HERSHEY_SIMPLEX
#: Heights in parts of the picture's height.
_TEXT, _LEGEND_W, _LEGEND_H = 1 / 36, 1 / 4, 1 / 40
_POINTS_PER_SIDE = 96


@dataclass(frozen=True)
class Burn:
    """Which of them are wished for."""

    legend: bool = False
    timecode: bool = False
    outline: bool = False

    @property
    def nothing(self) -> bool:
        """Whether pictures stay as they are."""
        return not (self.legend or self.timecode or self.outline)


def burn_timecode(picture: Picture, time_s: float, index: int) -> None:
    """Draw ``hh:mm:ss.mmm`` and the frame's number at the bottom left of (H, W, 3), in place."""
    milliseconds = round(time_s * 1000)
    minutes, rest = divmod(milliseconds, 60_000)
    text = f"{minutes // 60:02d}:{minutes % 60:02d}:{rest // 1000:02d}.{rest % 1000:03d}  {index}"
    height = max(8, round(picture.shape[0] * _TEXT))
    _write(picture, text, (height, picture.shape[0] - height), height)


def burn_legend(picture: Picture, style: OverlayStyle) -> None:
    """Draw the colour map with its ends at the bottom right of (H, W, 3), in place."""
    height, width = picture.shape[:2]
    bar_w, bar_h = max(16, round(height * _LEGEND_W)), max(4, round(height * _LEGEND_H))
    text_h = max(8, round(height * _TEXT))
    left, bottom = width - bar_w - text_h, height - 2 * text_h - bar_h // 2
    lut = colormap_lut(style.colormap, style.inverted)
    ramp = lut[np.linspace(0, 255, bar_w).round().astype(int)]
    picture[bottom - bar_h : bottom, left : left + bar_w] = ramp[None]
    cv2.rectangle(picture, (left - 1, bottom - bar_h - 1), (left + bar_w, bottom), _INK, 1)
    tops = {"clip": "clip peak", "frame": "peak", "manual": f"{style.top:.3g}"}
    top = tops[style.range_mode]
    _write(picture, "0", (left, height - text_h), text_h)
    _write(picture, top, (left + bar_w, height - text_h), text_h, from_right=True)


def burn_outline(picture: Picture, camera: Camera, aspect: float, *, is_net: bool = False) -> None:
    """Draw the border of a view and its middle on an equirect or a cube net, in place."""
    height, width = picture.shape[:2]
    angles = np.concatenate([view_outline(camera, aspect, _POINTS_PER_SIDE)] * 2)
    angles = angles[: 4 * _POINTS_PER_SIDE + 1]  # back to where it began
    middle = np.array([[camera.yaw, camera.pitch]])
    points, centre = (_places(at, is_net) * (width, height) for at in (angles, middle))
    thickness = max(1, round(height / 360))
    steps = np.stack([points[:-1], points[1:]], axis=1)
    steps = _within_faces(steps, width) if is_net else _over_seam(steps, width)
    lines = [np.round(step * 16).astype(np.int32) for step in steps]
    for colour, extra in ((_PAPER, 2), (_INK, 0)):
        cv2.polylines(picture, lines, False, colour, thickness + extra, cv2.LINE_AA, 4)
    cross = (int(centre[0, 0]), int(centre[0, 1]))
    cv2.drawMarker(picture, cross, _INK, cv2.MARKER_CROSS, 6 * thickness + 4, thickness)


def _within_faces(steps: NDArray[np.float64], width: int) -> NDArray[np.float64]:
    """The steps (N, 2, 2) that do not lead to a face that lies elsewhere on the net."""
    short: NDArray[np.bool_] = np.abs(steps[:, 0] - steps[:, 1]).max(axis=1) < 0.05 * width
    return steps[short]


def _over_seam(steps: NDArray[np.float64], width: int) -> NDArray[np.float64]:
    """Steps (N, 2, 2), those across the seam out of one side and into the other."""
    ahead = steps[:, 1, 0] - steps[:, 0, 0]
    turn = width * np.round(ahead / width)
    out, into = steps.copy(), steps.copy()
    out[:, 1, 0] -= turn
    into[:, 0, 0] += turn
    return np.concatenate([out, into[turn != 0]])


def _places(angles: NDArray[np.float64], is_net: bool) -> NDArray[np.float64]:
    """Where directions (N, 2) of yaw and pitch lie in the picture, (N, 2) in [0, 1]."""
    if is_net:
        return net_from_dir(dir_from_angles(angles[:, 0], angles[:, 1]))
    return np.stack([angles[:, 0] / (2 * pi) + 0.5, 0.5 - angles[:, 1] / pi], axis=-1)


def _write(
    picture: Picture, text: str, at: tuple[int, int], height: int, *, from_right: bool = False
) -> None:
    """Text of a height in pixels on a darkened box, its base line at ``at``."""
    scale, thickness = _font_scale(height), max(1, height // 12)
    (wide, high), below = cv2.getTextSize(text, _FONT, scale, thickness)
    x, y = at[0] - wide if from_right else at[0], at[1]
    pad = height // 3
    rows = slice(max(0, y - high - pad), max(0, y + below + pad))
    box = picture[rows, max(0, x - pad) : max(0, x + wide + pad)]
    box[:] = (box * (1 - _PAPER_PART) + np.array(_PAPER) * _PAPER_PART).astype(np.uint8)
    cv2.putText(picture, text, (x, y), _FONT, scale, _INK, thickness, cv2.LINE_AA)


@lru_cache(maxsize=8)
def _font_scale(height: int) -> float:
    return height / cv2.getTextSize("0", _FONT, 1.0, 1)[0][1]
