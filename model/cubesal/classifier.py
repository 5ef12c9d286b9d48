"""A classifier cut open: the features that its linear layer averages, on cube-padded faces.

Class activation maps need a network that ends in an average over all places followed by one linear
layer: then the layer may as well be applied to each place, and averaged afterwards. Where that
average is, is read from the network's own computation (`torch.fx`), so any architecture will do.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, cast

import torch
import torch.nn.functional as F
from torch import Tensor, fx, nn

from cubesal.convention import Convention
from cubesal.cubify import cubify
from cubesal.efficientnet_lite import InvertedResidual, SameConv2d
from cubesal.padding import FACES

__all__ = ["Classifier", "linear_layer"]

# Between the average and the linear layer: what moves or keeps values, at inference.
_PASSING_LAYERS = (nn.Flatten, nn.Dropout, nn.Identity)
_PASSING_CALLS: Final[tuple[object, ...]] = (torch.flatten, F.dropout, "flatten")

# Where the width of a border stands among the arguments of functions that may have one.
_PADDING_AT: Final[dict[Callable[..., Any], int]] = {
    F.conv2d: 4,
    F.avg_pool2d: 3,
    F.max_pool2d: 3,
    F.pad: 1,
}


class Classifier(nn.Module):
    """A cube-padded image classifier in evaluation mode, with the names of its state dict kept.

    Args:
        net: the classifier; it is taken over and converted.
        convention: how its borders are made, see `padding`.
        mean, std: per channel, for RGB in 0..1; it was trained on (value - mean) / std.

    Raises:
        ValueError: the network does not end in an average over all places and one linear layer, or
            it pads in a way that cannot be converted; says which.
    """

    def __init__(
        self,
        net: nn.Module,
        convention: Convention = "exact",
        mean: tuple[float, ...] = (0.485, 0.456, 0.406),
        std: tuple[float, ...] = (0.229, 0.224, 0.225),
    ) -> None:
        super().__init__()
        net.eval()
        spatial, self._linear = _cut(net)
        cubify(net, convention)
        if not any(hasattr(layer, "convention") for layer in spatial.modules()):
            raise ValueError(f"{_name(net)} has no padded layer: nothing would join the faces")
        # Not by `add_module`, which refuses the name "features" that many networks use: as an
        # attribute it stays our method, in the state dict it is theirs.
        self._modules.update(net.named_children())
        # In a tuple, and so not registered: it runs the very layers registered above.
        self._spatial = (spatial,)
        self.convention: Convention = convention
        self.mean, self.std = mean, std
        self.eval()

    @property
    def class_weight(self) -> Tensor:
        """(K, C) weights of the linear layer, on `features`."""
        return cast(Tensor, self.get_parameter(f"{self._linear}.weight"))

    def normalised(self, faces: Tensor) -> Tensor:
        """Faces (6N, 3, W, W) with values in 0..1 -> what the classifier was trained on."""
        mean = faces.new_tensor(self.mean).view(1, 3, 1, 1)
        std = faces.new_tensor(self.std).view(1, 3, 1, 1)
        return (faces - mean) / std

    def features(self, x: Tensor) -> Tensor:
        """Normalised faces (6N, 3, W, W) -> (6N, C, h, w), what the linear layer averages.

        Raises:
            ValueError: `x` has another shape or type than the weights.
        """
        if not isinstance(x, Tensor) or x.ndim != 4 or x.shape[1] != 3 or x.shape[0] % FACES:
            given = tuple(x.shape) if hasattr(x, "shape") else type(x).__name__
            raise ValueError(f"a classifier takes a tensor (6N, 3, W, W), got {given}")
        if x.shape[2] != x.shape[3] or x.dtype != self.class_weight.dtype:
            raise ValueError(
                f"a classifier takes square faces of {self.class_weight.dtype},"
                f" got {tuple(x.shape)} {x.dtype}"
            )
        return cast(Tensor, self._spatial[0](x.contiguous(memory_format=torch.channels_last)))

    def forward(self, x: Tensor) -> Tensor:
        """Normalised faces (6N, 3, W, W) -> (6N, K) class scores of each face by itself."""
        linear = self.get_submodule(self._linear)
        return cast(Tensor, linear(self.features(x).mean(dim=(2, 3))))


def linear_layer(net: nn.Module) -> str:
    """The name of the linear layer on the averaged features; ValueError as for `Classifier`."""
    return _cut(net.eval())[1]


class _Tracer(fx.Tracer):
    """Also keeps our own layers whole: their borders depend on the size of the input."""

    def is_leaf_module(self, m: nn.Module, module_qualified_name: str) -> bool:
        ours = isinstance(m, SameConv2d | InvertedResidual)
        return ours or super().is_leaf_module(m, module_qualified_name)


def _cut(net: nn.Module) -> tuple[fx.GraphModule, str]:
    """The network up to the average, made of its own layers, and the linear layer's name."""
    try:
        graph = _Tracer().trace(net)
    except (RuntimeError, TypeError, NotImplementedError, fx.proxy.TraceError) as error:
        raise ValueError(f"the computation of {_name(net)} cannot be followed: {error}") from error
    output = next(node for node in graph.nodes if node.op == "output")
    linear = output.args[0]
    if not isinstance(linear, fx.Node) or not isinstance(_layer(net, linear), nn.Linear):
        raise ValueError(f"{_name(net)} does not end in a linear classifier")
    output.args = (_averaged(net, linear),)
    whole = fx.GraphModule(net, graph)
    whole.graph.eliminate_dead_code()
    _refuse_hidden_borders(net, whole.graph)
    return fx.GraphModule(net, whole.graph), str(linear.target)


def _averaged(net: nn.Module, linear: fx.Node) -> fx.Node:
    """What is averaged before the linear layer."""
    node = linear.args[0]
    while isinstance(node, fx.Node):
        if _is_average(net, node):
            return cast(fx.Node, node.args[0])
        if not _passes(net, node):
            break
        node = node.args[0]
    target = getattr(node, "target", node)
    between = getattr(target, "__name__", target)
    raise ValueError(
        f"the classifier of {_name(net)} is not linear on the averaged features:"
        f" {between} stands between the average and the linear layer"
    )


def _is_average(net: nn.Module, node: fx.Node) -> bool:
    layer = _layer(net, node)
    if isinstance(layer, nn.AdaptiveAvgPool2d):
        return _is_one(layer.output_size)
    if node.target is F.adaptive_avg_pool2d:
        return _is_one(node.args[1] if len(node.args) > 1 else node.kwargs["output_size"])
    if node.target in ("mean", torch.mean):
        dims = node.args[1] if len(node.args) > 1 else node.kwargs.get("dim")
        return isinstance(dims, list | tuple) and {int(cast(int, d)) % 4 for d in dims} == {2, 3}
    return False


def _is_one(size: object) -> bool:
    return size == 1 or (isinstance(size, list | tuple) and tuple(size) == (1, 1))


def _passes(net: nn.Module, node: fx.Node) -> bool:
    return isinstance(_layer(net, node), _PASSING_LAYERS) or node.target in _PASSING_CALLS


def _layer(net: nn.Module, node: fx.Node) -> nn.Module | None:
    return net.get_submodule(str(node.target)) if node.op == "call_module" else None


def _refuse_hidden_borders(net: nn.Module, graph: fx.Graph) -> None:
    for node in graph.nodes:
        at = _PADDING_AT.get(node.target) if node.op == "call_function" else None
        if at is None:
            continue
        border = node.args[at] if len(node.args) > at else node.kwargs.get("padding", 0)
        if border not in (0, (0, 0)):
            raise ValueError(
                f"{_name(net)} pads inside its computation ({node.name}) and not by a layer:"
                " its border cannot be taken from the neighbouring faces"
            )


def _name(net: nn.Module) -> str:
    return type(net).__name__
