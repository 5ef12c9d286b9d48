"""The decisions in which ways to compute the temporal losses differ, each with a name."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final, Literal

from cubesal.convention import Convention, as_convention

__all__ = ["CP360", "CP360_ON_TORCH", "EXACT", "LossRules", "rules_of"]


@dataclass(frozen=True)
class LossRules:
    """How maps are compared.

    Attributes:
        direction: which way the earlier map is sampled along the flow t -> t+1 to foresee the
            later one. What is at p now came from p - flow: -1. The published code adds.
        flow_scale: a flow of another size is scaled by the ratio of the "size"s, or by the new
            height over the old *width* ("height_by_width").
        seam: columns wrap around and rows end at the poles; else the outside of a map is 0.
        reduction: "mean" over the sphere, the samples and the pairs; "sum" over pixels and all.
        warp_base: the places that the flow starts from, "centres" of the pixels, or "truncated" to
            the first ones, as integer division made them in torch 0.4.1 to 1.2.
        warp_corners: what -1 and 1 mean when sampling: centres of the outermost pixels, or edges.
        upsample_corners: the same for enlarging maps.
        gradient: into which map of a pair it goes. The published code follows the later one only,
            whose state comes from the earlier; maps that do not follow from each other need both,
            or each chases what the others were.
    """

    direction: Literal[-1, 1] = -1
    flow_scale: Literal["size", "height_by_width"] = "size"
    seam: bool = True
    reduction: Literal["mean", "sum"] = "mean"
    warp_base: Literal["centres", "truncated"] = "centres"
    warp_corners: bool = True
    upsample_corners: bool = False
    gradient: Literal["later", "both"] = "later"


EXACT: Final = LossRules()
#: As the published code computes on torch 0.4.0, with which it ran as intended.
CP360: Final = LossRules(direction=1, flow_scale="height_by_width", seam=False, reduction="sum")
#: The same code on other versions of torch, which define its operations differently.
CP360_ON_TORCH: Final[dict[str, LossRules]] = {
    "0.3": replace(CP360, upsample_corners=True),
    "0.4.0": CP360,
    "0.4.1": replace(CP360, warp_base="truncated"),
    "1.7": replace(CP360, warp_corners=False),
}


def rules_of(convention: Convention) -> LossRules:
    """The rules of a convention."""
    return CP360 if as_convention(convention) == "cp360" else EXACT
