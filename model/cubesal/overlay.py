"""Colouring a saliency map over a picture.

The viewer's shaders compute the same formula, so that panes, exports and snapshots agree:

    s     = bilinear(saliency at the direction; columns wrap, rows clamp) / scale, in [0, 1]
    alpha = opacity * smoothstep(threshold, threshold + SOFT_EDGE, s)
    out   = mix(rgb, lut[round(255 s)], alpha)

A signed map, as a difference, runs from -scale to scale: s is the absolute value for alpha, and the
colour is lut[round(255 (1 + value / scale) / 2)] of `difference_lut`.

Contours are drawn over that, at shares of the scale: see :mod:`cubesal.contours`.

A scale of zero or less means that there is nothing to show: the picture passes through unchanged.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from math import gcd, inf
from typing import Literal, get_args

import cv2
import numpy as np
from numpy.typing import NDArray

from cubesal import geometry
from cubesal.contours import blend_contours, contour_width
from cubesal.overlay_limits import MOST_CONTOURS, MOST_SMOOTHING
from cubesal.sphere_filter import smooth_on_sphere

_CV_COLORMAPS = {
    "inferno": cv2.COLORMAP_INFERNO,
    "viridis": cv2.COLORMAP_VIRIDIS,
    "cividis": cv2.COLORMAP_CIVIDIS,
    "turbo": cv2.COLORMAP_TURBO,
    "jet": cv2.COLORMAP_JET,
}
COLORMAPS: tuple[str, ...] = tuple(_CV_COLORMAPS)
"""Perceptually uniform ones first; turbo and jet are for comparison with papers."""

SOFT_EDGE = 0.35
"""Width of the fade above the threshold, in units of the scaled map."""


RangeMode = Literal["frame", "clip", "manual"]
"""What the top of the colour map means: the peak of each frame's map, of the whole clip's, or a
number of the user's own."""


@dataclass(frozen=True)
class OverlayStyle:
    """How a map is coloured: ``opacity`` and ``threshold`` in [0, 1].

    ``top``: the map value at the top of the colour map in the range mode "manual"; ``contours``: at
    most four shares of the top, between 0 and 1; ``smoothing``: of the map, on the sphere, sigma in
    radians.
    """

    colormap: str = "inferno"
    opacity: float = 0.6
    threshold: float = 0.2
    inverted: bool = False
    range_mode: RangeMode = "frame"
    top: float = 1.0
    contours: tuple[float, ...] = ()
    smoothing: float = 0.0

    def scale_of(self, saliency: NDArray[np.float32], clip_peak: float) -> float:
        """The value of a map that is shown at the top of the colour map."""
        if self.range_mode == "manual":
            return self.top
        return clip_peak if self.range_mode == "clip" else float(saliency.max())

    def smoothed(self, saliency: NDArray[np.float32]) -> NDArray[np.float32]:
        """The map (H, 2H) as it is shown; the same object without smoothing."""
        if not self.smoothing:
            return saliency
        return smooth_on_sphere(saliency, self.smoothing).astype(np.float32)

    def __post_init__(self) -> None:
        if self.colormap not in _CV_COLORMAPS:
            raise ValueError(f"unknown colour map {self.colormap!r}; one of {', '.join(COLORMAPS)}")
        if not 0.0 <= self.opacity <= 1.0:
            raise ValueError(f"opacity must lie in [0, 1], not {self.opacity}")
        if not 0.0 <= self.threshold <= 1.0:
            raise ValueError(f"threshold must lie in [0, 1], not {self.threshold}")
        if self.range_mode not in get_args(RangeMode) or not 0 < self.top < inf:
            raise ValueError(f"no range: {self.range_mode!r} up to {self.top}")
        if not 0.0 <= self.smoothing <= MOST_SMOOTHING:
            raise ValueError(f"smoothing must lie in [0, {MOST_SMOOTHING:.2f}]")
        object.__setattr__(self, "contours", tuple(self.contours))
        if len(self.contours) > MOST_CONTOURS or not all(0 < c < 1 for c in self.contours):
            raise ValueError(f"at most {MOST_CONTOURS} contours between 0 and 1: {self.contours}")


@lru_cache(maxsize=16)
def colormap_lut(name: str, inverted: bool = False) -> NDArray[np.uint8]:
    """The (256, 3) uint8 RGB table of a colour map, read-only; ``inverted`` runs it backwards."""
    if name not in _CV_COLORMAPS:
        raise ValueError(f"unknown colour map {name!r}; one of {', '.join(COLORMAPS)}")
    ramp = np.arange(256, dtype=np.uint8).reshape(256, 1)
    lut = cv2.applyColorMap(ramp, _CV_COLORMAPS[name]).reshape(256, 3)[:, ::-1]
    table = np.ascontiguousarray(lut[::-1] if inverted else lut).astype(np.uint8)
    table.flags.writeable = False
    return table


@lru_cache(maxsize=1)
def difference_lut() -> NDArray[np.uint8]:
    """The (256, 3) uint8 RGB table of signed maps, read-only: violet, through grey, to orange.

    Ends that skies and seas seldom have, and that are told apart without seeing red or green.
    """
    stops = np.array([[95, 15, 200], [165, 115, 225], [200, 200, 200], [245, 170, 95]])
    table = np.vstack([stops, [[240, 100, 0]]]).astype(np.float64)
    at = np.linspace(0, 4, 256)
    lut = np.stack([np.interp(at, range(5), table[:, k]) for k in range(3)], axis=-1)
    result = np.rint(lut).astype(np.uint8)
    result.flags.writeable = False
    return result


def blend_difference(
    rgb: NDArray[np.uint8], values: NDArray[np.float32], scale: float, style: OverlayStyle
) -> NDArray[np.uint8]:
    """Blend a signed map given at the very pixels of ``rgb``: (H, W) over (H, W, 3) uint8."""
    if scale <= 0.0:
        return rgb.copy()
    level = np.clip(values / np.float32(scale), -1.0, 1.0)
    alpha = overlay_alpha(np.abs(level), style)[..., None]
    colour = difference_lut()[np.rint((level + 1) * 127.5).astype(np.intp)]
    return np.asarray(np.rint(rgb * (1 - alpha) + colour * alpha), dtype=np.uint8)


def saliency_on_equirect(
    saliency: NDArray[np.float32], height: int, width: int
) -> NDArray[np.float32]:
    """Resample an (h, w) map to the pixel centres of a (height, width) equirect picture.

    Bilinear, wrapping across the seam. The map is padded by the smallest number of columns that
    is a whole number of picture columns too, so a plain resize lands on the same pixel centres;
    that is several times faster than a per-pixel look-up.
    """
    w = saliency.shape[1]
    pad = w // gcd(w, width)
    extra = pad * width // w
    wide = np.concatenate([saliency[:, w - pad :], saliency, saliency[:, :pad]], axis=1)
    size = (width + 2 * extra, height)
    enlarged = cv2.resize(wide.astype(np.float32, copy=False), size, interpolation=cv2.INTER_LINEAR)
    return np.asarray(enlarged[:, extra : extra + width], dtype=np.float32)


def saliency_at(saliency: NDArray[np.float32], dirs: NDArray[np.floating]) -> NDArray[np.float32]:
    """Sample an (h, w) equirect map at world directions (..., 3), bilinear; returns (...)."""
    uv = geometry.uv_from_dir(dirs)
    return sample_uv(saliency, uv.reshape(-1, 2)).reshape(dirs.shape[:-1])


def sample_uv(saliency: NDArray[np.float32], uv: NDArray[np.floating]) -> NDArray[np.float32]:
    """Sample an (h, w) equirect map at equirect coordinates (N, 2), bilinear; returns (N,)."""
    h, w = saliency.shape
    x = uv[:, 0] * w - 0.5
    y = np.clip(uv[:, 1] * h - 0.5, 0.0, h - 1.0)
    col, row = np.floor(x).astype(np.intp), np.floor(y).astype(np.intp)
    fx = (x - col).astype(np.float32)
    fy = (y - row).astype(np.float32)
    left, right, below = col % w, (col + 1) % w, np.minimum(row + 1, h - 1)
    upper = saliency[row, left] * (1 - fx) + saliency[row, right] * fx
    lower = saliency[below, left] * (1 - fx) + saliency[below, right] * fx
    return np.asarray(upper * (1 - fy) + lower * fy, dtype=np.float32)


def overlay_alpha(scaled: NDArray[np.float32], style: OverlayStyle) -> NDArray[np.float32]:
    """Opacity per pixel of a map already scaled to [0, 1]: the smoothstep of the formula above."""
    t = scaled - np.float32(style.threshold)
    t *= np.float32(1 / SOFT_EDGE)
    np.clip(t, 0.0, 1.0, out=t)
    alpha = t * np.float32(-2)
    alpha += np.float32(3)
    alpha *= t
    alpha *= t
    alpha *= np.float32(style.opacity)
    return np.asarray(alpha, dtype=np.float32)


def blend_scaled(
    rgb: NDArray[np.uint8], values: NDArray[np.float32], scale: float, style: OverlayStyle
) -> NDArray[np.uint8]:
    """Blend map values given at the very pixels of ``rgb``: (H, W) over (H, W, 3) uint8."""
    if scale <= 0.0:
        return rgb.copy()
    scaled = values * np.float32(1.0 / scale)
    np.clip(scaled, 0.0, 1.0, out=scaled)
    alpha = overlay_alpha(scaled, style)
    index = cv2.convertScaleAbs(scaled, alpha=255.0)  # rounds, and is quicker than rint + astype
    lut = colormap_lut(style.colormap, style.inverted)
    colour = cv2.applyColorMap(index, lut.reshape(256, 1, 3))
    blend = cv2.blendLinear(np.ascontiguousarray(rgb), colour, np.float32(1) - alpha, alpha)
    mixed = np.asarray(blend, dtype=np.uint8)
    if style.contours:
        mixed = blend_contours(mixed, scaled, style.contours, contour_width(rgb.shape[0]))
    return mixed


def blend_overlay(
    rgb: NDArray[np.uint8], saliency: NDArray[np.float32], scale: float, style: OverlayStyle
) -> NDArray[np.uint8]:
    """Colour an (h, w) map over an equirect picture (H, W, 3) uint8; returns a new picture.

    ``scale`` is the map value shown at the top of the colour map: the peak of the frame, of the
    whole clip, or a number of the user's.
    """
    values = saliency_on_equirect(saliency, rgb.shape[0], rgb.shape[1])
    return blend_scaled(rgb, values, scale, style)


def blend_overlay_at(
    rgb: NDArray[np.uint8],
    dirs: NDArray[np.floating],
    saliency: NDArray[np.float32],
    scale: float,
    style: OverlayStyle,
) -> NDArray[np.uint8]:
    """Colour a map over any picture (H, W, 3) whose pixels look along world ``dirs`` (H, W, 3)."""
    return blend_scaled(rgb, saliency_at(saliency, dirs), scale, style)
