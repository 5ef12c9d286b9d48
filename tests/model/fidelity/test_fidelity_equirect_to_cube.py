"""Equirect to cube under "cp360" against the published one."""

from __future__ import annotations

import numpy as np
import pytest

from cubesal.geometry import FACE_BASES, angles_from_dir, equirect_to_cube, shrink_as_published
from cubesal.geometry.published import cube_places

SIZES = [(64, 32), (64, 56), (240, 32), (240, 56)]


@pytest.mark.parametrize(("height", "face_w"), SIZES)
def test_source_coordinates(height: int, face_w: int, reference, agree) -> None:
    arrays, name = reference("equi2cube"), f"{height}x{2 * height}_d{face_w}"
    column, row = cube_places(face_w, height, 2 * height)
    agree("equi2cube", f"columns {name}", column, arrays[f"mapx_{name}"], atol=1e-4)
    agree("equi2cube", f"rows {name}", row, arrays[f"mapy_{name}"], atol=1e-4)


@pytest.mark.parametrize(
    ("height", "face_w", "columns", "rows"), [(960, 224, 0.003, 0.023), (64, 32, 0.006, 0.05)]
)
def test_tables_of_angles_are_as_coarse_as_theirs(
    height: int, face_w: int, columns: float, rows: float, agree
) -> None:
    corners = -1 + 2 * np.arange(face_w) / face_w
    a, b = np.meshgrid(corners, corners)
    rays = np.stack([a, b, np.ones_like(a)], axis=-1) @ FACE_BASES[:, None]
    yaw, pitch = angles_from_dir(rays)
    exact_column = np.clip(height * (1 + yaw / np.pi) + 1, 1, 2 * height - 1)
    exact_row = np.clip(height / 2 * (1 - 2 * pitch / np.pi) + 1, 1, height - 1)
    column, row = cube_places(face_w, height, 2 * height)
    beside_poles = np.hypot(rays[..., 0], rays[..., 2]) > 1e-9
    name = f"from exact angles, {2 * height}x{height} to {face_w}"
    off = np.abs(column - exact_column)[beside_poles], np.abs(row - exact_row)
    agree("equi2cube", f"columns {name}", off[0].max(), 0, atol=columns)
    agree("equi2cube", f"rows {name}", off[1].max(), 0, atol=rows)
    assert off[0].max() > 0.8 * columns
    assert off[1].max() > 0.8 * rows


@pytest.mark.parametrize(("height", "face_w"), SIZES)
def test_faces(height: int, face_w: int, reference, agree) -> None:
    arrays, name = reference("equi2cube"), f"{height}x{2 * height}"
    faces = equirect_to_cube(arrays[f"equi_{name}"], face_w, "cp360")
    agree(
        "equi2cube", f"faces {name} d{face_w}", faces, arrays[f"faces_{name}_d{face_w}"], atol=1e-6
    )


def test_faces_of_white_noise(reference, agree) -> None:
    arrays = reference("equi2cube")
    faces = equirect_to_cube(arrays["noise_64x128"], 32, "cp360")
    agree("equi2cube", "faces of noise", faces, arrays["noisefaces_64x128_d32"], atol=1e-6)


def test_the_static_pipeline_up_to_the_network(reference, agree) -> None:
    arrays = reference("static_pipeline_64")
    resized = shrink_as_published(arrays["frame"], 128)
    agree("static_pipeline_64", "resized frame", resized, arrays["resized"], atol=0)
    faces = equirect_to_cube((resized / 255).astype(np.float32), 64, "cp360")
    agree("static_pipeline_64", "faces", faces, arrays["faces"], atol=1e-6)
