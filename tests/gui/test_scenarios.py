"""What people do, a sentence each, from beginning to end in the real window."""

from __future__ import annotations

from collections.abc import Callable
from math import radians
from pathlib import Path

import av
import numpy as np
import pytest
from PySide6.QtCore import QPoint, QSettings, Qt, QTimer
from PySide6.QtOpenGLWidgets import QOpenGLWidget
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QCheckBox, QFileDialog, QLineEdit, QWidget
from pytestqt.qtbot import QtBot

from cubesal.camera import Camera, wrap_angle
from cubesal.cli import main
from cubesal.track import load_npz
from cubesal_viewer.app import Viewer
from cubesal_viewer.editing.hands import place_menu
from cubesal_viewer.export.dialog import ExportDialog
from cubesal_viewer.state import Edits
from tests.gui.conftest import open_clip, pixels, wait_analysed
from tests.media import make_clip

pytestmark = pytest.mark.gl

CONTROL = Qt.KeyboardModifier.ControlModifier
SHIFT = Qt.KeyboardModifier.ShiftModifier
ALT = Qt.KeyboardModifier.AltModifier


@pytest.fixture
def ready(qtbot: QtBot, viewer: Viewer, known_clip: Path) -> Viewer:
    """A window with an analysed clip, its camera at rest."""
    open_clip(qtbot, viewer, known_clip)
    wait_analysed(qtbot, viewer)
    qtbot.waitUntil(lambda: viewer.documents.is_ready, timeout=5000)
    return viewer


def test_open_scrub_to_four_seconds_see_the_map_of_that_moment(
    qtbot: QtBot, viewer: Viewer, tmp_path: Path
) -> None:
    clip = make_clip(tmp_path / "long.mp4", frames=150, size=(320, 160))
    open_clip(qtbot, viewer, clip)
    strip = viewer.window.timeline
    x = min(range(strip.width()), key=lambda x: abs(strip.time_at(x) - 4.0))
    qtbot.mouseClick(strip.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(x, 30))
    wait_analysed(qtbot, viewer)
    time_s = viewer.state.playhead.time_s
    assert abs(time_s - 4.0) < 0.05
    frame = viewer.transport.frame
    assert frame is not None
    assert frame.time_s == time_s
    assert main(["predict", str(clip), "--model", "fast", "--out", str(tmp_path), "-q"]) == 0
    expected = load_npz(tmp_path / "long.npz").at(time_s)
    shown = viewer.analysis.view_at(time_s)
    assert shown.status == expected.status == "current"
    assert shown.saliency is not None
    assert expected.saliency is not None
    peak = float(expected.saliency.max())
    np.testing.assert_allclose(shown.saliency, expected.saliency, atol=peak / 255)


def test_a_drag_takes_over_from_the_autopilot_and_p_gives_it_back(
    qtbot: QtBot, ready: Viewer
) -> None:
    pane = ready.window.nfov
    middle = pane.rect().center()
    assert ready.steering.plan is not None
    planned = ready.steering.plan.path.at(0.0).yaw
    qtbot.mousePress(pane, Qt.MouseButton.LeftButton, pos=middle)
    for step in range(1, 5):
        qtbot.mouseMove(pane, middle + QPoint(40 * step, 0))
    qtbot.mouseRelease(pane, Qt.MouseButton.LeftButton, pos=middle + QPoint(160, 0))
    assert not ready.state.autopilot
    held = ready.state.camera
    assert abs(wrap_angle(held.yaw - planned)) > radians(10)
    qtbot.keyClick(pane, Qt.Key.Key_P)
    assert ready.state.autopilot
    qtbot.waitUntil(lambda: ready.steering.settled, timeout=10_000)
    onward = ready.steering.plan.path.at(1.9).yaw
    left_s = 1.9 - ready.state.playhead.time_s
    assert abs(wrap_angle(onward - held.yaw)) <= radians(40) * left_s + 1e-3, "no jump"


def test_undo_everything(qtbot: QtBot, ready: Viewer) -> None:
    pane, editor = ready.window.nfov, ready.editor

    def at(index: int, key: Qt.Key, modifier: Qt.KeyboardModifier | None = None) -> None:
        ready.transport.seek(index)
        qtbot.waitUntil(lambda: ready.state.playhead.index == index, timeout=5000)
        qtbot.keyClick(pane, key, modifier or Qt.KeyboardModifier.NoModifier)

    at(5, Qt.Key.Key_I)
    at(50, Qt.Key.Key_O)
    at(20, Qt.Key.Key_M)
    ready.steering.take_over(Camera(1.0, 0.1))
    at(10, Qt.Key.Key_X)
    ready.steering.take_over(Camera(-1.0, 0.0))
    at(40, Qt.Key.Key_X)
    at(40, Qt.Key.Key_Y)  # lock
    at(40, Qt.Key.Key_Z, SHIFT)  # straight
    editor.move_key(ready.state.edits.path[0], 0.5)
    menu = place_menu(editor, (0.3, 0.0), ready.window)
    next(a for a in menu.actions() if a.text() == "Avoid this area").trigger()
    at(10, Qt.Key.Key_Delete)
    states = [ready.state.edits]
    while editor.history.stack.canUndo():
        qtbot.keyClick(pane, Qt.Key.Key_Z, CONTROL)
        assert ready.state.edits != states[-1], "every step takes something back"
        states.append(ready.state.edits)
    assert states[-1] == Edits()
    assert len(states) > 8
    for state in reversed(states[:-1]):
        qtbot.keyClick(pane, Qt.Key.Key_Z, CONTROL | SHIFT)
        assert ready.state.edits == state


def activate(qtbot: QtBot, window: QWidget) -> None:
    """What a window manager does for a window when a dialog opens or closes; Xvfb has none."""
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow, timeout=5000)


def focus_by_tab(widget: QWidget, wanted: Callable[[QWidget], bool]) -> QWidget:
    """Press Tab, as a hand without a mouse does, until the wanted control has the focus."""
    for _ in range(60):
        focused = QApplication.focusWidget()
        if focused is not None and wanted(focused):
            return focused
        QTest.keyClick(focused or widget, Qt.Key.Key_Tab)
    raise AssertionError("Tab never reaches it")


def test_keyboard_only_from_open_to_export(
    qtbot: QtBot, viewer: Viewer, known_clip: Path, tmp_path: Path
) -> None:
    window = viewer.window

    def type_the_name() -> None:
        dialog = QApplication.activeModalWidget()
        if not isinstance(dialog, QFileDialog) or not dialog.isVisible():
            return
        field = dialog.findChild(QLineEdit)
        if field is None or QApplication.focusWidget() is not field:
            dialog.activateWindow()
            return
        typing.stop()
        QTest.keyClicks(field, str(known_clip))
        QTest.keyClick(field, Qt.Key.Key_Return)

    typing = QTimer(interval=100)
    typing.timeout.connect(type_the_name)
    typing.start()
    with qtbot.waitSignal(viewer.transport.frame_changed, timeout=20_000):
        QTest.keyClick(window, Qt.Key.Key_O, CONTROL)
    wait_analysed(qtbot, viewer)
    qtbot.waitUntil(lambda: viewer.documents.is_ready, timeout=5000)
    activate(qtbot, window)
    for key in (Qt.Key.Key_Right, Qt.Key.Key_I, Qt.Key.Key_Up, Qt.Key.Key_O):
        QTest.keyClick(QApplication.focusWidget() or window, key)
        qtbot.wait(150)
    assert viewer.state.edits.span_s == pytest.approx((1.0, 40 / 30))
    QTest.keyClick(window, Qt.Key.Key_E, CONTROL | ALT)
    qtbot.waitUntil(lambda: window.findChild(ExportDialog) is not None, timeout=5000)
    dialog = window.findChild(ExportDialog)
    assert dialog is not None
    activate(qtbot, dialog)
    overlay = focus_by_tab(dialog, lambda widget: widget is dialog.overlay)
    assert isinstance(overlay, QCheckBox)
    QTest.keyClick(overlay, Qt.Key.Key_Space)
    folder = focus_by_tab(dialog, lambda widget: widget is dialog.folder)
    QTest.keyClick(folder, Qt.Key.Key_A, CONTROL)
    QTest.keyClicks(folder, str(tmp_path))
    written: list[Path] = []
    viewer.exports.finished.connect(written.append)
    QTest.keyClick(folder, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: len(written) == 2, timeout=60_000)
    assert {path.parent for path in written} == {tmp_path}
    for path in written:
        with av.open(str(path)) as video:
            assert sum(1 for _ in video.decode(video=0)) == 10


@pytest.mark.usefixtures("with_gl")
def test_take_the_viewport_out_dock_it_again_it_still_draws(
    qtbot: QtBot, ready: Viewer, tmp_path: Path
) -> None:
    window, pane = ready.window, ready.window.nfov
    dock = window.panes.docks[1]
    assert pane.findChildren(QOpenGLWidget)
    ready.steering.take_over(Camera(radians(40), 0.0))
    before = pixels(pane.grab_image())
    assert before.std() > 5
    width = pane.width()
    dock.setFloating(True)
    qtbot.waitUntil(lambda: pane.window() is dock and pane.isVisible(), timeout=5000)
    dock.resize(640, 400)
    qtbot.waitUntil(lambda: pane.width() > 500, timeout=5000)
    shown = pixels(pane.grab_image())
    assert shown.shape != before.shape
    assert shown.std() > 5, "it draws in a window of its own"
    activate(qtbot, dock)
    pane.setFocus()
    QTest.keyClick(pane, Qt.Key.Key_D)
    assert ready.state.camera.yaw > radians(40), "keys work there too"
    ready.steering.take_over(Camera(radians(40), 0.0))
    settings = QSettings(str(tmp_path / "layout.ini"), QSettings.Format.IniFormat)
    window.save_layout(settings)
    window.reset_layout()
    qtbot.waitUntil(lambda: pane.window() is window, timeout=5000)
    qtbot.waitUntil(lambda: abs(pane.width() / width - 1) < 0.1, timeout=5000)
    assert pixels(pane.grab_image()).std() == pytest.approx(before.std(), rel=0.05)
    window.restore_layout(settings)
    assert dock.isFloating(), "where it was left is where it is at the next start"
    dock.setFloating(False)
