"""Letterboxes and the mathematics of dragging, without a window."""

from __future__ import annotations

from math import pi, radians

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from cubesal.camera import Camera
from cubesal.lens import Lens
from cubesal_viewer.render.content import Viewport
from cubesal_viewer.widgets.pane_geometry import angles_of, fitted, grabbed, placed, view_ray

ASPECT = 16 / 9
inner = st.floats(-0.9, 0.9)
cameras = st.builds(
    Camera,
    yaw=st.floats(-pi, pi - 1e-6),
    pitch=st.floats(-0.6, 0.6),
    roll=st.floats(-0.5, 0.5),
    hfov=st.floats(radians(30), radians(100)),
)


def under(camera: Camera, point: tuple[float, float]) -> np.ndarray:
    return camera.world_from_camera @ view_ray(camera, ASPECT, point)


@pytest.mark.parametrize(
    ("size", "shape", "margin", "expected"),
    [
        ((200, 200), (2, 1), 0, Viewport(0, 50, 200, 100)),
        ((400, 100), (2, 1), 0, Viewport(100, 0, 200, 100)),
        ((420, 320), (4, 3), 10, Viewport(10, 10, 400, 300)),
        ((401, 301), (4, 3), 0, Viewport(0, 0, 400, 300)),
    ],
)
def test_the_picture_is_the_largest_of_its_shape_and_centred(size, shape, margin, expected):
    assert fitted(*size, shape, margin) == expected


def test_a_pane_without_room_still_has_a_picture():
    assert fitted(0, 0, (4, 3), 6).width > 0


@given(cameras, inner, inner, st.floats(-0.1, 0.1), st.floats(-0.1, 0.1))
def test_what_is_grabbed_stays_under_the_mouse(camera, x, y, dx, dy):
    assume(abs(dx) + abs(dy) > 1e-3)
    start, end = (x, y), (x + dx, y + dy)
    held = under(camera, start)
    turned = grabbed(camera, ASPECT, start, end)
    # Near a pole the turning speed is limited; there the promise is only a calm hand.
    assume(abs(held[1]) < 0.8)
    assert np.allclose(under(turned, end), held, atol=1e-6)
    assert (turned.roll, turned.hfov) == pytest.approx((camera.roll, camera.hfov))


def test_dragging_right_looks_left_and_dragging_down_looks_up():
    camera = grabbed(Camera(), ASPECT, (0.0, 0.0), (0.2, 0.3))
    assert camera.yaw < 0 < camera.pitch


def test_the_picture_does_not_spin_when_a_pole_is_dragged_past_the_mouse():
    camera = Camera(pitch=radians(80))
    over_the_zenith = (0.01, 0.24)
    for _ in range(40):
        turned = grabbed(camera, ASPECT, over_the_zenith, (0.03, 0.24))
        assert abs(turned.yaw - camera.yaw) < radians(6)
        camera = turned


@given(cameras, st.floats(-1, 1), st.floats(-1, 1), st.floats(-1, 1), st.floats(-1, 1))
def test_no_drag_leaves_the_limits(camera, x0, y0, x1, y1):
    turned = grabbed(camera, ASPECT, (x0, y0), (x1, y1))
    assert -pi <= turned.yaw < pi
    assert abs(turned.pitch) <= pi / 2
    assert np.isfinite([turned.yaw, turned.pitch]).all()


def test_placing_wraps_over_the_seam_and_stops_at_the_poles():
    camera = placed(Camera(), (radians(170), radians(80)), (radians(30), radians(30)))
    assert camera.yaw == pytest.approx(radians(-160))
    assert camera.pitch == pytest.approx(radians(90))


def test_angles_of_a_ray_are_those_of_the_camera_that_looks_along_it():
    camera = Camera(yaw=1.2, pitch=-0.7)
    assert angles_of(camera.world_from_camera[:, 2]) == pytest.approx((1.2, -0.7))


@pytest.mark.parametrize("lens", [Lens("stereographic", radians(200)), Lens.of("planet")])
@pytest.mark.parametrize("ends", [((0.1, -0.4), (0.04, -0.3)), ((-0.3, 0.1), (-0.36, 0.2))])
def test_a_picture_through_any_lens_is_grabbed_where_the_mouse_is(lens, ends):
    camera = Camera(0.7, 0.1, 0.05)
    start, end = ends
    held = lens.world_from_view(camera) @ view_ray(camera, ASPECT, start, lens)
    turned = grabbed(camera, ASPECT, start, end, lens)
    there = lens.world_from_view(turned) @ view_ray(turned, ASPECT, end, lens)
    np.testing.assert_allclose(there, held, atol=1e-6)
    assert turned != camera
