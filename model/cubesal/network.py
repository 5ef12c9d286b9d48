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
from typing import Final

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from cubesal import cam
from cubesal.backbone import Backbone, Pyramid
from cubesal.model_settings import TERM_DEPTHS, CubeSalConfig, Term
from cubesal.padding import Pad, cube_pad
from cubesal.sphere_grid import cell_weights, equirect_taps, smoothing_matrix
from cubesal.stages import stage

#: Rows of a saliency map; it has twice as many columns.
MAP_HEIGHT = 120

_STRIDE: Final = 32


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
        return self.terms(self.pyramids(faces))

    def pyramids(self, faces: Sequence[Tensor]) -> list[Pyramid]:
        """The features of faces as for `forward`, per size; of each cube what it is by itself."""
        with stage("backbone"):
            return [
                self.backbone(x, scale.depth)
                for x, scale in zip(faces, self.config.scales, strict=True)
            ]

    def terms(self, pyramids: Sequence[Pyramid]) -> Tensor:
        """Features as from `pyramids` -> (N, T, P) as from `forward`."""
        terms = []
        for features, scale in zip(pyramids, self.config.scales, strict=True):
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
        if name not in TERM_DEPTHS:
            return self._class_term(name, features["deep"])
        source = features[TERM_DEPTHS[name]]
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
