"""EfficientNet-Lite 0 to 2: an image classifier made of inverted residuals, for integer hardware.

After Tan and Le, "EfficientNet" (2019), and Google's note on the Lite variants: no squeeze and
excitation, ReLU6 for swish, stem and head not scaled. Parameter names follow the published
PyTorch conversion of the ImageNet weights, so that its files load as they are.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal, cast

import torch.nn.functional as F
from torch import Tensor, nn

Variant = Literal["lite0", "lite1", "lite2"]

CLASSES = 1000
STEM_CHANNELS = 32
HEAD_CHANNELS = 1280
STRIDE = 32

# TensorFlow counts the old share of the running mean (0.99) and adds this to the variance.
_BN_EPSILON = 1e-3


@dataclass(frozen=True)
class Stage:
    """A run of equal blocks; only the first one changes the width and takes the stride."""

    repeats: int
    kernel: int
    stride: int
    expand: int
    channels: int


_STAGES = (
    Stage(1, 3, 1, 1, 16),
    Stage(2, 3, 2, 6, 24),
    Stage(2, 5, 2, 6, 40),
    Stage(3, 3, 2, 6, 80),
    Stage(3, 5, 1, 6, 112),
    Stage(4, 5, 2, 6, 192),
    Stage(1, 3, 1, 6, 320),
)

# (width, depth) relative to Lite0.
_SCALES: dict[Variant, tuple[float, float]] = {
    "lite0": (1.0, 1.0),
    "lite1": (1.0, 1.1),
    "lite2": (1.1, 1.2),
}


def _scaled_stages(variant: Variant) -> list[Stage]:
    """The stages of a variant; Lite keeps the depth of the first and the last stage."""
    width, depth = _SCALES[variant]
    last = len(_STAGES) - 1
    return [
        Stage(
            s.repeats if i in (0, last) else math.ceil(s.repeats * depth),
            s.kernel,
            s.stride,
            s.expand,
            _round_channels(s.channels * width),
        )
        for i, s in enumerate(_STAGES)
    ]


def _round_channels(channels: float) -> int:
    """To the nearest multiple of 8, but never more than a tenth below."""
    rounded = max(8, int(channels + 4) // 8 * 8)
    return rounded + 8 if rounded < 0.9 * channels else rounded


class SameConv2d(nn.Conv2d):
    """Convolution with TensorFlow's "same" padding: ceil(size / stride) outputs.

    An odd total border goes below and to the right, so with stride 2 the samples of an even image
    lie half a pixel right of and below those of an odd one.
    """

    def forward(self, input: Tensor) -> Tensor:
        """(B, C, H, W) -> (B, C', ceil(H / stride), ceil(W / stride))."""
        top, down = self.same_padding(input.shape[-2], axis=0)
        left, right = self.same_padding(input.shape[-1], axis=1)
        if left == right and top == down:
            return F.conv2d(
                input,
                self.weight,
                self.bias,
                self.stride,
                (top, left),
                self.dilation,
                self.groups,
            )
        return super().forward(F.pad(input, (left, right, top, down)))

    def same_padding(self, size: int, axis: int) -> tuple[int, int]:
        """(before, after) in pixels for an input of `size` along `axis` (0 rows, 1 columns)."""
        stride, reach = self.stride[axis], self.dilation[axis] * (self.kernel_size[axis] - 1)
        total = max((math.ceil(size / stride) - 1) * stride + reach + 1 - size, 0)
        return total // 2, total - total // 2


def _norm(channels: int) -> nn.BatchNorm2d:
    return nn.BatchNorm2d(channels, eps=_BN_EPSILON, momentum=0.01)


class InvertedResidual(nn.Module):
    """Widen (1x1), filter each channel (k x k), narrow without activation (1x1); add the input."""

    def __init__(self, c_in: int, c_out: int, kernel: int, stride: int, expand: int) -> None:
        super().__init__()
        wide = c_in * expand
        if expand > 1:
            self._expand_conv = SameConv2d(c_in, wide, 1, bias=False)
            self._bn0 = _norm(wide)
        self._depthwise_conv = SameConv2d(wide, wide, kernel, stride, groups=wide, bias=False)
        self._bn1 = _norm(wide)
        self._project_conv = SameConv2d(wide, c_out, 1, bias=False)
        self._bn2 = _norm(c_out)
        self.expands = expand > 1
        self.stride = stride
        self._adds_input = stride == 1 and c_in == c_out

    def forward(self, x: Tensor) -> Tensor:
        """(B, c_in, H, W) -> (B, c_out, ceil(H / stride), ceil(W / stride))."""
        return self.narrow(self._depthwise_conv(self.widen(x)), x)

    def widen(self, x: Tensor) -> Tensor:
        """The part before the depthwise convolution; each pixel by itself."""
        if not self.expands:
            return x
        return F.relu6(self._bn0(self._expand_conv(x)), inplace=not self.training)

    def narrow(self, wide: Tensor, x: Tensor) -> Tensor:
        """The part after the depthwise convolution of the block's input `x`."""
        y = F.relu6(self._bn1(wide), inplace=not self.training)
        y = self._bn2(self._project_conv(y))
        return x + y if self._adds_input else cast(Tensor, y)


class EfficientNetLite(nn.Module):
    """The classifier; input (B, 3, H, W), RGB scaled as (value - 127) / 128 from 0..255."""

    def __init__(self, variant: Variant = "lite0") -> None:
        super().__init__()
        self.variant = variant
        self._conv_stem = SameConv2d(3, STEM_CHANNELS, 3, 2, bias=False)
        self._bn0 = _norm(STEM_CHANNELS)
        blocks: list[InvertedResidual] = []
        c_in = STEM_CHANNELS
        for stage in _scaled_stages(variant):
            for repeat in range(stage.repeats):
                stride = stage.stride if repeat == 0 else 1
                blocks.append(
                    InvertedResidual(c_in, stage.channels, stage.kernel, stride, stage.expand)
                )
                c_in = stage.channels
        self._blocks = nn.ModuleList(blocks)
        self._conv_head = SameConv2d(c_in, HEAD_CHANNELS, 1, bias=False)
        self._bn1 = _norm(HEAD_CHANNELS)
        self._fc = nn.Linear(HEAD_CHANNELS, CLASSES)

    def stem(self, x: Tensor) -> Tensor:
        """(B, 3, H, W) -> (B, 32, ceil(H / 2), ceil(W / 2))."""
        return F.relu6(self._bn0(self._conv_stem(x)), inplace=not self.training)

    def head(self, x: Tensor) -> Tensor:
        """(B, 320, h, w) -> (B, 1280, h, w)."""
        return F.relu6(self._bn1(self._conv_head(x)), inplace=not self.training)

    def features(self, x: Tensor) -> Tensor:
        """(B, 3, H, W) -> (B, 1280, ceil(H / 32), ceil(W / 32)), what the classifier averages."""
        x = self.stem(x)
        for block in self._blocks:
            x = block(x)
        return self.head(x)

    def forward(self, x: Tensor) -> Tensor:
        """(B, 3, H, W) -> (B, 1000) class scores before softmax."""
        return cast(Tensor, self._fc(self.features(x).mean(dim=(2, 3))))
