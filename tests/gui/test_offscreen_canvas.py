"""Panes drawn by software OpenGL on a thread: the same pixels, the newest wish, no leftovers."""

from __future__ import annotations

import threading
from dataclasses import replace
from math import radians

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from cubesal.camera import Camera
from cubesal.overlay import OverlayStyle, blend_overlay, colormap_lut
from cubesal_viewer.render import OffscreenTarget, RenderContent, RenderError, draws_in_software
from cubesal_viewer.widgets.equirect_pane import EquirectPane
from cubesal_viewer.widgets.gl_canvas import GlCanvas
from cubesal_viewer.widgets.gl_thread import GlThread
from cubesal_viewer.widgets.nfov_pane import NfovPane
from cubesal_viewer.widgets.offscreen_canvas import OffscreenCanvas
from tests.gl.conftest import mean_difference, planes_from_rgb, smooth_map, smooth_rgb
from tests.gui.conftest import pixels

pytestmark = pytest.mark.gl

PLANES = planes_from_rgb(smooth_rgb(160))
STYLE = OverlayStyle()


@pytest.fixture(autouse=True)
def _offscreen(monkeypatch: pytest.MonkeyPatch, qapp: object) -> None:
    del qapp
    try:
        OffscreenTarget(8, 8)
    except RenderError as error:
        pytest.skip(str(error))
    monkeypatch.setenv("CUBESAL_GL", "offscreen")


def content(frame_key: int = 1) -> RenderContent:
    return RenderContent(PLANES, frame_key, smooth_map(), 1, 2.5, lut=colormap_lut(STYLE.colormap))


def opened(qtbot: QtBot, pane: EquirectPane | NfovPane) -> OffscreenCanvas:
    qtbot.addWidget(pane)
    pane.resize(332, 172)
    pane.set_content(content())
    pane.show()
    qtbot.waitExposed(pane)
    canvas = pane._canvas
    assert isinstance(canvas, OffscreenCanvas)
    qtbot.waitUntil(lambda: canvas.is_complete)
    return canvas


def threads() -> list[str]:
    return [t.name for t in threading.enumerate() if t.name == "gl-draw"]


def test_what_is_painted_is_what_the_library_draws(qtbot: QtBot) -> None:
    pane = EquirectPane()
    pane.set_outline_visible(False)
    pane.set_ruler_visible(False)
    opened(qtbot, pane)
    box = pane.picture
    shown = pixels(pane.grab().toImage())[box.y : box.y + box.height, box.x : box.x + box.width]
    expected = blend_overlay(PLANES.rgb(), smooth_map(), 2.5, STYLE)
    assert mean_difference(shown, expected) <= 1.0


@pytest.mark.parametrize("kind", [EquirectPane, NfovPane])
def test_both_ways_to_draw_give_the_same_pane(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, kind: type[EquirectPane | NfovPane]
) -> None:
    here = kind()
    opened(qtbot, here)
    monkeypatch.setenv("CUBESAL_GL", "direct")
    there = kind()
    qtbot.addWidget(there)
    there.resize(332, 172)
    there.set_content(content())
    there.show()
    qtbot.waitExposed(there)
    assert isinstance(there._canvas, GlCanvas)
    camera = Camera(yaw=radians(100), pitch=radians(20))
    for pane in (here, there):
        pane.set_camera(camera)
    # Words over the picture are smoothed in another way.
    assert mean_difference(pixels(here.grab_image()), pixels(there.grab_image())) < 0.5


def test_the_outline_moves_with_the_camera(qtbot: QtBot) -> None:
    pane = EquirectPane()
    canvas = opened(qtbot, pane)
    before = pixels(pane.grab().toImage())
    pane.set_camera(Camera(yaw=1.0), 16 / 9)
    qtbot.waitUntil(lambda: canvas.is_complete)
    assert mean_difference(pixels(pane.grab().toImage()), before) > 0.3


def test_of_many_wishes_the_newest_is_drawn_and_few_of_the_others(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    pane = NfovPane()
    canvas = opened(qtbot, pane)
    drawn: list[float] = []
    picture = GlThread.picture

    def counted(self, renderer, request, size):
        drawn.append(request.camera.yaw)
        return picture(self, renderer, request, size)

    monkeypatch.setattr(GlThread, "picture", counted)
    for k in range(100):
        pane.set_camera(Camera(yaw=k / 100))
    qtbot.waitUntil(lambda: canvas.is_complete)
    assert drawn[-1] == 0.99
    assert len(drawn) < 5


def test_one_thread_serves_all_panes_and_ends_with_the_last(qtbot: QtBot) -> None:
    first, second = EquirectPane(), NfovPane()
    opened(qtbot, first)
    canvas = opened(qtbot, second)
    assert threads() == ["gl-draw"]
    first.hide()
    assert threads() == ["gl-draw"]
    second.hide()
    assert threads() == []
    second.set_camera(Camera(yaw=0.5))
    grabbed = pixels(second.grab_image())
    assert grabbed.std() > 5
    assert threads() == [], "a hidden pane that is grabbed keeps no thread"
    second.show()
    qtbot.waitUntil(lambda: canvas.is_complete)
    assert mean_difference(pixels(second.grab().toImage()), grabbed) == 0


def test_what_cannot_be_drawn_is_said_and_other_frames_are_tried(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    pane = NfovPane()
    canvas = opened(qtbot, pane)
    picture, small = GlThread.picture, planes_from_rgb(smooth_rgb(80))

    def too_large(self, renderer, request, size):
        if request.content.planes is PLANES:
            raise RenderError("this picture is too large")
        return picture(self, renderer, request, size)

    monkeypatch.setattr(GlThread, "picture", too_large)
    with qtbot.waitSignal(pane.gl_failed) as failed:
        pane.set_content(content(2))
        pane.set_camera(Camera(yaw=0.1))
    assert failed.args == ["this picture is too large"]
    pane.set_content(replace(content(3), planes=small))
    qtbot.waitUntil(lambda: canvas.is_complete)
    assert not pane._message.isVisible()


def test_the_environment_decides_where_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    assert draws_in_software()
    monkeypatch.setenv("CUBESAL_GL", "direct")
    assert not draws_in_software()


def test_a_pane_that_changes_its_size_is_drawn_anew(qtbot: QtBot) -> None:
    pane = NfovPane()
    canvas = opened(qtbot, pane)
    for size in ((400, 300), (200, 120), (640, 360)):
        pane.resize(*size)
        qtbot.waitUntil(lambda: canvas.is_complete)
        shown = pixels(pane.grab().toImage())
        assert shown.shape == (size[1], size[0], 3)
        assert np.array_equal(shown, pixels(pane.grab_image()))
