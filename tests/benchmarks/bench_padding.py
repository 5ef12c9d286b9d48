"""What cube padding costs over native zero padding: in the default model, and in ResNet-50.

Run with `python tests/benchmarks/bench_padding.py`. The networks of a row have the same weights and
channels-last memory, take turns on the same input, and the median of 20 rounds counts. The last
column pads with the same pixels by slices and concatenation, strip by strip, as one would write it
down first.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from time import perf_counter
from unittest.mock import patch

import torch
from torch import Tensor, nn

from cubesal.backbone import build_backbone
from cubesal.convention import Convention
from cubesal.cubify import cubify, uncubify
from cubesal.geometry import Face
from cubesal.models import model_location
from cubesal.network import CubeSalConfig
from cubesal.padding import FACES, Pad
from cubesal.torchvision_guard import import_torchvision
from cubesal.weights import read_weights

ROUNDS, WARM_UP = 20, 3

Run = Callable[[Tensor], object]

#: Face -> the neighbours over its left, right, upper and lower edge, each with the number of
#: quarter turns that fold it into the plane of the face.
NEIGHBOURS = {
    Face.BACK: ((Face.RIGHT, 0), (Face.LEFT, 0), (Face.TOP, 2), (Face.DOWN, 2)),
    Face.DOWN: ((Face.LEFT, 1), (Face.RIGHT, 3), (Face.FRONT, 0), (Face.BACK, 2)),
    Face.FRONT: ((Face.LEFT, 0), (Face.RIGHT, 0), (Face.TOP, 0), (Face.DOWN, 0)),
    Face.LEFT: ((Face.BACK, 0), (Face.FRONT, 0), (Face.TOP, 1), (Face.DOWN, 3)),
    Face.RIGHT: ((Face.FRONT, 0), (Face.BACK, 0), (Face.TOP, 3), (Face.DOWN, 1)),
    Face.TOP: ((Face.LEFT, 3), (Face.RIGHT, 1), (Face.BACK, 2), (Face.FRONT, 0)),
}
#: The strips that "cp360" lays down in reverse order of depth, by face: left, right, upper, lower.
REVERSED = {
    Face.BACK: (False, False, True, True),
    Face.DOWN: (False, True, False, True),
    Face.FRONT: (False, False, False, False),
    Face.LEFT: (False, False, True, False),
    Face.RIGHT: (False, False, False, True),
    Face.TOP: (True, False, True, False),
}


def padded_by_slices(x: Tensor, pad: Pad, convention: Convention) -> Tensor:
    """`cube_pad` under "cp360", strip by strip."""
    assert convention == "cp360"
    cubes = x.view(-1, FACES, *x.shape[1:])
    faces = [padded_face(cubes, face, pad) for face in Face]
    return torch.stack(faces, dim=1).flatten(0, 1).contiguous(memory_format=torch.channels_last)


def padded_face(cubes: Tensor, face: Face, pad: Pad) -> Tensor:
    folded = [cubes[:, other].rot90(turns, (2, 3)) for other, turns in NEIGHBOURS[face]]
    left = folded[0][..., cubes.shape[-1] - pad.left :]
    right = folded[1][..., : pad.right]
    top = folded[2][..., cubes.shape[-2] - pad.top :, :]
    down = folded[3][..., : pad.down, :]
    turned = zip((left, right, top, down), REVERSED[face], (-1, -1, -2, -2), strict=True)
    left, right, top, down = (s.flip(axis) if turn else s for s, turn, axis in turned)
    rows = [
        with_corners(s, height, pad, left, right, s is top)
        for s, height in ((top, pad.top), (down, pad.down))
    ]
    middle = torch.cat([left, cubes[:, face], right], dim=-1)
    return torch.cat([rows[0], middle, rows[1]], dim=-2)


def with_corners(
    strip: Tensor, height: int, pad: Pad, left: Tensor, right: Tensor, upper: bool
) -> Tensor:
    row = slice(0, 1) if upper else slice(-1, None)
    ends = []
    for side, width, column in ((left, pad.left, slice(0, 1)), (right, pad.right, slice(-1, None))):
        source = side[..., row, :] if height > width else strip[..., column]
        ends.append(source.expand(*strip.shape[:2], height, width))
    return torch.cat([ends[0], strip, ends[1]], dim=-1)


def interleaved_ms(
    runs: dict[str, tuple[Run, AbstractContextManager[object]]], x: Tensor
) -> dict[str, float]:
    """Median milliseconds of each, taking turns."""
    times: dict[str, list[float]] = {name: [] for name in runs}
    with torch.inference_mode():
        for turn in range(WARM_UP + ROUNDS):
            for name, (run, setting) in runs.items():
                with setting:
                    start = perf_counter()
                    run(x)
                    if turn >= WARM_UP:
                        times[name].append(1000 * (perf_counter() - start))
    return {name: statistics.median(each) for name, each in times.items()}


def row(what: str, zero: Run, cube: Run, by_slices: Run, x: Tensor) -> None:
    transcribed = patch("cubesal.cubify.cube_pad", padded_by_slices)
    runs = {
        "zero": (zero, nullcontext()),
        "cube": (cube, nullcontext()),
        "slices": (by_slices, transcribed),
    }
    ms = interleaved_ms(runs, x)
    cells = [f"{ms['zero']:11.1f} ms"]
    cells += [f"{ms[name]:11.1f} ms {ms[name] / ms['zero']:6.3f}x" for name in ("cube", "slices")]
    print(f"{what:26}", *cells, sep=" ", flush=True)


def default_rows() -> None:
    config = CubeSalConfig()
    state = read_weights(model_location("default"))
    zero, cube, slices = (build_backbone(config.backbone, state) for _ in range(3))
    uncubify(zero)
    cubify(slices, "cp360")
    for face_w in config.face_ws:
        x = torch.randint(0, 256, (6, 3, face_w, face_w), dtype=torch.uint8)
        row(f"{config.backbone} 6x{face_w}x{face_w}", zero, cube, slices, x)


def resnet_row(face_w: int = 224) -> None:
    torch.manual_seed(0)
    zero, cube = (resnet50() for _ in range(2))
    cube.load_state_dict(zero.state_dict())
    cubify(cube, "cp360")
    x = torch.rand(6, 3, face_w, face_w).contiguous(memory_format=torch.channels_last)
    with torch.inference_mode(), patch("cubesal.cubify.cube_pad", padded_by_slices):
        transcribed = cube(x)
    with torch.inference_mode():
        assert torch.equal(cube(x), transcribed), "the transcription pads with other pixels"
    row(f"resnet50 6x{face_w}x{face_w}", zero, cube, cube, x)


def resnet50() -> nn.Module:
    """Up to the last features; random weights take as long as trained ones."""
    net = import_torchvision().models.resnet50(weights=None).eval()
    features = nn.Sequential(*list(net.children())[:-2])
    return features.to(memory_format=torch.channels_last)


def main() -> None:
    print(f"{torch.get_num_threads()} threads, median of {ROUNDS}, interleaved")
    columns = ("zero padding", "cube padding", "ratio", "slices", "ratio")
    print(" " * 26, *(f"{name:>{w}}" for name, w in zip(columns, (14, 14, 7, 14, 7), strict=True)))
    default_rows()
    resnet_row()


if __name__ == "__main__":
    main()
