"""How well each analysed moment agrees with where people looked, kept as maps arrive."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cubesal import metrics
from cubesal.inspection.tables import write_table
from cubesal.inspection.truth import GroundTruth, TruthMap

__all__ = ["METRICS", "Metric", "TrackScores", "score_moment"]

Metric = Literal["cc", "sim", "kld", "nss", "auc"]
METRICS: Final[tuple[Metric, ...]] = ("cc", "sim", "kld", "nss", "auc")
_LOWER_IS_BETTER: Final[frozenset[Metric]] = frozenset({"kld"})


def score_moment(saliency: NDArray[np.floating], truth: TruthMap) -> dict[Metric, float]:
    """All metrics of one map (H, 2H), weighted by area on the sphere; NaN where undefined.

    CC, SIM and KLD compare with the density; NSS and AUC (Judd) with fixations, or the strongest
    2 % of the sphere where only a density is known.
    """
    fixated = truth.fixated()
    measures = (
        ("cc", metrics.cc, truth.density),
        ("sim", metrics.sim, truth.density),
        ("kld", metrics.kld, truth.density),
        ("nss", metrics.nss, fixated),
        ("auc", metrics.auc_judd, fixated),
    )
    scores: dict[Metric, float] = {}
    for name, measure, compared in measures:
        try:
            scores[name] = float(measure(saliency, compared))  # type: ignore[index]  # its names
        except ValueError:  # a constant map has no rank: no score rather than a wrong one
            scores[name] = float("nan")  # type: ignore[index]
    return scores


class TrackScores:
    """The scores of K moments against one truth; each is computed once.

    ``frame_index``, ``time_s`` (K,): the grid of the track. Belongs to one thread.
    """

    def __init__(self, frame_index: ArrayLike, time_s: ArrayLike, truth: GroundTruth) -> None:
        self.frame_index = np.asarray(frame_index, np.int64)
        self.time_s = np.asarray(time_s, np.float64)
        if self.frame_index.shape != self.time_s.shape or self.frame_index.ndim != 1:
            raise ValueError("frame_index and time_s must be two lists of one length")
        self.truth = truth
        self._seen = np.zeros(len(self.time_s), bool)
        self._values = {name: np.full(len(self.time_s), np.nan) for name in METRICS}

    def has(self, k: int) -> bool:
        """Whether moment ``k`` was scored, or has no truth to be scored against."""
        return bool(self._seen[k])

    def add(self, k: int, saliency: NDArray[np.floating]) -> dict[Metric, float]:
        """Score the map of moment ``k``, unless that was done; empty where there is no truth."""
        if not 0 <= k < len(self.time_s):
            raise ValueError(f"moment {k} is outside 0..{len(self.time_s) - 1}")
        if not self._seen[k]:
            truth = self.truth.at(int(self.frame_index[k]), float(self.time_s[k]))
            scores = {} if truth is None else score_moment(saliency, truth)
            self.put(k, scores)
        return {n: float(v[k]) for n, v in self._values.items() if not np.isnan(v[k])}

    def put(self, k: int, scores: Mapping[Metric, float]) -> None:
        """Take the scores of moment ``k`` as another `TrackScores` of the same truth has them."""
        self._seen[k] = True
        for name, value in scores.items():
            self._values[name][k] = value

    def curve(self, metric: Metric) -> NDArray[np.float64]:
        """(K,) values of one metric, NaN where not scored."""
        return self._values[metric].copy()

    def mean(self, metric: Metric) -> float:
        """Mean over the moments scored so far; NaN while there are none."""
        values = self._values[metric]
        known = values[~np.isnan(values)]
        return float(known.mean()) if known.size else float("nan")

    def worst(self, metric: Metric, apart_s: float = 0.0) -> list[int]:
        """Moments from the worst to the best, none within ``apart_s`` of a worse one."""
        values = self._values[metric]
        known = np.flatnonzero(~np.isnan(values))
        sign = -1.0 if metric in _LOWER_IS_BETTER else 1.0
        order = known[np.argsort(sign * values[known], kind="stable")]
        return _spaced(order.tolist(), self.time_s, apart_s)

    def write_csv(self, path: Path) -> None:
        """A row per scored moment: frame_index, time_s, and every metric. ExportError."""
        rows = [
            [int(self.frame_index[k]), f"{self.time_s[k]:.6f}", *self._cells(k)]
            for k in np.flatnonzero(self._seen).tolist()
        ]
        write_table(path, ["frame_index", "time_s", *METRICS], rows)

    def _cells(self, k: int) -> list[str]:
        values = (self._values[name][k] for name in METRICS)
        return ["" if np.isnan(value) else f"{value:.6f}" for value in values]


def _spaced(order: Iterable[int], time_s: NDArray[np.float64], apart_s: float) -> list[int]:
    kept: list[int] = []
    for k in order:
        if all(abs(time_s[k] - time_s[other]) >= apart_s for other in kept):
            kept.append(k)
    return kept
