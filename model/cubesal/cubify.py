"""Turn the padded layers of a CNN into cube-padded ones, keeping its weights and their names.

A converted layer keeps its parameters, its place in the module tree and its hooks: only its class
is exchanged for a subclass that takes the border from the neighbouring faces and then runs the
same operation unpadded. `cubify` therefore works before or after loading a state dict.

How wide a border is stays exactly as the layer had it, so all shapes stay too: symmetric padding,
the strings "same" and "valid", TensorFlow's "same" padding, and the overhang of pooling windows
under `ceil_mode`. What changes besides the border's content: a max-pool saw minus infinity beyond
the edge, and an average pool with `count_include_pad=False` counted fewer pixels there. Both now
see real pixels.
"""

from __future__ import annotations

import math
from typing import TypeVar

import torch.nn.functional as F
from torch import Tensor, nn

from cubesal.convention import Convention, as_convention
from cubesal.efficientnet_lite import InvertedResidual, SameConv2d
from cubesal.padding import Pad, cube_pad

Module = TypeVar("Module", bound=nn.Module)

_Size = int | tuple[int, ...]


def cubify(module: Module, convention: Convention = "exact") -> Module:
    """Convert every padded convolution and pooling layer in `module`, in place.

    The converted network takes (6N, C, W, W): N cubes of square faces, face index fastest. Layers
    without a border (1x1 kernels, patch embeddings) are left as they are, and so is padding that a
    `forward` applies by itself with `torch.nn.functional`, which cannot be seen from outside.

    Args:
        module: the network; layers converted before go over to `convention`.
        convention: what the border holds, see `padding.cube_pad`. All layers take the same, the
            max-pool included: the published network pads it with the neighbours' pixels too.

    Returns:
        `module` itself.

    Raises:
        ValueError: there is no such convention; or a padded layer is a subclass with a `forward` of
            its own, or a transposed convolution: its border cannot be replaced without knowing what
            it does.
    """
    convention = as_convention(convention)
    for name, layer in module.named_modules():
        converted = _CONVERTED.get(type(layer))
        if converted is not None and _has_border(layer):
            layer.__class__ = converted
        if isinstance(layer, _CubeLayer):
            layer.convention = convention
        elif converted is None and isinstance(layer, _UNKNOWN_IF_SUBCLASSED):
            raise ValueError(f"cannot cube-pad layer {name!r} of type {type(layer).__name__}")
    return module


def uncubify(module: Module) -> Module:
    """Give every converted layer in `module` its own padding back, in place; for comparisons."""
    original = {cube: plain for plain, cube in _CONVERTED.items()}
    for layer in module.modules():
        if type(layer) in original:
            layer.__class__ = original[type(layer)]
            vars(layer).pop("convention", None)
    return module


class _CubeLayer:
    """What all converted layers share; it stands beside the class that does the work."""

    convention: Convention = "exact"


class CubeConv2d(_CubeLayer, nn.Conv2d):
    """A convolution whose border comes from the neighbouring faces."""

    def forward(self, input: Tensor) -> Tensor:
        """(6N, C, W, W) -> what the unconverted layer returns, in the same shape."""
        top, down = _conv_border(self, 0)
        left, right = _conv_border(self, 1)
        return _conv_unpadded(self, cube_pad(input, Pad(left, right, top, down), self.convention))


class CubeSameConv2d(_CubeLayer, SameConv2d):
    """The same for TensorFlow's "same" padding, which depends on the size of the input."""

    def forward(self, input: Tensor) -> Tensor:
        """(6N, C, W, W) -> what the unconverted layer returns, in the same shape."""
        return _conv_unpadded(self, cube_pad(input, _same_border(self, input), self.convention))


class CubeInvertedResidual(_CubeLayer, InvertedResidual):
    """A block that takes its border before widening, where there are a sixth of the channels.

    Widening looks at single pixels and padding only moves pixels, so the order does not matter for
    the result. On small faces it costs more to widen the border too than to move the wide pixels.
    """

    def forward(self, x: Tensor) -> Tensor:
        """(6N, c_in, W, W) -> what the unconverted block returns, in the same shape."""
        border = _same_border(self._depthwise_conv, x)
        if not self.expands or x.shape[-1] < _FACE_W_PER_BORDER * max(border):
            return super().forward(x)
        bordered = cube_pad(x, border, self.convention)
        wide = _conv_unpadded(self._depthwise_conv, self.widen(bordered))
        return self.narrow(wide, x)


class CubeMaxPool2d(_CubeLayer, nn.MaxPool2d):
    """A max-pool whose windows reach into the neighbouring faces."""

    def forward(self, input: Tensor) -> Tensor:
        """(6N, C, W, W) -> what the unconverted layer returns, in the same shape."""
        padded = cube_pad(input, _pool_border(self, input), self.convention)
        return F.max_pool2d(padded, self.kernel_size, self.stride, 0, self.dilation)


class CubeAvgPool2d(_CubeLayer, nn.AvgPool2d):
    """An average pool whose windows reach into the neighbouring faces."""

    def forward(self, input: Tensor) -> Tensor:
        """(6N, C, W, W) -> what the unconverted layer returns, in the same shape."""
        padded = cube_pad(input, _pool_border(self, input), self.convention)
        return F.avg_pool2d(
            padded, self.kernel_size, self.stride, 0, divisor_override=self.divisor_override
        )


class CubeZeroPad2d(_CubeLayer, nn.ZeroPad2d):
    """An explicit padding layer, as some ports place it before an unpadded convolution."""

    def forward(self, input: Tensor) -> Tensor:
        """(6N, C, W, W) -> what the unconverted layer returns, in the same shape."""
        return cube_pad(input, Pad(*self.padding), self.convention)


# Below this many pixels of face per pixel of border, widening the border costs more than it saves.
_FACE_W_PER_BORDER = 20

_CONVERTED: dict[type[nn.Module], type[nn.Module]] = {
    nn.Conv2d: CubeConv2d,
    SameConv2d: CubeSameConv2d,
    InvertedResidual: CubeInvertedResidual,
    nn.MaxPool2d: CubeMaxPool2d,
    nn.AvgPool2d: CubeAvgPool2d,
    nn.ZeroPad2d: CubeZeroPad2d,
}
_UNKNOWN_IF_SUBCLASSED = (*_CONVERTED, nn.ConvTranspose2d)


def _has_border(layer: nn.Module) -> bool:
    if isinstance(layer, SameConv2d):
        return max(layer.kernel_size) > 1
    if isinstance(layer, nn.Conv2d):
        return any(_conv_border(layer, 0)) or any(_conv_border(layer, 1))
    if isinstance(layer, nn.MaxPool2d | nn.AvgPool2d):
        return layer.ceil_mode or any(_pair(layer.padding))
    return True


def _conv_border(conv: nn.Conv2d, axis: int) -> tuple[int, int]:
    """(before, after) in pixels along `axis`, 0 for rows and 1 for columns."""
    if conv.padding == "valid":
        return 0, 0
    if conv.padding == "same":
        total = conv.dilation[axis] * (conv.kernel_size[axis] - 1)
        return total // 2, total - total // 2
    width = int(conv.padding[axis])
    return width, width


def _same_border(conv: SameConv2d, x: Tensor) -> Pad:
    top, down = conv.same_padding(x.shape[-2], axis=0)
    left, right = conv.same_padding(x.shape[-1], axis=1)
    return Pad(left, right, top, down)


def _conv_unpadded(conv: nn.Conv2d, x: Tensor) -> Tensor:
    return F.conv2d(x, conv.weight, conv.bias, conv.stride, 0, conv.dilation, conv.groups)


def _pool_border(pool: nn.MaxPool2d | nn.AvgPool2d, x: Tensor) -> Pad:
    before_y, before_x = _pair(pool.padding)
    return Pad(before_x, _pool_after(pool, x, 1), before_y, _pool_after(pool, x, 0))


def _pool_after(pool: nn.MaxPool2d | nn.AvgPool2d, x: Tensor, axis: int) -> int:
    """How far the last window that torch would compute reaches beyond the input along `axis`."""
    size, before = x.shape[2 + axis], _pair(pool.padding)[axis]
    stride = _pair(pool.stride)[axis]
    dilation = _pair(pool.dilation)[axis] if isinstance(pool, nn.MaxPool2d) else 1
    span = dilation * (_pair(pool.kernel_size)[axis] - 1) + 1
    steps = (size + 2 * before - span) / stride
    last_start = (math.ceil(steps) if pool.ceil_mode else math.floor(steps)) * stride
    if last_start >= size + before:
        last_start -= stride  # torch drops a window that would see only the far border
    return max(last_start + span - before - size, 0)


def _pair(value: _Size) -> tuple[int, int]:
    return (value, value) if isinstance(value, int) else (value[0], value[1])
