"""The water: waves that move as water waves do, and what they mirror.

Tessendorf, "Simulating ocean water" (2001): a wave field is a spectrum whose phases turn with
ω = √(g·k); one inverse Fourier transform gives the slopes of a tileable square of water at any
time, without stepping through earlier times.  Squares of several sizes cover near and far water.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from math import pi, radians
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from cubesal.democlip.light import smoothstep
from cubesal.democlip.paths import EYE_M
from cubesal.geometry import pixel_angles

__all__ = ["Sea"]

_TILE: Final = 256
_GRAVITY: Final = 9.81
_WIND_YAW: Final = radians(-40.0)
#: Mirrored columns kept beyond each side, so that look-ups may cross the seam.
_MARGIN: Final = 64


@dataclass(frozen=True)
class _Level:
    """One size of water square: edge in metres, rms slope, and the depressions it is seen at."""

    edge_m: float
    steepness: float
    seed: int
    shown_deg: tuple[float, float, float, float]  # fades in from a to b, out from c to d


_LEVELS: Final = (
    _Level(11.0, 0.095, 41, (5.0, 14.0, 89.0, 90.0)),
    _Level(70.0, 0.060, 42, (1.0, 3.2, 16.0, 35.0)),
    _Level(520.0, 0.050, 43, (0.0, 0.3, 2.0, 5.0)),
)


@dataclass(frozen=True)
class _Spectrum:
    """Complex slopes (x + i·z) of one square: forward and backward waves and their ω."""

    forward: NDArray[np.complex64]
    backward: NDArray[np.complex64]
    omega: NDArray[np.float32]

    def slopes(self, time_s: float) -> NDArray[np.float32]:
        """Slopes along X and Z (_TILE, _TILE, 2) of the tileable square at a time."""
        angle = self.omega * np.float32(time_s)
        turn = (np.cos(angle) + 1j * np.sin(angle)).astype(np.complex64)
        field = self.forward * turn + self.backward * turn.conj()
        planes = np.ascontiguousarray(field).view(np.float32).reshape(_TILE, _TILE, 2)
        return np.asarray(cv2.dft(planes, flags=cv2.DFT_INVERSE), np.float32)


def _spectrum(level: _Level) -> _Spectrum:
    rng = np.random.default_rng(level.seed)
    steps = np.fft.fftfreq(_TILE) * _TILE * 2 * pi / level.edge_m
    kx, kz = steps[None, :], steps[:, None]
    k = np.hypot(kx, kz)
    k[0, 0] = 1.0
    # Mostly downwind waves, some across: (1 + cos)-like spreading keeps crests wavy.
    spread = 0.25 + (0.5 + 0.5 * (kx * np.sin(_WIND_YAW) + kz * np.cos(_WIND_YAW)) / k) ** 2
    lowest, highest = 2 * pi * 2.5 / level.edge_m, 2 * pi * 28 / level.edge_m
    band = np.exp(-((lowest / k) ** 2)) * np.exp(-((k / highest) ** 2))
    amplitude = k**-1.9 * band * spread
    amplitude[0, 0] = 0.0
    height = amplitude * (rng.standard_normal(k.shape) + 1j * rng.standard_normal(k.shape))
    opposite = np.conj(np.roll(height[::-1, ::-1], (1, 1), (0, 1)))
    slope = 1j * (kx + 1j * kz)
    gain = level.steepness / np.sqrt(np.sum(np.abs(slope * height) ** 2) * 2)
    forward, backward = ((slope * h * gain).astype(np.complex64) for h in (height, opposite))
    return _Spectrum(forward, backward, np.sqrt(_GRAVITY * k).astype(np.float32))


@lru_cache(maxsize=1)
def _spectra() -> tuple[_Spectrum, ...]:
    return tuple(_spectrum(level) for level in _LEVELS)


class Sea:
    """The water in the rows just below the horizon of an equirect picture."""

    def __init__(self, height: int, rows: int) -> None:
        """Prepares ``rows`` rows of water for an equirect of ``height`` rows (all cached)."""
        self._rows = rows
        yaw, pitch = pixel_angles(height)
        below = -pitch[height // 2 : height // 2 + rows]
        self._maps = [self._plane_map(level, yaw, below) for level in _LEVELS]
        self._weights = [self._weight(level, below) for level in _LEVELS]
        pixel = height / pi
        sin_yaw, cos_yaw = np.sin(yaw)[None, :], np.cos(yaw)[None, :]
        # A facet of slope s along the view lifts the mirrored ray by 2s, one of slope s across
        # turns it by 2s·tan(depression); both to first order.
        turn = (-2 * pixel * np.minimum(np.tan(below), 1.5))[:, None]
        self._turn = (turn * cos_yaw).astype(np.float32), (-turn * sin_yaw).astype(np.float32)
        self._lift = (
            (-2 * pixel * sin_yaw).astype(np.float32),
            (-2 * pixel * cos_yaw).astype(np.float32),
        )
        self._column = (np.arange(yaw.size, dtype=np.float32) + _MARGIN)[None, :]
        self._row = (height // 2 - 1 - np.arange(rows, dtype=np.float32))[:, None]

    @staticmethod
    def _plane_map(
        level: _Level, yaw: NDArray[np.float64], below: NDArray[np.float64]
    ) -> tuple[slice, NDArray[np.int16], NDArray[np.uint16]]:
        """Rows that show a level and their fixed-point positions in its tile."""
        first_deg, *_, last_deg = level.shown_deg
        seen = np.flatnonzero((below > radians(first_deg)) & (below < radians(last_deg)))
        rows = slice(int(seen[0]), int(seen[-1]) + 1) if seen.size else slice(0, 0)
        distance = (EYE_M / np.tan(below[rows]))[:, None] * (_TILE / level.edge_m)
        x = np.mod(distance * np.sin(yaw)[None, :], _TILE).astype(np.float32)
        z = np.mod(distance * np.cos(yaw)[None, :], _TILE).astype(np.float32)
        fixed, fraction = cv2.convertMaps(x, z, cv2.CV_16SC2)
        return rows, np.asarray(fixed, np.int16), np.asarray(fraction, np.uint16)

    @staticmethod
    def _weight(level: _Level, below: NDArray[np.float64]) -> NDArray[np.float32]:
        a, b, c, d = (radians(angle) for angle in level.shown_deg)
        fade = smoothstep(a, b, below) * (1 - smoothstep(c, d, below))
        return fade.astype(np.float32)[:, None, None]

    def picture(self, time_s: float, mirrored: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Water (rows, 2·height, 3) that reflects ``mirrored``, at any time.

        ``mirrored`` (height/2, 2·height, 3) holds what still water would show of each upward
        direction: row 0 the zenith, its last row the horizon.
        """
        slopes = np.zeros((self._rows, mirrored.shape[1], 2), np.float32)
        for spectrum, weight, (rows, fixed, fraction) in zip(
            _spectra(), self._weights, self._maps, strict=True
        ):
            if rows.start == rows.stop:
                continue
            tile = spectrum.slopes(time_s)
            seen = cv2.remap(tile, fixed, fraction, cv2.INTER_LINEAR, borderMode=cv2.BORDER_WRAP)
            slopes[rows] += seen * weight[rows]
        slope_x, slope_z = cv2.split(slopes)
        along = slope_x * self._turn[0] + slope_z * self._turn[1] + self._column
        lift = slope_x * self._lift[0] + slope_z * self._lift[1] + self._row
        wide = cv2.copyMakeBorder(mirrored, 0, 0, _MARGIN, _MARGIN, cv2.BORDER_WRAP)
        return np.asarray(
            cv2.remap(wide, along, lift, cv2.INTER_LINEAR,
                      borderMode=cv2.BORDER_REFLECT),
            np.uint8,
        )  # fmt: skip
