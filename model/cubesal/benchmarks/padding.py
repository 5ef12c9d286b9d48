"""What cube padding costs over native zero padding: same weights, same memory format, in turns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from cubesal.backbone import Backbone, build_backbone
from cubesal.benchmarks.timing import in_turns_ms
from cubesal.cubify import cubify, uncubify
from cubesal.model_list import model_location
from cubesal.model_settings import CubeSalConfig
from cubesal.precision import native
from cubesal.torchvision_guard import import_torchvision
from cubesal.weights import read_weights

__all__ = ["PaddingCost", "default_backbones", "padding_costs", "resnet50_pair"]


@dataclass(frozen=True)
class PaddingCost:
    """Of one network on six faces, batch norms folded, milliseconds, medians."""

    network: str
    face_w: int
    zero_ms: float
    cube_ms: float

    @property
    def ratio(self) -> float:
        """Of cube padding over zero padding."""
        return self.cube_ms / self.zero_ms


def padding_costs(device: str, rounds: int = 20) -> list[PaddingCost]:
    """Of ResNet-50 on 224-pixel faces, and of the backbone of `default` on each of its faces.

    The latter in the precision that the device works in natively, as `default` does there.
    """
    zero, cube = resnet50_pair()
    x = torch.rand(6, 3, 224, 224).contiguous(memory_format=torch.channels_last)
    costs = [_cost("resnet50", zero, cube, x, device, rounds)]
    config = CubeSalConfig()
    for face_w in config.face_ws:
        zero, cube = default_backbones(2)
        uncubify(zero)
        zero.precision = cube.precision = native(torch.device(device))
        faces = torch.randint(0, 256, (6, 3, face_w, face_w), dtype=torch.uint8)
        numbers = str(zero.precision or torch.float32).removeprefix("torch.")
        costs.append(_cost(f"{config.backbone}, {numbers}", zero, cube, faces, device, rounds))
    return costs


def default_backbones(count: int) -> Sequence[Backbone]:
    """So many times the backbone of `default`, cube padded."""
    config = CubeSalConfig()
    state = read_weights(model_location("default"))
    return [build_backbone(config.backbone, state) for _ in range(count)]


def resnet50_pair() -> tuple[nn.Module, nn.Module]:
    """ResNet-50 up to the last features, zero padded and cube padded, with the same weights.

    They are random, which takes as long as trained ones.
    """
    zero, cube = (_resnet50() for _ in range(2))
    cube.load_state_dict(zero.state_dict())
    cubify(cube, "cp360")
    return zero, cube


def _resnet50() -> nn.Module:
    net: nn.Module = import_torchvision().models.resnet50(weights=None).eval()
    features = nn.Sequential(*list(net.children())[:-2])
    for weights in features.parameters():
        if weights.dim() == 4:
            weights.data = weights.data.contiguous(memory_format=torch.channels_last)
    return features


def _cost(
    network: str, zero: nn.Module, cube: nn.Module, x: Tensor, device: str, rounds: int
) -> PaddingCost:
    zero, cube, x = zero.to(device), cube.to(device), x.to(device)

    def run(net: nn.Module) -> None:
        net(x)
        if device.startswith("cuda"):
            torch.cuda.synchronize()

    with torch.inference_mode():
        ms = in_turns_ms({"zero": lambda: run(zero), "cube": lambda: run(cube)}, rounds)
    return PaddingCost(network, x.shape[-1], ms["zero"], ms["cube"])
