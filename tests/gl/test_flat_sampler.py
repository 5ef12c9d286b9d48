"""Flat exports show what the viewport shows: the planes they sample are those of the shader."""

from __future__ import annotations

import pytest

from cubesal.exporting.plane_sampling import FlatSampler

from .conftest import mean_difference, planes_from_rgb, smooth_rgb
from .test_against_cpu import CAMERAS

pytestmark = pytest.mark.gl


@pytest.mark.parametrize("name", CAMERAS)
def test_an_exported_flat_picture_is_that_of_the_shader(draw, photo, name):
    for planes in (planes_from_rgb(photo), planes_from_rgb(smooth_rgb())):
        exported = FlatSampler(480, 270)(planes, CAMERAS[name]).rgb()
        shown = draw("nfov", planes, 480, 270, camera=CAMERAS[name])
        assert mean_difference(shown, exported) <= 1.0
