"""What cube padding by slices and concatenation would cost, as one would write it down first.

Run with `python tests/benchmarks/bench_padding.py`; `cubesal bench --only padding` is the same
without the slices. The networks of a row have the same weights and channels-last memory, take turns
on the same input, and the median of 20 rounds counts.
"""

from __future__ import annotations

from unittest.mock import patch

import torch
from torch import Tensor, nn

from cubesal.benchmarks.padding import default_backbones, resnet50_pair
from cubesal.benchmarks.timing import in_turns_ms
from cubesal.convention import Convention
from cubesal.cubify import cubify, uncubify
from cubesal.geometry import Face
from cubesal.model_settings import CubeSalConfig
from cubesal.padding import FACES, Pad

ROUNDS = 20

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


def row(what: str, zero: nn.Module, cube: nn.Module, by_slices: nn.Module, x: Tensor) -> None:
    def sliced() -> None:
        with patch("cubesal.cubify.cube_pad", padded_by_slices):
            by_slices(x)

    works = {"zero": lambda: zero(x), "cube": lambda: cube(x), "slices": sliced}
    with torch.inference_mode():
        ms = in_turns_ms(works, ROUNDS)
    cells = [f"{ms['zero']:11.1f} ms"]
    cells += [f"{ms[name]:11.1f} ms {ms[name] / ms['zero']:6.3f}x" for name in ("cube", "slices")]
    print(f"{what:26}", *cells, sep=" ", flush=True)


def default_rows() -> None:
    config = CubeSalConfig()
    zero, cube, slices = default_backbones(3)
    uncubify(zero)
    cubify(slices, "cp360")
    for face_w in config.face_ws:
        x = torch.randint(0, 256, (6, 3, face_w, face_w), dtype=torch.uint8)
        row(f"{config.backbone} 6x{face_w}x{face_w}", zero, cube, slices, x)


def resnet_row(face_w: int = 224) -> None:
    torch.manual_seed(0)
    zero, cube = resnet50_pair()
    x = torch.rand(6, 3, face_w, face_w).contiguous(memory_format=torch.channels_last)
    with torch.inference_mode(), patch("cubesal.cubify.cube_pad", padded_by_slices):
        transcribed = cube(x)
    with torch.inference_mode():
        assert torch.equal(cube(x), transcribed), "the transcription pads with other pixels"
    row(f"resnet50 6x{face_w}x{face_w}", zero, cube, cube, x)


def main() -> None:
    print(f"{torch.get_num_threads()} threads, median of {ROUNDS}, interleaved")
    columns = ("zero padding", "cube padding", "ratio", "slices", "ratio")
    print(" " * 26, *(f"{name:>{w}}" for name, w in zip(columns, (14, 14, 7, 14, 7), strict=True)))
    default_rows()
    resnet_row()


if __name__ == "__main__":
    main()
