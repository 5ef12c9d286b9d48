"""CubeSal: six cube faces -> backbone -> evidence on the sphere -> saliency map.

    faces (6N, 3, W, W)  ──backbone──  features at strides 8, 16, 32
      per term: how much each place stands out, in one respect      (N, P')
      brought to common cells, smoothed, standardised               (N, T, P)
    weighted sum, standardised                                     (N, P)
    exp - 1, cut at 0, smoothed                                    (N, P)
    sample on the equirect map                                     (N, H, 2H)

The same frame is looked at in faces of more than one size: fine faces show what is unlike its
surroundings, on coarse ones a subject fills enough of a face to be recognised.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from cubesal import cam
from cubesal.backbone import DEPTHS, Backbone, BackboneName, Depth, Pyramid
from cubesal.padding import Pad, cube_pad
from cubesal.sphere_grid import cell_weights, equirect_taps, smoothing_matrix
from cubesal.stages import stage

Term = Literal["cam", "class", "living", "worn", "middle", "shallow", "odd", "rare", "strong"]

#: Rows of a saliency map; it has twice as many columns.
MAP_HEIGHT = 120

_STRIDE = 32

#: Where terms are read that are not about classes; those are read at the depth of the classifier.
_DEPTHS: Final[dict[Term, Depth]] = {
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
        return max((_DEPTHS.get(term, "deep") for term, _ in self.terms), key=DEPTHS.index)


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


class Evidence(nn.Module):
    """The terms of `config`, read from `backbone`; inference only, without state."""

    area: Tensor
    smoothing: Tensor
    spread: Tensor

    def __init__(self, config: CubeSalConfig, backbone: Backbone) -> None:
        super().__init__()
        self.config = config
        self.backbone = backbone
        area = torch.tensor(cell_weights(config.cells).reshape(-1), dtype=torch.float32)
        self.register_buffer("area", area, persistent=False)
        smoothing, spread = (
            torch.from_numpy(smoothing_matrix(config.cells, sigma))
            for sigma in (config.smoothing, config.spread)
        )
        self.register_buffer("smoothing", smoothing, persistent=False)
        self.register_buffer("spread", spread, persistent=False)

    def forward(self, faces: Sequence[Tensor]) -> Tensor:
        """Every term by itself.

        Args:
            faces: per size in `config.face_ws` (6N, 3, W, W) RGB in 0..255, uint8 or float.

        Returns:
            (N, T, P), P = 6 cells², each with mean 0 and deviation 1 over the sphere; 0 where a
            term sees no difference.
        """
        terms = []
        for x, scale in zip(faces, self.config.scales, strict=True):
            with stage("backbone"):
                features: Pyramid = self.backbone(x, scale.depth)
            terms += [self._on_cells(self._term(term, features)) for term, _ in scale.terms]
        return self.standardised(torch.stack(terms, dim=1) @ self.smoothing.T)

    def combined(self, terms: Tensor, weights: Sequence[float] | None = None) -> Tensor:
        """(N, T, P) -> (N, P), their sum by `weights` (default: the config's), standardised."""
        shares = terms.new_tensor(self.config.weights if weights is None else weights)
        return self.standardised(torch.einsum("ntp,t->np", terms, shares))

    def salient(self, z: Tensor) -> Tensor:
        """Standardised evidence -> saliency of the same shape, about half of it at the floor."""
        return torch.expm1(self.config.gain * z).clamp_min(0) + self.config.floor

    def standardised(self, cells: Tensor) -> Tensor:
        """(..., P) -> (..., P) with mean 0 and deviation 1 over the sphere, 0 where flat."""
        return cam.standardise(cells.reshape(-1, cells.shape[-1]), self.area).view_as(cells)

    def _term(self, name: Term, features: Pyramid) -> Tensor:
        """(N, P') of the feature cells it is read from."""
        if name not in _DEPTHS:
            return self._class_term(name, features["deep"])
        source = features[_DEPTHS[name]]
        cells = cam.as_cells(source)
        if name == "strong":
            return cam.strength(cells)
        measure = {"odd": cam.angle_to_mean, "rare": cam.rarity}.get(name, cam.deviation)
        return measure(cells, _area_of(source))

    def _class_term(self, name: Term, deep: Tensor) -> Tensor:
        weight = self.backbone.class_weight
        group = {"living": range(cam.ANIMALS), "worn": cam.WORN}.get(name)
        if group is not None:
            weight = weight[list(group)]
        activation = cam.class_activation(cam.as_cells(deep), weight)
        if name == "cam":
            return cam.strongest_class(activation)
        if name == "worn":
            return cam.group_evidence(activation, _area_of(deep), cam.WORN_AT_ONCE)
        return cam.class_evidence(activation, _area_of(deep))

    def _on_cells(self, values: Tensor) -> Tensor:
        """(N, P') -> (N, P)."""
        own = math.isqrt(values.shape[1] // cam.FACES)
        if own == 2 * self.config.cells - 1:
            return _halved(values, self.config.cells)
        return _resampled(values, own, self.config.cells)


class SphereMap(nn.Module):
    """From cells on the cube to the equirect map."""

    tap_index: Tensor
    tap_weight: Tensor

    def __init__(self, cells: int) -> None:
        super().__init__()
        index, weight = equirect_taps(cells, MAP_HEIGHT)
        self.register_buffer("tap_index", torch.from_numpy(index.reshape(-1)), persistent=False)
        self.register_buffer("tap_weight", torch.from_numpy(weight), persistent=False)

    def forward(self, cells: Tensor) -> Tensor:
        """(N, P) -> (N, 120, 240), bilinear."""
        taps = cells.index_select(1, self.tap_index).view(len(cells), *self.tap_weight.shape)
        return (taps * self.tap_weight).sum(dim=1).view(-1, MAP_HEIGHT, 2 * MAP_HEIGHT)


class CubeSal(nn.Module):
    """Static saliency: the evidence of `config` on `backbone`, as a map."""

    def __init__(self, config: CubeSalConfig, backbone: Backbone) -> None:
        super().__init__()
        self.config = config
        self.evidence = Evidence(config, backbone)
        self.to_map = SphereMap(config.cells)

    @property
    def backbone(self) -> Backbone:
        """What the features come from."""
        return self.evidence.backbone

    def forward(self, faces: Sequence[Tensor]) -> Tensor:
        """Static saliency.

        Args:
            faces: per size in `config.face_ws` (6N, 3, W, W) RGB in 0..255, uint8 or float.

        Returns:
            (N, 120, 240) float32 > 0, maxima around 1.
        """
        return self.map_of(self.evidence(faces))

    def map_of(self, terms: Tensor) -> Tensor:
        """Terms (N, T, P) -> static saliency (N, 120, 240)."""
        saliency = self.evidence.salient(self.evidence.combined(terms)) @ self.evidence.spread.T
        scale = math.expm1(self.config.gain * self.config.full_scale)
        result: Tensor = self.to_map(saliency / scale)
        return result


def _area_of(features: Tensor) -> Tensor:
    return torch.from_numpy(cell_weights(features.shape[-1]).reshape(-1)).to(features)


def _halved(values: Tensor, cells: int) -> Tensor:
    """(N, P') on 2 cells - 1 per edge -> (N, P): every second cell of a binomial low-pass."""
    faces = values.reshape(-1, 1, 2 * cells - 1, 2 * cells - 1)
    line = values.new_tensor([0.25, 0.5, 0.25])
    low = F.conv2d(cube_pad(faces, Pad(1, 1, 1, 1)), torch.outer(line, line)[None, None], stride=2)
    return low.reshape(len(values), -1)


def _resampled(values: Tensor, own: int, cells: int) -> Tensor:
    """(N, 6 own²) -> (N, 6 cells²): linear; cells on the edges stay there."""
    if own == cells:
        return values
    faces = values.reshape(-1, 1, own, own)
    fine = F.interpolate(faces, size=(cells, cells), mode="bilinear", align_corners=True)
    return fine.reshape(len(values), -1)
