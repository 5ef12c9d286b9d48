"""Planning the flat camera: saliency maps → the best smooth path under a speed limit.

The plan is made on a grid of directions and of time ("ticks"). A tick is as long as the camera
needs for about two and a half grid cells, so that moves of every direction and of several speeds
exist; the value of a view is the attention inside it, that in its middle counting most.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, pi, radians

import numpy as np
from numpy.typing import NDArray

from cubesal.autopilot.coverage import share_volume
from cubesal.autopilot.path import CameraPath, nearest_turn
from cubesal.autopilot.smoothing import limit_speed, rounded, smoothest_in_corridor
from cubesal.autopilot.viterbi import best_grid_path, move_costs
from cubesal.autopilot.zoom import zoom_curve
from cubesal.camera import HFOV_DEFAULT, HFOV_MAX, HFOV_MIN

CELLS_PER_TICK = 2.4
SAMPLE_RATE_HZ = 30.0
"""Density of the finished path; between samples it is interpolated linearly."""
MIN_CONTRAST = 0.05
"""Share by which the best view must beat the average one before moving is worth anything."""
START_FADE_S = 0.5
LONG_GAP_S = 10.0
"""A gap without maps is planned as if it took this long, or a half turn where that takes longer."""
MAX_SAMPLES = 1 << 21
"""Beyond some 19 hours the finished path becomes less dense."""

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class PlannerOptions:
    """What the camera may do. Angles in radians, ``max_speed`` in radians per second.

    ``calm`` in [0, 1] sets the price of moving, from eager to unhurried, and how softly corners
    are rounded. ``zoom`` lets the view narrow, from ``hfov`` down, where attention is concentrated.
    """

    max_speed: float = radians(30)
    calm: float = 0.5
    hfov: float = HFOV_DEFAULT
    aspect: float = 16 / 9
    pitch_limit: float = radians(60)
    zoom: bool = False
    grid_step: float = radians(5)

    def __post_init__(self) -> None:
        if not self.max_speed > 0:
            raise ValueError(f"max_speed must be positive, not {self.max_speed}")
        if not 0 <= self.calm <= 1:
            raise ValueError(f"calm must lie in [0, 1], not {self.calm}")
        if not HFOV_MIN - 1e-9 <= self.hfov <= HFOV_MAX + 1e-9:
            raise ValueError("hfov must lie between 20 and 140 degrees")
        if not self.aspect > 0:
            raise ValueError(f"aspect must be positive, not {self.aspect}")
        if not 0 <= self.pitch_limit <= pi / 2:
            raise ValueError("pitch_limit must lie between 0 and 90 degrees")
        if not radians(1) <= self.grid_step <= radians(30):
            raise ValueError("grid_step must lie between 1 and 30 degrees")

    @property
    def yaw_cells(self) -> int:
        """Directions around the horizon."""
        return round(2 * pi / self.grid_step)

    @property
    def cell(self) -> float:
        """The grid step made to divide the full turn, radians."""
        return 2 * pi / self.yaw_cells

    @property
    def pitches(self) -> FloatArray:
        """Pitches of the grid rows, bottom to top, 0 among them."""
        rows = int(self.pitch_limit / self.cell + 1e-9)
        return np.asarray(np.arange(-rows, rows + 1) * self.cell, dtype=np.float64)

    @property
    def seconds_per_quarter_turn(self) -> float:
        """For how long the best view must beat an average one to be worth a turn of 90 degrees."""
        return float(0.5 * 8.0**self.calm)


def plan_path(
    maps: NDArray[np.floating],
    times_s: NDArray[np.floating],
    options: PlannerOptions | None = None,
    start: tuple[float, float] | None = None,
) -> CameraPath:
    """The best path over maps (K, H, W) >= 0 shown at ``times_s`` (K,), strictly ascending.

    ``start`` is the (yaw, pitch) the path must begin at, such as the view a user let go of. The
    horizon stays level, pitch stays within its limit (a start beyond it is left at once), and the
    view's centre never moves faster on the sphere than ``max_speed``.
    """
    options = options or PlannerOptions()
    times = np.asarray(times_s, dtype=np.float64)
    _check(maps, times)
    clock = planning_clock(times, options)
    ticks = tick_times(clock, options)
    volume = share_volume(
        maps, options.pitches, options.yaw_cells, options.hfov, options.aspect, centred=True
    )
    values = values_at_ticks(volume, clock, ticks)
    yaw, pitch = _best_directions(values, ticks, options, start)
    dense = _dense_times(ticks)
    yaw, pitch = _smoothed(yaw, pitch, ticks, dense, options, start)
    if options.zoom:
        hfov = zoom_curve(maps, clock, dense, yaw, pitch, options.hfov, options.aspect)
    else:
        hfov = np.full(len(dense), options.hfov)
    dense_s = dense if clock is times else np.interp(dense, clock, times)
    return CameraPath(dense_s, yaw, pitch, hfov, np.zeros(len(dense)))


def _check(maps: NDArray[np.floating], times: FloatArray) -> None:
    if maps.ndim != 3 or len(maps) == 0:
        raise ValueError(f"maps must have shape (K, H, W) with K >= 1, not {maps.shape}")
    if times.shape != (len(maps),):
        raise ValueError(f"{len(maps)} maps need as many times, not {times.shape}")
    if np.any(np.diff(times) <= 0):
        raise ValueError("times_s must ascend strictly")


def planning_clock(times: FloatArray, options: PlannerOptions) -> FloatArray:
    """The times (K,) with long gaps cut short, so that the work depends on the number of maps.

    The camera can get anywhere in what is left of a gap; stretched to its true length again, the
    path only becomes slower there.
    """
    steps = np.diff(times)
    longest = max(LONG_GAP_S, pi / options.max_speed)
    if not np.any(steps > longest):
        return times
    clock: FloatArray = times[0] + np.append(0.0, np.cumsum(np.minimum(steps, longest)))
    return clock


def tick_times(times: FloatArray, options: PlannerOptions) -> FloatArray:
    """Evenly spaced planning times (T,) over the clip, each step long enough for a few cells."""
    duration = float(times[-1] - times[0])
    longest = CELLS_PER_TICK * options.cell / options.max_speed
    return np.linspace(times[0], times[-1], ceil(duration / longest) + 1)


def values_at_ticks(
    volume: NDArray[np.float32], times: FloatArray, ticks: FloatArray
) -> NDArray[np.float32]:
    """The mean of the maps nearest to each tick; where there is none, interpolated in time."""
    if len(ticks) == 1:
        return np.asarray(volume.mean(axis=0, keepdims=True))
    spacing = ticks[1] - ticks[0]
    owner = np.clip(np.rint((times - ticks[0]) / spacing).astype(int), 0, len(ticks) - 1)
    filled, first, count = np.unique(owner, return_index=True, return_counts=True)
    values = np.empty((len(ticks), *volume.shape[1:]), dtype=np.float32)
    values[filled] = np.add.reduceat(volume, first, axis=0) / count[:, None, None]
    for tick in np.setdiff1d(np.arange(len(ticks)), filled):
        after = int(np.searchsorted(times, ticks[tick]))
        weight = (ticks[tick] - times[after - 1]) / (times[after] - times[after - 1])
        values[tick] = volume[after - 1] + np.float32(weight) * (volume[after] - volume[after - 1])
    return values


def _best_directions(
    values: NDArray[np.float32],
    ticks: FloatArray,
    options: PlannerOptions,
    start: tuple[float, float] | None,
) -> tuple[FloatArray, FloatArray]:
    """(yaw unwrapped (T,), pitch (T,)) of the optimal grid path."""
    spacing = float(ticks[1] - ticks[0]) if len(ticks) > 1 else 0.0
    gain = values.max(axis=(1, 2)) - values.mean(axis=(1, 2))
    contrast = max(float(gain.mean()), MIN_CONTRAST)
    price = contrast * options.seconds_per_quarter_turn / (pi / 2)
    costs = move_costs(options.pitches, options.cell, options.max_speed * spacing, price)
    first = None if start is None else _nearest_cell(start, options)
    # Seconds times share; with a single tick its length does not matter.
    _, rows, columns = best_grid_path(values * np.float32(spacing or 1.0), costs, first)
    half = options.yaw_cells // 2
    turns = (np.diff(columns) + half) % options.yaw_cells - half
    unwrapped = np.concatenate([[0], np.cumsum(turns)]) + columns[0]
    return unwrapped * options.cell - pi, options.pitches[rows]


def _nearest_cell(start: tuple[float, float], options: PlannerOptions) -> tuple[int, int]:
    column = round((start[0] + pi) / options.cell) % options.yaw_cells
    return int(np.abs(options.pitches - start[1]).argmin()), column


def _dense_times(ticks: FloatArray) -> FloatArray:
    count = min(ceil(float(ticks[-1] - ticks[0]) * SAMPLE_RATE_HZ) + 1, MAX_SAMPLES)
    return np.linspace(ticks[0], ticks[-1], 1 if count == 1 else _fast_length(count))


def _fast_length(count: int) -> int:
    """The next length whose only prime factors are 2, 3 and 5: the smoother transforms it often."""
    length = count
    while True:
        rest = length
        for prime in (2, 3, 5):
            while rest % prime == 0:
                rest //= prime
        if rest == 1:
            return length
        length += 1


def _smoothed(
    yaw: FloatArray,
    pitch: FloatArray,
    ticks: FloatArray,
    dense: FloatArray,
    options: PlannerOptions,
    start: tuple[float, float] | None,
) -> tuple[FloatArray, FloatArray]:
    if len(dense) == 1:
        return (yaw, pitch) if start is None else (np.array([start[0]]), np.array([start[1]]))
    step_s = float(dense[1] - dense[0])
    corridor = np.full(len(dense), options.cell * (0.5 + 0.5 * options.calm))
    softness = 0.4 + 0.6 * options.calm
    curves = []
    for values in (yaw, pitch):
        target = np.interp(dense, ticks, values)
        curve = smoothest_in_corridor(target, corridor, softness, step_s)
        curves.append(rounded(curve, 0.4 * softness, step_s))
    if start is not None:
        curves = _begun_at(curves, start, dense - dense[0])
    curves[1] = np.clip(curves[1], -options.pitch_limit, options.pitch_limit)
    if start is not None:
        curves[1][0] = start[1]
    return limit_speed(curves[0], curves[1], options.max_speed, step_s)


def _begun_at(
    curves: list[FloatArray], start: tuple[float, float], elapsed: FloatArray
) -> list[FloatArray]:
    """Bend the beginning of both curves so that they pass through ``start`` exactly."""
    yaw, pitch = curves
    fade = np.exp(-0.5 * (elapsed / START_FADE_S) ** 2)
    off_yaw = nearest_turn(start[0], float(yaw[0])) - yaw[0]
    return [yaw + off_yaw * fade, pitch + (start[1] - pitch[0]) * fade]
