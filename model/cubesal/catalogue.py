"""Image classifiers by name: torchvision's and EfficientNet-Lite, how each is built and fed.

A name is torchvision's own ("resnet50", "densenet121", "efficientnet_b0"), or "lite0" to "lite2".
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Mapping
from typing import Any, Final, cast

import torch
from torch import Tensor, nn

from cubesal.efficientnet_lite import CLASSES, EfficientNetLite, Variant
from cubesal.model_settings import LITE_PACKAGES
from cubesal.torchvision_guard import import_torchvision

__all__ = [
    "LITE_PACKAGES",
    "adapted",
    "class_count",
    "classifier_names",
    "empty_network",
    "expected_state",
    "new_network",
    "statistics",
]


# Networks as torchvision builds them to hold its published weights, less the side classifiers
# that only training uses.
_OPTIONS: Final[dict[str, dict[str, Any]]] = {
    name: {"aux_logits": False, "transform_input": True, "init_weights": False}
    for name in ("googlenet", "inception_v3")
}
_SIDE_CLASSIFIERS = re.compile(r"^(aux1|aux2|AuxLogits)\.")

# DenseNet's published file is older than a renaming of its layers.
_OLD_DENSE = re.compile(r"^(.*denselayer\d+\.(?:norm|relu|conv))\.([12]\..*)$")

_IMAGENET_STATISTICS = ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
_LITE_STATISTICS = ((127 / 255,) * 3, (128 / 255,) * 3)


def classifier_names() -> list[str]:
    """Every name; that of a network that cannot be a backbone is refused when it is built."""
    models = import_torchvision().models
    return [*LITE_PACKAGES, *models.list_models(module=models)]


def new_network(name: str, classes: int = CLASSES) -> nn.Module:
    """The classifier `name` with random weights.

    Raises:
        ValueError: there is no classifier of this name.
        ModelError: torchvision is not installed.
    """
    if name in LITE_PACKAGES:
        return EfficientNetLite(cast(Variant, name))
    if name not in classifier_names():
        raise ValueError(
            f"unknown backbone {name!r}: it is a name of torchvision's, such as resnet50,"
            f" or one of {', '.join(LITE_PACKAGES)}"
        )
    models = import_torchvision().models
    with warnings.catch_warnings():
        # MNASNet warns of a change to files from before 2020 whenever it is built.
        warnings.filterwarnings("ignore", message="A new version of MNASNet")
        options = {"num_classes": classes, **_OPTIONS.get(name, {})}
        return cast(nn.Module, models.get_model(name, weights=None, **options))


def empty_network(name: str, classes: int = CLASSES) -> nn.Module:
    """As `new_network`, without memory for the weights where the network can be built so."""
    try:
        with torch.device("meta"):
            return new_network(name, classes)
    except NotImplementedError:  # RegNet computes its widths with tensors
        return new_network(name, classes)


def expected_state(name: str, classes: int = CLASSES) -> dict[str, Tensor]:
    """Names and shapes (values mean nothing) of a classifier's state dict."""
    return dict(empty_network(name, classes).state_dict())


def adapted(name: str, state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """A published state dict with the names that the network of today has."""
    if name.startswith("densenet"):
        return {_OLD_DENSE.sub(r"\1\2", key): value for key, value in state.items()}
    if name in _OPTIONS:
        return {key: value for key, value in state.items() if not _SIDE_CLASSIFIERS.match(key)}
    return dict(state)


def class_count(state: Mapping[str, Tensor]) -> int:
    """The number of classes that a classifier's state dict is for, 1000 if it does not say."""
    matrices = [value for value in state.values() if value.ndim == 2]
    return len(matrices[-1]) if matrices and len(matrices[-1]) else CLASSES


def statistics(name: str) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Mean and standard deviation per channel, of RGB in 0..1, that `name` was trained with."""
    if name in LITE_PACKAGES:
        return _LITE_STATISTICS
    offered = import_torchvision().models.get_model_weights(name)
    for weights in offered:
        transforms = weights.transforms()
        return tuple(transforms.mean), tuple(transforms.std)
    return _IMAGENET_STATISTICS
