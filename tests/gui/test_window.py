"""The real window on a real clip, driven by mouse and keys."""

from __future__ import annotations

from math import degrees, pi, radians
from pathlib import Path

import cv2
import numpy as np
import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent, QWheelEvent
from PySide6.QtWidgets import QApplication, QComboBox
from pytestqt.qtbot import QtBot

from cubesal.camera import Camera, wrap_angle
from cubesal.geometry import equirect_to_perspective
from cubesal.overlay import blend_overlay
from cubesal.video import ClipReader
from cubesal_viewer.app import Viewer
from cubesal_viewer.widgets.error_dialog import ErrorDialog
from cubesal_viewer.widgets.key_guard import KeyGuard
from tests.gui.conftest import open_clip, picture_of, pixels, wait_analysed
from tests.media import frame_number, make_audio, make_text, make_zero_byte

pytestmark = pytest.mark.gl


def shows(viewer: Viewer, index: int) -> bool:
    """Whether the equirect pane's own pixels carry this frame's number."""
    return frame_number(picture_of(viewer)) == index


def press(qtbot: QtBot, viewer: Viewer, key: Qt.Key) -> None:
    """A key pressed in the window, wherever the focus is."""
    qtbot.keyClick(viewer.window, key)


def drag(qtbot: QtBot, widget: object, start: QPoint, end: QPoint, steps: int = 8) -> None:
    qtbot.mousePress(widget, Qt.MouseButton.LeftButton, pos=start)
    for k in range(1, steps + 1):
        qtbot.mouseMove(widget, start + (end - start) * k / steps)
    qtbot.mouseRelease(widget, Qt.MouseButton.LeftButton, pos=end)


def test_an_empty_window_invites_and_every_key_is_harmless(qtbot: QtBot, viewer: Viewer) -> None:
    for key in (Qt.Key.Key_Space, Qt.Key.Key_Period, Qt.Key.Key_N, Qt.Key.Key_P, Qt.Key.Key_V):
        press(qtbot, viewer, key)
    assert viewer.transport.frame is None
    assert not viewer.window.transport.isEnabled()


def test_dropping_a_clip_opens_it(qtbot: QtBot, viewer: Viewer, known_clip: Path) -> None:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(known_clip))])
    copy, left = Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton
    no_keys = Qt.KeyboardModifier.NoModifier
    with qtbot.waitSignal(viewer.transport.frame_changed, timeout=10_000):
        viewer.window.dropEvent(QDropEvent(QPointF(50, 50), copy, data, left, no_keys))
    assert "numbers.mp4" in viewer.window.windowTitle()
    viewer.toggle_heatmap()
    qtbot.waitUntil(lambda: shows(viewer, 0), timeout=5000)


def test_keys_step_and_skip_through_time(qtbot: QtBot, viewer: Viewer, known_clip: Path) -> None:
    open_clip(qtbot, viewer, known_clip)
    viewer.toggle_heatmap()
    for key, index in (
        (Qt.Key.Key_Period, 1),
        (Qt.Key.Key_Up, 11),
        (Qt.Key.Key_Right, 41),
        (Qt.Key.Key_Comma, 40),
        (Qt.Key.Key_Left, 10),
        (Qt.Key.Key_Down, 0),
    ):
        press(qtbot, viewer, key)
        qtbot.waitUntil(lambda index=index: shows(viewer, index), timeout=5000)
        assert viewer.state.playhead.index == index


def test_space_plays_and_pauses(qtbot: QtBot, viewer: Viewer, known_clip: Path) -> None:
    open_clip(qtbot, viewer, known_clip)
    viewer.toggle_heatmap()
    press(qtbot, viewer, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: viewer.state.playhead.index >= 5, timeout=10_000)
    press(qtbot, viewer, Qt.Key.Key_Space)
    assert not viewer.state.playhead.playing
    index = viewer.state.playhead.index
    qtbot.waitUntil(lambda: shows(viewer, index), timeout=5000)
    qtbot.wait(150)
    assert viewer.state.playhead.index == index


def test_clicking_the_timeline_seeks(qtbot: QtBot, viewer: Viewer, known_clip: Path) -> None:
    open_clip(qtbot, viewer, known_clip)
    viewer.toggle_heatmap()
    timeline = viewer.window.timeline
    place = QPoint(timeline.width() // 2, timeline.height() // 2)
    qtbot.mouseClick(timeline.viewport(), Qt.MouseButton.LeftButton, pos=place)
    qtbot.waitUntil(lambda: abs(viewer.state.playhead.index - 30) <= 1, timeout=5000)
    index = viewer.state.playhead.index
    qtbot.waitUntil(lambda: shows(viewer, index), timeout=5000)


def test_overlay_pixels_are_those_of_the_cpu(
    qtbot: QtBot, viewer: Viewer, known_clip: Path
) -> None:
    open_clip(qtbot, viewer, known_clip)
    wait_analysed(qtbot, viewer)
    pane, frame, track = viewer.window.equirect, viewer.transport.frame, viewer.analysis.track
    assert frame is not None
    assert track is not None
    pane.set_outline_visible(False)
    pane.set_ruler_visible(False)
    shown = picture_of(viewer)
    saliency = track.at(frame.time_s).saliency
    assert saliency is not None
    height, width = shown.shape[:2]
    style = viewer.state.overlay.style
    painted = blend_overlay(frame.rgb(), saliency, float(saliency.max()), style)
    expected = cv2.resize(painted, (width, height), interpolation=cv2.INTER_AREA)
    error = np.abs(shown.astype(int) - expected)
    # The barcode's hard edges are filtered differently; the overlay itself lies below it.
    assert error[height // 4 :].mean() < 3
    viewer.toggle_heatmap()
    plain = picture_of(viewer)
    assert np.abs(plain.astype(int) - shown)[height // 4 :].max() > 40


def test_viewport_pixels_are_those_of_the_camera(
    qtbot: QtBot, viewer: Viewer, known_clip: Path
) -> None:
    open_clip(qtbot, viewer, known_clip)
    viewer.toggle_heatmap()
    viewer.steering.take_over(Camera(radians(100), radians(-20), 0.0, radians(80)))
    shown = pixels(viewer.window.nfov.grab_image())
    assert viewer.transport.frame is not None
    expected = equirect_to_perspective(
        viewer.transport.frame.rgb(), viewer.state.camera, shown.shape[1], shown.shape[0]
    )
    assert np.abs(shown.astype(int) - expected).mean() <= 1.5


def test_dragging_the_viewport_grabs_the_picture_and_stops_the_autopilot(
    qtbot: QtBot, viewer: Viewer, known_clip: Path
) -> None:
    open_clip(qtbot, viewer, known_clip)
    wait_analysed(qtbot, viewer)
    assert viewer.state.autopilot
    pane, before = viewer.window.nfov, viewer.state.camera
    middle = pane.rect().center()
    grabbed = pane.direction_at(QPointF(middle))
    drag(qtbot, pane, middle, middle + QPoint(60, 0))
    assert not viewer.state.autopilot
    assert wrap_angle(viewer.state.camera.yaw - before.yaw) < 0, "drag right looks left"
    assert grabbed is not None
    under = pane.direction_at(QPointF(middle + QPoint(60, 0)))
    assert under == pytest.approx(grabbed, abs=radians(1)), "the point stays under the mouse"


def test_keys_look_around_and_take_over_at_once(
    qtbot: QtBot, viewer: Viewer, known_clip: Path
) -> None:
    open_clip(qtbot, viewer, known_clip)
    for key, part, sign in (
        (Qt.Key.Key_D, "yaw", 1),
        (Qt.Key.Key_A, "yaw", -1),
        (Qt.Key.Key_W, "pitch", 1),
        (Qt.Key.Key_S, "pitch", -1),
        (Qt.Key.Key_E, "roll", 1),
        (Qt.Key.Key_Q, "roll", -1),
        (Qt.Key.Key_Minus, "hfov", 1),
        (Qt.Key.Key_Plus, "hfov", -1),
    ):
        viewer.state.set_autopilot(True)
        before = getattr(viewer.state.camera, part)
        press(qtbot, viewer, key)
        after = getattr(viewer.state.camera, part)
        assert (wrap_angle(after - before)) * sign > 0, part
        assert viewer.state.autopilot == (part == "hfov")


def test_wheel_changes_the_field_of_view(qtbot: QtBot, viewer: Viewer, known_clip: Path) -> None:
    open_clip(qtbot, viewer, known_clip)
    pane, before = viewer.window.nfov, viewer.state.camera.hfov
    centre = QPointF(pane.rect().center())
    event = QWheelEvent(
        centre,
        pane.mapToGlobal(centre),
        QPoint(0, 0),
        QPoint(0, 120),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(pane, event)
    assert viewer.state.camera.hfov < before


def test_double_click_flies_there_and_again_returns(
    qtbot: QtBot, viewer: Viewer, known_clip: Path
) -> None:
    open_clip(qtbot, viewer, known_clip)
    viewer.steering.take_over(Camera())
    pane = viewer.window.equirect
    there = pane.position_of(radians(120), radians(10)).toPoint()
    target = pane.direction_at(QPointF(there))
    assert target is not None
    qtbot.mouseDClick(pane, Qt.MouseButton.LeftButton, pos=there)
    qtbot.waitUntil(
        lambda: abs(wrap_angle(viewer.state.camera.yaw - target[0])) < radians(1), timeout=5000
    )
    qtbot.mouseDClick(pane, Qt.MouseButton.LeftButton, pos=there)
    qtbot.waitUntil(lambda: abs(viewer.state.camera.yaw) < radians(1), timeout=5000)


def test_real_footage_is_shown_frame_by_frame(
    qtbot: QtBot, viewer: Viewer, shared_data: Path
) -> None:
    path = shared_data / "clips" / "x360_Kitchen.mp4"
    open_clip(qtbot, viewer, path)
    viewer.toggle_heatmap()
    viewer.window.equirect.set_outline_visible(False)
    viewer.window.equirect.set_ruler_visible(False)
    press(qtbot, viewer, Qt.Key.Key_Up)
    qtbot.waitUntil(
        lambda: viewer.transport.frame is not None and viewer.transport.frame.index == 10,
        timeout=5000,
    )
    shown = picture_of(viewer)
    with ClipReader(path) as reader:
        expected = reader.read(10).rgb()
    expected = cv2.resize(expected, shown.shape[1::-1], interpolation=cv2.INTER_LINEAR)
    assert np.abs(shown.astype(int) - expected).mean() < 3


def test_autopilot_follows_its_path_in_time(qtbot: QtBot, viewer: Viewer, known_clip: Path) -> None:
    open_clip(qtbot, viewer, known_clip)
    wait_analysed(qtbot, viewer)
    for index in (0, 30, 59):
        viewer.transport.seek(index)
        plan = viewer.steering.plan
        assert plan is not None
        there = plan.path.at(float(viewer.transport.times_s[index]))
        camera = viewer.state.camera
        assert abs(wrap_angle(camera.yaw - there.yaw)) < radians(0.5)
        assert camera.pitch == pytest.approx(there.pitch, abs=radians(0.5))


def test_letting_go_plans_onward_from_the_persons_view(
    qtbot: QtBot, viewer: Viewer, known_clip: Path
) -> None:
    open_clip(qtbot, viewer, known_clip)
    wait_analysed(qtbot, viewer)
    chosen = Camera(viewer.state.camera.yaw + pi / 2, radians(20))
    viewer.steering.take_over(chosen)
    press(qtbot, viewer, Qt.Key.Key_P)
    assert viewer.state.autopilot
    first = viewer.state.camera
    assert abs(wrap_angle(first.yaw - chosen.normalised().yaw)) < radians(3), "no jump"
    qtbot.waitUntil(lambda: viewer.steering.settled, timeout=10_000)
    assert viewer.steering.plan is not None
    start = viewer.steering.plan.path.at(0.0)
    assert abs(degrees(wrap_angle(start.yaw - chosen.yaw))) < 6


def test_v_shows_the_cube_net_of_the_same_frame(
    qtbot: QtBot, viewer: Viewer, known_clip: Path
) -> None:
    open_clip(qtbot, viewer, known_clip)
    equirect = viewer.window.equirect
    press(qtbot, viewer, Qt.Key.Key_V)
    assert equirect.mode == "cube"
    assert equirect.picture.width * 3 == pytest.approx(equirect.picture.height * 4, abs=8)
    press(qtbot, viewer, Qt.Key.Key_V)
    assert equirect.mode == "equirect"


def test_a_focused_list_keeps_its_own_keys(
    qtbot: QtBot, viewer: Viewer, known_clip: Path, qapp: QApplication
) -> None:
    open_clip(qtbot, viewer, known_clip)
    guard = KeyGuard()
    qapp.installEventFilter(guard)
    try:
        chooser = viewer.window.overlay.findChild(QComboBox)
        assert chooser is not None
        viewer.window.activateWindow()
        chooser.setFocus()
        qtbot.waitUntil(chooser.hasFocus, timeout=3000)
        before = chooser.currentIndex()
        qtbot.keyClick(chooser, Qt.Key.Key_Down)
        assert chooser.currentIndex() == before + 1
        assert viewer.state.playhead.index == 0
        assert viewer.state.overlay.style.colormap == chooser.currentText()
    finally:
        qapp.removeEventFilter(guard)


def test_choosing_another_model_analyses_again(
    qtbot: QtBot, viewer: Viewer, known_clip: Path
) -> None:
    open_clip(qtbot, viewer, known_clip)
    wait_analysed(qtbot, viewer)
    assert viewer.analysis.track is not None
    assert viewer.analysis.track.model == "fast"
    viewer.state.set_model(type(viewer.state.model)("fast", prior=False))
    assert viewer.analysis.track is None
    wait_analysed(qtbot, viewer)
    assert viewer.transport.frame is not None


@pytest.mark.parametrize(
    ("make", "name"),
    [
        (make_text, "prose.mp4"),
        (make_zero_byte, "empty.mp4"),
        (make_audio, "song.mp4"),
        (lambda path: path, "missing.mp4"),
    ],
)
def test_what_is_no_clip_gets_one_sentence_and_the_window_lives_on(
    qtbot: QtBot, viewer: Viewer, tmp_path: Path, known_clip: Path, make: object, name: str
) -> None:
    bad = make(tmp_path / name)  # type: ignore[operator]
    with qtbot.waitSignal(viewer.failed, timeout=10_000):
        viewer.open(bad)
    box = viewer.window.findChild(ErrorDialog)
    assert box is not None
    text = box.message
    assert name in text
    assert "\n" not in text
    assert "Traceback" not in text
    box.close()
    open_clip(qtbot, viewer, known_clip)
    assert viewer.transport.frame is not None


def test_the_view_wraps_at_the_seam_and_clamps_at_the_poles(viewer: Viewer) -> None:
    viewer.steering.take_over(Camera(radians(170)))
    viewer.steering.turn(yaw=radians(20))
    assert degrees(viewer.state.camera.yaw) == pytest.approx(-170)
    viewer.steering.turn(pitch=radians(200))
    assert degrees(viewer.state.camera.pitch) == pytest.approx(90)
