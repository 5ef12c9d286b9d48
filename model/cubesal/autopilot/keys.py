"""Keys of a path: the views that people insist on, and what the camera does between two of them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from cubesal.autopilot.motion import ViewState
from cubesal.autopilot.path import CameraPath, nearest_turn
from cubesal.camera import HFOV_MAX, HFOV_MIN, Camera, wrap_angle

__all__ = ["EASES", "Ease", "PathKey", "checked_keys", "model_keys", "simplified", "through_keys"]

#: How a camera goes on from a key to the next: the way that holds most attention, planned anew;
#: straight there; or resting until it cuts.
Ease = Literal["planned", "direct", "cut"]
EASES: Final[tuple[Ease, ...]] = get_args(Ease)

SETTLE_S = 1.5
"""How long before the first key and after the last one a path may be bent to meet them."""
_LONGEST_TIME_S = 1e7

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class PathKey:
    """A camera at a moment, radians; a ``locked`` key is kept when the path is planned anew."""

    time_s: float
    yaw: float
    pitch: float
    roll: float
    hfov: float
    locked: bool = False
    ease: Ease = "planned"

    def __post_init__(self) -> None:
        _check(self.time_s, 0.0, _LONGEST_TIME_S, "the time of a key")
        _check(self.yaw, -1e4, 1e4, "the yaw of a key")
        _check(self.pitch, -math.pi / 2, math.pi / 2, "the pitch of a key")
        _check(self.roll, -1e4, 1e4, "the roll of a key")
        _check(self.hfov, HFOV_MIN - 1e-9, HFOV_MAX + 1e-9, "the field of view of a key")
        if not isinstance(self.locked, bool):
            raise ValueError("a key is locked or not")
        if self.ease not in EASES:
            raise ValueError(f"a key goes on in one of {', '.join(EASES)}, not {self.ease!r}")

    @classmethod
    def of(
        cls, time_s: float, camera: Camera, locked: bool = True, ease: Ease = "planned"
    ) -> PathKey:
        """The key of a camera."""
        return cls(time_s, camera.yaw, camera.pitch, camera.roll, camera.hfov, locked, ease)

    @property
    def camera(self) -> Camera:
        """The camera of this key."""
        return Camera(self.yaw, self.pitch, self.roll, self.hfov).normalised()

    @property
    def view(self) -> ViewState:
        """Where it looks, at rest."""
        return ViewState(self.yaw, self.pitch)


def checked_keys(keys: Sequence[PathKey]) -> tuple[PathKey, ...]:
    """The keys as a tuple. ValueError unless they ascend strictly in time."""
    if any(a.time_s >= b.time_s for a, b in pairwise(keys)):
        raise ValueError("the keys of a path must ascend in time")
    return tuple(keys)


def through_keys(
    times_s: FloatArray, values: FloatArray, keys: Sequence[tuple[float, float]], settles: bool
) -> FloatArray:
    """``values`` (K,) at ``times_s`` bent to pass through ``keys`` of (time, value) exactly.

    What is missing at a key fades to what is missing at the next one, without a jump of speed or
    acceleration; outside the keys within `SETTLE_S` or, unless it ``settles``, never.
    """
    if not keys:
        return values
    when = np.array([time for time, _ in keys])
    missing = np.array([value for _, value in keys]) - np.interp(when, times_s, values)
    if settles:
        when = np.concatenate([[when[0] - SETTLE_S], when, [when[-1] + SETTLE_S]])
        missing = np.concatenate([[0.0], missing, [0.0]])
    if len(when) == 1:
        return np.asarray(values + missing[0])
    after = np.clip(np.searchsorted(when, times_s, side="right"), 1, len(when) - 1)
    part = (times_s - when[after - 1]) / (when[after] - when[after - 1])
    u = np.clip(part, 0.0, 1.0)
    share = u**3 * (u * (6 * u - 15) + 10)
    return np.asarray(values + missing[after - 1] * (1 - share) + missing[after] * share)


def simplified(path: CameraPath, tolerance: float = math.radians(1.5)) -> list[int]:
    """Indices of the fewest samples that tell a path within ``tolerance`` radians.

    Between them it is straight (Ramer 1972; Douglas and Peucker 1973). The first and the last
    sample are among them.
    """
    scale = np.cos(path.pitch)
    columns = np.stack([path.yaw * scale, path.pitch, path.roll, 0.5 * path.hfov])
    kept, waiting = {0, len(path.times_s) - 1}, [(0, len(path.times_s) - 1)]
    while waiting:
        first, last = waiting.pop()
        if last - first < 2:
            continue
        part = path.times_s[first : last + 1]
        ends = path.times_s[[first, last]]
        straight = [np.interp(part, ends, column[[first, last]]) for column in columns]
        off = np.linalg.norm(columns[:, first : last + 1] - np.stack(straight), axis=0)
        worst = int(off.argmax())
        if off[worst] > tolerance:
            kept.add(first + worst)
            waiting += [(first, first + worst), (first + worst, last)]
    return sorted(kept)


def model_keys(path: CameraPath, tolerance: float = math.radians(4)) -> tuple[PathKey, ...]:
    """The keys that tell a planned path in short: where it sets out, turns, and comes to rest.

    They are not locked: the next plan has its own.
    """
    return tuple(
        PathKey.of(float(path.times_s[k]), path.at(float(path.times_s[k])), locked=False)
        for k in simplified(path, tolerance)
        if path.times_s[k] >= 0
    )


def unwrapped(keys: Sequence[PathKey], start: float) -> list[float]:
    """The yaws of keys, each as near as can be to the one before, the first to ``start``."""
    yaws: list[float] = []
    for key in keys:
        yaws.append(nearest_turn(key.yaw, yaws[-1] if yaws else start))
    return yaws


def straight_to(one: PathKey, other: PathKey, times_s: FloatArray) -> FloatArray:
    """(2, N) yaw and pitch on the straight way from one key to another, eased at both ends."""
    u = np.clip((times_s - one.time_s) / (other.time_s - one.time_s), 0.0, 1.0)
    yaw = one.yaw + wrap_angle(other.yaw - one.yaw) * u
    return np.stack([yaw, one.pitch + (other.pitch - one.pitch) * u])


def _check(value: float, low: float, high: float, what: str) -> None:
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if not is_number or not low <= value <= high:
        raise ValueError(f"{what} must lie in {low:g} to {high:g}, not {value!r}")
