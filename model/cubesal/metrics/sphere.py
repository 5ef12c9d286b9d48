"""The scores on the sphere: every pixel counts by its area, every fixation once."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cubesal.geometry import sphere_weights
from cubesal.metrics.fixations import density_of, is_fixation_map, strongest_part
from cubesal.metrics.inputs import (
    Map,
    Rng,
    Values,
    as_values,
    brought_to,
    check_sphere,
    check_varies,
)

__all__ = ["auc_borji", "auc_judd", "auc_shuffled", "cc", "kld", "nss", "sim"]

_SPLITS = 100
_EPSILON = float(np.finfo(np.float64).eps)


def auc_judd(saliency: Map, truth: Map) -> float:
    """Mean over the fixations of the share of the sphere's area that scores lower."""
    values, fixations = _ranked(saliency, truth)
    return _superiority(values, fixations, _areas(values))


def auc_borji(saliency: Map, truth: Map, rng: Rng | None) -> float:
    """Fixations against as many places drawn evenly on the sphere, mean of 100 draws."""
    values, fixations = _ranked(saliency, truth)
    areas = _areas(values).reshape(-1)
    draws = np.random.default_rng(0) if rng is None else rng
    hits = fixations.reshape(-1) > 0
    # A density has no number of fixations: as many places as pixels belong to its strongest part.
    count = int(fixations.sum()) if is_fixation_map(truth) else int(hits.sum())
    beaten = _share_above(values.reshape(-1), hits, fixations.reshape(-1))
    chosen = draws.choice(areas.size, size=(_SPLITS, count), p=areas)
    return float(beaten[chosen].mean())


def auc_shuffled(saliency: Map, truth: Map, others: Map) -> float:
    """Fixations against those on other pictures."""
    values, fixations = _ranked(saliency, truth)
    negatives = _truth(others, "other fixations")
    # Counts summed over many pictures fill most pixels and are counts all the same.
    if (negatives % 1 != 0).any() or not negatives.any():
        negatives = _fixations(others, "other fixations")
    if negatives.shape != fixations.shape:
        raise ValueError(
            f"truth and other fixations have the shapes {fixations.shape} and {negatives.shape}:"
            " they must be equal"
        )
    return _superiority(values, fixations, negatives)


def cc(saliency: Map, truth: Map) -> float:
    """Correlation, weighted by area."""
    density = _density(truth)
    values = _prediction(saliency, density.shape[0])
    check_varies(values, "prediction")
    check_varies(density, "truth")
    return float((_areas(values) * _standardised(values) * _standardised(density)).sum())


def sim(saliency: Map, truth: Map) -> float:
    """Integral over the sphere of the smaller of two densities."""
    density = _density(truth)
    predicted = _share(_prediction(saliency, density.shape[0]), "prediction")
    return float(np.minimum(predicted, _share(density, "truth")).sum())


def nss(saliency: Map, truth: Map) -> float:
    """Mean at the fixations of the map standardised over the sphere."""
    values, fixations = _ranked(saliency, truth)
    return float((_standardised(values) * fixations).sum() / fixations.sum())


def kld(saliency: Map, truth: Map) -> float:
    """Divergence of two densities on the sphere, both relative to the even one."""
    density = _density(truth)
    areas = _areas(density)
    expected = _share(density, "truth") / areas
    predicted = _share(_prediction(saliency, density.shape[0]), "prediction") / areas
    logs = np.log(_EPSILON + expected / (predicted + _EPSILON))
    return float((areas * expected * logs).sum())


def _prediction(saliency: Map, height: int) -> Values:
    values = as_values(saliency, "prediction")
    check_sphere(values, "prediction")
    return brought_to(values, height)


def _truth(truth: Map, what: str = "truth") -> Values:
    values = as_values(truth, what)
    check_sphere(values, what)
    if values.min() < 0:
        raise ValueError(f"the {what} must be nowhere negative")
    return values


def _density(truth: Map) -> Values:
    values = _truth(truth)
    return density_of(values) if is_fixation_map(truth) else values


def _fixations(truth: Map, what: str = "truth") -> Values:
    values = _truth(truth, what)
    if not values.any():
        raise ValueError(f"the {what} has no fixations")
    if is_fixation_map(truth):
        return values
    check_varies(values, what)
    return strongest_part(values)


def _ranked(saliency: Map, truth: Map) -> tuple[Values, Values]:
    """A prediction that varies, at the size of the truth, and the fixations."""
    fixations = _fixations(truth)
    values = _prediction(saliency, fixations.shape[0])
    check_varies(values, "prediction")
    return values, fixations


def _areas(values: Values) -> Values:
    return np.broadcast_to(sphere_weights(values.shape[0]), values.shape)


def _standardised(values: Values) -> Values:
    areas = _areas(values)
    centred = values - (areas * values).sum()
    return np.asarray(centred / np.sqrt((areas * centred**2).sum()))


def _share(values: Values, what: str) -> Values:
    """The part of a density's integral that each pixel holds."""
    if values.min() < 0:
        raise ValueError(f"the {what} must be nowhere negative to be compared as a density")
    mass = values * _areas(values)
    total = float(mass.sum())
    if total <= 0:
        raise ValueError(f"the {what} is zero everywhere, which leaves the score undefined")
    return np.asarray(mass / total)


def _superiority(values: Values, positives: Values, negatives: Values) -> float:
    """Probability that a positive pixel scores higher than a negative one, ties half.

    ``positives`` and ``negatives`` (H, 2H) >= 0 say how much each pixel counts as either.
    """
    counted = negatives.reshape(-1)
    scores = values.reshape(-1)
    order = np.argsort(scores, kind="stable")
    ordered, below = scores[order], np.concatenate([[0.0], np.cumsum(counted[order])])
    hits = positives.reshape(-1) > 0
    lower = below[np.searchsorted(ordered, scores[hits], side="left")]
    not_higher = below[np.searchsorted(ordered, scores[hits], side="right")]
    share = (lower + not_higher) / (2 * below[-1])
    weight = positives.reshape(-1)[hits]
    return float((weight * share).sum() / weight.sum())


def _share_above(values: Values, hits: NDArray[np.bool_], weights: Values) -> Values:
    """For each pixel, the share of the fixations that score higher than it, ties half."""
    order = np.argsort(values[hits], kind="stable")
    ordered = values[hits][order]
    below = np.concatenate([[0.0], np.cumsum(weights[hits][order])])
    lower = below[np.searchsorted(ordered, values, side="left")]
    not_higher = below[np.searchsorted(ordered, values, side="right")]
    return np.asarray(1 - (lower + not_higher) / (2 * below[-1]))
