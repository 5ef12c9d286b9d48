"""HDR pictures (PQ, HLG) as the SDR that everything else here works with: tables, made once.

Per channel, in the order in which light is described:

1. Signal to light.  PQ: the EOTF of SMPTE ST 2084.  HLG: the inverse OETF of ITU-R BT.2100, then
   its OOTF for a display of 1000 cd/m² (gamma 1.2), applied to each channel instead of to their
   luminance, so that a table suffices; greys are exact, strong colours a little more saturated.
2. Tone mapping: the EETF of ITU-R BT.2390 from a peak of 1000 cd/m² to 203 cd/m², the level of HDR
   reference white (BT.2408), which becomes the white of SDR.  What is darker than about a third of
   it stays as it is, what is brighter rolls off smoothly; reference white itself lands at 91 % of
   the signal.  Brighter than 1000 cd/m² is white.
3. BT.2020 primaries to BT.709, what lies outside cut off.
4. Light to signal: the inverse of BT.1886, a power of 1/2.4.

Mastering metadata is not read: a map of where people look does not depend on it.
"""

from __future__ import annotations

from functools import lru_cache

import cv2
import numpy as np
from av.video.frame import VideoFrame
from av.video.reformatter import VideoReformatter
from numpy.typing import NDArray

from cubesal.video.colour import ColourSpec, YuvPlanes

__all__ = ["COLOUR_OF_HDR", "HDR_PEAK", "SDR_WHITE", "sdr_planes", "sdr_table", "transfer_of"]

#: cd/m²: the brightest that is told apart, and what becomes white.
HDR_PEAK, SDR_WHITE = 1000.0, 203.0
#: What :func:`sdr_planes` returns; full range keeps all that eight bits can.
COLOUR_OF_HDR = ColourSpec("bt709", full_range=True)

_TRANSFER_OF_CODE = {16: "PQ", 18: "HLG"}
_BT709_PRIMARIES = 1
_CODES = 1024
_STEPS = 4096
_STRIP_ROWS = 64
_BT709_FROM_BT2020 = np.array(
    [
        [1.660491, -0.587641, -0.072850],
        [-0.124550, 1.132900, -0.008349],
        [-0.018151, -0.100579, 1.118730],
    ]
)
_SWS_FULL = 2
_PQ_M1, _PQ_M2 = 2610 / 16384, 2523 / 4096 * 128
_PQ_C1, _PQ_C2, _PQ_C3 = 3424 / 4096, 2413 / 4096 * 32, 2392 / 4096 * 32
_PQ_PEAK = 10000.0
_HLG_A = 0.17883277
_HLG_B = 1 - 4 * _HLG_A
_HLG_C = 0.5 - _HLG_A * np.log(4 * _HLG_A)
_HLG_GAMMA = 1.2
Floats = NDArray[np.float64]


def transfer_of(picture: VideoFrame) -> str:
    """How a picture is tagged: "PQ", "HLG", or "SDR" for everything else."""
    return _TRANSFER_OF_CODE.get(int(picture.color_trc), "SDR")


def sdr_planes(
    picture: VideoFrame,
    size: tuple[int, int],
    matrix: int,
    full_range: bool,
    reformatter: VideoReformatter,
) -> YuvPlanes:
    """A PQ or HLG picture, scaled to (width, height), as planes in :data:`COLOUR_OF_HDR`.

    ``matrix`` is swscale's number of its matrix, ``full_range`` whether its codes use all values.
    """
    rgb = reformatter.reformat(
        picture,
        width=size[0],
        height=size[1],
        format="gbrp10le",
        src_colorspace=matrix,
        dst_colorspace=matrix,
        src_color_range=_SWS_FULL if full_range else 1,
        dst_color_range=_SWS_FULL,
    )
    turn = np.eye(3) if int(picture.color_primaries) == _BT709_PRIMARIES else _BT709_FROM_BT2020
    codes = rgb.to_ndarray().astype(np.uint16, copy=False)  # (H, W, 3), red first
    return YuvPlanes.from_rgb(_sdr_rgb(codes, transfer_of(picture), turn), COLOUR_OF_HDR)


def _sdr_rgb(codes: NDArray[np.uint16], transfer: str, turn: Floats) -> NDArray[np.uint8]:
    table, signal = sdr_table(transfer).astype(np.float32), _signal_table()
    out = np.empty(codes.shape, np.uint8)
    for top in range(0, len(codes), _STRIP_ROWS):
        strip = codes[top : top + _STRIP_ROWS]
        light = cv2.transform(np.take(table, strip, mode="clip"), turn)
        # On a scale of square roots dark tones have steps enough.
        steps = cv2.sqrt(np.clip(light, 0.0, 1.0)) * np.float32(_STEPS - 1) + np.float32(0.5)
        out[top : top + _STRIP_ROWS] = np.take(signal, steps.astype(np.uint16), mode="clip")
    return out


@lru_cache(maxsize=2)
def sdr_table(transfer: str) -> Floats:
    """(1024,) the share of SDR white, before primaries are changed, of each 10-bit RGB code."""
    signal = np.arange(_CODES) / (_CODES - 1)
    light = _pq_light(signal) if transfer == "PQ" else _hlg_light(signal)
    table = np.minimum(_pq_light(_tone_mapped(_pq_signal(light))) / SDR_WHITE, 1.0)
    table.setflags(write=False)
    return np.asarray(table, np.float64)


@lru_cache(maxsize=1)
def _signal_table() -> NDArray[np.uint8]:
    """(4096,) the 8-bit code of light whose square root is each share."""
    share = np.arange(_STEPS) / (_STEPS - 1)
    return np.rint(255 * share ** (2 / 2.4)).astype(np.uint8)


def _pq_light(signal: Floats) -> Floats:
    """cd/m² of PQ signals in [0, 1]."""
    power = signal ** (1 / _PQ_M2)
    light = np.maximum(power - _PQ_C1, 0) / (_PQ_C2 - _PQ_C3 * power)
    return np.asarray(_PQ_PEAK * light ** (1 / _PQ_M1), np.float64)


def _pq_signal(light: Floats | float) -> Floats:
    power = (np.asarray(light) / _PQ_PEAK) ** _PQ_M1
    return np.asarray(((_PQ_C1 + _PQ_C2 * power) / (1 + _PQ_C3 * power)) ** _PQ_M2, np.float64)


def _hlg_light(signal: Floats) -> Floats:
    """cd/m² of HLG signals in [0, 1] on a display of the peak."""
    bright = (np.exp((np.maximum(signal, 0.5) - _HLG_C) / _HLG_A) + _HLG_B) / 12
    scene = np.where(signal <= 0.5, signal**2 / 3, bright)
    return np.asarray(HDR_PEAK * np.clip(scene, 0, 1) ** _HLG_GAMMA, np.float64)


def _tone_mapped(signal: Floats) -> Floats:
    """BT.2390's EETF on PQ signals: as they are up to the knee, then a Hermite spline."""
    peak = _pq_signal(HDR_PEAK)
    top = _pq_signal(SDR_WHITE) / peak
    knee = 1.5 * top - 0.5
    share = np.minimum(signal / peak, 1.0)
    t = np.maximum(share - knee, 0) / (1 - knee)
    rolled = (
        (2 * t**3 - 3 * t**2 + 1) * knee
        + (t**3 - 2 * t**2 + t) * (1 - knee)
        + (-2 * t**3 + 3 * t**2) * top
    )
    return np.asarray(np.where(share <= knee, share, rolled) * peak, np.float64)
