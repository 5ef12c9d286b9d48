"""Stereographic views and little planets are drawn as the CPU pictures them, outline included."""

from __future__ import annotations

from math import radians

import cv2
import numpy as np
import pytest

from cubesal import geometry
from cubesal.camera import Camera
from cubesal.lens import Lens
from cubesal.overlay import OverlayStyle, blend_overlay_at
from cubesal_viewer.render import ViewMark

from .conftest import FRAME_HEIGHT, mean_difference, planes_from_rgb, smooth_map, smooth_rgb

pytestmark = pytest.mark.gl

VIEWS = {
    "half": (Lens("stereographic", radians(180)), Camera(2.8, 0.3, 0.2)),
    "wide": (Lens("stereographic", radians(310)), Camera(-1.0, -0.4)),
    "planet": (Lens.of("planet"), Camera(0.7)),
    "tilted planet": (Lens.of("planet"), Camera(-2.0, 0.4, 0.5)),
}


@pytest.mark.parametrize("name", VIEWS)
def test_a_view_through_a_lens_is_that_of_the_cpu(draw, name):
    lens, camera = VIEWS[name]
    planes = planes_from_rgb(smooth_rgb())
    flat = lens.picture(planes.rgb(), camera, 480, 270)
    assert mean_difference(draw("nfov", planes, 480, 270, camera=camera, lens=lens), flat) <= 1.0
    style, saliency = OverlayStyle("turbo", 0.9, 0.1), smooth_map()
    rays = lens.world_rays(camera, 480, 270)
    expected = blend_overlay_at(flat, rays, saliency, 2.5, style)
    assert mean_difference(expected, flat) > 1
    shown = draw(
        "nfov",
        planes,
        480,
        270,
        camera=camera,
        lens=lens,
        saliency=saliency,
        scale=2.5,
        style=style,
    )
    assert mean_difference(shown, expected) <= 1.0


@pytest.mark.parametrize("kind", ["equirect", "cube"])
@pytest.mark.parametrize("name", VIEWS)
def test_the_outline_on_the_sphere_is_where_the_picture_ends(draw, kind, name):
    lens, camera = VIEWS[name]
    grey = planes_from_rgb(np.full((FRAME_HEIGHT, 2 * FRAME_HEIGHT, 3), 90, np.uint8))
    width, height = (960, 480) if kind == "equirect" else (960, 720)
    mark = ViewMark(camera, 16 / 9, 2.0, lens)
    shown = draw(kind, grey, width, height, mark=mark)
    bright = shown.min(axis=-1) > 180
    yaw, pitch = lens.outline(camera, 16 / 9, 200).T
    rays = geometry.dir_from_angles(yaw, pitch)
    to_picture = geometry.uv_from_dir if kind == "equirect" else geometry.net_from_dir
    x, y = (to_picture(rays) * (width, height)).astype(int).T
    near = cv2.dilate(bright.astype(np.uint8), np.ones((5, 5), np.uint8)) > 0
    assert near[y.clip(0, height - 1), x.clip(0, width - 1)].mean() > 0.99
    drawn = np.zeros((height, width), np.uint8)
    drawn[y.clip(0, height - 1), x.clip(0, width - 1)] = 1
    # Points of the outline lie apart where the picture is stretched: at the poles of an equirect.
    around = cv2.dilate(drawn, np.ones((41, 41), np.uint8)) > 0
    assert (bright & ~around).sum() < 0.25 * bright.sum()
