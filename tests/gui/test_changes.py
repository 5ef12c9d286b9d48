"""Changes of mind: another clip, another model, other hands, in the middle of something."""

from __future__ import annotations

from math import pi, radians
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QCheckBox, QComboBox
from pytestqt.qtbot import QtBot

from cubesal.camera import Camera, wrap_angle
from cubesal_viewer.app import Viewer
from cubesal_viewer.state import ModelChoice
from cubesal_viewer.widgets.error_dialog import ErrorDialog
from tests.gui.conftest import open_clip, picture_of, wait_analysed
from tests.media import frame_number, make_clip, make_still, make_text

pytestmark = pytest.mark.gl


@pytest.fixture
def other_clip(tmp_path: Path) -> Path:
    """A clip of the same size whose frames are numbered from 100 on."""
    return make_clip(tmp_path / "other.mp4", frames=60, size=(640, 320), first_number=100)


def shows(viewer: Viewer, number: int) -> bool:
    return frame_number(picture_of(viewer)) == number


def test_a_second_clip_of_the_same_size_is_really_shown(
    qtbot: QtBot, viewer: Viewer, numbered_clip: Path, other_clip: Path
) -> None:
    open_clip(qtbot, viewer, numbered_clip)
    viewer.toggle_heatmap()
    qtbot.waitUntil(lambda: shows(viewer, 0), timeout=5000)
    open_clip(qtbot, viewer, other_clip)
    qtbot.waitUntil(lambda: shows(viewer, 100), timeout=5000)
    assert "other.mp4" in viewer.window.windowTitle()


def test_keys_pressed_while_a_clip_is_opening_do_no_harm(
    qtbot: QtBot, viewer: Viewer, numbered_clip: Path, other_clip: Path
) -> None:
    open_clip(qtbot, viewer, numbered_clip)
    viewer.toggle_heatmap()
    viewer.open(other_clip)
    viewer.transport.seek(7)
    viewer.transport.play()
    viewer.transport.step(1)
    qtbot.waitUntil(lambda: "other.mp4" in viewer.window.windowTitle(), timeout=10_000)
    qtbot.waitUntil(lambda: viewer.transport.frame is not None, timeout=5000)
    assert not viewer.state.playhead.playing
    viewer.transport.seek(55)
    qtbot.waitUntil(lambda: shows(viewer, 155), timeout=5000)


def test_a_bad_file_opened_right_after_a_good_one_leaves_the_good_one(
    qtbot: QtBot, viewer: Viewer, numbered_clip: Path, tmp_path: Path
) -> None:
    viewer.toggle_heatmap()
    viewer.open(numbered_clip)
    qtbot.waitUntil(lambda: viewer.state.clip is not None, timeout=10_000)
    with qtbot.waitSignal(viewer.failed, timeout=10_000):
        viewer.open(make_text(tmp_path / "prose.mp4"), "equirect")
    viewer.transport.seek(5)
    qtbot.waitUntil(lambda: shows(viewer, 5), timeout=5000)
    assert viewer.analysis.request is not None
    viewer.state.set_model(ModelChoice("fast", prior=False))
    assert viewer.analysis.request.path == numbered_clip
    assert viewer.analysis.request.projection is None


def test_pausing_right_after_a_seek_shows_the_frame_of_the_playhead(
    qtbot: QtBot, viewer: Viewer, numbered_clip: Path
) -> None:
    open_clip(qtbot, viewer, numbered_clip)
    viewer.toggle_heatmap()
    viewer.transport.play()
    qtbot.waitUntil(lambda: viewer.state.playhead.index > 3, timeout=5000)
    viewer.transport.seek(50)
    viewer.transport.pause()
    qtbot.waitUntil(lambda: shows(viewer, 50), timeout=5000)
    assert viewer.state.playhead.index == 50


def test_playing_to_the_end_and_again_begins_at_the_start(
    qtbot: QtBot, viewer: Viewer, numbered_clip: Path
) -> None:
    open_clip(qtbot, viewer, numbered_clip)
    viewer.transport.seek(50)
    viewer.transport.play()
    qtbot.waitUntil(lambda: not viewer.state.playhead.playing, timeout=10_000)
    assert viewer.state.playhead.index == 59
    viewer.transport.play()
    qtbot.waitUntil(lambda: 0 < viewer.state.playhead.index < 50, timeout=5000)


def test_handing_back_while_playing_goes_on_from_the_persons_view(
    qtbot: QtBot, viewer: Viewer, numbered_clip: Path
) -> None:
    open_clip(qtbot, viewer, numbered_clip)
    wait_analysed(qtbot, viewer)
    viewer.transport.play()
    chosen = Camera(wrap_angle(viewer.state.camera.yaw + pi / 2), 0.0)
    viewer.steering.take_over(chosen)
    seen: list[float] = []
    viewer.state.camera_changed.connect(lambda c: seen.append(wrap_angle(c.yaw - chosen.yaw)))
    viewer.state.set_autopilot(True)
    qtbot.wait(500)
    # No jump: whatever the camera does, it does from here, at the speed that is allowed.
    fastest = viewer.steering.options.max_speed
    assert all(abs(turn) < fastest * 1.0 + radians(5) for turn in seen)


def test_a_model_that_cannot_load_is_explained_and_the_old_results_are_gone(
    qtbot: QtBot, viewer: Viewer, numbered_clip: Path
) -> None:
    open_clip(qtbot, viewer, numbered_clip)
    wait_analysed(qtbot, viewer)
    with qtbot.waitSignal(viewer.failed, timeout=30_000) as failure:
        viewer.state.set_model(ModelChoice("cp360"))
    assert "cubesal models add resnet50" in failure.args[0]
    assert viewer.analysis.track is None
    assert viewer.steering.plan is None
    viewer.state.set_model(ModelChoice("fast"))
    wait_analysed(qtbot, viewer)
    qtbot.waitUntil(lambda: viewer.steering.plan is not None, timeout=10_000)


def test_the_chooser_changes_the_model_and_keeps_the_device_that_was_asked_for(
    qtbot: QtBot, viewer: Viewer
) -> None:
    viewer.state.set_model(ModelChoice("fast", device="cuda:3"))
    chooser = viewer.window.models.findChild(QComboBox)
    assert chooser is not None
    chooser.setCurrentText("default")
    assert viewer.state.model == ModelChoice("default", device="cuda:3")


def test_the_switch_of_the_prior_shows_what_the_model_has_until_somebody_presses_it(
    viewer: Viewer,
) -> None:
    panel = viewer.window.models
    chooser, switch = panel.findChild(QComboBox), panel.findChild(QCheckBox)
    assert chooser is not None
    assert switch is not None
    assert (viewer.state.model.prior, switch.isChecked()) == (None, True)
    chooser.setCurrentText("cp360")
    assert viewer.state.model == ModelChoice("cp360")
    assert not switch.isChecked()
    switch.click()
    assert viewer.state.model == ModelChoice("cp360", prior=True)
    chooser.setCurrentText("fast")
    assert viewer.state.model == ModelChoice("fast")
    assert switch.isChecked()


def test_a_plan_of_the_old_model_is_not_taken_for_the_new_one(
    qtbot: QtBot, viewer: Viewer, numbered_clip: Path
) -> None:
    open_clip(qtbot, viewer, numbered_clip)
    wait_analysed(qtbot, viewer)
    viewer.steering._plan()  # under way when the model changes
    viewer.state.set_model(ModelChoice("fast", prior=False))
    track_at_plan: list[bool] = []
    viewer.steering.path_changed.connect(
        lambda: track_at_plan.append(
            viewer.steering.plan is None or viewer.analysis.track is not None
        )
    )
    qtbot.wait(300)
    assert all(track_at_plan)


def test_many_failures_make_one_dialog(qtbot: QtBot, viewer: Viewer, tmp_path: Path) -> None:
    for k in range(4):
        with qtbot.waitSignal(viewer.failed, timeout=10_000):
            viewer.open(tmp_path / f"missing{k}.mp4")
    boxes = [box for box in viewer.window.findChildren(ErrorDialog) if box.isVisible()]
    assert len(boxes) == 1
    assert "missing3.mp4" in boxes[0].message
    assert all(f"missing{k}.mp4" in boxes[0].text for k in range(4))
    boxes[0].close()


def test_a_still_is_shown_analysed_and_steered(
    qtbot: QtBot, viewer: Viewer, tmp_path: Path
) -> None:
    open_clip(qtbot, viewer, make_still(tmp_path / "still.jpg", size=(640, 320), number=9))
    wait_analysed(qtbot, viewer)
    viewer.toggle_heatmap()
    qtbot.waitUntil(lambda: shows(viewer, 9), timeout=5000)
    before = viewer.state.camera.yaw
    qtbot.keyClick(viewer.window, Qt.Key.Key_D)
    assert wrap_angle(viewer.state.camera.yaw - before) > 0


def test_paused_on_unanalysed_ground_the_work_comes_to_the_playhead(
    qtbot: QtBot, viewer: Viewer, tmp_path: Path
) -> None:
    clip = make_clip(tmp_path / "long.mp4", frames=900, size=(640, 320))
    open_clip(qtbot, viewer, clip)
    viewer.transport.seek(850)
    qtbot.waitUntil(lambda: viewer.analysis.view_at(850 / 30).status == "current", timeout=30_000)
    track = viewer.analysis.track
    assert track is not None
    assert np.isnan(track.peaks).any(), "the rest follows later"
