"""Cube to equirect under "cp360" against the published one, on numpy and on torch."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from cubesal import tensor_geometry
from cubesal.geometry import cube_to_equirect
from cubesal.geometry.published import equirect_places

WIDTHS = (7, 8, 16)
# Our mode, the recorded array, the tolerance it is given with.
MODES = [
    ("bilinear", "nn_w{}_align1", 1e-5),
    ("bilinear_align0", "nn_w{}_align0", 1e-5),
    ("cubic", "cubic_exact_w{}", 3e-6),
    ("cubic_q32", "cubic_q32_w{}", 3e-6),
]


@pytest.mark.parametrize("face_w", WIDTHS)
def test_source_coordinates(face_w: int, reference, agree) -> None:
    arrays = reference("cube2equi")
    face, column, row = equirect_places(2 * face_w, face_w)
    places = np.stack([column, row], axis=-1)
    agree("cube2equi", f"places, faces of {face_w}", places, arrays[f"coord_w{face_w}"], atol=1e-12)
    agree("cube2equi", f"face numbers, faces of {face_w}", face, arrays[f"face_w{face_w}"], atol=0)


@pytest.mark.parametrize(("mode", "name", "atol"), MODES)
@pytest.mark.parametrize("face_w", WIDTHS)
def test_maps(face_w: int, mode: str, name: str, atol: float, reference, agree) -> None:
    arrays = reference("cube2equi")
    theirs = np.reshape(arrays[name.format(face_w)], (8, 2 * face_w, 4 * face_w))
    faces = np.ascontiguousarray(np.moveaxis(arrays[f"x_w{face_w}"], 1, -1))
    ours = np.moveaxis(cube_to_equirect(faces, 2 * face_w, "cp360", mode), -1, 0)
    agree("cube2equi", f"{mode}, faces of {face_w}", ours, theirs, atol=atol)


# In single precision sixteen cubic taps round to 4e-6 at values of 15.
DTYPES = {"bilinear": torch.float32, "bilinear_align0": torch.float32}


@pytest.mark.parametrize(("mode", "name", "atol"), MODES)
def test_maps_of_tensors(mode: str, name: str, atol: float, reference, agree) -> None:
    arrays = reference("cube2equi")
    ours, theirs = [], []
    for face_w in WIDTHS:
        x = torch.from_numpy(arrays[f"x_w{face_w}"]).to(DTYPES.get(mode, torch.float64))
        ours.append(tensor_geometry.cube_to_equirect(x, 2 * face_w, "cp360", mode).flatten())
        theirs.append(arrays[name.format(face_w)].ravel())
    agree("cube2equi", f"{mode}, tensors", torch.cat(ours), np.concatenate(theirs), atol=atol)
