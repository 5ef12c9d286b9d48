"""Stills with human truth: fixation points of observers, or a density as a picture.

    NAME.jpg  with  NAME.npz       u, v (N,), and optionally participant (N,): fixations
    NAME.jpg  with  NAME_map.png   grey = density

The set of a still is what its name says before the first underscore.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from cubesal import metrics
from cubesal.array_files import opened_arrays
from cubesal.errors import DAMAGED_ARRAY, CubesalError, EvaluationError
from cubesal.evaluation.baselines import MAP_HEIGHT
from cubesal.evaluation.rows import Row, needing_no_motion, still_map
from cubesal.evaluation.section import Section
from cubesal.metrics import Protocol
from cubesal.metrics.fixations import density_of
from cubesal.progress import ProgressFn
from cubesal.video import ClipReader

__all__ = ["COLUMNS", "OBSERVERS", "Still", "Truth", "read_stills", "score_map", "score_stills"]

COLUMNS = ("auc_judd", "auc_borji", "auc_shuffled", "cc", "nss", "sim", "kld")

#: The row in which half of the observers predict the other half.
OBSERVERS = "half the observers"

_PICTURES = (".jpg", ".jpeg", ".png")
_HALVINGS = 10


@dataclass(frozen=True)
class Truth:
    """Where people looked, (120, 240): fixation counts (None if only a map is known), density."""

    fixations: NDArray[Any] | None
    density: NDArray[np.floating]

    def fixated(self) -> NDArray[Any]:
        """What scores of fixations compare with: counts, or the strongest 2 % of the density."""
        return self.density if self.fixations is None else self.fixations


@dataclass(frozen=True)
class Still:
    """A picture, its set, its truth, and the fixation counts of each observer, if known."""

    name: str
    group: str
    picture: Path
    truth: Truth
    observers: tuple[NDArray[np.int64], ...] = ()

    @property
    def kind(self) -> str:
        """Whether the truth is "fixations" or a "map": the two are never averaged."""
        return "map" if self.truth.fixations is None else "fixations"


def read_stills(folder: Path) -> list[Still]:
    """Every still of a folder that has a truth beside it, by name. EvaluationError."""
    stills = []
    for picture in sorted(p for p in folder.iterdir() if p.suffix.lower() in _PICTURES):
        points, density = picture.with_suffix(".npz"), picture.with_name(f"{picture.stem}_map.png")
        if points.is_file():
            stills.append(_with_fixations(picture, points))
        elif density.is_file():
            stills.append(_with_map(picture, density))
    return stills


def _group(picture: Path) -> str:
    return picture.stem.split("_")[0]


def _with_fixations(picture: Path, points: Path) -> Still:
    try:
        with opened_arrays(points) as archive:
            absent = [key for key in ("u", "v") if key not in archive]
            if absent:
                raise EvaluationError(f"{points} holds no fixations: it lacks {absent[0]}")
            u, v = archive["u"], archive["v"]
            people = archive["participant"] if "participant" in archive else np.zeros(u.shape, int)
        counts = metrics.fixation_map(u, v, MAP_HEIGHT)
        density = metrics.fixation_density(u, v, MAP_HEIGHT)
        observers = [
            metrics.fixation_map(u[people == who], v[people == who], MAP_HEIGHT)
            for who in np.unique(people)
        ]
    except (*DAMAGED_ARRAY, IndexError) as error:  # IndexError: as many people as fixations
        raise EvaluationError(f"{points} does not hold usable fixations: {error}") from error
    return Still(picture.stem, _group(picture), picture, Truth(counts, density), tuple(observers))


def _with_map(picture: Path, path: Path) -> Still:
    grey = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE | cv2.IMREAD_ANYDEPTH)
    if grey is None:
        raise EvaluationError(f"{path} is not a readable picture of a density")
    if grey.ndim != 2 or grey.shape[1] != 2 * grey.shape[0]:
        raise EvaluationError(f"{path} is not a (H, 2H) density but {grey.shape}")
    size = (2 * MAP_HEIGHT, MAP_HEIGHT)
    density = cv2.resize(grey.astype(np.float64), size, interpolation=cv2.INTER_AREA)
    if np.ptp(density) == 0:
        raise EvaluationError(f"{path} is constant: it says nothing of where people looked")
    return Still(picture.stem, _group(picture), picture, Truth(None, np.asarray(density)))


def score_stills(
    stills: Sequence[Still],
    rows: Sequence[Row],
    protocol: Protocol = "sphere",
    *,
    observers: bool = False,
    progress: ProgressFn | None = None,
) -> list[Section]:
    """Score rows on stills: a section per set and kind of truth.

    What cannot be scored is named in the section's failures, and the rest goes on.

    Args:
        observers: add the row in which one half of the observers predicts the other.
    """
    sections: dict[tuple[str, str], Section] = {}
    usable = [row.under(protocol) for row in needing_no_motion(rows)]
    for done, still in enumerate(stills):
        section = sections.setdefault(
            (still.group, still.kind), Section(still.group, still.kind, COLUMNS)
        )
        section.judged = [name for row in usable if row.judged for name in row.names()]
        _score_still(still, usable, section, _others(still, stills), protocol)
        if observers and len(still.observers) > 1:
            section.add(OBSERVERS, still.name, _observer_scores(still, protocol))
        if progress is not None:
            progress(done + 1, len(stills))
    return list(sections.values())


def _score_still(
    still: Still,
    rows: Sequence[Row],
    section: Section,
    others: NDArray[Any] | None,
    protocol: Protocol,
) -> None:
    try:
        with ClipReader(still.picture, projection="equirect") as reader:
            picture = reader.read(0).rgb()
    except CubesalError as error:
        section.failures.append(str(error))
        return
    for row in rows:
        try:
            saliency = still_map(row.source, picture, still.name)
            for variant, name in zip(row.chosen, row.names(), strict=True):
                scored = variant.apply(saliency)
                scores = score_map(scored, still.truth, protocol, others, uniform=row.uniform)
                section.add(name, still.name, scores)
        except (CubesalError, ValueError) as error:
            section.failures.append(f"{row.name} cannot be scored on {still.name}: {error}")


def score_map(
    saliency: NDArray[np.floating],
    truth: Truth,
    protocol: Protocol = "sphere",
    others: NDArray[Any] | None = None,
    *,
    uniform: bool = False,
) -> dict[str, float]:
    """All scores of one map. ValueError as the metrics themselves.

    Args:
        others: fixations on other pictures, for the shuffled AUC; left out without.
        uniform: the map is constant on purpose: ranks and correlations are those of chance.
    """
    if uniform:
        return _chance(saliency, truth, protocol)
    fixated = truth.density if protocol == "cp360" else truth.fixated()
    scores = {
        score.__name__: score(saliency, compared, protocol)
        for score, compared in (
            (metrics.auc_judd, fixated),
            (metrics.auc_borji, fixated),
            (metrics.cc, truth.density),
            (metrics.nss, fixated),
            (metrics.sim, truth.density),
            (metrics.kld, truth.density),
        )
    }
    if others is not None:
        scores["auc_shuffled"] = metrics.auc_shuffled(saliency, fixated, others, protocol)
    return scores


def _chance(saliency: NDArray[np.floating], truth: Truth, protocol: Protocol) -> dict[str, float]:
    """The scores of a constant map; SIM is undefined where maps are scaled to [0, 1] first."""
    scores = {"auc_judd": 0.5, "auc_borji": 0.5, "auc_shuffled": 0.5, "cc": 0.0, "nss": 0.0}
    if protocol == "sphere":
        scores["sim"] = metrics.sim(saliency, truth.density)
    return {**scores, "kld": metrics.kld(saliency, truth.density, protocol)}


def _others(still: Still, stills: Sequence[Still]) -> NDArray[Any] | None:
    """Fixations on the other pictures of the set, or their mean density."""
    kin = [s for s in stills if (s.group, s.kind) == (still.group, still.kind)]
    peers = [s.truth for s in kin if s is not still]
    if not peers:
        return None
    if still.truth.fixations is None:
        densities = [truth.density / truth.density.mean() for truth in peers]
        return np.asarray(np.mean(densities, axis=0))
    return np.asarray(np.sum([truth.fixated() for truth in peers], axis=0))


def _observer_scores(still: Still, protocol: Protocol) -> dict[str, float]:
    """Mean over several ways to halve the observers."""
    draws = np.random.default_rng(0)
    scores = []
    for _ in range(_HALVINGS):
        order = draws.permutation(len(still.observers))
        halves = np.array_split(order, 2)
        one, other = (np.sum([still.observers[i] for i in half], axis=0) for half in halves)
        scores.append(score_map(density_of(one), Truth(other, density_of(other)), protocol))
    return {key: float(np.mean([s[key] for s in scores])) for key in scores[0]}
