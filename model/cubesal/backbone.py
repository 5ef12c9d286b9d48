"""Feature extractors: a classifier cut where the network needs it, its layers cube-padded.

`build` makes a `Classifier` of any suitable network, as CP-360 uses one. `build_backbone` makes
those that also give features at finer strides; they bring their own normalisation, so nobody who
feeds them 0..255 pixels can forget it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import TypeVar, cast

import torch
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from cubesal.catalogue import (
    adapted,
    class_count,
    empty_network,
    expected_state,
    new_network,
    statistics,
)
from cubesal.classifier import Classifier, linear_layer
from cubesal.convention import Convention, as_convention
from cubesal.cubify import cubify
from cubesal.efficientnet_lite import CLASSES, EfficientNetLite, InvertedResidual
from cubesal.model_settings import DEPTHS, LITE_PACKAGES, BackboneName, Depth, has_pyramid
from cubesal.weight_places import default_weights
from cubesal.weight_store import filled
from cubesal.weights import check_state, read_weights

__all__ = [
    "Backbone",
    "BackboneName",
    "Classifier",
    "Depth",
    "LiteBackbone",
    "Pyramid",
    "ResNetBackbone",
    "build",
    "build_backbone",
    "default_weights",
    "expected_state",
    "has_pyramid",
    "network_for",
]

StateDict = Mapping[str, Tensor]
Module = TypeVar("Module", bound=nn.Module)


#: Features of faces of W pixels by depth: (6N, C, cells, cells), cells = (W - 1) / stride + 1.
Pyramid = dict[Depth, Tensor]


class Backbone(nn.Module):
    """Base of the feature extractors.

    Args:
        mean, std: per channel, in 0..255; the classifier was trained on (value - mean) / std.

    Attributes:
        precision: shorter numbers to multiply, see `precision`; None for those of the weights.
    """

    mean: Tensor
    std: Tensor
    precision: torch.dtype | None = None

    def __init__(self, mean: tuple[float, ...], std: tuple[float, ...]) -> None:
        super().__init__()
        self.register_buffer("mean", torch.tensor(mean).view(1, 3, 1, 1), persistent=False)
        self.register_buffer("std", torch.tensor(std).view(1, 3, 1, 1), persistent=False)

    @property
    def class_weight(self) -> Tensor:
        """(K, C) weights of the linear classifier on `Pyramid.deep`."""
        raise NotImplementedError

    def levels(self, x: Tensor) -> Iterator[Tensor]:
        """Normalised faces (6N, 3, W, W) -> features of each of `DEPTHS`, computed as asked for."""
        raise NotImplementedError

    def forward(self, faces: Tensor, depth: Depth = "deep") -> Pyramid:
        """RGB faces (6N, 3, W, W) in 0..255, uint8 or float -> features, no further than `depth`.

        Half of the work is in what lies beyond stride 8. Features are float32, whatever precision.
        """
        x = (faces.to(self.mean.dtype) - self.mean) / self.std
        wanted = DEPTHS[: DEPTHS.index(depth) + 1]
        with self._precise():
            levels = self.levels(x.contiguous(memory_format=torch.channels_last))
            found = dict(zip(wanted, levels, strict=False))
        return {level: features.to(self.mean.dtype) for level, features in found.items()}

    def _precise(self) -> AbstractContextManager[object]:
        if self.precision is None:
            return nullcontext()
        return torch.autocast(self.mean.device.type, self.precision)


class LiteBackbone(Backbone):
    """EfficientNet-Lite. Batch norms may be folded into the convolutions (`fold`)."""

    def __init__(self, net: EfficientNetLite) -> None:
        super().__init__(mean=(127.0,) * 3, std=(128.0,) * 3)
        self.net = cubify(net)

    @property
    def class_weight(self) -> Tensor:
        """(K, C) weights of the linear classifier on `Pyramid.deep`."""
        return self.net._fc.weight

    def levels(self, x: Tensor) -> Iterator[Tensor]:
        """Normalised faces (6N, 3, W, W) -> the inputs of the last two strided blocks, the head."""
        strided = 0
        x = self.net.stem(x)
        for block in cast(list[InvertedResidual], list(self.net._blocks)):
            if block.stride > 1:
                strided += 1
                if strided > 2:
                    yield x
            x = block(x)
        yield self.net.head(x)

    def fold(self) -> None:
        """Fold each batch norm into the convolution before it: same values in less time.

        For inference only; the parameter names change, so load the weights first.
        """
        _fold(self.net, "_conv_stem", "_bn0")
        _fold(self.net, "_conv_head", "_bn1")
        for block in cast(list[InvertedResidual], list(self.net._blocks)):
            if block.expands:
                _fold(block, "_expand_conv", "_bn0")
            _fold(block, "_depthwise_conv", "_bn1")
            _fold(block, "_project_conv", "_bn2")


class ResNetBackbone(Backbone):
    """A network of torchvision's ResNet family; `resnet50` is the network of CP-360."""

    def __init__(self, net: nn.Module) -> None:
        super().__init__(mean=(123.675, 116.28, 103.53), std=(58.395, 57.12, 57.375))
        self.net = cubify(net)

    @property
    def class_weight(self) -> Tensor:
        """(K, C) weights of the linear classifier on `Pyramid.deep`."""
        return cast(Tensor, self.net.get_parameter("fc.weight"))

    def levels(self, x: Tensor) -> Iterator[Tensor]:
        """Normalised faces (6N, 3, W, W) -> the outputs of layers 2, 3 and 4."""
        for name in ("conv1", "bn1", "relu", "maxpool", "layer1"):
            x = self.net.get_submodule(name)(x)
        for name in ("layer2", "layer3", "layer4"):
            x = self.net.get_submodule(name)(x)
            yield x


def build(
    name: str,
    convention: Convention = "exact",
    weights: str | Path | None = "default",
) -> Classifier:
    """An image classifier as CP-360 uses one: cube-padded, cut before its average.

    Args:
        name: a name of torchvision's ("resnet50", "densenet121", ...) or "lite0" to "lite2".
        convention: how borders are made, see `padding`.
        weights: "default", the ImageNet weights that came with the installation or that the user
            has added; None, random ones; or a file with a state dict, for any number of classes.

    Returns:
        In evaluation mode, without gradients of its own; the names of its state dict are those of
        the network itself.

    Raises:
        ValueError: unknown name or convention; or the network does not end in one linear layer on
            its averaged features.
        ModelError: the weights are missing, damaged or of another network.
    """
    convention = as_convention(convention)
    if weights is None:
        linear_layer(empty_network(name))  # an unsuitable one is refused before it takes memory
        return _ready(Classifier(new_network(name), convention, *statistics(name)))
    net, state = network_for(name, weights)
    filled_state = net.state_dict()  # carries the version of each layer, which loading asks for
    filled_state.update(state)
    net.load_state_dict(filled_state, assign=True)
    return _ready(Classifier(net, convention, *statistics(name)))


def network_for(name: str, weights: str | Path) -> tuple[nn.Module, StateDict]:
    """The network `name` still without its weights, and those weights, checked against it."""
    net = empty_network(name)
    path = default_weights(name) if weights == "default" else Path(weights)
    state = adapted(name, read_weights(path))
    if class_count(state) != class_count(net.state_dict()) and name not in LITE_PACKAGES:
        net = empty_network(name, class_count(state))
    expected = net.state_dict()
    check_state(state, expected, path)
    return net, filled(state, expected)


def _ready(network: Module) -> Module:
    """For inference: no gradients, and convolutions in the memory format that is quick here."""
    network.eval().requires_grad_(False)
    for weight in network.parameters():
        if weight.ndim == 4:
            weight.data = weight.data.contiguous(memory_format=torch.channels_last)
    return network


def build_backbone(name: BackboneName, state: StateDict | None = None) -> Backbone:
    """A backbone in evaluation mode, with the weights of `state` or random ones.

    The keys of `state` are those of the classifier itself; `weights.check_state` says in words
    what is wrong with others, here a misfit raises torch's own RuntimeError.

    Raises:
        ValueError: the network has no features at three strides.
    """
    if not has_pyramid(name):
        raise ValueError(f"{name} has no features at strides 8, 16 and 32 that could be taken")
    net = new_network(name, CLASSES if state is None else class_count(state))
    backbone: LiteBackbone | ResNetBackbone
    backbone = LiteBackbone(net) if isinstance(net, EfficientNetLite) else ResNetBackbone(net)
    if state is not None:
        backbone.net.load_state_dict(dict(state))
    backbone.eval()
    if isinstance(backbone, LiteBackbone):
        backbone.requires_grad_(False)
        backbone.fold()
    return _ready(backbone)


def _fold(parent: nn.Module, conv: str, norm: str) -> None:
    fused = fuse_conv_bn_eval(getattr(parent, conv), getattr(parent, norm))
    setattr(parent, conv, fused)
    setattr(parent, norm, nn.Identity())
