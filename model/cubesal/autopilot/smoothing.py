"""From a staircase on the grid to a path a person would like to watch.

Three steps, each with a reason. The smoothest curve inside a corridor around the grid path removes
the staircase without leaving the subject (the idea of L1-optimal camera paths, with squared
acceleration); a kernel without negative lobes rounds what is left without overshoot; a last pass
enforces the speed limit exactly.
"""

from __future__ import annotations

from itertools import pairwise
from math import ceil, hypot, pi

import numpy as np
from numpy.typing import NDArray

from cubesal.autopilot.viterbi import yaw_scale

FloatArray = NDArray[np.float64]
_ITERATIONS = 60


def smoothest_in_corridor(
    target: FloatArray, half_width: FloatArray, time_constant: float, step_s: float
) -> FloatArray:
    """Least squared acceleration subject to ``|x - target| <= half_width``, approximately.

    Alternating directions (ADMM): a projection on the corridor against a smoother, which is a
    multiplication in the frequency domain because the curve is continued evenly at both ends
    (the camera starts and ends at rest). ``target`` (N,), ``half_width`` (N,) >= 0.
    """
    count = len(target)
    frequency = 2 * pi * np.fft.rfftfreq(2 * count, d=step_s)
    response = 1.0 / (1.0 + (frequency * time_constant) ** 4)
    inside, dual = target.copy(), np.zeros(count)
    smooth = target
    for _ in range(_ITERATIONS):
        wanted = inside - dual
        mirrored = np.concatenate([wanted, wanted[::-1]])
        smooth = np.fft.irfft(np.fft.rfft(mirrored) * response, n=2 * count)[:count]
        inside = np.clip(smooth + dual, target - half_width, target + half_width)
        dual += smooth - inside
    return np.asarray(inside, dtype=np.float64)


def rounded(values: FloatArray, sigma_s: float, step_s: float) -> FloatArray:
    """Gaussian smoothing that keeps both end points and never exceeds the steepest slope.

    The curve is continued by point reflection, which leaves a straight line straight.
    """
    radius = min(ceil(3 * sigma_s / step_s), len(values) - 1)
    if radius < 1:
        return values.copy()
    offsets = np.arange(-radius, radius + 1) * step_s
    kernel = np.exp(-0.5 * (offsets / sigma_s) ** 2)
    head = 2 * values[0] - values[radius:0:-1]
    tail = 2 * values[-1] - values[-2 : -radius - 2 : -1]
    extended = np.concatenate([head, values, tail])
    return np.convolve(extended, kernel / kernel.sum(), mode="valid")


def speeds(yaw: FloatArray, pitch: FloatArray, step_s: float) -> FloatArray:
    """Angular speed (N-1,) of the view centre between samples, radians per second.

    Counted with :func:`yaw_scale`, and so an upper bound of the true speed on the sphere.
    """
    scale = np.array([yaw_scale(float(a), float(b)) for a, b in pairwise(pitch)])
    return np.asarray(np.hypot(scale * np.diff(yaw), np.diff(pitch)) / step_s, dtype=np.float64)


def limit_speed(
    yaw: FloatArray, pitch: FloatArray, max_speed: float, step_s: float
) -> tuple[FloatArray, FloatArray]:
    """Follow the curve from its first sample on, never faster than ``max_speed`` rad/s."""
    if not np.any(speeds(yaw, pitch, step_s) > max_speed):
        return yaw, pitch
    reach = max_speed * step_s
    out_yaw, out_pitch = yaw.copy(), pitch.copy()
    for k in range(1, len(yaw)):
        here_yaw, here_pitch = float(out_yaw[k - 1]), float(out_pitch[k - 1])
        turn, tilt = float(yaw[k]) - here_yaw, float(pitch[k]) - here_pitch
        scale = yaw_scale(here_pitch, float(pitch[k]))
        length = hypot(scale * turn, tilt)
        part = min(1.0, reach / length) if length > 0 else 0.0
        out_yaw[k], out_pitch[k] = here_yaw + part * turn, here_pitch + part * tilt
    return out_yaw, out_pitch
