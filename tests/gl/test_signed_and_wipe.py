"""Signed maps are drawn as the CPU blends them, and a wipe shows each map on its side."""

from __future__ import annotations

import numpy as np
import pytest

from cubesal.overlay import (
    OverlayStyle,
    blend_difference,
    blend_overlay,
    difference_lut,
    saliency_on_equirect,
)
from cubesal_viewer.render import RenderContent, Viewport
from cubesal_viewer.render.sphere_renderer import SphereRenderer

from .conftest import FRAME_HEIGHT, mean_difference, planes_from_rgb, smooth_map, smooth_rgb

pytestmark = pytest.mark.gl
WIDTH = 2 * FRAME_HEIGHT


@pytest.fixture
def drawn(target):
    def draw(content: RenderContent) -> np.ndarray:
        renderer = SphereRenderer()
        with target(WIDTH, FRAME_HEIGHT) as canvas:
            renderer.initialise()
            renderer.upload(content)
            renderer.begin(WIDTH, FRAME_HEIGHT)
            renderer.draw_equirect(Viewport(0, 0, WIDTH, FRAME_HEIGHT), content.overlay)
            picture = canvas.read_rgb()
            renderer.release()
        return picture

    return draw


def test_signed_maps_are_those_of_the_cpu(drawn):
    planes, style = planes_from_rgb(smooth_rgb()), OverlayStyle(opacity=0.8, threshold=0.1)
    signed = (smooth_map() - np.roll(smooth_map(), 60, axis=1)) / 2.5
    content = RenderContent(planes, 1, signed, 1, 1.0, difference_lut(), "d", 0.8, 0.1, signed=True)
    values = saliency_on_equirect(signed, FRAME_HEIGHT, WIDTH)
    expected = blend_difference(planes.rgb(), values, 1.0, style)
    assert mean_difference(expected, planes.rgb()) > 1
    assert mean_difference(drawn(content), expected) <= 1.0


@pytest.mark.parametrize("part", [0.0, 0.3, 1.0])
def test_a_wipe_shows_each_map_on_its_own_side(drawn, part):
    planes, style = planes_from_rgb(smooth_rgb()), OverlayStyle()
    first, other = smooth_map(), np.roll(smooth_map(), 90, axis=1).copy()
    content = RenderContent(planes, 1, first, 1, 2.5, other=other, other_key=1, wipe=part)
    left, right = (blend_overlay(planes.rgb(), m, 2.5, style) for m in (first, other))
    at = round(part * WIDTH)
    expected = np.concatenate([left[:, :at], right[:, at:]], axis=1)
    assert mean_difference(drawn(content), expected) <= 1.0
