"""Editing the path in the real window: keys, areas, recording, following, range, undo."""

from __future__ import annotations

import itertools
from math import degrees, radians
from pathlib import Path

import pytest
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QImage, QMouseEvent
from PySide6.QtWidgets import QApplication, QComboBox, QPushButton
from pytestqt.qtbot import QtBot

from cubesal.autopilot import PathKey
from cubesal.camera import Camera, wrap_angle
from cubesal.exporting import TimeRange
from cubesal_viewer.app import Viewer
from cubesal_viewer.editing.hands import key_menu, place_menu
from cubesal_viewer.export.saved import request_of
from cubesal_viewer.state import Edits
from tests.gui.conftest import open_clip, wait_analysed
from tests.media import make_clip

pytestmark = pytest.mark.gl


@pytest.fixture
def analysed(qtbot: QtBot, viewer: Viewer, known_clip: Path) -> Viewer:
    open_clip(qtbot, viewer, known_clip)
    wait_analysed(qtbot, viewer)
    qtbot.waitUntil(lambda: viewer.documents.is_ready, timeout=5000)
    return viewer


def seek(qtbot: QtBot, viewer: Viewer, index: int) -> None:
    viewer.transport.seek(index)
    qtbot.waitUntil(lambda: viewer.state.playhead.index == index, timeout=5000)


def look(viewer: Viewer, yaw_deg: float, pitch_deg: float = 0.0) -> None:
    hfov = viewer.state.camera.hfov
    viewer.steering.take_over(Camera(radians(yaw_deg), radians(pitch_deg), 0.0, hfov))


def press(qtbot: QtBot, viewer: Viewer, key: Qt.Key, *modifiers: Qt.KeyboardModifier) -> None:
    combined = Qt.KeyboardModifier.NoModifier
    for modifier in modifiers:
        combined |= modifier
    qtbot.keyClick(viewer.window.nfov, key, combined)


def path_yaw(viewer: Viewer, time_s: float) -> float:
    assert viewer.steering.plan is not None
    return degrees(viewer.steering.plan.path.at(time_s).yaw)


def meets(viewer: Viewer, key: PathKey) -> bool:
    if viewer.steering.plan is None or not viewer.steering.settled:
        return False
    return abs(wrap_angle(viewer.steering.plan.path.at(key.time_s).yaw - key.yaw)) < radians(0.1)


def test_a_key_set_by_hand_bends_the_path_and_undo_unbends_it(
    qtbot: QtBot, analysed: Viewer
) -> None:
    before = path_yaw(analysed, 1.0)
    seek(qtbot, analysed, 30)
    look(analysed, before + 70, 10)
    press(qtbot, analysed, Qt.Key.Key_X)
    (key,) = analysed.state.edits.path
    assert key.locked
    assert key.time_s == pytest.approx(1.0)
    qtbot.waitUntil(lambda: meets(analysed, key), timeout=5000)
    assert any(k == key for k in analysed.window.timeline.marks.keys)
    press(qtbot, analysed, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert analysed.state.edits.path == ()
    qtbot.waitUntil(lambda: abs(path_yaw(analysed, 1.0) - before) < 1, timeout=5000)
    press(
        qtbot,
        analysed,
        Qt.Key.Key_Z,
        Qt.KeyboardModifier.ControlModifier,
        Qt.KeyboardModifier.ShiftModifier,
    )
    assert analysed.state.edits.path == (key,)


def mouse(viewer: Viewer, kind: QMouseEvent.Type, at: QPointF, **more) -> None:
    strip = viewer.window.timeline
    button = more.get("button", Qt.MouseButton.LeftButton)
    modifiers = more.get("modifiers", Qt.KeyboardModifier.NoModifier)
    held = Qt.MouseButton.NoButton if kind is QMouseEvent.Type.MouseButtonRelease else button
    target = strip.viewport()
    event = QMouseEvent(kind, at, target.mapToGlobal(at), button, held, modifiers)
    QApplication.sendEvent(target, event)


def test_a_diamond_is_jumped_to_dragged_and_deleted_with_the_mouse(
    qtbot: QtBot, analysed: Viewer
) -> None:
    seek(qtbot, analysed, 15)
    look(analysed, 50)
    press(qtbot, analysed, Qt.Key.Key_X)
    seek(qtbot, analysed, 50)
    marks = analysed.window.timeline.marks
    (key,) = analysed.state.edits.path
    at = marks.position_of(key)
    mouse(analysed, QMouseEvent.Type.MouseButtonPress, at)
    qtbot.waitUntil(lambda: analysed.state.playhead.index == 15, timeout=5000)
    per_second = marks.position_of(PathKey(1.5, 0, 0, 0, 1)).x() - at.x()
    there = QPointF(at.x() + per_second * 0.5, at.y())
    mouse(analysed, QMouseEvent.Type.MouseMove, there)
    mouse(analysed, QMouseEvent.Type.MouseButtonRelease, there)
    (moved,) = analysed.state.edits.path
    assert moved.time_s == pytest.approx(1.0, abs=0.05)
    assert moved.time_s in [pytest.approx(k / 30) for k in range(60)]
    assert degrees(moved.yaw) == pytest.approx(50)
    alt = {"modifiers": Qt.KeyboardModifier.AltModifier}
    mouse(analysed, QMouseEvent.Type.MouseButtonPress, marks.position_of(moved), **alt)
    assert analysed.state.edits.path == ()


def test_a_key_of_the_planner_becomes_mine_and_can_be_given_back(
    qtbot: QtBot, analysed: Viewer
) -> None:
    theirs = analysed.window.timeline.marks.keys
    assert theirs
    assert not theirs[0].locked
    menu = key_menu(analysed.editor, theirs[0], analysed.window)
    next(a for a in menu.actions() if "Insist" in a.text()).trigger()
    (mine,) = analysed.state.edits.path
    assert mine.locked
    analysed.editor.ease_key("direct", mine)
    (mine,) = analysed.state.edits.path
    assert mine.ease == "direct"
    analysed.editor.toggle_lock(mine)
    assert analysed.state.edits.path == ()


def test_where_there_is_no_key_the_status_bar_says_what_to_do(
    qtbot: QtBot, analysed: Viewer
) -> None:
    seek(qtbot, analysed, 33)
    press(qtbot, analysed, Qt.Key.Key_Delete)
    assert "no key at this moment" in analysed.window.statusBar().currentMessage()


def test_recording_my_looking_becomes_the_path(qtbot: QtBot, analysed: Viewer) -> None:
    press(qtbot, analysed, Qt.Key.Key_R)
    assert analysed.state.recording
    assert not analysed.state.autopilot

    def turn() -> bool:
        time_s = analysed.state.playhead.time_s
        look(analysed, 40 * time_s)
        return time_s > 1.0

    qtbot.waitUntil(turn, timeout=10_000)
    press(qtbot, analysed, Qt.Key.Key_R)
    assert not analysed.state.recording
    keys = analysed.state.edits.path
    assert len(keys) >= 2
    qtbot.waitUntil(lambda: all(meets(analysed, key) for key in keys), timeout=5000)
    assert path_yaw(analysed, 0.6) == pytest.approx(24, abs=6)


def test_recording_ends_with_the_clip(qtbot: QtBot, analysed: Viewer) -> None:
    seek(qtbot, analysed, 40)
    analysed.editor.toggle_recording()
    qtbot.waitUntil(lambda: not analysed.state.recording, timeout=10_000)
    assert not analysed.state.playhead.playing


def test_following_from_the_context_menu_sets_keys_and_lets_go(
    qtbot: QtBot, analysed: Viewer
) -> None:
    menu = place_menu(analysed.editor, (0.0, 0.0), analysed.window)
    next(a for a in menu.actions() if "Follow" in a.text()).trigger()
    assert analysed.editor.is_following
    qtbot.waitUntil(lambda: not analysed.editor.is_following, timeout=20_000)
    keys = analysed.state.edits.path
    assert len(keys) >= 2
    assert keys[0].time_s == 0.0
    analysed.editor.history.stack.undo()
    assert analysed.state.edits == Edits()


def test_an_area_to_avoid_sends_the_path_elsewhere(qtbot: QtBot, analysed: Viewer) -> None:
    now = path_yaw(analysed, 1.0)
    pitch = analysed.steering.plan.path.at(1.0).pitch
    analysed.editor.add_area("avoid", (radians(now), pitch))
    (area,) = analysed.state.edits.areas
    assert area.kind == "avoid"
    qtbot.waitUntil(
        lambda: analysed.steering.settled and abs(path_yaw(analysed, 1.0) - now) > 5, timeout=5000
    )
    shown = analysed.window.autopilot.areas
    assert shown.isVisible()
    listed = shown.findChild(QComboBox)
    assert listed is not None
    assert "avoid" in listed.currentText()
    pane = analysed.window.equirect
    before = pane.grab_image()
    qtbot.mouseClick(shown.findChild(QPushButton), Qt.MouseButton.LeftButton)
    assert analysed.state.edits.areas == ()
    assert not shown.isVisible()
    assert pane.grab_image() != before, "the outline is gone"
    qtbot.waitUntil(
        lambda: analysed.steering.settled and abs(path_yaw(analysed, 1.0) - now) < 1, timeout=5000
    )
    analysed.editor.history.stack.undo()
    assert analysed.state.edits.areas == (area,)


def test_markers_and_range_come_by_keys_and_are_undone(qtbot: QtBot, analysed: Viewer) -> None:
    for index, key in ((10, Qt.Key.Key_I), (20, Qt.Key.Key_M), (40, Qt.Key.Key_O)):
        seek(qtbot, analysed, index)
        press(qtbot, analysed, key)
    edits = analysed.state.edits
    assert edits.span_s == pytest.approx((10 / 30, 40 / 30))
    assert [m.time_s for m in edits.markers] == [pytest.approx(20 / 30)]
    press(qtbot, analysed, Qt.Key.Key_Up, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: analysed.state.playhead.index == 20, timeout=5000)
    while analysed.editor.history.stack.canUndo():
        analysed.editor.history.stack.undo()
    assert analysed.state.edits == Edits()


def test_the_loop_goes_back_to_where_the_range_begins(qtbot: QtBot, analysed: Viewer) -> None:
    analysed.state.set_edits(Edits(span_s=(0.5, 1.0)))
    seek(qtbot, analysed, 20)
    press(qtbot, analysed, Qt.Key.Key_Backslash)
    seen: list[int] = []
    analysed.state.playhead_changed.connect(lambda playhead: seen.append(playhead.index))
    analysed.transport.play()
    qtbot.waitUntil(lambda: any(b < a for a, b in itertools.pairwise(seen)), timeout=10_000)
    qtbot.waitUntil(lambda: sum(b < a for a, b in itertools.pairwise(seen)) >= 2, timeout=10_000)
    analysed.transport.pause()
    assert min(seen) >= 15
    assert max(seen) < 55  # a late frame may come after the end, on a busy machine


def test_edits_are_in_the_document_and_undo_ends_where_it_was_opened(
    qtbot: QtBot, analysed: Viewer, known_clip: Path, tmp_path: Path
) -> None:
    seek(qtbot, analysed, 30)
    look(analysed, 33)
    analysed.editor.set_key()
    analysed.editor.add_area("prefer", (1.0, 0.2))
    made = analysed.state.edits
    file = tmp_path / "edit.cubesal"
    with qtbot.waitSignal(analysed.documents.saved, timeout=5000):
        analysed.documents.save_to(file)
    analysed.editor.clear_keys()
    assert analysed.documents.is_modified
    analysed.editor.history.stack.undo()
    assert not analysed.documents.is_modified
    analysed.state.set_edits(Edits())
    with qtbot.waitSignal(analysed.documents.saved, timeout=5000):
        analysed.documents.save_to(tmp_path / "other.cubesal")
    analysed.open(file)
    qtbot.waitUntil(lambda: analysed.state.edits == made, timeout=10_000)
    assert not analysed.editor.history.stack.canUndo()


def test_a_key_just_set_survives_opening_another_clip(
    qtbot: QtBot, analysed: Viewer, known_clip: Path, tmp_path: Path
) -> None:
    other = make_clip(tmp_path / "other.mp4", frames=20, size=(640, 320))
    analysed.editor.set_key()
    made = analysed.state.edits
    open_clip(qtbot, analysed, other)
    assert analysed.state.edits == Edits()
    open_clip(qtbot, analysed, known_clip)
    qtbot.waitUntil(lambda: analysed.state.edits == made, timeout=5000)


def test_the_export_flies_the_path_with_its_keys_over_its_range(
    qtbot: QtBot, analysed: Viewer, tmp_path: Path
) -> None:
    seek(qtbot, analysed, 30)
    look(analysed, 33)
    analysed.editor.set_key()
    analysed.state.set_edits(Edits(analysed.state.edits.path, span_s=(0.5, 1.5)))
    queue = analysed.exports._queue
    queue.pause()
    analysed.exports.start("nfov", tmp_path / "out.mp4")
    (entry,) = queue.entries
    request = request_of(entry.job, None)
    assert request.keys == analysed.state.edits.path
    assert request.span == TimeRange(0.5, 1.5)
    queue.cancel(entry.number)
    queue.go_on()


def test_an_arrow_points_to_what_the_view_misses(qtbot: QtBot, analysed: Viewer) -> None:
    there = path_yaw(analysed, 0.0)
    analysed.steering.zoom(0.4)
    look(analysed, there + 180)
    pane = analysed.window.nfov
    qtbot.waitUntil(lambda: pane._missed is not None, timeout=5000)
    analysed.state.set_autopilot(True)
    assert pane._missed is not None
    assert pane._missed.share > 0.1


def test_alternatives_are_shown_and_one_is_taken(qtbot: QtBot, analysed: Viewer) -> None:
    press(qtbot, analysed, Qt.Key.Key_G)
    dialog = analysed.choosing.dialog
    assert dialog is not None
    qtbot.waitUntil(lambda: len(dialog.findChildren(QPushButton)) == 4, timeout=20_000)
    take = next(b for b in dialog.findChildren(QPushButton) if b.text() == "Take B")
    qtbot.mouseClick(take, Qt.MouseButton.LeftButton)
    assert analysed.choosing.dialog is None
    keys = analysed.state.edits.path
    assert keys
    assert analysed.state.autopilot
    qtbot.waitUntil(lambda: all(meets(analysed, key) for key in keys), timeout=5000)
    analysed.editor.history.stack.undo()
    assert analysed.state.edits.path == ()


def test_a_snapshot_lies_beside_the_clip_under_its_moment(
    qtbot: QtBot, viewer: Viewer, tmp_path: Path
) -> None:
    clip = make_clip(tmp_path / "walk.mp4", frames=20, size=(640, 320))
    open_clip(qtbot, viewer, clip)
    seek(qtbot, viewer, 15)
    press(qtbot, viewer, Qt.Key.Key_C)
    press(qtbot, viewer, Qt.Key.Key_C)
    assert sorted(p.name for p in tmp_path.glob("walk_*.png")) == [
        "walk_15_00-00-00.500.png",
        "walk_15_00-00-00.500_2.png",
    ]
    shown = QImage(str(tmp_path / "walk_15_00-00-00.500.png"))
    assert shown.size() == viewer.window.nfov.grab_image().size()


def test_without_a_clip_every_edit_says_so_and_does_nothing(viewer: Viewer) -> None:
    editor = viewer.editor
    for act in (editor.set_key, editor.toggle_marker, editor.toggle_recording, editor.follow_this):
        act()
        assert "Open a clip first" in viewer.window.statusBar().currentMessage()
    viewer.choosing.ask(viewer.window)
    assert "nothing to plan" in viewer.window.statusBar().currentMessage()
    assert viewer.state.edits == Edits()


def test_no_two_commands_have_one_key(viewer: Viewer) -> None:
    keys = [k.toString() for a in viewer.actions.values() for k in a.shortcuts()]
    assert sorted(set(keys)) == sorted(keys)
