"""The scores of one set: per row, per item, per score; their means, gains and intervals."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from cubesal.evaluation.statistics import bootstrap_interval, weighted_mean

__all__ = ["Scores", "Section"]

Scores = Mapping[str, float]


@dataclass
class Section:
    """One set of stills, the clips with subject boxes, or the Wild-360 clips.

    Attributes:
        name: of the set.
        kind: what the truth is: "fixations", "map", "subjects" or "heat maps".
        columns: the scores, in the order of the table.
        scores: row → item → score → value.
        weights: how much each item counts in the means; all alike without.
        judged: rows whose gains are of interest.
        failures: what could not be scored, one sentence each.
    """

    name: str
    kind: str
    columns: tuple[str, ...]
    scores: dict[str, dict[str, Scores]] = field(default_factory=dict)
    weights: dict[str, float] | None = None
    judged: list[str] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)

    def add(self, row: str, item: str, scores: Scores) -> None:
        """Keep the scores of one item in one row."""
        self.scores.setdefault(row, {})[item] = dict(scores)

    @property
    def items(self) -> list[str]:
        """The items of any row, in the order in which they were scored."""
        return list(dict.fromkeys(item for row in self.scores.values() for item in row))

    def mean(self, row: str, score: str) -> float | None:
        """Mean of a score over the items that have it; None where none has."""
        found = {i: s[score] for i, s in self.scores[row].items() if score in s}
        if not found:
            return None
        weights = None if self.weights is None else [self.weights[item] for item in found]
        return weighted_mean(list(found.values()), weights)

    def interval(self, row: str, score: str) -> tuple[float, float] | None:
        """Bootstrap interval of the mean over at least 8 items, each counted alike."""
        return bootstrap_interval([s[score] for s in self.scores[row].values() if score in s])

    def gains(self, row: str, over: str, score: str) -> dict[str, float]:
        """By how much a row is better than another one, item by item."""
        mine, theirs = self.scores[row], self.scores[over]
        shared = [i for i in mine if i in theirs and score in mine[i] and score in theirs[i]]
        return {item: mine[item][score] - theirs[item][score] for item in shared}

    def as_json(self, over: str | None = None) -> dict[str, Any]:
        """Everything, for machines; ``over`` names the row that gains refer to."""
        rows = {}
        for row, items in self.scores.items():
            present = [c for c in self.columns if any(c in s for s in items.values())]
            rows[row] = {
                "mean": {c: self.mean(row, c) for c in present},
                "interval": {c: self.interval(row, c) for c in present},
                "items": items,
            }
            if over is not None and over in self.scores and row != over:
                rows[row][f"gain over {over}"] = {c: self._gain(row, over, c) for c in present}
        facts: dict[str, Any] = {"set": self.name, "truth": self.kind, "items": self.items}
        if self.weights is not None:
            facts["weights"] = self.weights
        return {**facts, "rows": rows, "failures": self.failures}

    def _gain(self, row: str, over: str, score: str) -> dict[str, Any]:
        gains = self.gains(row, over, score)
        if not gains:
            return {"items": {}, "mean": None, "interval": None}
        values = list(gains.values())
        return {
            "items": gains,
            "mean": weighted_mean(values),
            "interval": bootstrap_interval(values),
        }
