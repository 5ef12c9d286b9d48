"""The border of cube padding under "cp360" against the published one, pixel for pixel."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from cubesal.padding import CubePad, pad_table

NUMBERS = ("1", "2", "3")
ASYMMETRIC = ("l1r2t1d0", "l0r1t0d1", "l2r1t3d1", "l2r0t0d0", "l0r0t0d2", "l1r3t2d2")


def widths(name: str) -> int | tuple[int, int, int, int]:
    if name.isdigit():
        return int(name)
    left, right, top, down = (int(digit) for digit in name[1::2])
    return left, right, top, down


@pytest.mark.parametrize("cubes", [1, 2])
@pytest.mark.parametrize("face_w", [5, 7, 8])
def test_padded_faces(face_w: int, cubes: int, reference, agree) -> None:
    arrays = reference("cubepad")
    x = torch.from_numpy(arrays[f"x_w{face_w}_b{6 * cubes}"])
    ours, theirs = [], []
    for name in NUMBERS + ASYMMETRIC:
        ours.append(CubePad(widths(name), "cp360")(x).numpy())
        theirs.append(arrays[f"y_w{face_w}_b{6 * cubes}_p{name}"])
        assert ours[-1].shape == theirs[-1].shape, name
    flat, expected = (np.concatenate([y.ravel() for y in many]) for many in (ours, theirs))
    agree("cubepad", f"{6 * cubes} faces of {face_w}, nine pads", flat, expected, atol=0)


@pytest.mark.parametrize("pad", [1, 2, 3])
@pytest.mark.parametrize("face_w", [2, 4, 7])
def test_gather_tables(face_w: int, pad: int, reference, agree) -> None:
    theirs = reference("cubepad")[f"srcidx_w{face_w}_p{pad}"]
    ours = pad_table(face_w, pad, "cp360")
    agree("cubepad", f"table for faces of {face_w}, pad {pad}", ours, theirs, atol=0)


def test_pads_of_one_pixel_differ_from_the_exact_ones_at_the_corners_only(reference) -> None:
    arrays = reference("cubepad")
    for face_w in (5, 7, 8):
        theirs = arrays[f"y_w{face_w}_b6_p1"]
        ours = CubePad(1)(torch.from_numpy(arrays[f"x_w{face_w}_b6"])).numpy()
        assert np.array_equal(ours[:, :, 1:-1, :], theirs[:, :, 1:-1, :])
        assert np.array_equal(ours[:, :, :, 1:-1], theirs[:, :, :, 1:-1])
        assert not np.array_equal(ours, theirs)
