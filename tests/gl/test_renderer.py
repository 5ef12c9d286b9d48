"""What the renderer promises beside the right pixels: seams, keys, outline, clean-up, errors."""

from __future__ import annotations

from math import radians

import numpy as np
import pytest

from cubesal import geometry
from cubesal.camera import Camera, view_contains, view_outline
from cubesal.overlay import OverlayStyle, colormap_lut
from cubesal.video import ColourSpec, YuvPlanes
from cubesal_viewer.render import EMPTY_CONTENT, RenderContent, RenderError, ViewMark, Viewport
from cubesal_viewer.render.gl import GL
from cubesal_viewer.render.sphere_renderer import SphereRenderer, taps_for

from .conftest import mean_difference, planes_from_rgb, smooth_map, smooth_rgb

pytestmark = pytest.mark.gl

GREY = ColourSpec("bt601", full_range=True)


def grey(level: int, height: int = 64) -> YuvPlanes:
    neutral = np.full((height // 2, height), 128, np.uint8)
    return YuvPlanes(np.full((height, 2 * height), level, np.uint8), neutral, neutral, GREY)


@pytest.mark.parametrize("kind", ["nfov", "equirect"])
def test_a_constant_frame_is_constant_everywhere(draw, kind):
    shown = draw(kind, grey(100), 320, 160, camera=Camera(yaw=np.pi, pitch=0.5))
    assert shown.min() == shown.max() == 100


def test_no_line_shows_where_the_frame_wraps_around(draw):
    planes = planes_from_rgb(smooth_rgb(120))
    shown = draw("nfov", planes, 400, 200, camera=Camera(yaw=np.pi, hfov=radians(40)))
    steps = np.abs(np.diff(shown.astype(int), axis=1)).mean(axis=(0, 2))
    at_seam = steps[195:205].max()
    assert at_seam <= 1.5 * np.percentile(steps, 95)


def test_the_first_row_of_a_picture_is_its_top(draw):
    planes = grey(40)
    planes.y[:32] = 200
    shown = draw("equirect", planes, 128, 64)
    assert shown[:30].min() > 190
    assert shown[34:].max() < 50
    looking_up = draw("nfov", planes, 64, 64, camera=Camera(pitch=radians(60)))
    assert looking_up.min() > 190


def test_empty_cells_of_the_cube_net_keep_the_background(draw):
    shown = draw("cube", grey(200), 160, 120, background=(0.0, 1.0, 0.0))
    cells = shown.reshape(3, 40, 4, 40, 3).transpose(0, 2, 1, 3, 4)
    faces = set(geometry.NET_LAYOUT.values())
    for row in range(3):
        for column in range(4):
            expected = (200, 200, 200) if (row, column) in faces else (0, 255, 0)
            assert (cells[row, column] == expected).all()


def test_a_map_below_the_threshold_leaves_the_picture_as_it_is(draw):
    planes = planes_from_rgb(smooth_rgb(120))
    bare = draw("nfov", planes, 160, 90)
    low = np.full((30, 60), 0.1, np.float32)
    style = OverlayStyle(opacity=1.0, threshold=0.2)
    assert (draw("nfov", planes, 160, 90, saliency=low, scale=1.0, style=style) == bare).all()
    assert (draw("nfov", planes, 160, 90, saliency=smooth_map(), scale=0.0) == bare).all()


def test_rows_that_lie_apart_in_memory_are_uploaded_as_they_are(draw):
    whole = planes_from_rgb(smooth_rgb(120))
    apart = [np.full((p.shape[0], p.shape[1] + 24), 255, np.uint8) for p in (whole.y, whole.u)]
    apart.append(apart[1].copy())
    for wide, plane in zip(apart, (whole.y, whole.u, whole.v), strict=True):
        wide[:, : plane.shape[1]] = plane
    cropped = YuvPlanes(*(w[:, :-24] for w in apart), whole.colour)
    assert (draw("equirect", cropped, 240, 120) == draw("equirect", whole, 240, 120)).all()


def test_arrays_are_uploaded_only_when_their_key_changes(target):
    renderer = SphereRenderer()
    with target(16, 8) as canvas:
        renderer.initialise()

        def shown(level: int, key: int) -> int:
            renderer.upload_frame(grey(level), key)
            renderer.begin(16, 8)
            renderer.draw_equirect(Viewport(0, 0, 16, 8))
            return int(canvas.read_rgb()[4, 8, 0])

        assert shown(50, key=1) == 50
        assert shown(90, key=1) == 50
        assert shown(90, key=2) == 90
        renderer.release()


def test_frames_of_another_size_replace_the_texture(target):
    renderer = SphereRenderer()
    with target(16, 8) as canvas:
        renderer.initialise()
        for key, (level, height) in enumerate([(50, 64), (80, 32), (110, 128), (140, 128)]):
            renderer.upload_frame(grey(level, height), key)
            renderer.begin(16, 8)
            renderer.draw_equirect(Viewport(0, 0, 16, 8))
            assert (canvas.read_rgb() == level).all()
        renderer.release()


def test_a_released_renderer_can_be_initialised_again_and_uploads_anew(target):
    content = RenderContent(planes=grey(70), frame_key=1)
    renderer = SphereRenderer()
    with target(16, 8) as canvas:
        renderer.release()
        for _ in range(2):
            renderer.initialise()
            renderer.upload(content)
            renderer.begin(16, 8)
            renderer.draw_equirect(Viewport(0, 0, 16, 8), content.overlay)
            assert (canvas.read_rgb() == 70).all()
            renderer.release()
            renderer.release()
            assert not renderer.is_initialised
            assert GL.glGetError() == GL.GL_NO_ERROR


def test_drawing_without_a_frame_is_refused(target):
    renderer = SphereRenderer()
    with target(16, 8):
        renderer.initialise()
        renderer.upload(EMPTY_CONTENT)
        with pytest.raises(RuntimeError, match="no frame"):
            renderer.draw_equirect(Viewport(0, 0, 16, 8))
        renderer.release()


def test_a_frame_beyond_the_device_limit_is_named_with_its_size(target):
    renderer = SphereRenderer()
    with target(16, 8):
        renderer.initialise()
        side = 2 * int(GL.glGetIntegerv(GL.GL_MAX_TEXTURE_SIZE))
        thin = np.zeros((2, side), np.uint8)
        with pytest.raises(RenderError, match=f"{side}x2.*smaller copy"):
            renderer.upload_frame(YuvPlanes(thin, thin, thin, GREY), 1)
        renderer.release()


def test_a_viewport_leaves_the_rest_of_the_framebuffer_alone(target):
    renderer = SphereRenderer()
    with target(40, 30) as canvas:
        renderer.initialise()
        renderer.upload_frame(grey(200), 1)
        renderer.begin(40, 30, (0.0, 0.0, 1.0))
        renderer.draw_equirect(Viewport(5, 3, 20, 10))
        shown = canvas.read_rgb()
        renderer.release()
    inside = np.zeros((30, 40), bool)
    inside[3:13, 5:25] = True
    assert (shown[inside] == 200).all()
    assert (shown[~inside] == (0, 0, 255)).all()


def test_a_colour_map_of_another_shape_is_refused(target):
    renderer = SphereRenderer()
    with target(16, 8):
        renderer.initialise()
        with pytest.raises(ValueError, match="256"):
            renderer.set_colormap(colormap_lut("inferno")[:128], 1)
        renderer.release()


MARKED = {
    "ahead": Camera(),
    "over the seam": Camera(yaw=radians(175), pitch=radians(10)),
    "over the zenith": Camera(yaw=radians(40), pitch=radians(75)),
    "rolled": Camera(yaw=radians(-90), pitch=radians(-20), roll=radians(30)),
}


def net_or_uv(kind: str, dirs: np.ndarray, width: int, height: int) -> np.ndarray:
    place = geometry.uv_from_dir(dirs) if kind == "equirect" else geometry.net_from_dir(dirs)
    pixel = np.floor(place * (width, height)).astype(int)
    return np.clip(pixel, 0, (width - 1, height - 1))


@pytest.mark.parametrize(("kind", "width", "height"), [("equirect", 800, 400), ("cube", 800, 600)])
@pytest.mark.parametrize("name", MARKED)
def test_the_outline_lies_where_the_view_ends(draw, kind, width, height, name):
    camera, aspect = MARKED[name], 16 / 9
    bare = draw(kind, grey(60), width, height)
    marked = draw(kind, grey(60), width, height, mark=ViewMark(camera, aspect))
    border = geometry.dir_from_angles(*view_outline(camera, aspect, 64).T)
    x, y = net_or_uv(kind, border, width, height).T
    assert (marked[y, x] > 200).mean() > 0.97
    changed = np.abs(marked.astype(int) - bare).max(axis=2) > 0
    assert changed.mean() < 0.06
    # A little inside and outside of it the picture is untouched, but for the cross.
    for factor in (0.8, 1.2):
        other = Camera(camera.yaw, camera.pitch, camera.roll, 2 * np.arctan(factor))
        ring = geometry.dir_from_angles(*view_outline(other, aspect, 64).T)
        x, y = net_or_uv(kind, ring, width, height).T
        assert not changed[y, x].any()


@pytest.mark.parametrize("name", MARKED)
def test_the_cross_marks_where_the_camera_looks(draw, name):
    camera = MARKED[name]
    shown = draw("equirect", grey(60), 800, 400, mark=ViewMark(camera, 16 / 9))
    x, y = net_or_uv("equirect", camera.world_from_camera[:, 2], 800, 400)
    assert (shown[y, x] > 150).all()


def test_the_outline_is_one_closed_line_between_inside_and_outside(draw):
    camera, aspect, width, height = MARKED["over the seam"], 16 / 9, 800, 400
    shown = draw("equirect", grey(60), width, height, mark=ViewMark(camera, aspect))
    inside = view_contains(camera, aspect, geometry.equirect_rays(height))
    crossing = inside[:, 1:] != inside[:, :-1]
    bright = (shown[:, 1:] > 150).all(axis=2) | (shown[:, :-1] > 150).all(axis=2)
    assert bright[crossing].all()


def test_the_outline_is_equally_wide_along_its_whole_length(draw):
    camera = Camera(pitch=radians(30))
    shown = draw("equirect", grey(0), 1000, 500, mark=ViewMark(camera, 1.0, line_width=3.0))
    column = shown[:, 500, 0].astype(float) / 255
    top = column[:150].sum()
    bottom = column[250:].sum()
    assert top == pytest.approx(3.0, abs=0.5)
    assert bottom == pytest.approx(3.0, abs=0.5)


@pytest.mark.parametrize(
    ("minification", "taps"), [(0.3, 1), (1, 1), (2, 1), (2.13, 2), (4.3, 3), (8, 4), (40, 4)]
)
def test_taps_grow_with_the_minification(minification, taps):
    assert taps_for(minification) == taps


def test_marking_one_picture_does_not_mark_the_next(target):
    renderer = SphereRenderer()
    with target(200, 100) as canvas:
        renderer.initialise()
        renderer.upload_frame(grey(60), 1)
        pictures = []
        for mark in (None, ViewMark(Camera(), 1.5), None):
            renderer.begin(200, 100)
            renderer.draw_equirect(Viewport(0, 0, 200, 100), mark=mark)
            pictures.append(canvas.read_rgb())
        renderer.release()
    assert (pictures[0] == pictures[2]).all()
    assert mean_difference(pictures[0], pictures[1]) > 0.5
