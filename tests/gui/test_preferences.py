"""Preferences and keys of one's own, changed in the real dialog and felt in the real window."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QKeySequence, QPalette
from PySide6.QtWidgets import (
    QApplication,
    QCheckBox,
    QComboBox,
    QDoubleSpinBox,
    QKeySequenceEdit,
    QLabel,
    QLineEdit,
    QPushButton,
    QTableWidget,
    QWidget,
)
from pytestqt.qtbot import QtBot

from cubesal.camera import Camera
from cubesal_viewer.app import Viewer
from cubesal_viewer.preferences.dialog import PreferencesDialog
from cubesal_viewer.preferred import Preferences
from tests.gui.conftest import open_clip, wait_analysed

pytestmark = pytest.mark.gl


@pytest.fixture
def dialog(qtbot: QtBot, viewer: Viewer) -> PreferencesDialog:
    qtbot.keyClick(viewer.window, Qt.Key.Key_Comma, Qt.KeyboardModifier.ControlModifier)
    shown = viewer.window.findChild(PreferencesDialog)
    assert shown is not None
    qtbot.waitExposed(shown)
    return shown


def by_name(root: QWidget, kind: type[QWidget], name: str) -> QWidget:
    """The widget of this kind whose text or accessible name is ``name``."""
    for widget in root.findChildren(kind):
        text = widget.text() if hasattr(widget, "text") else ""
        if name in (text, widget.accessibleName()):
            return widget
    raise AssertionError(f"no {kind.__name__} {name!r}")


def click(qtbot: QtBot, root: QWidget, name: str) -> None:
    qtbot.mouseClick(by_name(root, QPushButton, name), Qt.MouseButton.LeftButton)


def drag_right(qtbot: QtBot, pane: QWidget) -> None:
    place = pane.rect().center()
    qtbot.mousePress(pane, Qt.MouseButton.LeftButton, pos=place)
    for k in range(1, 9):
        qtbot.mouseMove(pane, place + QPoint(8 * k, 0))
    qtbot.mouseRelease(pane, Qt.MouseButton.LeftButton, pos=place + QPoint(64, 0))


def test_inverted_drags_turn_the_other_way_and_gliding_goes_on(
    qtbot: QtBot, viewer: Viewer, numbered_clip: Path, dialog: PreferencesDialog
) -> None:
    open_clip(qtbot, viewer, numbered_clip)
    pane = viewer.window.nfov
    viewer.steering.take_over(Camera())
    drag_right(qtbot, pane)
    assert viewer.state.camera.yaw < -0.05
    assert not viewer.preferences.glide.is_gliding
    by_name(dialog, QCheckBox, "Invert drag").click()
    by_name(dialog, QCheckBox, "Glide on after a drag").click()
    viewer.steering.take_over(Camera())
    drag_right(qtbot, pane)
    let_go = viewer.state.camera.yaw
    assert let_go > 0.05
    qtbot.waitUntil(lambda: viewer.state.camera.yaw > let_go + 0.02, timeout=3000)
    qtbot.mousePress(pane, Qt.MouseButton.LeftButton, pos=pane.rect().center())
    assert not viewer.preferences.glide.is_gliding
    qtbot.mouseRelease(pane, Qt.MouseButton.LeftButton, pos=pane.rect().center())


def test_the_autopilot_takes_over_again_but_only_from_a_hand(
    qtbot: QtBot, viewer: Viewer, numbered_clip: Path, dialog: PreferencesDialog
) -> None:
    open_clip(qtbot, viewer, numbered_clip)
    by_name(dialog, QCheckBox, "Autopilot takes over again after").click()
    after = by_name(dialog, QDoubleSpinBox, "Seconds until the autopilot takes over again")
    after.setValue(1)
    assert viewer.state.preferences.resume_s == 1.0
    assert viewer.state.autopilot
    viewer.toggle_autopilot()
    qtbot.wait(1300)
    assert not viewer.state.autopilot
    viewer.toggle_autopilot()
    drag_right(qtbot, viewer.window.nfov)
    assert not viewer.state.autopilot
    qtbot.wait(500)
    assert not viewer.state.autopilot
    qtbot.waitUntil(lambda: viewer.state.autopilot, timeout=3000)


def test_another_rate_analyses_anew_on_its_own_grid(
    qtbot: QtBot, viewer: Viewer, numbered_clip: Path, dialog: PreferencesDialog
) -> None:
    open_clip(qtbot, viewer, numbered_clip)
    wait_analysed(qtbot, viewer)
    track = viewer.analysis.track
    assert track is not None
    assert len(track) == 10
    rate = by_name(dialog, QDoubleSpinBox, "Maps per second of the clip")
    rate.setValue(2.0)
    qtbot.waitUntil(
        lambda: viewer.analysis.track is not None and len(viewer.analysis.track) == 4,
        timeout=20_000,
    )
    wait_analysed(qtbot, viewer)


def test_the_theme_changes_at_once_and_restoring_brings_the_defaults(
    viewer: Viewer, dialog: PreferencesDialog
) -> None:
    theme = by_name(dialog, QComboBox, "Theme")
    stale = by_name(dialog, QComboBox, "Where a moment is not analysed yet")
    stale.setCurrentIndex(1)
    brightness = []
    for choice in ("light", "dark"):
        theme.setCurrentIndex(theme.findData(choice))
        brightness.append(QApplication.palette().color(QPalette.ColorRole.Window).lightness())
    assert brightness[0] > 200 > 60 > brightness[1]
    assert viewer.state.preferences == Preferences(show_stale=False, theme="dark")
    dialog.tabs.setCurrentIndex(2)
    by_name(dialog, QPushButton, "Restore this page").click()
    assert viewer.state.preferences == Preferences(show_stale=False)
    by_name(dialog, QPushButton, "Restore all defaults").click()
    assert viewer.state.preferences == Preferences()
    assert stale.currentIndex() == 0


def choose(dialog: PreferencesDialog, command: str) -> None:
    """Choose the row of a command on the page of keys."""
    dialog.tabs.setCurrentWidget(dialog.keys)
    table = dialog.findChild(QTableWidget)
    for row in range(table.rowCount()):
        if table.item(row, 0).text() == command:
            table.setCurrentCell(row, 0)
            return
    raise AssertionError(f"no command {command!r}")


def press_new(qtbot: QtBot, dialog: PreferencesDialog, key: Qt.Key) -> None:
    qtbot.keyClick(dialog.findChild(QKeySequenceEdit), key)


def says(dialog: PreferencesDialog, words: str) -> bool:
    return any(words in label.text() for label in dialog.findChildren(QLabel) if label.isVisible())


def test_a_key_pressed_for_a_command_works_and_is_remembered(
    qtbot: QtBot, viewer: Viewer, dialog: PreferencesDialog
) -> None:
    choose(dialog, "Equirect or cube net")
    press_new(qtbot, dialog, Qt.Key.Key_F6)
    dialog.close()
    viewer.window.activateWindow()
    qtbot.waitUntil(viewer.window.isActiveWindow, timeout=5000)
    qtbot.keyClick(viewer.window, Qt.Key.Key_V)
    assert viewer.state.pane_mode == "equirect"
    qtbot.keyClick(viewer.window, Qt.Key.Key_F6)
    assert viewer.state.pane_mode == "cube"
    again = Viewer(viewer._settings)
    assert again.key_map.keys_text("Equirect or cube net") == "F6"
    again.remembers = False
    again.window.close()


def test_a_key_that_is_taken_is_refused_by_name_or_reassigned(
    qtbot: QtBot, viewer: Viewer, dialog: PreferencesDialog
) -> None:
    keys = viewer.key_map
    choose(dialog, "Heatmap")
    press_new(qtbot, dialog, Qt.Key.Key_K)
    assert says(dialog, "K already belongs to “Play or pause”")
    assert keys.keys_text("Heatmap") == "H"
    assert keys.keys_text("&Play or pause") == "Space  K"
    click(qtbot, dialog, "Take the key from the command that has it")
    assert keys.keys_text("Heatmap") == "K"
    assert keys.keys_text("&Play or pause") == "Space"
    choose(dialog, "Play or pause")
    click(qtbot, dialog, "Restore the keys of the chosen command")
    assert says(dialog, "“Heatmap” has a key that belonged here")
    assert keys.keys_text("Heatmap") == "K"
    click(qtbot, dialog, "Take the key from the command that has it")
    assert keys.keys_text("&Play or pause") == "Space  K"
    assert keys.keys_text("Heatmap") == ""
    click(qtbot, dialog, "Restore this page")
    assert keys.keys_text("Heatmap") == "H"
    assert not any(keys.is_changed(name) for name in keys.names)
    assert not [key for key in viewer._settings.allKeys() if key.startswith("keys/")]


def test_keys_can_be_added_and_removed_and_searched(
    qtbot: QtBot, viewer: Viewer, dialog: PreferencesDialog
) -> None:
    choose(dialog, "Heatmap")
    by_name(dialog, QCheckBox, "Keep its other keys").click()
    press_new(qtbot, dialog, Qt.Key.Key_F7)
    assert viewer.key_map.keys_text("Heatmap") == "H  F7"
    assert by_name(viewer.window, QCheckBox, "Show heatmap (H  F7)")
    table = dialog.findChild(QTableWidget)
    search = by_name(dialog, QLineEdit, "Search commands and keys")
    qtbot.keyClicks(search, "heat")
    shown = [row for row in range(table.rowCount()) if not table.isRowHidden(row)]
    assert [table.item(row, 0).text() for row in shown] == ["Heatmap"]
    click(qtbot, dialog, "Remove the keys of the chosen command")
    assert viewer.key_map.keys("Heatmap") == ()
    assert by_name(viewer.window, QCheckBox, "Show heatmap")
    # The fixture closes the window with the dialog still open.


def test_own_keys_win_over_defaults_that_came_later(viewer: Viewer) -> None:
    viewer._settings.setValue("keys/Heatmap", ["K"])
    again = Viewer(viewer._settings)
    assert again.key_map.keys("Heatmap") == (QKeySequence("K"),)
    assert again.key_map.keys_text("&Play or pause") == "Space"
    again.remembers = False
    again.window.close()
