"""Lenses: where the rays of a picture go, what it holds, and where it ends."""

from __future__ import annotations

from math import pi, radians

import numpy as np
import pytest

from cubesal import geometry
from cubesal.autopilot import lens_share, view_share
from cubesal.camera import Camera
from cubesal.geometry import equirect_to_perspective
from cubesal.lens import FOV_MAX, RECTILINEAR, Lens

CAMERA = Camera(0.8, -0.3, 0.4)
FRAME = np.random.default_rng(1).integers(0, 255, (60, 120, 3), dtype=np.uint8)
BOTH = [Lens("stereographic", radians(200)), Lens.of("planet")]


def test_the_field_of_view_is_that_across_the_picture() -> None:
    for degrees_across in (60, 180, 300):
        lens = Lens("stereographic", radians(degrees_across))
        half_w, _ = lens.half_extent(CAMERA, 16 / 9)
        left, right = lens.rays(np.array([[-half_w, 0.0], [half_w, 0.0]]))
        middle = np.array([0.0, 0.0, 1.0])
        across = np.arccos(left @ middle) + np.arccos(right @ middle)
        assert across == pytest.approx(radians(degrees_across))


def test_stereographic_keeps_angles_everywhere() -> None:
    lens, step = Lens("stereographic", radians(300)), 1e-5
    for x, y in ((0.0, 0.0), (1.5, -0.4), (0.3, 2.0)):
        here, right, down = lens.rays(np.array([[x, y], [x + step, y], [x, y + step]]))
        a, b = (right - here) / step, (down - here) / step
        assert a @ b == pytest.approx(0, abs=1e-4)
        assert a @ a == pytest.approx(b @ b, rel=1e-3)


def test_a_little_planet_has_the_nadir_in_the_middle_and_the_view_at_the_top() -> None:
    lens, camera = Lens.of("planet"), Camera(yaw=0.8)
    rays = lens.world_rays(camera, 401, 401)
    np.testing.assert_allclose(rays[200, 200], [0, 1, 0], atol=1e-6)
    top = rays[0, 200]
    assert np.arctan2(top[0], top[2]) == pytest.approx(0.8, abs=1e-6)
    level = np.abs(rays[..., 1]) < 0.01  # a circle around the middle
    rows, columns = np.nonzero(level)
    radius = np.hypot(rows - 200, columns - 200)
    assert radius.std() < 0.01 * radius.mean()


@pytest.mark.parametrize("lens", BOTH)
def test_what_a_picture_contains_is_what_its_pixels_show(lens: Lens) -> None:
    rays = lens.world_rays(CAMERA, 64, 36)
    assert lens.contains(CAMERA, 64 / 36, rays).all()
    yaw, pitch = lens.outline(CAMERA, 64 / 36).T
    border = geometry.dir_from_angles(yaw, pitch)
    middle = lens.world_from_view(CAMERA)[:, 2]
    inwards = border + 0.02 * (middle - border)
    outwards = border - 0.02 * (middle - border)
    for where, expected in ((inwards, True), (outwards, False)):
        unit = where / np.linalg.norm(where, axis=-1, keepdims=True)
        assert (lens.contains(CAMERA, 64 / 36, unit) == expected).all()


def test_the_rectilinear_lens_is_the_flat_camera() -> None:
    expected = equirect_to_perspective(FRAME, CAMERA, 64, 36)
    shown = RECTILINEAR.picture(FRAME, CAMERA, 64, 36)
    assert np.abs(shown.astype(int) - expected).max() <= 1
    saliency = np.random.default_rng(2).random((60, 120))
    assert lens_share(saliency, CAMERA, 16 / 9, RECTILINEAR) == view_share(saliency, CAMERA, 16 / 9)


def test_a_share_is_the_part_of_the_sphere_that_is_shown() -> None:
    even = np.ones((60, 120))
    half = Lens("stereographic", pi)  # a circle of 90 degrees around would be half the sphere
    assert lens_share(even, CAMERA, 1.0, half) > 0.5
    assert lens_share(even, CAMERA, 1.0, Lens("stereographic", FOV_MAX)) > 0.97


def test_what_a_lens_cannot_be() -> None:
    with pytest.raises(ValueError, match="unknown projection"):
        Lens("fisheye")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="fov"):
        Lens("stereographic", radians(360))
    assert Lens.of("planet").zoomed(10).fov == FOV_MAX
