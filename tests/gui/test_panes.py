"""Both panes in real windows: hands become signals, pixels are where they should be."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from math import degrees, radians
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QImage, QWheelEvent
from PySide6.QtWidgets import QApplication, QHBoxLayout, QWidget

from cubesal import geometry
from cubesal.camera import Camera, view_outline
from cubesal.overlay import colormap_lut
from cubesal.video import ColourSpec, YuvPlanes
from cubesal_viewer.render import EMPTY_CONTENT, RenderContent
from cubesal_viewer.render.textures import Texture
from cubesal_viewer.widgets.equirect_pane import EquirectPane
from cubesal_viewer.widgets.nfov_pane import NfovPane
from cubesal_viewer.widgets.sphere_pane import BACKGROUND

pytestmark = [pytest.mark.gl, pytest.mark.usefixtures("with_gl")]

LEFT = Qt.MouseButton.LeftButton
SIZE = (640, 320)
Pane = EquirectPane | NfovPane


def compass_planes(height: int = 128) -> YuvPlanes:
    """Left half of the frame dark, right half bright; the top tenth black."""
    y = np.full((height, 2 * height), 60, np.uint8)
    y[:, height:] = 160
    y[: height // 10] = 0
    neutral = np.full((height // 2, height), 128, np.uint8)
    return YuvPlanes(y, neutral, neutral, ColourSpec("bt601", full_range=True))


CONTENT = RenderContent(planes=compass_planes(), frame_key=1)


def pixels(pane: Pane) -> np.ndarray:
    image = pane.grab_image().convertToFormat(QImage.Format.Format_RGB888)
    rows = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), -1)
    return rows[:, : 3 * image.width()].reshape(image.height(), image.width(), 3).copy()


@pytest.fixture
def shown(qtbot) -> Callable[[type[Pane]], Pane]:
    """Opens a pane of SIZE that already shows the compass frame."""

    def show(kind: type[Pane]) -> Pane:
        pane = kind()
        qtbot.addWidget(pane)
        pane.resize(*SIZE)
        pane.set_content(CONTENT)
        pane.show()
        qtbot.waitExposed(pane)
        return pane

    return show


@pytest.fixture(params=[EquirectPane, NfovPane])
def pane(request, shown) -> Pane:
    return shown(request.param)


@pytest.fixture
def equirect(shown) -> EquirectPane:
    return shown(EquirectPane)


@pytest.fixture
def nfov(shown) -> NfovPane:
    return shown(NfovPane)


def drag(qtbot, pane: Pane, start: QPoint, *stops: QPoint, ctrl: bool = False) -> list[Camera]:
    """Press, move over the stops, release; returns the cameras that were asked for."""
    asked: list[Camera] = []
    pane.camera_dragged.connect(asked.append)
    modifier = Qt.KeyboardModifier.ControlModifier if ctrl else Qt.KeyboardModifier.NoModifier
    qtbot.mousePress(pane, LEFT, modifier, start)
    for stop in stops:
        qtbot.mouseMove(pane, stop)
    qtbot.mouseRelease(pane, LEFT, modifier, stops[-1])
    pane.camera_dragged.disconnect(asked.append)
    return asked


def place(pane: EquirectPane, yaw_deg: float, pitch_deg: float) -> QPoint:
    return pane.position_of(radians(yaw_deg), radians(pitch_deg)).toPoint()


def angles_deg(camera: Camera) -> tuple[float, float]:
    return degrees(camera.yaw), degrees(camera.pitch)


# ---- drag ------------------------------------------------------------------------------------


def test_dragging_the_flat_view_right_looks_left_and_down_looks_up(qtbot, nfov):
    asked = drag(qtbot, nfov, QPoint(300, 150), QPoint(340, 150), QPoint(380, 190))
    assert asked[0].yaw < 0
    assert asked[-1].yaw < asked[0].yaw
    assert asked[-1].pitch > 0


def test_the_flat_view_keeps_what_was_grabbed_under_the_mouse(qtbot, nfov):
    start, end = QPoint(200, 100), QPoint(430, 220)
    held = nfov.direction_at(QPointF(start))
    asked = drag(qtbot, nfov, start, QPoint(300, 150), end)
    nfov.set_camera(asked[-1])
    assert nfov.direction_at(QPointF(end)) == pytest.approx(held, abs=1e-6)


def test_an_inverted_drag_turns_the_other_way(qtbot, nfov):
    straight = drag(qtbot, nfov, QPoint(300, 150), QPoint(360, 180))[-1]
    nfov.set_invert_drag(True)
    inverted = drag(qtbot, nfov, QPoint(300, 150), QPoint(360, 180))[-1]
    assert inverted.yaw == pytest.approx(-straight.yaw)
    assert inverted.pitch == pytest.approx(-straight.pitch)


@pytest.mark.parametrize("mode", ["equirect", "cube"])
def test_dragging_inside_the_outline_carries_the_view_along(qtbot, equirect, mode):
    equirect.set_mode(mode)
    start, end = place(equirect, 10, 5), place(equirect, 35, -10)
    asked = drag(qtbot, equirect, start, place(equirect, 20, 0), end)
    assert angles_deg(asked[-1]) == pytest.approx((25, -15), abs=1.5)


def test_dragging_from_elsewhere_brings_the_view_under_the_mouse(qtbot, equirect):
    asked = drag(qtbot, equirect, place(equirect, 120, 20), place(equirect, 130, 10))
    assert angles_deg(asked[-1]) == pytest.approx((130, 10), abs=1.5)


def test_dragging_over_the_seam_goes_on_at_the_other_side(qtbot, equirect):
    equirect.set_camera(Camera(yaw=radians(170)))
    start = place(equirect, 170, 0)
    asked = drag(qtbot, equirect, start, start + QPoint(5, 0), start + QPoint(60, 0))
    step = degrees(2 * np.pi * 60 * equirect.devicePixelRatio() / equirect.picture.width)
    assert angles_deg(asked[-1]) == pytest.approx((170 + step - 360, 0), abs=0.5)


def test_dragging_far_up_stops_at_the_pole(qtbot, equirect):
    start = place(equirect, 0, 0)
    asked = drag(qtbot, equirect, start, start - QPoint(0, 40), start - QPoint(0, 400))
    assert angles_deg(asked[-1])[1] == pytest.approx(90)


def test_ctrl_and_vertical_drag_rolls_and_does_nothing_else(qtbot, pane):
    asked = drag(qtbot, pane, QPoint(300, 160), QPoint(300, 130), QPoint(320, 100), ctrl=True)
    assert asked[-1].roll == pytest.approx(radians(30))
    assert angles_deg(asked[-1]) == pytest.approx((0, 0))


def test_a_drag_does_not_wait_for_the_controller(qtbot, pane):
    """The controller may answer late or in between; the hand is followed all the same."""
    start = QPoint(320, 160)
    steps = [start + QPoint(10 * k, 0) for k in range(1, 8)]
    silent = drag(qtbot, pane, start, *steps)[-1]
    pane.camera_dragged.connect(pane.set_camera)
    answered = drag(qtbot, pane, start, *steps)[-1]
    assert angles_deg(silent) == pytest.approx(angles_deg(answered), abs=1e-6)


def test_a_click_moves_nothing_and_the_end_of_a_drag_is_told(qtbot, pane):
    told: list[str] = []
    pane.drag_finished.connect(lambda: told.append("finished"))
    assert drag(qtbot, pane, QPoint(320, 160), QPoint(321, 160)) == []
    assert told == []
    drag(qtbot, pane, QPoint(320, 160), QPoint(350, 160))
    assert told == ["finished"]
    assert not pane.is_dragging


def test_other_buttons_do_not_steer(qtbot, pane):
    with qtbot.assertNotEmitted(pane.camera_dragged):
        qtbot.mousePress(pane, Qt.MouseButton.RightButton, pos=QPoint(300, 160))
        qtbot.mouseMove(pane, QPoint(380, 160))
        qtbot.mouseRelease(pane, Qt.MouseButton.RightButton, pos=QPoint(380, 160))


# ---- wheel, double click, hover ----------------------------------------------------------------


def wheel(pane: Pane, notches: float) -> None:
    middle = QPointF(pane.width() / 2, pane.height() / 2)
    event = QWheelEvent(
        middle,
        QPointF(pane.mapToGlobal(middle.toPoint())),
        QPoint(),
        QPoint(0, round(120 * notches)),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(pane, event)


def test_the_wheel_narrows_upwards_and_widens_back_by_as_much(pane):
    factors: list[float] = []
    pane.zoom_requested.connect(factors.append)
    wheel(pane, 1)
    wheel(pane, -1)
    wheel(pane, 0.5)
    assert factors[0] < 1 < factors[1]
    assert factors[0] * factors[1] == pytest.approx(1)
    assert factors[2] ** 2 == pytest.approx(factors[0])


def test_a_double_click_asks_to_fly_where_it_points(qtbot, pane):
    spot = QPoint(400, 120)
    with (
        qtbot.waitSignal(pane.fly_requested) as flight,
        qtbot.assertNotEmitted(pane.camera_dragged),
    ):
        qtbot.mouseDClick(pane, LEFT, pos=spot)
    assert flight.args[0] == pytest.approx(pane.direction_at(QPointF(spot)))


def test_hovering_tells_the_direction_and_leaving_tells_none(qtbot, equirect):
    told: list[tuple[float, float] | None] = []
    equirect.hovered.connect(told.append)
    qtbot.mouseMove(equirect, place(equirect, -90, 30))
    assert np.degrees(told[-1]) == pytest.approx((-90, 30), abs=1)
    qtbot.mouseMove(equirect, QPoint(equirect.width() // 2, 1))
    assert told[-1] is None


def test_an_empty_pane_asks_for_nothing(qtbot, pane):
    pane.set_content(EMPTY_CONTENT)
    signals = (pane.camera_dragged, pane.zoom_requested, pane.fly_requested, pane.hovered)
    told: list[object] = []
    for signal in signals:
        signal.connect(told.append)
    drag(qtbot, pane, QPoint(300, 160), QPoint(380, 160))
    qtbot.mouseDClick(pane, LEFT, pos=QPoint(300, 160))
    wheel(pane, 1)
    assert told == []


def test_setters_show_and_never_answer(qtbot, pane):
    told: list[object] = []
    for signal in (pane.camera_dragged, pane.zoom_requested, pane.fly_requested, pane.hovered):
        signal.connect(told.append)
    pane.set_camera(Camera(yaw=1.0, pitch=0.3), 1.5)
    pane.set_content(RenderContent(planes=compass_planes(), frame_key=2))
    pane.set_invert_drag(True)
    qtbot.wait(20)
    assert told == []
    assert pane.camera == Camera(yaw=1.0, pitch=0.3)


# ---- places ------------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", ["equirect", "cube"])
def test_positions_and_directions_are_each_others_inverse(equirect, mode):
    equirect.set_mode(mode)
    for yaw_deg, pitch_deg in [(0, 0), (-170, 10), (175, -30), (60, 75), (-20, -80)]:
        where = equirect.position_of(radians(yaw_deg), radians(pitch_deg))
        there = np.degrees(equirect.direction_at(where))
        assert there == pytest.approx((yaw_deg, pitch_deg), abs=1e-6)


def test_beside_the_picture_there_is_no_direction(equirect):
    assert equirect.direction_at(QPointF(1, 1)) is None
    equirect.set_mode("cube")
    box = equirect.picture
    assert equirect.direction_at(QPointF(box.x + 2, box.y + 2)) is None


def test_the_flat_view_sees_its_own_camera_in_the_middle(nfov):
    nfov.set_camera(Camera(yaw=2.0, pitch=-0.4, roll=0.3))
    middle = QPointF(nfov.width() / 2, nfov.height() / 2)
    assert nfov.direction_at(middle) == pytest.approx((2.0, -0.4))
    assert nfov.aspect == pytest.approx(SIZE[0] / SIZE[1])


def test_resizing_the_flat_view_tells_its_new_aspect(qtbot, nfov):
    with qtbot.waitSignal(nfov.aspect_changed) as change:
        nfov.resize(400, 400)
    assert change.args[0] == pytest.approx(1.0)
    assert nfov.aspect == pytest.approx(1.0)


# ---- pixels ------------------------------------------------------------------------------------


def test_the_picture_is_letterboxed_and_shows_the_frame(equirect):
    equirect.set_outline_visible(False)
    equirect.set_ruler_visible(False)
    picture, box = pixels(equirect), equirect.picture
    assert box.width == 2 * box.height
    inside = np.zeros(picture.shape[:2], bool)
    inside[box.y : box.y + box.height, box.x : box.x + box.width] = True
    assert (picture[~inside] == BACKGROUND.getRgb()[:3]).all()
    frame = picture[inside].reshape(box.height, box.width, 3)
    assert (frame[box.height // 2, 4 : box.width // 2 - 4] == 60).all()
    assert (frame[box.height // 2, box.width // 2 + 4 : -4] == 160).all()


@pytest.mark.parametrize("mode", ["equirect", "cube"])
@pytest.mark.parametrize(
    "camera", [Camera(), Camera(yaw=radians(175), pitch=radians(15), roll=radians(20))]
)
def test_the_outline_of_the_flat_view_is_drawn_where_it_ends(equirect, mode, camera):
    equirect.set_mode(mode)
    equirect.set_ruler_visible(False)
    equirect.set_camera(camera, 1.5)
    picture, box = pixels(equirect), equirect.picture
    border = geometry.dir_from_angles(*view_outline(camera, 1.5).T)
    to_picture = geometry.uv_from_dir if mode == "equirect" else geometry.net_from_dir
    at = np.floor(to_picture(border) * (box.width, box.height)).astype(int)
    x, y = np.minimum(at, (box.width - 1, box.height - 1)).T
    x, y = x + box.x, y + box.y
    bright = picture[y, x].min(axis=1) > 185
    assert bright.mean() > 0.95
    equirect.set_outline_visible(False)
    assert (pixels(equirect)[y, x] <= 162).all()


def test_the_flat_view_shows_what_lies_ahead(nfov):
    nfov.set_camera(Camera(yaw=radians(90), hfov=radians(60)))
    assert (pixels(nfov) == 160).all()
    nfov.set_camera(Camera(yaw=radians(-90), hfov=radians(60)))
    assert (pixels(nfov) == 60).all()


def test_the_heatmap_is_painted_and_can_be_hidden(nfov):
    lut = colormap_lut("turbo")
    hot = np.ones((30, 60), np.float32)
    settings = {"saliency": hot, "saliency_key": 1, "lut": lut, "lut_key": "turbo"}
    covered = RenderContent(CONTENT.planes, 1, **settings, opacity=1.0, threshold=0.0)
    nfov.set_content(covered)
    assert (pixels(nfov) == lut[255]).all()
    hidden = RenderContent(CONTENT.planes, 1, **settings, opacity=1.0, overlay_visible=False)
    nfov.set_content(hidden)
    assert set(np.unique(pixels(nfov))) <= set(range(60, 161))


def test_the_empty_pane_says_what_to_do(pane):
    pane.set_content(EMPTY_CONTENT)
    picture = pixels(pane)
    assert (picture[0, 0] == BACKGROUND.getRgb()[:3]).all()
    middle = picture.shape[0] // 2
    assert (picture[middle - 20 : middle + 20].max(axis=2) > 100).any()


def test_words_are_also_in_a_grab_of_the_window(equirect):
    equirect.set_content(EMPTY_CONTENT)
    image = equirect.grab().toImage().convertToFormat(QImage.Format.Format_Grayscale8)
    row = [image.pixelColor(x, image.height() // 2).lightness() for x in range(image.width())]
    assert max(row) > 100


def test_a_new_frame_replaces_the_old_one(nfov):
    nfov.set_camera(Camera(yaw=radians(90), hfov=radians(40)))
    assert (pixels(nfov) == 160).all()
    darker = compass_planes()
    darker.y[:] = 33
    nfov.set_content(RenderContent(planes=darker, frame_key=2))
    assert (pixels(nfov) == 33).all()


# ---- life --------------------------------------------------------------------------------------


def test_a_pane_survives_hiding_and_being_put_elsewhere(qtbot, nfov):
    nfov.set_camera(Camera(yaw=radians(90), hfov=radians(40)))
    assert (pixels(nfov) == 160).all()
    nfov.hide()
    nfov.show()
    qtbot.waitExposed(nfov)
    assert (pixels(nfov) == 160).all()
    window = QWidget()
    qtbot.addWidget(window)
    QHBoxLayout(window).addWidget(nfov)
    window.resize(500, 300)
    window.show()
    qtbot.waitExposed(window)
    assert (pixels(nfov) == 160).all()
    nfov.setParent(None)
    nfov.show()
    qtbot.waitExposed(nfov)
    assert (pixels(nfov) == 160).all()


def test_releasing_twice_is_harmless_and_the_pane_can_draw_again(pane):
    before = pixels(pane)
    pane.release()
    pane.release()
    assert (pixels(pane) == before).all()


def test_a_pane_that_cannot_draw_says_so_and_stays_alive(qtbot, monkeypatch, tmp_path):
    """A damaged installation: the shaders are gone."""
    from cubesal_viewer import assets

    monkeypatch.setattr(assets, "_PACKAGE", tmp_path / "cubesal_viewer")
    pane = NfovPane()
    qtbot.addWidget(pane)
    pane.set_content(CONTENT)
    with qtbot.waitSignal(pane.gl_failed) as failure:
        pane.show()
    assert "screen.vert" in failure.args[0]
    assert pane._message.isVisible()
    assert "screen.vert" in pane._message.text()
    pane.set_camera(Camera(yaw=1.0))
    pane.repaint()


def test_a_frame_that_the_device_cannot_hold_is_a_message(qtbot, nfov):
    vast = np.zeros((2, 1 << 17), np.uint8)
    huge = YuvPlanes(vast, vast, vast, ColourSpec("bt601", full_range=True))
    with qtbot.waitSignal(nfov.gl_failed) as failure:
        nfov.set_content(RenderContent(planes=huge, frame_key=9))
    assert "131072x2" in failure.args[0]
    nfov.set_content(CONTENT)
    assert not nfov._message.isVisible()
    assert pixels(nfov).max() == 160


def test_nothing_is_uploaded_for_a_repaint(nfov, monkeypatch):
    pixels(nfov)
    uploaded: list[tuple[int, ...]] = []
    original = Texture.upload

    def counted(self: Texture, array: np.ndarray) -> None:
        uploaded.append(array.shape)
        original(self, array)

    monkeypatch.setattr(Texture, "upload", counted)
    nfov.set_camera(Camera(yaw=0.5))
    pixels(nfov)
    assert uploaded == []
    nfov.set_content(RenderContent(planes=compass_planes(), frame_key=2))
    pixels(nfov)
    assert uploaded == [(128, 256), (64, 128), (64, 128)]


@pytest.mark.slow
def test_places_and_pixels_also_agree_on_a_screen_with_scaled_pixels():
    """Qt reads the factor when it starts, hence another process."""
    if "QT_SCALE_FACTOR" in os.environ:
        pytest.skip("this is that process")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", __file__]
    result = subprocess.run(
        [*command, "-k", "outline or letterboxed or inverse or seam or grab or empty_pane_says"],
        check=False,
        env=os.environ | {"QT_SCALE_FACTOR": "1.5"},
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        timeout=150,
    )
    assert result.returncode == 0, result.stdout[-3000:]
