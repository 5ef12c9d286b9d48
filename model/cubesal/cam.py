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
import torch.nn.functional as F
from torch import Tensor

from cubesal.convention import Convention, as_convention
from cubesal.geometry.cube import CubeMode
from cubesal.tensor_geometry import cube_to_equirect

FACES = 6

# In units of a normalised activation: a channel, or a map, that varies by less than this over the
# sphere counts as constant. Keeps rounding noise on empty frames from being blown up to a map.
FLAT = 1e-2

#: ImageNet's classes are sorted: its first 398 are animals.
ANIMALS = 398

#: What people wear, hold in their hands, or are by profession: ImageNet has no class "person", but
#: these are hardly ever seen without one (academic gown, apron, backpack, ... groom, scuba diver).
WORN = (
    400, 411, 414, 422, 430, 433, 439, 444, 445, 451, 452, 457, 459, 465, 474, 501, 514, 515, 518,
    523, 552, 560, 568, 570, 578, 585, 601, 608, 610, 614, 615, 617, 629, 630, 631, 638, 643, 652,
    655, 658, 667, 678, 689, 697, 715, 735, 752, 768, 770, 774, 775, 793, 796, 806, 808, 824, 830,
    834, 836, 837, 838, 841, 842, 862, 869, 880, 887, 890, 903, 906, 981, 982, 983,
)  # fmt: skip
#: How many of them have to agree: one alone is often a thing lying about.
WORN_AT_ONCE = 8

#: Directions of variation that `rarity` counts, and what its variances are raised by, in parts of
#: their mean.
RARITY_AXES = 16
RARITY_FLOOR = 1e-3


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
        ValueError: the numbers of channels differ, or faces are missing.
    """
    if features.ndim != 4 or class_weight.ndim != 2 or features.shape[1] != class_weight.shape[1]:
        raise ValueError(
            "class activation maps need features (6N, C, h, w) and class weights (K, C),"
            f" got {tuple(features.shape)} and {tuple(class_weight.shape)}"
        )
    if len(features) % FACES:
        raise ValueError(f"class activation maps need whole cubes of 6 faces, got {len(features)}")
    if as_convention(convention) == "cp360":
        class_weight = class_weight - class_weight.min().clamp_max(0)
    return torch.einsum("kc,nchw->nkhw", class_weight, features)


def merged_classes(maps: Tensor, channels: int) -> Tensor:
    """(6N, K, w, w) -> (6N, channels, w, w): the greatest of each run of neighbouring classes.

    ImageNet numbers its classes by kind (fish, birds, ..., dogs, ..., vehicles among the things),
    so that a run is a kind. The greatest over all channels stays what it was.
    """
    parts = torch.tensor_split(maps, channels, dim=1)
    return torch.stack([part.amax(dim=1) for part in parts], dim=1)


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


def group_evidence(activation: Tensor, weights: Tensor, at_once: int) -> Tensor:
    """(N, P, K) -> (N, P), how much the best classes of a group exceed what is usual, on average.

    Each class is standardised over the frame; the mean is over the `at_once` best at each place.
    """
    centred = activation - sphere_mean(activation, weights)
    variance = sphere_mean(centred.square(), weights)
    return (centred / (variance + FLAT**2).sqrt()).topk(at_once, dim=2).values.mean(dim=2)


def deviation(cells: Tensor, weights: Tensor) -> Tensor:
    """(N, P, C) -> (N, P), distance from the frame's mean feature in standard deviations (rms)."""
    centred = cells - sphere_mean(cells, weights)
    variance = sphere_mean(centred.square(), weights)
    return (centred.square() / (variance + FLAT**2)).mean(dim=2).sqrt()


def strength(cells: Tensor) -> Tensor:
    """(N, P, C) -> (N, P), how strongly features respond, whatever they respond to."""
    return cells.square().sum(dim=2).sqrt()


def angle_to_mean(cells: Tensor, weights: Tensor) -> Tensor:
    """(N, P, C) -> (N, P), 1 - cosine between a place's features and the frame's usual ones.

    The mean is of directions: a place counts by what it shows, not by how strongly.
    """
    unit = F.normalize(cells, dim=2, eps=FLAT)
    usual = F.normalize(sphere_mean(unit, weights), dim=2, eps=FLAT)
    return 1 - (unit * usual).sum(dim=2)


def rarity(cells: Tensor, weights: Tensor) -> Tensor:
    """(N, P, C) -> (N, P), distance from the frame's mean in units of its covariance (rms).

    Of the 16 directions in which the frame varies most (Mahalanobis distance): what is unusual
    although each channel by itself is not.
    """
    centred = cells - sphere_mean(cells, weights)
    covariance = torch.einsum("npc,npd,p->ncd", centred, centred, weights)
    # On the CPU: 40 x 40 values, and not every device has the decomposition.
    variance, axes = torch.linalg.eigh(covariance.float().cpu())
    variance, axes = variance[:, -RARITY_AXES:].to(cells), axes[:, :, -RARITY_AXES:].to(cells)
    along = centred @ axes
    floor = variance.mean(dim=1, keepdim=True) * RARITY_FLOOR + FLAT**2
    distance: Tensor = (along.square() / (variance + floor).unsqueeze(1)).mean(dim=2).sqrt()
    return distance


def standardise(values: Tensor, weights: Tensor) -> Tensor:
    """(N, P) -> (N, P) with mean 0 and standard deviation 1 over the sphere, 0 where flat."""
    centred = values - (values * weights).sum(dim=1, keepdim=True)
    variance = (centred.square() * weights).sum(dim=1, keepdim=True)
    return centred / (variance + FLAT**2).sqrt()
