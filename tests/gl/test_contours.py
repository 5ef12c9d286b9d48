"""Contours in the shaders are those of the CPU, equally wide, and cut nowhere they should not."""

from __future__ import annotations

from math import hypot, radians

import numpy as np
import pytest

from cubesal import geometry
from cubesal.camera import Camera
from cubesal.contours import CONTOUR_WIDTH, blend_contours
from cubesal.overlay import OverlayStyle, blend_overlay, blend_overlay_at
from cubesal_viewer.render import OverlayParams, RenderContent, Viewport
from cubesal_viewer.render.sphere_renderer import SphereRenderer

from .conftest import FRAME_HEIGHT, mean_difference, planes_from_rgb, smooth_map, smooth_rgb

pytestmark = pytest.mark.gl
WIDTH = 2 * FRAME_HEIGHT
STYLE = OverlayStyle("viridis", 0.5, 0.2, contours=(0.25, 0.5, 0.75))


@pytest.fixture
def drawn(target):
    def draw(kind: str, size: tuple[int, int], style: OverlayStyle = STYLE) -> np.ndarray:
        from cubesal.overlay import colormap_lut

        content = RenderContent(
            planes_from_rgb(smooth_rgb()),
            1,
            smooth_map(),
            1,
            2.5,
            colormap_lut(style.colormap),
            "lut",
            style.opacity,
            style.threshold,
            contours=style.contours,
        )
        renderer = SphereRenderer()
        with target(*size) as canvas:
            renderer.initialise()
            renderer.upload(content)
            renderer.begin(*size)
            overlay, viewport = content.overlay, Viewport(0, 0, *size)
            if kind == "nfov":
                renderer.draw_nfov(viewport, Camera(2.9, 0.2), overlay)
            elif kind == "cube":
                renderer.draw_cube_net(viewport, overlay)
            else:
                renderer.draw_equirect(viewport, overlay)
            picture = canvas.read_rgb()
            renderer.release()
        return picture

    return draw


def test_the_equirect_view_has_the_contours_of_the_cpu(drawn):
    rgb = planes_from_rgb(smooth_rgb()).rgb()
    expected = blend_overlay(rgb, smooth_map(), 2.5, STYLE)
    without = blend_overlay(rgb, smooth_map(), 2.5, OverlayStyle("viridis", 0.5, 0.2))
    assert mean_difference(expected, without) > 1
    assert mean_difference(drawn("equirect", (WIDTH, FRAME_HEIGHT)), expected) <= 1.0


def test_the_flat_view_has_the_contours_of_the_cpu_across_the_seam(drawn):
    camera = Camera(2.9, 0.2)
    rgb = planes_from_rgb(smooth_rgb()).rgb()
    flat = geometry.equirect_to_perspective(rgb, camera, 480, 270)
    rays = geometry.perspective_rays(480, 270, camera.hfov) @ camera.world_from_camera.T
    expected = blend_overlay_at(flat, rays, smooth_map(), 2.5, STYLE)
    assert mean_difference(drawn("nfov", (480, 270)), expected) <= 1.0


def test_a_cube_net_shows_no_lines_along_its_cuts(drawn):
    face_w = FRAME_HEIGHT // 2
    plain = OverlayStyle("viridis", 0.5, 0.2)
    size = (4 * face_w, 3 * face_w)
    changed = np.abs(drawn("cube", size).astype(int) - drawn("cube", size, plain)).max(axis=-1)
    rim = np.concatenate([changed[face_w, :face_w], changed[2 * face_w - 1, 2 * face_w :]])
    assert (changed > 40).mean() > 0.002
    assert (rim > 40).mean() < 0.05


@pytest.mark.parametrize("steepness", [0.002, 0.01, 0.05])
def test_a_line_is_as_wide_on_gentle_slopes_as_on_steep_ones(steepness):
    ramp = 0.5 + steepness * (np.arange(200) - 100.3)
    scaled = np.tile(np.clip(ramp, 0, 1), (20, 1)).astype(np.float32)
    grey = np.full((20, 200, 3), 60, np.uint8)
    lit = blend_contours(grey, scaled, (0.5,), CONTOUR_WIDTH)[10, :, 0].astype(float)
    assert np.clip((lit - 60) / (0.85 * 195), 0, 1).sum() == pytest.approx(CONTOUR_WIDTH, abs=0.35)


def test_the_line_lies_where_the_map_has_that_share_of_its_top():
    rays = geometry.equirect_rays(120)
    blob = np.exp((rays @ geometry.dir_from_angles(0.0, 0.0) - 1) / radians(20) ** 2)
    grey = np.full((480, 960, 3), 60, np.uint8)
    style = OverlayStyle(opacity=0.0, contours=(0.5,))
    lit = blend_overlay(grey, blob.astype(np.float32), float(blob.max()), style)[..., 0] > 150
    rows, columns = np.nonzero(lit)
    away = [
        hypot((c + 0.5 - 480) * 0.375, (240 - r - 0.5) * 0.375)
        for r, c in zip(rows, columns, strict=True)
    ]
    # exp((cos d - 1) / s^2) = 1/2
    assert np.mean(away) == pytest.approx(
        np.degrees(np.arccos(1 - np.log(2) * radians(20) ** 2)), abs=0.7
    )


def test_signed_maps_and_hidden_ones_have_none():
    content = RenderContent(saliency=smooth_map(), contours=(0.5,))
    assert content.overlay.contours == (0.5,)
    assert RenderContent(saliency=smooth_map(), contours=(0.5,), signed=True).overlay.contours == ()
    assert OverlayParams(1.0, 0.5, 0.2).contours == ()
