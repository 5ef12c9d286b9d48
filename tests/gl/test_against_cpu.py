"""The shaders draw what the CPU samplers compute: mean difference at most one level of 255."""

from __future__ import annotations

from math import radians

import cv2
import numpy as np
import pytest

from cubesal import geometry
from cubesal.camera import Camera
from cubesal.overlay import OverlayStyle, blend_overlay, blend_overlay_at
from cubesal.video import ColourSpec, YuvPlanes

from .conftest import FRAME_HEIGHT, mean_difference, planes_from_rgb, smooth_map, smooth_rgb

pytestmark = pytest.mark.gl

CAMERAS = {
    "front": Camera(),
    "seam": Camera(yaw=radians(180), pitch=radians(-5)),
    "zenith": Camera(yaw=radians(30), pitch=radians(90)),
    "nadir": Camera(yaw=radians(-100), pitch=radians(-80)),
    "rolled": Camera(yaw=radians(-60), pitch=radians(20), roll=radians(35)),
    "narrow": Camera(yaw=radians(100), pitch=radians(10), hfov=radians(25)),
    "wide": Camera(yaw=radians(170), pitch=radians(-40), roll=radians(-15), hfov=radians(130)),
}
STYLES = [
    OverlayStyle(),
    OverlayStyle("turbo", opacity=1.0, threshold=0.0),
    OverlayStyle("viridis", opacity=0.6, threshold=0.4, inverted=True),
]


@pytest.fixture(params=["photo", "smooth"])
def planes(request) -> YuvPlanes:
    if request.param == "smooth":
        return planes_from_rgb(smooth_rgb())
    return planes_from_rgb(request.getfixturevalue("photo"))


def world_rays(camera: Camera, width: int, height: int) -> np.ndarray:
    rays = geometry.perspective_rays(width, height, camera.hfov)
    return rays @ camera.world_from_camera.T


@pytest.mark.parametrize("name", CAMERAS)
def test_the_flat_view_is_that_of_the_cpu_sampler(draw, planes, name):
    camera = CAMERAS[name]
    expected = geometry.equirect_to_perspective(planes.rgb(), camera, 480, 270)
    shown = draw("nfov", planes, 480, 270, camera=camera)
    assert mean_difference(shown, expected) <= 1.0


@pytest.mark.parametrize("name", ["front", "seam", "zenith"])
@pytest.mark.parametrize("style", STYLES, ids=lambda style: style.colormap)
def test_the_flat_view_carries_the_overlay_of_the_cpu(draw, planes, name, style):
    camera, saliency = CAMERAS[name], smooth_map()
    flat = geometry.equirect_to_perspective(planes.rgb(), camera, 480, 270)
    rays = world_rays(camera, 480, 270)
    expected = blend_overlay_at(flat, rays, saliency, 2.5, style)
    assert mean_difference(expected, flat) > 1  # the overlay is there to be compared
    shown = draw("nfov", planes, 480, 270, camera=camera, saliency=saliency, scale=2.5, style=style)
    assert mean_difference(shown, expected) <= 1.0


def test_the_equirect_view_at_frame_size_is_the_frame(draw, planes):
    shown = draw("equirect", planes, 2 * FRAME_HEIGHT, FRAME_HEIGHT)
    assert mean_difference(shown, planes.rgb()) <= 1.0


@pytest.mark.parametrize("style", STYLES, ids=lambda style: style.colormap)
def test_the_equirect_view_carries_the_overlay_of_the_cpu(draw, planes, style):
    saliency = smooth_map()
    expected = blend_overlay(planes.rgb(), saliency, 2.5, style)
    shown = draw(
        "equirect",
        planes,
        2 * FRAME_HEIGHT,
        FRAME_HEIGHT,
        saliency=saliency,
        scale=2.5,
        style=style,
    )
    assert mean_difference(shown, expected) <= 1.0


@pytest.mark.parametrize("shrink", [2, 3, 4])
def test_a_small_equirect_view_averages_instead_of_skipping_pixels(draw, photo, shrink):
    planes = planes_from_rgb(photo)
    size = (2 * FRAME_HEIGHT // shrink, FRAME_HEIGHT // shrink)
    averaged = cv2.resize(planes.rgb(), size, interpolation=cv2.INTER_AREA)
    skipped = cv2.resize(planes.rgb(), size, interpolation=cv2.INTER_NEAREST)
    shown = draw("equirect", planes, *size)
    assert mean_difference(shown, averaged) <= 1.5
    assert mean_difference(shown, averaged) < 0.4 * mean_difference(skipped, averaged)


def test_the_cube_net_is_that_of_the_cpu(draw, planes):
    face_w = FRAME_HEIGHT // 2
    expected = geometry.cube_net(geometry.equirect_to_cube(planes.rgb(), face_w))
    shown = draw("cube", planes, 4 * face_w, 3 * face_w)
    assert mean_difference(shown, expected) <= 1.0


def test_the_cube_net_carries_the_overlay_of_the_cpu(draw, planes):
    face_w, saliency, style = FRAME_HEIGHT // 2, smooth_map(), OverlayStyle()
    faces = geometry.equirect_to_cube(planes.rgb(), face_w)
    tower = faces.reshape(6 * face_w, face_w, 3)
    rays = geometry.cube_rays(face_w).reshape(6 * face_w, face_w, 3)
    blended = blend_overlay_at(tower, rays, saliency, 2.5, style)
    expected = geometry.cube_net(blended.reshape(faces.shape))
    shown = draw("cube", planes, 4 * face_w, 3 * face_w, saliency=saliency, scale=2.5, style=style)
    assert mean_difference(shown, expected) <= 1.0


@pytest.mark.parametrize("full_range", [False, True])
@pytest.mark.parametrize("matrix", ["bt601", "bt709", "bt2020"])
def test_every_colour_matrix_and_range_is_converted_as_on_the_cpu(draw, matrix, full_range):
    planes = planes_from_rgb(smooth_rgb(seed=3), ColourSpec(matrix, full_range))
    expected = geometry.equirect_to_perspective(planes.rgb(), Camera(), 320, 180)
    assert mean_difference(draw("nfov", planes, 320, 180), expected) <= 1.0


def test_odd_sides_do_not_shift_the_colours(draw):
    rng = np.random.default_rng(5)
    y = np.full((47, 93), 128, np.uint8)
    u, v = rng.integers(60, 196, (2, 24, 47), dtype=np.uint8)
    odd = YuvPlanes(y, u, v, ColourSpec("bt709", full_range=True))
    shown = draw("equirect", odd, 93, 47)
    # The frame's own rgb() does not wrap its chroma at the seam: leave that column out.
    assert mean_difference(shown[:, 2:-2], odd.rgb()[:, 2:-2]) <= 1.0


def test_a_real_clip_is_shown_in_its_own_colours(draw, shared_data):
    from cubesal.video import ClipReader

    with ClipReader(shared_data / "clips" / "x360_Dining_Food_Outlets.mp4") as reader:
        frame = reader.read(60)
    camera = CAMERAS["rolled"]
    expected = geometry.equirect_to_perspective(frame.rgb(), camera, 480, 270)
    shown = draw("nfov", frame.planes, 480, 270, camera=camera)
    assert mean_difference(shown, expected) <= 1.0
