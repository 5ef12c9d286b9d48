"""The window where there is no OpenGL, and where it fails while it is used."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from math import radians
from pathlib import Path

import numpy as np
import pytest
from OpenGL.error import GLError
from PySide6.QtGui import QImage
from PySide6.QtOpenGLWidgets import QOpenGLWidget
from pytestqt.qtbot import QtBot

from cubesal import geometry
from cubesal.camera import Camera
from cubesal.overlay import OverlayStyle, blend_overlay, colormap_lut
from cubesal_viewer.render import RenderContent, draws_in_software, why_no_opengl
from cubesal_viewer.render.sphere_renderer import SphereRenderer
from cubesal_viewer.widgets.cpu_canvas import CpuCanvas
from cubesal_viewer.widgets.draw_pace import DrawPace
from cubesal_viewer.widgets.equirect_pane import EquirectPane
from cubesal_viewer.widgets.nfov_pane import NfovPane
from tests.gl.conftest import mean_difference, planes_from_rgb, smooth_map, smooth_rgb
from tests.gui.conftest import pixels
from tests.media import make_clip

pytestmark = pytest.mark.gl

PLANES = planes_from_rgb(smooth_rgb(160))
STYLE = OverlayStyle()


def content(frame_key: int = 1) -> RenderContent:
    lut = colormap_lut(STYLE.colormap)
    return RenderContent(PLANES, frame_key, smooth_map(), 1, 2.5, lut=lut)


@pytest.fixture
def no_gl(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUBESAL_GL", "none")


def opened(qtbot: QtBot, pane: EquirectPane | NfovPane, width: int, height: int) -> CpuCanvas:
    qtbot.addWidget(pane)
    pane.resize(width, height)
    pane.set_content(content())
    pane.show()
    qtbot.waitExposed(pane)
    canvas = pane._canvas
    assert isinstance(canvas, CpuCanvas)
    qtbot.waitUntil(lambda: canvas.is_complete, timeout=5000)
    return canvas


def on_screen(pane: EquirectPane | NfovPane) -> np.ndarray:
    """What the thread has drawn and Qt has painted, not a picture made for the asking."""
    return pixels(pane.grab().toImage())


def test_the_whole_sphere_shows_frame_and_heatmap(qtbot: QtBot, no_gl: None) -> None:
    pane = EquirectPane()
    pane.set_outline_visible(False)
    pane.set_ruler_visible(False)
    with qtbot.waitSignal(pane.drawn_without_gl) as notice:
        opened(qtbot, pane, 332, 172)
    assert "CUBESAL_GL" in notice.args[0]
    assert not pane.findChildren(QOpenGLWidget)
    box = pane.picture
    assert (box.width, box.height) == (320, 160)
    shown = on_screen(pane)[box.y : box.y + box.height, box.x : box.x + box.width]
    assert mean_difference(shown, blend_overlay(PLANES.rgb(), smooth_map(), 2.5, STYLE)) <= 1.0
    pane.set_outline_visible(True)
    marked = on_screen(pane)[box.y : box.y + box.height, box.x : box.x + box.width]
    assert 0.5 < mean_difference(marked, shown) < 15


def test_the_flat_view_follows_the_camera_and_grabs_agree(qtbot: QtBot, no_gl: None) -> None:
    pane = NfovPane()
    canvas = opened(qtbot, pane, 320, 180)
    camera = Camera(yaw=radians(100), pitch=radians(20))
    pane.set_camera(camera)
    grabbed = pixels(pane.grab_image())
    qtbot.waitUntil(lambda: canvas.is_complete, timeout=5000)
    assert mean_difference(grabbed, on_screen(pane)) == 0
    pane.set_content(RenderContent(PLANES, 2))
    qtbot.waitUntil(lambda: canvas.is_complete, timeout=5000)
    expected = geometry.equirect_to_perspective(PLANES.rgb(), camera, 320, 180)
    assert mean_difference(on_screen(pane), expected) <= 1.0


def test_a_hurried_picture_is_small_and_the_resting_one_whole(qtbot: QtBot, no_gl: None) -> None:
    pane = NfovPane()
    canvas = opened(qtbot, pane, 320, 180)
    canvas._pace.took(320 * 180, 1.0)  # as on a slow machine
    factors: list[int] = []
    canvas._drawn.connect(lambda drawn: factors.append(drawn.factor))
    pane.set_camera(Camera(yaw=1.0))
    qtbot.waitUntil(lambda: len(factors) == 2, timeout=5000)
    assert factors == [4, 1]
    assert canvas.is_complete


def test_nothing_is_drawn_where_nothing_has_changed(qtbot: QtBot, no_gl: None) -> None:
    pane = NfovPane()
    canvas = opened(qtbot, pane, 320, 180)
    asked: list[int] = []
    refresh = canvas.refresh
    canvas.refresh = lambda: (asked.append(1), refresh())  # type: ignore[method-assign]
    same = pane.content
    pane.set_content(replace(same))
    pane.set_camera(pane.camera)
    pane.set_content(replace(same, frame_key=1, other_key=7))
    assert asked == []
    hidden = replace(same, overlay_visible=False)
    pane.set_content(hidden)
    pane.set_content(replace(hidden, saliency=smooth_map() * 2, saliency_key=2))
    assert asked == [1]
    pane.set_content(replace(same, saliency=smooth_map() * 2, saliency_key=2))
    pane.set_camera(Camera(yaw=0.3))
    assert asked == [1, 1, 1]


def test_the_pace_shrinks_only_what_would_be_late() -> None:
    pace = DrawPace()
    assert pace.factor(10**6) == 1
    pace.took(10**6, 0.080)
    assert pace.factor(10**6) == 2
    assert pace.factor(10**5) == 1
    pace = DrawPace()
    pace.took(10**6, 10.0)
    assert pace.factor(10**6) == 4


@pytest.mark.parametrize("times", [1, 99])
def test_graphics_that_fail_are_rebuilt_once_and_then_done_without(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, times: int
) -> None:
    monkeypatch.setenv("CUBESAL_GL", "any")
    pane = NfovPane()
    qtbot.addWidget(pane)
    pane.resize(320, 180)
    pane.set_content(content())
    pane.show()
    qtbot.waitExposed(pane)
    before = pixels(pane.grab_image())
    upload, failed = SphereRenderer.upload, []

    def lose(self: SphereRenderer, shown: RenderContent) -> None:
        if len(failed) < times:
            failed.append(1)
            raise GLError(err=1287, description="context lost")
        upload(self, shown)

    monkeypatch.setattr(SphereRenderer, "upload", lose)
    told: list[str] = []
    pane.drawn_without_gl.connect(told.append)
    pane.set_content(replace(content(2), saliency_key=2))
    without_gl = times > 1
    if without_gl:
        qtbot.waitUntil(lambda: isinstance(pane._canvas, CpuCanvas), timeout=5000)
        qtbot.waitUntil(lambda: pane._canvas.is_complete, timeout=5000)
    else:
        qtbot.waitUntil(lambda: len(failed) == 1, timeout=5000)
        qtbot.wait(30)
    assert bool(told) is without_gl
    assert bool(pane.findChildren(CpuCanvas)) is without_gl
    assert mean_difference(pixels(pane.grab_image()), before) <= 1.0
    assert isinstance(pane._canvas, CpuCanvas) is without_gl


def test_software_that_computes_opengl_is_not_asked_to(qtbot: QtBot) -> None:
    if why_no_opengl():
        pytest.skip("there is no OpenGL")
    pane = NfovPane()
    qtbot.addWidget(pane)
    told: list[str] = []
    pane.drawn_without_gl.connect(told.append)
    qtbot.wait(30)
    assert bool(pane.findChildren(CpuCanvas)) is draws_in_software()
    assert told == []


def test_the_program_without_any_opengl_saves_its_window(tmp_path: Path) -> None:
    """Qt's own offscreen platform has no OpenGL when there is no display."""
    clip = make_clip(tmp_path / "short.mp4", frames=3, size=(320, 160))
    picture = tmp_path / "window.png"
    environment = os.environ | {"QT_QPA_PLATFORM": "offscreen", "OMP_NUM_THREADS": "1"}
    for variable in ("DISPLAY", "WAYLAND_DISPLAY"):
        environment.pop(variable, None)
    command = [sys.executable, "-m", "cubesal_viewer", str(clip), "--model", "fast"]
    result = subprocess.run(
        [*command, "--size", "900x600", "--screenshot", str(picture)],
        env=environment,
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    shown = pixels(QImage(str(picture)))
    top = shown[40 : shown.shape[0] // 2]
    assert top.std(axis=(0, 1)).min() > 20  # pictures, not an empty surround
