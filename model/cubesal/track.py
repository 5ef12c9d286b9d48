"""The saliency maps of one clip on a grid of file time: what has been analysed, and what holds now.

A track belongs to one thread. Maps inside it are read-only and may be handed on freely.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite, nan
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cubesal.array_files import opened_arrays
from cubesal.errors import DAMAGED_ARRAY, MediaError
from cubesal.picture_turns import known_turns
from cubesal.track_snapshot import TrackSnapshot
from cubesal.whole_files import written_whole

Status = Literal["current", "stale", "none"]
_KEYS = ("saliency", "frame_index", "time_s", "model", "source")
_TURN = "turn"


@dataclass(frozen=True)
class TrackView:
    """The best map for a moment: ``current``, ``stale`` (an earlier one) or ``none``."""

    saliency: NDArray[np.float32] | None
    status: Status


class SaliencyTrack:
    """Maps (H, W) float32 >= 0 at K grid points of a clip, filled in any order.

    ``frame_index`` (K,) and ``time_s`` (K,) are strictly ascending: the source frame of each grid
    point and when it is shown, in seconds. With a map goes the picture's own turn: how fast it
    turns to the right, radians per second; NaN where that is not known. ``signed``: maps may be
    negative; only for scoring.
    ``reading``: the text of how the clip was read (:mod:`cubesal.video.reading`).
    """

    def __init__(
        self,
        frame_index: ArrayLike,
        time_s: ArrayLike,
        source: str,
        model: str,
        *,
        signed: bool = False,
        reading: str | None = None,
    ) -> None:
        index = np.array(frame_index, dtype=np.int64)
        times = np.array(time_s, dtype=np.float64)
        if index.ndim != 1 or index.shape != times.shape or index.size == 0:
            raise ValueError("frame_index and time_s must be two lists of one length, not empty")
        if not np.all(np.isfinite(times)):
            raise ValueError("time_s must be finite")
        if np.any(np.diff(index) <= 0) or np.any(np.diff(times) <= 0):
            raise ValueError("frame_index and time_s must both ascend strictly")
        index.flags.writeable = False
        times.flags.writeable = False
        self.frame_index = index
        self.time_s = times
        self.source = source
        self.model = model
        self.reading = reading
        self._signed = signed
        self._maps: list[NDArray[np.float32] | None] = [None] * index.size
        self._done = np.zeros(index.size, dtype=bool)
        self._peaks = np.full(index.size, np.nan)
        self._turns = np.full(index.size, np.nan)
        self._shape: tuple[int, int] | None = None

    def __len__(self) -> int:
        return len(self._maps)

    def set(self, k: int, saliency: ArrayLike, turn: float = nan) -> None:
        """Store the map of grid point ``k``, and the picture's turn. ValueError if it is no map.

        A read-only float32 array is kept as it is, so that tracks share maps; others are copied.
        """
        if not 0 <= k < len(self):
            raise ValueError(f"grid point {k} is outside 0..{len(self) - 1}")
        with np.errstate(over="ignore"):  # what single precision cannot hold is refused below
            kept = np.asarray(saliency, dtype=np.float32)
        if kept.flags.writeable:
            kept = kept.copy()
        if kept.ndim != 2 or kept.size == 0:
            raise ValueError(f"a saliency map is (H, W), not {kept.shape}")
        if self._shape is not None and kept.shape != self._shape:
            raise ValueError(f"the maps of this track are {self._shape}, not {kept.shape}")
        low, high = float(kept.min()), float(kept.max())
        if not (np.isfinite(low) and np.isfinite(high)) or (low < 0.0 and not self._signed):
            raise ValueError("a saliency map must be finite and nowhere negative")
        kept.flags.writeable = False
        self._shape = (kept.shape[0], kept.shape[1])
        self._maps[k] = kept
        self._done[k] = True
        self._peaks[k] = high
        self._turns[k] = turn if isfinite(turn) else nan

    def has(self, k: int) -> bool:
        """Whether grid point ``k`` is analysed."""
        return bool(self._done[k])

    def get(self, k: int) -> NDArray[np.float32] | None:
        """The map of grid point ``k``, read-only, or None while it is not analysed."""
        return self._maps[k]

    def missing(self) -> NDArray[np.int64]:
        """Grid points not analysed yet, ascending."""
        return np.flatnonzero(~self._done).astype(np.int64)

    @property
    def complete(self) -> bool:
        """Whether every grid point is analysed."""
        return bool(self._done.all())

    @property
    def peak(self) -> float:
        """The largest value of all analysed maps; 0 while there are none."""
        return float(np.nanmax(self._peaks)) if self._done.any() else 0.0

    @property
    def peaks(self) -> NDArray[np.float64]:
        """The largest value of each map (K,), NaN where not analysed."""
        return self._peaks.copy()

    def turn(self, k: int) -> float:
        """How fast the picture itself turns to the right at grid point ``k``, rad/s, or NaN."""
        return float(self._turns[k])

    @property
    def turns(self) -> NDArray[np.float64]:
        """How fast the picture itself turns to the right (K,), rad/s; NaN where not known."""
        return self._turns.copy()

    def known_turns(self) -> NDArray[np.float64]:
        """The picture's turn (N, 2) at the analysed points, as planners take it."""
        return known_turns(self._turns[self._done])

    def copy(self) -> SaliencyTrack:
        """Another track of the same grid with the same, shared maps."""
        other = SaliencyTrack(
            self.frame_index,
            self.time_s,
            self.source,
            self.model,
            signed=self._signed,
            reading=self.reading,
        )
        for k, saliency in enumerate(self._maps):
            if saliency is not None:
                other.set(k, saliency, self.turn(k))
        return other

    def snapshot(self, points: NDArray[np.int64]) -> TrackSnapshot:
        """The maps of some grid points (N,), ascending, to be read on another thread."""
        held = {int(k): m for k in points if (m := self._maps[k]) is not None}
        return TrackSnapshot(self, points, self.time_s[points], self._turns[points], held)

    def analysed_between(self, start_s: float, end_s: float) -> NDArray[np.int64]:
        """Grid points in an interval of time that are analysed, ascending."""
        inside = (self.time_s >= start_s - 1e-6) & (self.time_s <= end_s + 1e-6)
        return np.flatnonzero(inside & self._done).astype(np.int64)

    def index_at(self, time_s: float) -> int:
        """The last grid point at or before a moment; the first one for moments before all."""
        return max(int(np.searchsorted(self.time_s, time_s, side="right")) - 1, 0)

    def at(self, time_s: float) -> TrackView:
        """The map for a moment of the clip.

        Between two analysed neighbours it is interpolated linearly and current; on an analysed
        point, and after the last one, it is that point's. Otherwise the nearest earlier map is
        given as stale.
        """
        k = self.index_at(time_s)
        here = self._maps[k]
        if here is None:
            return self._latest_before(k)
        if k + 1 == len(self) or time_s <= self.time_s[k]:
            return TrackView(here, "current")
        there = self._maps[k + 1]
        if there is None:
            return TrackView(here, "stale")
        step = self.time_s[k + 1] - self.time_s[k]
        weight = np.float32((time_s - self.time_s[k]) / step)
        return TrackView(here + weight * (there - here), "current")

    def _latest_before(self, k: int) -> TrackView:
        earlier = np.flatnonzero(self._done[:k])
        if earlier.size == 0:
            return TrackView(None, "none")
        return TrackView(self._maps[int(earlier[-1])], "stale")

    def analysed_ranges(self) -> list[tuple[float, float]]:
        """Stretches (start_s, end_s) between analysed neighbours; a lone point has no length."""
        edges = np.flatnonzero(np.diff(np.concatenate([[False], self._done, [False]])))
        pairs = edges.reshape(-1, 2)
        return [(float(self.time_s[a]), float(self.time_s[b - 1])) for a, b in pairs]

    def arrays(self) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.float32]]:
        """``(frame_index (N,), time_s (N,), saliency (N, H, W))`` of the analysed points."""
        maps = [m for m in self._maps if m is not None]
        if not maps:
            raise ValueError("nothing of this clip is analysed yet")
        return self.frame_index[self._done], self.time_s[self._done], np.stack(maps)

    def save_npz(self, path: str | Path) -> None:
        """Write the analysed points as one npz, with ``turn`` where it is known for any.

        It appears complete or not at all. ExportError.
        """
        frame_index, time_s, saliency = self.arrays()
        values: dict[str, NDArray[Any]] = {
            "saliency": saliency,
            "frame_index": frame_index,
            "time_s": time_s,
            "model": np.array(self.model),
            "source": np.array(self.source),
        }
        if np.any(np.isfinite(self._turns)):
            values[_TURN] = self._turns[self._done]
        if self.reading is not None:
            values["reading"] = np.array(self.reading)
        write_npz(path, values)


def write_npz(path: str | Path, values: dict[str, NDArray[Any]]) -> None:
    """Write arrays to an npz through ``<name>.part`` and a rename. ExportError on disk trouble."""
    with written_whole(Path(path)) as part, open(part, "wb") as file:
        # keyword names are data here, not options of savez
        np.savez_compressed(file, **values)  # type: ignore[arg-type]  # stubs take one as a bool


def load_npz(path: str | Path) -> SaliencyTrack:
    """Read a complete track from an npz of our own or a user's. MediaError if it is not one."""
    values = _read_npz(Path(path))
    saliency = values["saliency"]
    if saliency.ndim != 3 or not np.issubdtype(saliency.dtype, np.number):
        raise MediaError(f"{path}: saliency must be numbers of shape (T, H, W)")
    try:
        track = SaliencyTrack(
            values["frame_index"], values["time_s"], str(values["source"]), str(values["model"])
        )
        if len(track) != len(saliency):
            raise ValueError(f"{len(saliency)} maps but {len(track)} times")
        turns = values.get(_TURN, np.full(len(track), nan))
        if turns.shape != (len(track),):
            raise ValueError(f"{len(track)} maps, but turns of shape {turns.shape}")
        for k, saliency_map in enumerate(saliency):
            track.set(k, saliency_map, float(turns[k]))
    except (ValueError, TypeError) as error:
        raise MediaError(f"{path} does not hold usable maps: {error}") from error
    return track


def _read_npz(path: Path) -> dict[str, NDArray[Any]]:
    try:
        with opened_arrays(path) as archive:
            absent = [key for key in _KEYS if key not in archive]
            if absent:
                raise MediaError(f"{path} lacks {', '.join(absent)}; expected an npz of maps")
            return {key: archive[key] for key in (*_KEYS, _TURN) if key in archive}
    except MediaError:
        raise
    except FileNotFoundError as error:
        raise MediaError(f"{path} does not exist") from error
    except DAMAGED_ARRAY as error:
        raise MediaError(f"{path} is not a readable npz of saliency maps") from error
