"""How near a saliency map comes to where people looked: the usual scores, by area on the sphere.

Every score takes a prediction and a truth, numpy maps, and a protocol:

``sphere`` (default): everything counts by its area on the sphere. Maps are equirect, (H, 2H); a
    prediction of another size is brought to that of the truth. The truth is a density (any scale)
    or a fixation map (how many fixations fell into each pixel, `fixation_map`), told apart by
    `is_fixation_map`. Scores of densities (CC, SIM, KLD) blur a fixation map by 4°; scores of
    fixations (AUC, NSS) take the strongest 2 % of the sphere of a density.
``cp360``: what the code published with CP-360 computes, number for number: all maps are resized
    to 240x120 and every pixel counts alike, those at the poles too. The truth is a heat map;
    its fixations are the pixels above its mean + 2 standard deviations. NSS, KLD and shuffled AUC,
    which that code lacks, follow the same rules.

Random draws come from ``rng`` (`numpy.random.Generator`, or a legacy `RandomState` to repeat the
published code's draws). Without one, nothing is drawn where the score can do without, and a fixed
seed is used elsewhere: equal maps have equal scores.

All raise `ValueError` in words for maps that are not two-dimensional, not finite, constant where
that leaves the score undefined, without fixations, or negative where densities are compared.
"""

from __future__ import annotations

from typing import Final, Literal

from cubesal.metrics import published, sphere
from cubesal.metrics.fixations import (
    FIXATION_SIGMA,
    fixation_density,
    fixation_map,
    is_fixation_map,
    strongest_part,
)
from cubesal.metrics.inputs import Map, Rng

__all__ = [
    "FIXATION_SIGMA",
    "PROTOCOLS",
    "Protocol",
    "auc_borji",
    "auc_judd",
    "auc_shuffled",
    "cc",
    "fixation_density",
    "fixation_map",
    "is_fixation_map",
    "kld",
    "nss",
    "sim",
    "strongest_part",
]

Protocol = Literal["sphere", "cp360"]
PROTOCOLS: Final[tuple[Protocol, ...]] = ("sphere", "cp360")


def auc_judd(
    saliency: Map, truth: Map, protocol: Protocol = "sphere", rng: Rng | None = None
) -> float:
    """Area under the curve of fixations against everywhere, in [0, 1]; chance is 0.5.

    ``sphere``: mean over the fixations of the share of the sphere that scores lower, ties half.
    ``cp360``: the published curve, whose counts are shifted by one; ``rng`` adds its jitter of
    1e-7, None leaves it out.
    """
    if _is_sphere(protocol):
        return sphere.auc_judd(saliency, truth)
    return published.auc_judd(saliency, truth, rng)


def auc_borji(
    saliency: Map, truth: Map, protocol: Protocol = "sphere", rng: Rng | None = None
) -> float:
    """Area under the curve of fixations against as many random places, mean of 100 draws.

    ``sphere``: places are drawn evenly on the sphere. ``cp360``: pixels are, and values of the
    prediction above mean + 2 standard deviations are set to 1 before it is scaled to [0, 1], so
    the score depends on the scale of the map.
    """
    if _is_sphere(protocol):
        return sphere.auc_borji(saliency, truth, rng)
    return published.auc_borji(saliency, truth, rng)


def auc_shuffled(saliency: Map, truth: Map, others: Map, protocol: Protocol = "sphere") -> float:
    """Area under the curve of fixations against the fixations on *other* pictures, in [0, 1].

    What all pictures share, as the equator and the start direction, earns nothing. Exact: the
    probability that a fixation scores higher than one of the others, ties half.

    Args:
        saliency, truth: as everywhere.
        others: fixations on other pictures summed up, in either form of a truth.
    """
    if _is_sphere(protocol):
        return sphere.auc_shuffled(saliency, truth, others)
    return published.auc_shuffled(saliency, truth, others)


def cc(saliency: Map, truth: Map, protocol: Protocol = "sphere", rng: Rng | None = None) -> float:
    """Pearson's correlation of two densities, in [-1, 1]; draws nothing."""
    del rng
    if _is_sphere(protocol):
        return sphere.cc(saliency, truth)
    return published.cc(saliency, truth)


def sim(saliency: Map, truth: Map, protocol: Protocol = "sphere", rng: Rng | None = None) -> float:
    """What two densities of sum 1 have in common, in [0, 1]; draws nothing.

    ``sphere``: of the maps as they are, which must be >= 0. ``cp360``: after scaling both to
    [0, 1].
    """
    del rng
    if _is_sphere(protocol):
        return sphere.sim(saliency, truth)
    return published.sim(saliency, truth)


def nss(saliency: Map, truth: Map, protocol: Protocol = "sphere", rng: Rng | None = None) -> float:
    """Mean of the standardised prediction over the fixations; chance is 0. Draws nothing."""
    del rng
    if _is_sphere(protocol):
        return sphere.nss(saliency, truth)
    return published.nss(saliency, truth)


def kld(saliency: Map, truth: Map, protocol: Protocol = "sphere", rng: Rng | None = None) -> float:
    """Kullback-Leibler divergence of the prediction from the truth, nats, >= 0; draws nothing.

    Sum of q log(ε + q / (p + ε)) over densities of sum 1 with ε = 2.2e-16, as the MIT saliency
    benchmark has it: predicting 0 where people looked costs about 30 per unit of density there.
    """
    del rng
    if _is_sphere(protocol):
        return sphere.kld(saliency, truth)
    return published.kld(saliency, truth)


def _is_sphere(protocol: str) -> bool:
    if protocol not in PROTOCOLS:
        raise ValueError(f"unknown protocol {protocol!r}: there are {' and '.join(PROTOCOLS)}")
    return protocol == "sphere"
