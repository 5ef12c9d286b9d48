"""The tensor forms against the numpy forms, their layout, and their gradients."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from cubesal import geometry
from cubesal.convention import CONVENTIONS, Convention
from cubesal.tensor_geometry import cube_to_equirect, equirect_to_cube

MODES = [
    ("exact", "bilinear"),
    ("exact", "cubic"),
    ("cp360", "bilinear"),
    ("cp360", "cubic"),
    ("cp360", "cubic_q32"),
]
# OpenCV 4 rounds the places at which the exact numpy form reads to 1/32 of a pixel.
ROUNDED = {"exact": 0.04, "cp360": 1e-5}


def channels_last(x: torch.Tensor) -> np.ndarray:
    return np.ascontiguousarray(x.permute(0, 2, 3, 1).numpy())


@settings(max_examples=25, deadline=None)
@given(
    convention=st.sampled_from(CONVENTIONS),
    cubes=st.integers(1, 3),
    channels=st.integers(1, 5),
    face_w=st.integers(1, 9),
    height=st.integers(2, 20),
)
def test_faces_are_those_of_numpy(
    convention: Convention, cubes: int, channels: int, face_w: int, height: int
) -> None:
    x = torch.rand(cubes, channels, height, 2 * height)
    faces = equirect_to_cube(x, face_w, convention)
    assert faces.shape == (6 * cubes, channels, face_w, face_w)
    for k, frame in enumerate(channels_last(x)):
        expected = geometry.equirect_to_cube(frame, face_w, convention)
        ours = channels_last(faces[6 * k : 6 * k + 6])
        assert np.abs(ours - expected).max() < ROUNDED[convention]


@settings(max_examples=25, deadline=None)
@given(
    how=st.sampled_from(MODES),
    cubes=st.integers(1, 3),
    channels=st.integers(1, 5),
    face_w=st.integers(1, 9),
    height=st.integers(1, 20),
)
def test_maps_are_those_of_numpy(
    how: tuple[Convention, str], cubes: int, channels: int, face_w: int, height: int
) -> None:
    x = torch.rand(6 * cubes, channels, face_w, face_w)
    maps = cube_to_equirect(x, height, *how)
    assert maps.shape == (cubes, channels, height, 2 * height)
    for k, ours in enumerate(channels_last(maps)):
        faces = channels_last(x[6 * k : 6 * k + 6])
        expected = geometry.cube_to_equirect(faces, height, *how)
        assert np.abs(ours - expected).max() < 2 * ROUNDED[how[0]]


@pytest.mark.parametrize("how", MODES)
def test_gradients_to_the_faces_are_right(how: tuple[Convention, str]) -> None:
    x = torch.randn(12, 2, 3, 3, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(lambda y: cube_to_equirect(y, 4, *how), (x,))


@pytest.mark.parametrize("convention", CONVENTIONS)
def test_gradients_to_the_frame_are_right(convention: Convention) -> None:
    x = torch.randn(2, 2, 4, 8, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(lambda y: equirect_to_cube(y, 3, convention), (x,))


def test_a_lookup_made_in_inference_mode_still_serves_training() -> None:
    with torch.inference_mode():
        cube_to_equirect(torch.rand(6, 1, 5, 5), 11)
    x = torch.rand(6, 1, 5, 5, requires_grad=True)
    cube_to_equirect(x, 11).sum().backward()
    assert x.grad is not None
    assert float(x.grad.sum()) == pytest.approx(11 * 22, rel=1e-5)


@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
def test_the_memory_format_does_not_matter(layout: torch.memory_format) -> None:
    x = torch.rand(12, 3, 5, 5)
    y = torch.rand(2, 3, 6, 12)
    again = cube_to_equirect(x.contiguous(memory_format=layout), 8, "cp360")
    assert torch.equal(again, cube_to_equirect(x, 8, "cp360"))
    again = equirect_to_cube(y.contiguous(memory_format=layout), 4)
    assert torch.equal(again, equirect_to_cube(y, 4))


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: equirect_to_cube(torch.zeros(3, 8, 16), 4), r"\(N, C, H, W\) floats"),
        (lambda: equirect_to_cube(torch.zeros(1, 3, 8, 16).byte(), 4), "uint8"),
        (lambda: equirect_to_cube(torch.zeros(1, 3, 8, 16), 0), "at least 1"),
        (lambda: equirect_to_cube(torch.zeros(1, 3, 8, 16), 4, "paper"), "unknown convention"),
        (lambda: cube_to_equirect(torch.zeros(5, 1, 4, 4), 8), r"\(6N, C, W, W\) floats"),
        (lambda: cube_to_equirect(torch.zeros(6, 1, 4, 5), 8), r"\(6N, C, W, W\) floats"),
        (lambda: cube_to_equirect(torch.zeros(6, 1, 4, 4), 0), "at least 1"),
        (lambda: cube_to_equirect(torch.zeros(6, 1, 4, 4), 8, "paper"), "unknown convention"),
        (lambda: cube_to_equirect(torch.zeros(6, 1, 4, 4), 8, mode="cubic_q32"), "mode under"),
    ],
)
def test_wrong_arguments_are_refused_in_words(call, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        call()
