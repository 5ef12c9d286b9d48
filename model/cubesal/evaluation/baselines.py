"""What knows little: rows that every other row must be compared with."""

from __future__ import annotations

from math import radians
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from cubesal.evaluation.rows import SMOOTHING, Fixed, Map, Row, variants
from cubesal.geometry import pixel_angles
from cubesal.predictor import prior_map
from cubesal.sphere_filter import smooth_on_sphere

__all__ = [
    "BAND",
    "MAP_HEIGHT",
    "FrameDifference",
    "SpectralResidual",
    "band_row",
    "baseline_rows",
    "centre_prior",
    "equator_prior",
    "latitude_band",
    "model_prior",
]

MAP_HEIGHT: Final = 120

#: The row to beat.
BAND: Final = "band (-5°, 10°)"

_RESIDUAL_HEIGHT = 64
_RESIDUAL_BLUR = radians(4)
_DIFFERENCE_BLUR = radians(4)


def latitude_band(
    centre: float = radians(-5), sigma: float = radians(10), height: int = MAP_HEIGHT
) -> NDArray[np.float64]:
    """A Gaussian of the latitude, radians: (height, 2 height), at most 1.

    -5° and 10° fit human fixations on 360° stills best: people look a little below the horizon.
    """
    column = np.exp(-0.5 * ((pixel_angles(height)[1] - centre) / sigma) ** 2)
    return np.repeat(column[:, None], 2 * height, axis=1)


def equator_prior(height: int = MAP_HEIGHT) -> NDArray[np.float64]:
    """What knowing nothing but the horizon is worth: a Gaussian around the equator, sigma 20°."""
    return latitude_band(0.0, radians(20), height)


def model_prior(height: int = MAP_HEIGHT) -> NDArray[np.float64]:
    """The prior that models use."""
    return prior_map(height).astype(np.float64)


def centre_prior(
    height: int = MAP_HEIGHT, sigma_yaw: float = radians(50), sigma_pitch: float = radians(15)
) -> NDArray[np.float64]:
    """A Gaussian around the middle of the frame, where viewing starts: (height, 2 height).

    It does well where fixations are pooled from the start of viewing, and says nothing of what the
    picture holds.
    """
    across = np.exp(-0.5 * (pixel_angles(height)[0] / sigma_yaw) ** 2)
    return latitude_band(0.0, sigma_pitch, height) * across


class SpectralResidual:
    """What is unusual in the log spectrum of the luminance (Hou & Zhang, CVPR 2007, eq. 3-6).

    On the equirect frame at 128x64; the paper's final blur is one of 4° on the sphere.
    """

    warmup_frames = 0

    def reset(self) -> None:
        """Nothing is remembered."""

    def observe(self, equirect_rgb: NDArray[np.uint8], time_s: float) -> None:
        """Nothing is looked at."""

    def step(self, equirect_rgb: NDArray[np.uint8], time_s: float) -> NDArray[np.float32]:
        """(120, 240)."""
        del time_s
        spectrum = np.fft.fft2(_luminance(equirect_rgb, _RESIDUAL_HEIGHT))
        log_amplitude = np.log(np.abs(spectrum) + 1e-6)
        usual = cv2.blur(log_amplitude, (3, 3), borderType=cv2.BORDER_REFLECT_101)
        residual = np.exp(log_amplitude - usual + 1j * np.angle(spectrum))
        small = np.abs(np.fft.ifft2(residual)) ** 2
        size = (2 * MAP_HEIGHT, MAP_HEIGHT)
        large = cv2.resize(small, size, interpolation=cv2.INTER_LINEAR)
        return _blurred(np.asarray(large), _RESIDUAL_BLUR)


class FrameDifference:
    """How much the luminance changed since the frame before, blurred by 4° on the sphere."""

    warmup_frames = 1

    def __init__(self) -> None:
        self._before: NDArray[np.float64] | None = None

    def reset(self) -> None:
        """Forget the frame before: the next map is zero."""
        self._before = None

    def observe(self, equirect_rgb: NDArray[np.uint8], time_s: float) -> None:
        """The frame before the next one."""
        del time_s
        self._before = _grey(equirect_rgb)

    def step(self, equirect_rgb: NDArray[np.uint8], time_s: float) -> NDArray[np.float32]:
        """(120, 240); zero for the first frame."""
        del time_s
        # Differences of pixels, averaged afterwards: small things that move must not cancel.
        grey = _grey(equirect_rgb)
        before, self._before = self._before, grey
        if before is None or before.shape != grey.shape:
            return np.zeros((MAP_HEIGHT, 2 * MAP_HEIGHT), np.float32)
        change = _resized(np.abs(grey - before), MAP_HEIGHT)
        return _blurred(change, _DIFFERENCE_BLUR)


def band_row() -> Row:
    """The best-fitting band."""
    return Row(BAND, Fixed(latitude_band()))


def baseline_rows() -> list[Row]:
    """Everything that needs no network; `BAND` is among them."""
    everything = variants(model_prior(), SMOOTHING)
    even = np.ones((MAP_HEIGHT, 2 * MAP_HEIGHT))
    return [
        Row("uniform", Fixed(even), uniform=True),
        Row("equator prior (20°)", Fixed(equator_prior())),
        band_row(),
        Row("centre prior", Fixed(centre_prior())),
        Row("spectral residual", SpectralResidual(), everything),
        Row("motion magnitude", FrameDifference(), everything, needs_motion=True),
    ]


def _grey(equirect_rgb: NDArray[np.uint8]) -> NDArray[np.float64]:
    return np.asarray(cv2.cvtColor(equirect_rgb, cv2.COLOR_RGB2GRAY), np.float64)


def _luminance(equirect_rgb: NDArray[np.uint8], height: int) -> NDArray[np.float64]:
    return _resized(_grey(equirect_rgb), height)


def _resized(values: NDArray[np.float64], height: int) -> NDArray[np.float64]:
    shape = (2 * height, height)
    return np.asarray(cv2.resize(values, shape, interpolation=cv2.INTER_AREA), np.float64)


def _blurred(values: Map, sigma: float) -> NDArray[np.float32]:
    return smooth_on_sphere(values, sigma).astype(np.float32)
