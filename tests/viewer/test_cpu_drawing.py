"""Without OpenGL, pictures are those of the library's samplers, which the shaders are held to."""

from __future__ import annotations

from dataclasses import replace
from math import radians

import cv2
import numpy as np
import pytest

from cubesal import geometry
from cubesal.camera import Camera, view_contains
from cubesal.lens import Lens, Projection
from cubesal.overlay import (
    OverlayStyle,
    blend_difference,
    blend_overlay,
    blend_overlay_at,
    colormap_lut,
    difference_lut,
)
from cubesal.video import ColourSpec, YuvPlanes
from cubesal_viewer.render import (
    NO_OVERLAY,
    OverlayParams,
    PictureRecorder,
    PictureRequest,
    RenderContent,
    ViewMark,
    Viewport,
    draw_on_cpu,
)
from cubesal_viewer.render.outline import outline_runs
from tests.gl.conftest import mean_difference, planes_from_rgb, smooth_map, smooth_rgb

HEIGHT = 240
STYLE = OverlayStyle("viridis", opacity=0.6, threshold=0.3, inverted=True)
HOT = OverlayParams(2.5, STYLE.opacity, STYLE.threshold)
CAMERAS = [
    Camera(),
    Camera(yaw=radians(178), pitch=radians(-5), roll=radians(30)),
    Camera(yaw=radians(30), pitch=radians(88), hfov=radians(120)),
]


@pytest.fixture(scope="module")
def planes() -> YuvPlanes:
    return planes_from_rgb(smooth_rgb(HEIGHT))


def content(planes: YuvPlanes) -> RenderContent:
    lut = colormap_lut(STYLE.colormap, STYLE.inverted)
    return RenderContent(planes, 1, smooth_map(), 1, 2.5, lut=lut)


def request(planes: YuvPlanes, kind: str, width: int, height: int, **more) -> PictureRequest:
    box = Viewport(7, 5, width, height)  # where it lies in the pane does not matter
    return PictureRequest(
        **{"kind": kind, "viewport": box, "content": content(planes), "overlay": NO_OVERLAY, **more}
    )


@pytest.mark.parametrize("camera", CAMERAS)
@pytest.mark.parametrize("size", [(320, 180), (321, 181)])
def test_the_flat_view_with_and_without_the_heatmap(planes, camera, size):
    plain = geometry.equirect_to_perspective(planes.rgb(), camera, *size)
    shown = draw_on_cpu(request(planes, "nfov", *size, camera=camera))
    assert shown.shape == plain.shape
    assert mean_difference(shown, plain) <= 1.0
    rays = geometry.perspective_rays(*size, camera.hfov) @ camera.world_from_camera.T
    expected = blend_overlay_at(plain, rays, smooth_map(), 2.5, STYLE)
    covered = draw_on_cpu(request(planes, "nfov", *size, camera=camera, overlay=HOT))
    assert mean_difference(expected, plain) > 0.5 or camera is not CAMERAS[0]
    assert mean_difference(covered, expected) <= 1.0


@pytest.mark.parametrize("shrink", [1, 2, 3])
def test_the_equirect_view_with_the_heatmap(planes, shrink):
    size = (2 * HEIGHT // shrink, HEIGHT // shrink)
    small = cv2.resize(planes.rgb(), size, interpolation=cv2.INTER_AREA)
    assert mean_difference(draw_on_cpu(request(planes, "equirect", *size)), small) <= 1.0
    expected = blend_overlay(small, smooth_map(), 2.5, STYLE)
    shown = draw_on_cpu(request(planes, "equirect", *size, overlay=HOT))
    assert mean_difference(shown, expected) <= 1.0


def test_the_cube_net_with_the_heatmap_and_the_surround(planes):
    face_w = HEIGHT // 2
    faces = geometry.equirect_to_cube(planes.rgb(), face_w)
    rays = geometry.cube_rays(face_w).reshape(6 * face_w, face_w, 3)
    tower = blend_overlay_at(faces.reshape(6 * face_w, face_w, 3), rays, smooth_map(), 2.5, STYLE)
    expected = geometry.cube_net(tower.reshape(faces.shape))
    asked = request(planes, "cube", 4 * face_w, 3 * face_w, overlay=HOT)
    assert mean_difference(draw_on_cpu(asked), expected) <= 1.0
    assert (draw_on_cpu(asked, (18, 20, 24))[0, 0] == (18, 20, 24)).all()
    odd = replace(asked, viewport=Viewport(0, 0, 401, 301))
    assert draw_on_cpu(odd).shape == (301, 401, 3)


def test_signed_maps_and_the_wipe_between_two(planes):
    size = (2 * HEIGHT, HEIGHT)
    difference = smooth_map() - np.float32(1.0)
    both = replace(content(planes), saliency=difference, lut=difference_lut(), signed=True)
    asked = request(planes, "equirect", *size)
    signed = replace(HOT, scale=1.5, signed=True)
    shown = draw_on_cpu(replace(asked, content=both, overlay=signed))
    values = cv2.resize(difference, size, interpolation=cv2.INTER_LINEAR)
    expected = blend_difference(planes.rgb(), values, 1.5, STYLE)
    assert mean_difference(shown[:, 4:-4], expected[:, 4:-4]) <= 1.0
    wiped = replace(content(planes), other=np.zeros((120, 240), np.float32), other_key=1)
    shown = draw_on_cpu(replace(asked, content=wiped, overlay=replace(HOT, wipe=0.5)))
    left, right = shown[:, :HEIGHT], shown[:, HEIGHT:]
    assert mean_difference(right, planes.rgb()[:, HEIGHT:]) <= 1.0
    # A heatmap alone is blended in 8 bits.
    assert mean_difference(left, draw_on_cpu(replace(asked, overlay=HOT))[:, :HEIGHT]) < 0.1


def test_odd_frames_keep_their_colours_in_place():
    rng = np.random.default_rng(5)
    y = np.full((47, 93), 128, np.uint8)
    u, v = rng.integers(60, 196, (2, 24, 47), dtype=np.uint8)
    odd = YuvPlanes(y, u, v, ColourSpec("bt709", full_range=True))
    assert mean_difference(draw_on_cpu(request(odd, "equirect", 93, 47)), odd.rgb()) <= 1.0


def test_a_request_without_a_frame_is_refused():
    nothing = PictureRequest("equirect", Viewport(0, 0, 8, 4), RenderContent(), NO_OVERLAY)
    with pytest.raises(ValueError, match="no frame"):
        draw_on_cpu(nothing)


def test_hidden_maps_do_not_make_another_picture(planes):
    asked = request(planes, "equirect", 40, 20)
    newer = replace(asked, content=replace(asked.content, saliency_key=2))
    assert newer.key == asked.key
    assert replace(newer, overlay=HOT).key != replace(asked, overlay=HOT).key


@pytest.mark.parametrize("camera", CAMERAS)
@pytest.mark.parametrize("kind", ["equirect", "cube"])
def test_the_outline_lies_on_the_border_of_the_view_and_never_crosses_the_picture(camera, kind):
    runs = outline_runs(ViewMark(camera, 1.5), kind)
    assert sum(len(run) for run in runs) >= 4 * 32 - 8
    wider = replace(camera, hfov=camera.hfov * 1.02)
    narrower = replace(camera, hfov=camera.hfov * 0.98)
    for run in runs:
        assert np.abs(np.diff(run, axis=0)).max() <= 0.12
        if kind == "equirect":
            yaw, pitch = (run[:, 0] - 0.5) * 2 * np.pi, (0.5 - run[:, 1]) * np.pi
            rays = geometry.dir_from_angles(yaw, pitch)
            assert view_contains(wider, 1.5, rays).all()
            assert not view_contains(narrower, 1.5, rays).any()
    if kind == "equirect":  # together they reach both ends of every line that crosses the seam
        assert min(run[:, 0].min() for run in runs) <= 0 <= 1 <= max(r[:, 0].max() for r in runs)


@pytest.mark.parametrize("projection", ["stereographic", "planet"])
def test_a_lens_shows_what_the_library_pictures(planes: YuvPlanes, projection: Projection) -> None:
    lens, camera = Lens.of(projection), CAMERAS[1]
    seen = draw_on_cpu(request(planes, "nfov", 160, 120, camera=camera, lens=lens))
    assert mean_difference(seen, lens.picture(planes.rgb(), camera, 160, 120)) <= 1.0
    hot = draw_on_cpu(request(planes, "nfov", 160, 120, camera=camera, lens=lens, overlay=HOT))
    expected = blend_overlay_at(
        lens.picture(planes.rgb(), camera, 160, 120),
        lens.world_rays(camera, 160, 120),
        smooth_map(),
        2.5,
        STYLE,
    )
    assert mean_difference(hot, expected) <= 1.0


def test_several_views_of_a_pane_are_one_request(planes: YuvPlanes) -> None:
    recorder = PictureRecorder(content(planes))
    for number, camera in enumerate(CAMERAS):
        recorder.draw_nfov(Viewport(40 * number, 0, 40, 30), camera)
    asked = recorder.request
    assert asked is not None
    assert [part.camera for part in asked.parts] == CAMERAS
    assert asked.pixels == 3 * 40 * 30
    other = replace(asked, beside=(asked.beside[0], replace(asked.beside[1], camera=Camera())))
    assert other.key != asked.key, "what is beside changes the picture"
    assert [part.viewport.width for part in asked.shrunk(2).parts] == [20, 20, 20]
