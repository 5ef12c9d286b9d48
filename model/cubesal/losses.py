"""What a sequence of saliency maps has to obey although nobody says where people look.

Three terms compare the maps of neighbouring moments (Cheng et al. 2018, section 3.4): the map moves
as the picture does ("smooth"), it changes little ("temporal"), and what stands still earns nothing
("mask").
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final, NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from cubesal.convention import Convention
from cubesal.geometry import sphere_weights
from cubesal.loss_rules import EXACT, LossRules, rules_of

__all__ = [
    "PAPER_WEIGHTS",
    "LossWeights",
    "PairTerms",
    "TemporalLosses",
    "fitted_flow",
    "pair_terms",
    "temporal_losses",
    "upsampled",
    "warped",
]


class LossWeights(NamedTuple):
    """What each term counts in the total; those of the paper."""

    smooth: float = 0.7
    temporal: float = 1.0
    mask: float = 0.01


PAPER_WEIGHTS: Final = LossWeights()


class TemporalLosses(NamedTuple):
    """Scalar tensors; `total` is the weighted sum of the others and carries their gradient."""

    smooth: Tensor
    temporal: Tensor
    mask: Tensor
    total: Tensor


class PairTerms(NamedTuple):
    """The terms of each pair of neighbouring moments: (P,) each."""

    smooth: Tensor
    temporal: Tensor
    mask: Tensor


def temporal_losses(
    maps: Tensor,
    flow: Tensor,
    convention: Convention = "exact",
    *,
    height: int | None = None,
    weights: LossWeights = PAPER_WEIGHTS,
    threshold: float = 0.15,
    rules: LossRules | None = None,
) -> TemporalLosses:
    """The losses of a sequence of maps.

    Args:
        maps: (T, N, h, 2h) equirect saliency of T >= 2 successive moments of N clips.
        flow: (T - 1, N, H, 2H, 2), or (T, ...) of which the last is not used: from each moment
            to the next, in pixels of its own size, to the right and down.
        convention: "exact", or "cp360" for what the published code computes.
        height: rows at which maps are compared (default: those of the flow); maps are enlarged
            bilinearly, flows bicubically.
        weights: of the three terms in the total.
        threshold: what moves by less stands still, in pixels of the compared maps (in "cp360" after
            its scaling of the flow, which halves it when sizes are equal).
        rules: instead of those of the convention.

    Returns:
        Scalars; the gradient goes into the later map of each pair only, as in the paper, unless
        the rules say otherwise.

    Raises:
        ValueError: the shapes do not fit.
    """
    rules = rules or rules_of(convention)
    _check(maps, flow)
    height = height or flow.shape[2]
    samples = maps.shape[1]
    maps = upsampled(maps, height, rules)
    terms = pair_terms(maps, fitted_flow(flow[: len(maps) - 1], height, rules), threshold, rules)
    # Over pairs and, in pair_terms, over samples: both means, or both sums.
    share = 1 / (len(terms.smooth) * samples) if rules.reduction == "mean" else 1.0
    smooth, temporal, mask = (term.sum() * share for term in terms)
    total = weights.smooth * smooth + weights.temporal * temporal + weights.mask * mask
    return TemporalLosses(smooth, temporal, mask, total)


def pair_terms(maps: Tensor, flow: Tensor, threshold: float, rules: LossRules) -> PairTerms:
    """The terms of each pair, summed over the samples, not weighted.

    Args:
        maps: (T, N, H, 2H).
        flow: (T - 1, N, H, 2H, 2) in pixels of that size.
    """
    before, after = maps[:-1], maps[1:]
    if rules.gradient == "later":
        before = before.detach()
    still = _length(flow, rules) < threshold
    expected = warped(before.flatten(0, 1), flow.flatten(0, 1), rules).view_as(before)
    moving = torch.where(still, torch.zeros_like(after), after).detach()
    area = _pixel_shares(maps, rules)
    smooth, temporal, mask = (
        ((after - target).square() * area).sum(dim=(1, 2, 3))
        for target in (expected, before, moving)
    )
    return PairTerms(smooth, temporal, mask)


def upsampled(maps: Tensor, height: int, rules: LossRules = EXACT) -> Tensor:
    """(T, N, h, 2h) -> (T, N, height, 2 height), bilinear; the same maps if they are that size."""
    if maps.shape[2] == height:
        return maps
    if rules.seam:
        return _resized_on_the_sphere(maps, height)
    return F.interpolate(
        maps, size=(height, 2 * height), mode="bilinear", align_corners=rules.upsample_corners
    )


def fitted_flow(flow: Tensor, height: int, rules: LossRules = EXACT) -> Tensor:
    """(T, N, h, 2h, 2) -> (T, N, height, 2 height, 2) in pixels of the new size."""
    t, n, h, w, _ = flow.shape
    scale = height / (w if rules.flow_scale == "height_by_width" else h)
    if h == height:
        return flow * scale
    planes = flow.permute(0, 1, 4, 2, 3).reshape(t * n, 2, h, w)
    if not rules.seam:
        size = (height, 2 * height)
        planes = F.interpolate(planes, size=size, mode="bicubic", align_corners=False)
    elif h > height:
        planes = F.interpolate(planes, size=(height, 2 * height), mode="area")
    else:
        planes = _resized_on_the_sphere(planes, height)
    return planes.view(t, n, 2, height, 2 * height).permute(0, 1, 3, 4, 2) * scale


def _resized_on_the_sphere(maps: Tensor, height: int) -> Tensor:
    """(..., h, 2h) -> (..., height, 2 height): bilinear, columns wrap, rows end at the poles."""
    rows = _linear(height, maps.shape[-2], wraps=False).to(maps)
    columns = _linear(2 * height, maps.shape[-1], wraps=True).to(maps)
    resized: Tensor = rows @ maps @ columns.T
    return resized


@lru_cache(maxsize=16)
def _linear(target: int, source: int, wraps: bool) -> Tensor:
    """(target, source) weights of linear interpolation between pixel centres."""
    place = (torch.arange(target, dtype=torch.float64) + 0.5) * source / target - 0.5
    if not wraps:
        place = place.clamp(0, source - 1)
    first = place.floor()
    matrix = torch.zeros(target, source, dtype=torch.float64)
    for step in (0, 1):
        tap = (first + step).long()
        tap = tap % source if wraps else tap.clamp(max=source - 1)
        share = 1 - (place - first - step).abs()
        matrix.scatter_add_(1, tap[:, None], share[:, None])
    return matrix.float()


def warped(maps: Tensor, flow: Tensor, rules: LossRules = EXACT) -> Tensor:
    """What the next maps should be: maps (N, H, W) carried along a flow (N, H, W, 2) of pixels."""
    if rules.seam:
        return _warped_on_the_sphere(maps, flow, rules)
    _, h, w = maps.shape
    x, y = (_base(size, rules).to(maps) for size in (w, h))
    # Steps are scaled by w / 2 where the grid's own unit is (w - 1) / 2, as published.
    steps = rules.direction * 2 * flow / flow.new_tensor([w, h])
    grid = torch.stack([x.expand(h, w), y[:, None].expand(h, w)], dim=-1) + steps
    sampled = F.grid_sample(
        maps[:, None], grid, "bilinear", "zeros", align_corners=rules.warp_corners
    )
    return sampled[:, 0]


def _warped_on_the_sphere(maps: Tensor, flow: Tensor, rules: LossRules) -> Tensor:
    """Columns wrap around; rows beyond the first and last pixel centres keep their value."""
    _, h, w = maps.shape
    row = torch.arange(h, device=maps.device, dtype=maps.dtype)
    col = torch.arange(w, device=maps.device, dtype=maps.dtype)
    x = (col + rules.direction * flow[..., 0]).remainder(w)
    y = row[:, None] + rules.direction * flow[..., 1]
    # One more column at the right, equal to the first: x = w - 0.5 lies between the two.
    wide = torch.cat([maps, maps[..., :1]], dim=-1)
    grid = torch.stack([2 * x / w - 1, 2 * y / max(h - 1, 1) - 1], dim=-1)
    return F.grid_sample(wide[:, None], grid, "bilinear", "border", align_corners=True)[:, 0]


def _base(size: int, rules: LossRules) -> Tensor:
    ramp = torch.arange(size, dtype=torch.float32) / (size - 1)
    return 2 * (ramp.floor() if rules.warp_base == "truncated" else ramp) - 1


def _length(flow: Tensor, rules: LossRules) -> Tensor:
    """Length of steps (..., H, 2H, 2) in pixels; on the sphere in those of the equator."""
    if not rules.seam:
        return torch.hypot(flow[..., 0], flow[..., 1])
    height = flow.shape[-3]
    row = torch.arange(height, device=flow.device, dtype=flow.dtype)
    ring = torch.sin((row + 0.5) * (torch.pi / height))[:, None]
    return torch.hypot(flow[..., 0] * ring, flow[..., 1])


def _pixel_shares(maps: Tensor, rules: LossRules) -> Tensor:
    """(H, 1): what a pixel of each row counts."""
    height = maps.shape[-2]
    if rules.reduction == "sum":
        return maps.new_ones(height, 1)
    return torch.tensor(sphere_weights(height), dtype=maps.dtype, device=maps.device)


def _check(maps: Tensor, flow: Tensor) -> None:
    if maps.ndim != 4 or maps.shape[3] != 2 * maps.shape[2] or len(maps) < 2:
        raise ValueError(f"maps are (T, N, H, 2H) of at least 2 moments, not {tuple(maps.shape)}")
    t, n = maps.shape[:2]
    fits = flow.ndim == 5 and flow.shape[3:] == (2 * flow.shape[2], 2)
    if not fits or flow.shape[1] != n or len(flow) not in (t - 1, t):
        raise ValueError(
            f"the flow of {t} moments of {n} clips is ({t - 1}, {n}, H, 2H, 2),"
            f" not {tuple(flow.shape)}"
        )
