"""How much attention an area holds, when it first holds the strongest place, and for how long."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cubesal.geometry import equirect_rays, sphere_weights
from cubesal.inspection.areas import Area, in_words
from cubesal.inspection.tables import write_table

__all__ = ["AreaStatistics", "measure_area", "write_area_curves", "write_area_table"]


def measure_area(area: Area, saliency: NDArray[np.floating]) -> tuple[float, bool]:
    """(share of a map (H, 2H) that lies inside, whether its strongest direction does).

    The share counts by area on the sphere, in [0, 1]; 0 for a map of zeros, which has no
    strongest direction either. ValueError for what is no equirect map >= 0.
    """
    values = np.asarray(saliency, np.float64)
    if values.ndim != 2 or values.shape[1] != 2 * values.shape[0]:
        raise ValueError(f"a map must be equirect (H, 2H), not {values.shape}")
    if not np.isfinite(values).all() or values.min() < 0:
        raise ValueError("a map must be finite and nowhere negative")
    height = len(values)
    mass = values * sphere_weights(height)
    total = float(mass.sum())
    if total <= 0:
        return 0.0, False
    share = float((mass * area.coverage(height)).sum()) / total
    strongest = equirect_rays(height).reshape(-1, 3)[int(values.argmax())]
    return share, bool(area.contains(strongest))


class AreaStatistics:
    """What K moments ``time_s`` (K,) of a clip say about one area, filled in any order.

    A moment stands for the time until the next one, the last for a usual step.
    """

    def __init__(self, area: Area, time_s: ArrayLike) -> None:
        self.area = area
        self.time_s = np.asarray(time_s, np.float64)
        if self.time_s.ndim != 1 or self.time_s.size == 0:
            raise ValueError("time_s must be a list of moments, not empty")
        steps = np.diff(self.time_s)
        last = float(np.median(steps)) if steps.size else 0.0
        self._lasts_s = np.append(steps, last)
        self._share = np.full(self.time_s.size, np.nan)
        self._holds = np.zeros(self.time_s.size, bool)

    def put(self, k: int, share: float, holds_peak: bool) -> None:
        """Take what `measure_area` says of moment ``k``."""
        self._share[k], self._holds[k] = share, holds_peak

    @property
    def share(self) -> NDArray[np.float64]:
        """(K,) share of the attention inside, NaN where not measured."""
        return self._share.copy()

    @property
    def holds_peak(self) -> NDArray[np.bool_]:
        """(K,): whether the strongest direction lies inside."""
        return self._holds.copy()

    @property
    def clip_share(self) -> float:
        """Mean share over the time measured so far; NaN before any."""
        known = ~np.isnan(self._share)
        if not known.any():
            return float("nan")
        weights = self._lasts_s[known]
        if weights.sum() <= 0:
            return float(self._share[known].mean())
        return float(np.average(self._share[known], weights=weights))

    @property
    def first_peak_s(self) -> float | None:
        """When the strongest direction is first inside, in seconds; None if it never is."""
        found = np.flatnonzero(self._holds)
        return float(self.time_s[found[0]]) if found.size else None

    @property
    def dwell_s(self) -> float:
        """For how many seconds the strongest direction is inside."""
        return float(self._lasts_s[self._holds].sum())


def write_area_table(path: Path, areas: Mapping[str, AreaStatistics]) -> None:
    """A row per area: name, share over the clip, first peak and dwell in seconds. ExportError."""
    rows = []
    for name, found in areas.items():
        first = found.first_peak_s
        cells = [f"{found.clip_share:.6f}", "" if first is None else f"{first:.3f}"]
        rows.append([name, *cells, f"{found.dwell_s:.3f}", in_words(found.area)])
    write_table(path, ["area", "share", "first_peak_s", "dwell_s", "shape_deg"], rows)


def write_area_curves(
    path: Path, frame_index: ArrayLike, areas: Mapping[str, AreaStatistics]
) -> None:
    """A row per area and measured moment of K ``frame_index``: share, peak inside. ExportError."""
    rows = [
        [name, int(frame), f"{found.time_s[k]:.6f}", f"{found.share[k]:.6f}", int(held)]
        for name, found in areas.items()
        for k, (frame, held) in enumerate(
            zip(np.asarray(frame_index), found.holds_peak, strict=True)
        )
        if not np.isnan(found.share[k])
    ]
    write_table(path, ["area", "frame_index", "time_s", "share", "holds_peak"], rows)
