"""What makes a place stand out, read from the features of an image classifier, without labels.

Class evidence is the class activation map of Zhou et al. (2016), as CP-360 uses it (section 3.1):
the classifier's weights applied at each place instead of to the average. Deviation says how far a
place is from what is usual in this frame, whatever its class.

`class_activation_maps` and `static_saliency` are the paper's, on faces. Everything else is about
one frame: the unit is the cell, P = 6 h w cells of six feature faces, and `weights` (P,) are their
shares of the sphere.
"""

from __future__ import annotations

import torch
from torch import Tensor

from cubesal.convention import Convention, as_convention
from cubesal.geometry.cube import CubeMode
from cubesal.tensor_geometry import cube_to_equirect

FACES = 6

# In units of a normalised activation: a channel, or a map, that varies by less than this over the
# sphere counts as constant. Keeps rounding noise on empty frames from being blown up to a map.
FLAT = 1e-2


def class_activation_maps(
    features: Tensor, class_weight: Tensor, convention: Convention = "exact"
) -> Tensor:
    """Class activation maps of feature faces (CP-360, section 3.1).

    Args:
        features: (6N, C, h, w), what the classifier averages.
        class_weight: (K, C), its linear layer; the bias is not used.
        convention: "exact", the score that each place contributes to each class. "cp360": the
            published code first lifts all weights by one amount so that none is negative, which
            adds the same map, the sum of all features, to every class.

    Returns:
        (6N, K, h, w). Neither argument is changed.

    Raises:
        ValueError: the numbers of channels differ.
    """
    if features.ndim != 4 or class_weight.ndim != 2 or features.shape[1] != class_weight.shape[1]:
        raise ValueError(
            "class activation maps need features (6N, C, h, w) and class weights (K, C),"
            f" got {tuple(features.shape)} and {tuple(class_weight.shape)}"
        )
    if as_convention(convention) == "cp360":
        class_weight = class_weight - class_weight.min().clamp_max(0)
    return torch.einsum("kc,nchw->nkhw", class_weight, features)


def static_saliency(
    activation: Tensor,
    height: int | None = None,
    convention: Convention = "exact",
    mode: CubeMode = "bilinear",
) -> Tensor:
    """The static saliency of CP-360: the square of the strongest class at each place.

    Args:
        activation: (6N, K, w, w) class activation maps.
        height: rows of the result, 2 w unless given.
        convention: of the projection. Beyond that, "cp360" squares negative scores as well,
            where "exact" takes them for no evidence.
        mode: interpolation, "bilinear" or "cubic".

    Returns:
        (N, height, 2 height) >= 0.
    """
    strongest = strongest_on_sphere(activation, height, convention, mode)
    return (strongest if convention == "cp360" else strongest.clamp_min(0)).square()


def strongest_on_sphere(
    maps: Tensor,
    height: int | None = None,
    convention: Convention = "exact",
    mode: CubeMode = "bilinear",
) -> Tensor:
    """(6N, K, w, w) -> (N, height, 2 height): every channel as an equirect, then the largest."""
    rows = 2 * maps.shape[-1] if height is None else height
    return cube_to_equirect(maps, rows, convention, mode).amax(dim=1)


def as_cells(features: Tensor) -> Tensor:
    """(6N, C, h, w) -> (N, P, C); no copy for channels-last features."""
    n, c, h, w = features.shape
    return features.permute(0, 2, 3, 1).reshape(n // FACES, FACES * h * w, c)


def sphere_mean(cells: Tensor, weights: Tensor) -> Tensor:
    """(N, P, C), (P,) -> (N, 1, C), the mean over the sphere."""
    return torch.einsum("npc,p->nc", cells, weights).unsqueeze(1)


def class_activation(cells: Tensor, class_weight: Tensor) -> Tensor:
    """Class activation maps: (N, P, C) features, (K, C) classifier -> (N, P, K). No bias."""
    return cells @ class_weight.T


def strongest_class(activation: Tensor) -> Tensor:
    """(N, P, K) -> (N, P), the static saliency of CP-360: the largest class score at each place."""
    return activation.amax(dim=2)


def class_evidence(activation: Tensor, weights: Tensor) -> Tensor:
    """(N, P, K) -> (N, P), how much the best class exceeds its own mean over the frame.

    Without the mean, a class that the whole frame resembles (a street scene on every wall) would
    decide the maximum everywhere.
    """
    return (activation - sphere_mean(activation, weights)).amax(dim=2)


def deviation(cells: Tensor, weights: Tensor) -> Tensor:
    """(N, P, C) -> (N, P), distance from the frame's mean feature in standard deviations (rms)."""
    centred = cells - sphere_mean(cells, weights)
    variance = sphere_mean(centred.square(), weights)
    return (centred.square() / (variance + FLAT**2)).mean(dim=2).sqrt()


def standardise(values: Tensor, weights: Tensor) -> Tensor:
    """(N, P) -> (N, P) with mean 0 and standard deviation 1 over the sphere, 0 where flat."""
    centred = values - (values * weights).sum(dim=1, keepdim=True)
    variance = (centred.square() * weights).sum(dim=1, keepdim=True)
    return centred / (variance + FLAT**2).sqrt()
