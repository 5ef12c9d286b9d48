"""Feature extractors: a classifier cut where the network needs it, its layers cube-padded.

A backbone brings its own normalisation, so nobody who feeds it 0..255 pixels can forget it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, NamedTuple, cast

import torch
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from cubesal.cubify import cubify
from cubesal.efficientnet_lite import EfficientNetLite, InvertedResidual, Variant
from cubesal.torchvision_guard import import_torchvision

BackboneName = Literal["lite0", "lite1", "lite2", "resnet50"]
StateDict = Mapping[str, Tensor]


class Pyramid(NamedTuple):
    """Features of faces of W pixels: (6N, C, cells, cells), cells = (W - 1) / stride + 1."""

    shallow: Tensor  # stride 8
    middle: Tensor  # stride 16
    deep: Tensor  # stride 32, what the classifier averages


class Backbone(nn.Module):
    """Base of the feature extractors.

    Args:
        mean, std: per channel, in 0..255; the classifier was trained on (value - mean) / std.
    """

    mean: Tensor
    std: Tensor

    def __init__(self, mean: tuple[float, ...], std: tuple[float, ...]) -> None:
        super().__init__()
        self.register_buffer("mean", torch.tensor(mean).view(1, 3, 1, 1), persistent=False)
        self.register_buffer("std", torch.tensor(std).view(1, 3, 1, 1), persistent=False)

    @property
    def class_weight(self) -> Tensor:
        """(K, C) weights of the linear classifier on `Pyramid.deep`."""
        raise NotImplementedError

    def pyramid(self, x: Tensor) -> Pyramid:
        """Normalised faces (6N, 3, W, W) -> features."""
        raise NotImplementedError

    def forward(self, faces: Tensor) -> Pyramid:
        """RGB faces (6N, 3, W, W) in 0..255, uint8 or float -> features."""
        x = (faces.to(self.mean.dtype) - self.mean) / self.std
        return self.pyramid(x.contiguous(memory_format=torch.channels_last))


class LiteBackbone(Backbone):
    """EfficientNet-Lite. Batch norms may be folded into the convolutions (`fold`)."""

    def __init__(self, net: EfficientNetLite) -> None:
        super().__init__(mean=(127.0,) * 3, std=(128.0,) * 3)
        self.net = cubify(net)

    @property
    def class_weight(self) -> Tensor:
        """(K, C) weights of the linear classifier on `Pyramid.deep`."""
        return self.net._fc.weight

    def pyramid(self, x: Tensor) -> Pyramid:
        """Normalised faces (6N, 3, W, W) -> features; the inputs of the last two strided blocks."""
        before_stride: list[Tensor] = []
        x = self.net.stem(x)
        for block in self.net._blocks:
            y = block(x)
            if y.shape[-1] != x.shape[-1]:
                before_stride.append(x)
            x = y
        shallow, middle = before_stride[-2:]
        return Pyramid(shallow, middle, self.net.head(x))

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
    """ResNet-50 of torchvision, whose stride is in the 3x3 convolutions; the network of CP-360."""

    def __init__(self) -> None:
        super().__init__(mean=(123.675, 116.28, 103.53), std=(58.395, 57.12, 57.375))
        self.net = cubify(cast(nn.Module, import_torchvision().models.resnet50(weights=None)))

    @property
    def class_weight(self) -> Tensor:
        """(K, C) weights of the linear classifier on `Pyramid.deep`."""
        return cast(Tensor, self.net.get_parameter("fc.weight"))

    def pyramid(self, x: Tensor) -> Pyramid:
        """Normalised faces (6N, 3, W, W) -> features; the outputs of layers 2, 3 and 4."""
        for name in ("conv1", "bn1", "relu", "maxpool", "layer1"):
            x = self.net.get_submodule(name)(x)
        shallow = self.net.get_submodule("layer2")(x)
        middle = self.net.get_submodule("layer3")(shallow)
        return Pyramid(shallow, middle, self.net.get_submodule("layer4")(middle))


def build_backbone(name: BackboneName, state: StateDict | None = None) -> Backbone:
    """A backbone in evaluation mode, with the weights of `state` or random ones.

    The keys of `state` are those of the classifier itself; `weights.check_state` says in words
    what is wrong with others, here a misfit raises torch's own RuntimeError.
    """
    backbone: LiteBackbone | ResNetBackbone
    backbone = ResNetBackbone() if name == "resnet50" else LiteBackbone(_lite(name))
    if state is not None:
        backbone.net.load_state_dict(dict(state))
    backbone.eval().requires_grad_(False)
    if isinstance(backbone, LiteBackbone):
        backbone.fold()
    for weight in backbone.parameters():
        if weight.ndim == 4:
            weight.data = weight.data.contiguous(memory_format=torch.channels_last)
    return backbone


def expected_state(name: BackboneName) -> dict[str, Tensor]:
    """Names and shapes (on the meta device: no memory) of a classifier's state dict."""
    with torch.device("meta"):
        if name == "resnet50":
            net = cast(nn.Module, import_torchvision().models.resnet50(weights=None))
        else:
            net = _lite(name)
    return dict(net.state_dict())


def _lite(name: Variant) -> EfficientNetLite:
    return EfficientNetLite(name)


def _fold(parent: nn.Module, conv: str, norm: str) -> None:
    fused = fuse_conv_bn_eval(getattr(parent, conv), getattr(parent, norm))
    setattr(parent, conv, fused)
    setattr(parent, norm, nn.Identity())
