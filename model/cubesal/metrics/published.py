"""The scores as the code published with CP-360 computes them, resized maps, shifts and all.

NSS, KLD and shuffled AUC are not in that code; here they take the same maps and fixations.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from cubesal.metrics.inputs import (
    Map,
    Rng,
    Values,
    as_values,
    check_sphere,
    check_varies,
    is_constant,
)

__all__ = ["auc_borji", "auc_judd", "auc_shuffled", "cc", "kld", "nss", "sim"]

_SIZE = (240, 120)
_FIXATED_STDS = 2.0
_JITTER = 1e7
_SPLITS = 100
_STEP = 0.01
_EPSILON = float(np.finfo(np.float64).eps)


def auc_judd(saliency: Map, truth: Map, rng: Rng | None) -> float:
    """Area under a curve whose counts start at 0 for the first fixation, and so lag by one."""
    values, fixated = _resized(saliency, "prediction"), _fixated(truth)
    if rng is not None:
        check_varies(values.astype(np.float64), "prediction")  # its jitter would hide it
        values = values + rng.standard_normal(values.shape) / _JITTER
    values = _scaled(values, "prediction").reshape(-1)
    thresholds = np.sort(values[fixated.reshape(-1)])[::-1]
    count = thresholds.size
    above = values.size - np.searchsorted(np.sort(values), thresholds, side="left")
    rank = np.arange(count)
    hits = np.concatenate([[0.0], rank / count, [1.0]])
    false_alarms = np.concatenate([[0.0], (above - rank) / (values.size - count), [1.0]])
    return _area_under(hits, false_alarms)


def auc_borji(saliency: Map, truth: Map, rng: Rng | None) -> float:
    """Fixations against random pixels, which may be fixations too."""
    values, fixated = _resized(saliency, "prediction"), _fixated(truth)
    # An absolute 1 whatever the map's range: a map in [0, 0.3] is squeezed into its lower third.
    values = np.where(values > values.mean() + _FIXATED_STDS * values.std(), 1, values)
    values = _scaled(values, "prediction").reshape(-1)
    hits = np.sort(values[fixated.reshape(-1)])
    draws = np.random.default_rng(0) if rng is None else rng
    size = (hits.size, _SPLITS)
    if isinstance(draws, np.random.Generator):
        places = draws.integers(0, values.size, size)
    else:
        places = draws.randint(0, values.size, size)
    return float(np.mean([_stepped_area(hits, np.sort(drawn)) for drawn in values[places].T]))


def auc_shuffled(saliency: Map, truth: Map, others: Map) -> float:
    """Probability that a fixated pixel scores higher than one fixated elsewhere, ties half."""
    values = _scaled(_resized(saliency, "prediction"), "prediction")
    hits, negatives = values[_fixated(truth)], np.sort(values[_fixated(others)])
    lower = np.searchsorted(negatives, hits, side="left")
    not_higher = np.searchsorted(negatives, hits, side="right")
    return float((lower + not_higher).mean() / (2 * negatives.size))


def cc(saliency: Map, truth: Map) -> float:
    """Correlation over pixels."""
    values, heat = _resized(saliency, "prediction"), _resized(truth, "truth")
    check_varies(values.astype(np.float64), "prediction")
    check_varies(heat.astype(np.float64), "truth")
    return float(np.corrcoef(values.reshape(-1), heat.reshape(-1))[0, 1])


def sim(saliency: Map, truth: Map) -> float:
    """Common part of both maps, scaled to [0, 1] and then to sum 1."""
    values = _scaled(_resized(saliency, "prediction"), "prediction")
    heat = _scaled(_resized(truth, "truth"), "truth")
    return float(np.minimum(values / values.sum(), heat / heat.sum()).sum())


def nss(saliency: Map, truth: Map) -> float:
    """Mean of the standardised map over the fixated pixels."""
    values, fixated = _resized(saliency, "prediction").astype(np.float64), _fixated(truth)
    check_varies(values, "prediction")
    return float(((values - values.mean()) / values.std())[fixated].mean())


def kld(saliency: Map, truth: Map) -> float:
    """Divergence of two maps scaled to sum 1; a partly negative prediction is lifted to 0 first.

    Those of the temporal stage can be, and all other scores take them as they are.
    """
    resized = _resized(saliency, "prediction")
    values = _summing_to_one(resized - min(resized.min(), 0), "prediction")
    heat = _summing_to_one(_resized(truth, "truth"), "truth")
    return float((heat * np.log(_EPSILON + heat / (values + _EPSILON))).sum())


def _resized(values: Map, what: str) -> NDArray[np.floating]:
    """(120, 240), bilinear without regard to the seam, in the map's own precision.

    The published code means to use Lanczos, but hands the flag over in another argument's place.
    """
    checked = as_values(values, what)
    if what != "prediction":
        check_sphere(checked, what)
    if is_constant(checked):  # resized, it could vary by more than rounding
        return np.full(_SIZE[::-1], checked[0, 0])
    array = checked.astype(np.float32) if np.asarray(values).dtype == np.float32 else checked
    return np.asarray(cv2.resize(array, _SIZE, interpolation=cv2.INTER_LINEAR))


def _fixated(truth: Map) -> NDArray[np.bool_]:
    heat = _resized(truth, "truth")
    check_varies(heat.astype(np.float64), "truth")
    fixated = heat > heat.mean() + _FIXATED_STDS * heat.std()
    if not fixated.any():
        raise ValueError("the truth has no fixations: nothing lies above mean + 2 deviations")
    return np.asarray(fixated)


def _scaled(values: NDArray[np.floating], what: str) -> NDArray[np.floating]:
    """Scaled to [0, 1]."""
    check_varies(values.astype(np.float64), what)
    low = values.min()
    return np.asarray((values - low) / (values.max() - low))


def _summing_to_one(values: NDArray[np.floating], what: str) -> Values:
    exact = values.astype(np.float64)
    if exact.min() < 0 or exact.sum() <= 0:
        raise ValueError(f"the {what} must be nowhere negative and not zero everywhere")
    return np.asarray(exact / exact.sum())


def _stepped_area(hits: NDArray[np.floating], drawn: NDArray[np.floating]) -> float:
    """Area under the curve at thresholds 0, 0.01, ... below the largest value; inputs sorted."""
    thresholds = np.arange(0, max(hits[-1], drawn[-1]), _STEP)[::-1]
    curves = [
        np.concatenate([[0.0], 1 - np.searchsorted(s, thresholds, side="left") / s.size, [1.0]])
        for s in (hits, drawn)
    ]
    return _area_under(*curves)


def _area_under(hits: NDArray[np.floating], false_alarms: NDArray[np.floating]) -> float:
    """By trapezia."""
    return float((np.diff(false_alarms) * (hits[1:] + hits[:-1]) / 2).sum())
