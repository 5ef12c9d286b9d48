"""CubeSal: six cube faces -> backbone -> evidence on the sphere -> saliency map.

    faces (6N, 3, W, W)  ──backbone──  features at strides 8, 16, 32
      per term: class evidence, deviation  (6N, 1, cells, cells)    on the cells of stride 16
      smooth on the sphere, standardise, average the terms          (N, P)
      sample                                                        (N, H, 2H)
    average over the scales, standardise, exp - 1, cut at 0        (N, H, 2H)

The same frame is looked at in faces of more than one size: class evidence is scale-dependent, a
person who fills a face is best seen in a small one.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from cubesal import cam
from cubesal.backbone import Backbone, BackboneName, Pyramid
from cubesal.geometry import sphere_weights
from cubesal.padding import Pad, cube_pad
from cubesal.sphere_grid import cell_weights, equirect_taps, smoothing_matrix
from cubesal.stages import stage

Term = Literal["cam", "class", "middle", "shallow"]

#: Rows of a saliency map; it has twice as many columns.
MAP_HEIGHT = 120

_STRIDE = 32


@dataclass(frozen=True)
class CubeSalConfig:
    """What distinguishes one model from another."""

    backbone: BackboneName = "lite0"

    # Sizes of the faces looked at, in pixels: 32 k + 1, see `sphere_grid`. 193 pixels over 90° are
    # about the scale of the images that the classifier was trained on; 129 covers nearer subjects.
    face_ws: tuple[int, ...] = (193, 129)

    # "class": class evidence; "middle", "shallow": deviation of the features at strides 16 and 8
    # (parts and textures: where something is, even if it is no ImageNet class); "cam": the paper's
    # own static saliency. Averaged with equal weights.
    terms: tuple[Term, ...] = ("class", "middle", "shallow")

    # Radians. About one cell of stride 32, below which class evidence has no position.
    smoothing: float = math.radians(10)

    # Saliency is exp(gain * z) - 1 of the standardised evidence z, and 0 below the frame's mean:
    # people look at few places, evidence is broad.
    gain: float = 0.5

    # The z that makes saliency 1; over real clips the maxima lie at 2.3 (median), 3.4 (90 %).
    full_scale: float = 2.5

    def __post_init__(self) -> None:
        for face_w in self.face_ws:
            if face_w % _STRIDE != 1 or face_w <= _STRIDE:
                raise ValueError(f"face_w must be 32 k + 1 with k >= 1, got {face_w}")


class CubeSal(nn.Module):
    """The network of `config` on `backbone`; inference only, without state."""

    map_weights: Tensor

    def __init__(self, config: CubeSalConfig, backbone: Backbone) -> None:
        super().__init__()
        self.config = config
        self.backbone = backbone
        self.grids = nn.ModuleList(
            _Grid((face_w - 1) // 16 + 1, config.smoothing) for face_w in config.face_ws
        )
        area = torch.tensor(sphere_weights(MAP_HEIGHT), dtype=torch.float32)
        area = area.expand(MAP_HEIGHT, 2 * MAP_HEIGHT).reshape(-1)
        self.register_buffer("map_weights", area / area.sum(), persistent=False)

    def forward(self, faces: Sequence[Tensor]) -> Tensor:
        """Static saliency.

        Args:
            faces: per size in `config.face_ws` (6N, 3, W, W) RGB in 0..255, uint8 or float.

        Returns:
            (N, 120, 240) float32 >= 0, about half of it 0, maxima around 1.
        """
        maps = [
            grid(self._evidence(self._features(x), grid))
            for x, grid in zip(faces, self.grids, strict=True)
        ]
        z = cam.standardise(torch.stack(maps).mean(dim=0), self.map_weights)
        gain = self.config.gain
        saliency = torch.expm1(gain * z).clamp_min(0) / math.expm1(gain * self.config.full_scale)
        return saliency.view(-1, MAP_HEIGHT, 2 * MAP_HEIGHT)

    def _features(self, faces: Tensor) -> Pyramid:
        with stage("backbone"):
            features: Pyramid = self.backbone(faces)
        return features

    def _evidence(self, features: Pyramid, grid: nn.Module) -> Tensor:
        """(N, P, terms) on the cells of stride 16."""
        assert isinstance(grid, _Grid)
        terms = [self._term(name, features, grid) for name in self.config.terms]
        return torch.stack(terms, dim=2)

    def _term(self, name: Term, features: Pyramid, grid: _Grid) -> Tensor:
        if name == "middle":
            return cam.deviation(cam.as_cells(features.middle), grid.weights)
        if name == "shallow":
            return _halved(_deviation_of(features.shallow), grid.cells)
        activation = cam.class_activation(cam.as_cells(features.deep), self.backbone.class_weight)
        if name == "cam":
            return _doubled(cam.strongest_class(activation), grid.cells)
        weights = _weights_of(features.deep)
        return _doubled(cam.class_evidence(activation, weights), grid.cells)


class _Grid(nn.Module):
    """The tail of the network for one grid of cells: smooth, standardise, sample."""

    weights: Tensor
    smoothing: Tensor
    tap_index: Tensor
    tap_weight: Tensor

    def __init__(self, cells: int, sigma: float) -> None:
        super().__init__()
        self.cells = cells
        index, weight = equirect_taps(cells, MAP_HEIGHT)
        buffers = {
            "weights": torch.tensor(cell_weights(cells).reshape(-1), dtype=torch.float32),
            "smoothing": torch.from_numpy(smoothing_matrix(cells, sigma)),
            "tap_index": torch.from_numpy(index.reshape(-1)),
            "tap_weight": torch.from_numpy(weight),
        }
        for name, buffer in buffers.items():
            self.register_buffer(name, buffer, persistent=False)

    def forward(self, terms: Tensor) -> Tensor:
        """(N, P, T) evidence -> (N, H * 2H) mean of the standardised terms."""
        smooth = torch.einsum("qp,npt->tnq", self.smoothing, terms)
        z = torch.stack([cam.standardise(term, self.weights) for term in smooth]).mean(dim=0)
        taps = z.index_select(1, self.tap_index).view(len(z), *self.tap_weight.shape)
        return (taps * self.tap_weight).sum(dim=1)


def _weights_of(features: Tensor) -> Tensor:
    weights = torch.from_numpy(cell_weights(features.shape[-1]).reshape(-1))
    return weights.to(features)


def _deviation_of(features: Tensor) -> Tensor:
    """(6N, C, h, h) -> (N, P)."""
    return cam.deviation(cam.as_cells(features), _weights_of(features))


def _halved(values: Tensor, cells: int) -> Tensor:
    """(N, P') on 2 cells - 1 per edge -> (N, P): every second cell of a binomial low-pass."""
    faces = values.reshape(-1, 1, 2 * cells - 1, 2 * cells - 1)
    line = values.new_tensor([0.25, 0.5, 0.25])
    low = F.conv2d(cube_pad(faces, Pad(1, 1, 1, 1)), torch.outer(line, line)[None, None], stride=2)
    return low.reshape(len(values), -1)


def _doubled(values: Tensor, cells: int) -> Tensor:
    """(N, P') on (cells + 1) / 2 per edge -> (N, P): linear; cells on the edges stay there."""
    size = (cells + 1) // 2
    faces = values.reshape(-1, 1, size, size)
    fine = F.interpolate(faces, size=(cells, cells), mode="bilinear", align_corners=True)
    return fine.reshape(len(values), -1)
