"""Putting exports together in the dialog: shapes, codecs, ranges, names, and what is refused."""

from __future__ import annotations

from pathlib import Path

import av
import pytest
from PySide6.QtWidgets import QCheckBox, QComboBox, QLineEdit
from pytestqt.qtbot import QtBot

from cubesal.autopilot import load_csv
from cubesal_viewer.app import Viewer
from cubesal_viewer.export.dialog import ExportDialog
from cubesal_viewer.export.saved import job_of, request_of
from cubesal_viewer.export.wishes import ASPECTS, request_for, size_of
from cubesal_viewer.state import Edits
from tests.gui.conftest import open_clip, wait_analysed

pytestmark = pytest.mark.gl


@pytest.fixture
def dialog(qtbot: QtBot, tmp_path: Path) -> ExportDialog:
    made = ExportDialog(tmp_path / "walk.mp4", (1.0, 2.0), "equirect")
    qtbot.addWidget(made)
    return made


def test_every_aspect_becomes_a_file_of_its_own(dialog: ExportDialog) -> None:
    for box in dialog.aspects.values():
        box.setChecked(True)
    sizes = {wish.out.name: wish.size for wish in dialog.wishes()}
    assert sizes == {
        "walk_nfov_16x9.mp4": (1280, 720),
        "walk_nfov_9x16.mp4": (720, 1280),
        "walk_nfov_1x1.mp4": (720, 720),
        "walk_nfov_4x5.mp4": (720, 900),
    }
    assert all(wish.ranged for wish in dialog.wishes())


def test_codec_quality_and_burning_in_are_taken_along(dialog: ExportDialog) -> None:
    dialog.nfov.setChecked(False)
    dialog.overlay.setChecked(True)
    dialog.codec.setCurrentIndex(dialog.codec.findData("hevc"))
    dialog.quality.setCurrentIndex(dialog.quality.findData("best"))
    dialog.legend.setChecked(True)
    dialog.outline.setChecked(True)
    (wish,) = dialog.wishes()
    assert wish.kind == "overlay"
    assert (wish.encoding.codec, wish.encoding.quality) == ("hevc", "best")
    assert (wish.burn.legend, wish.burn.timecode, wish.burn.outline) == (True, False, True)


def test_paths_are_those_of_the_shapes_that_are_chosen(dialog: ExportDialog) -> None:
    dialog.aspects[(16, 9)].setChecked(False)
    dialog.aspects[(9, 16)].setChecked(True)
    dialog.path.setChecked(True)
    dialog.formats["ffmpeg"].setChecked(True)
    dialog.attention.setChecked(True)
    dialog.overlay.setChecked(True)
    dialog.outline.setChecked(True)  # of the upright view, which is the only one
    sizes = {wish.out.name: wish.size for wish in dialog.wishes() if wish.kind != "nfov"}
    upright = (720, 1280)
    assert sizes == dict.fromkeys(
        ("walk_path.csv", "walk_path.ffmpeg", "walk_attention.csv", "walk_overlay.mp4"), upright
    )
    dialog.aspects[(1, 1)].setChecked(True)
    names = {wish.out.name: wish.size for wish in dialog.wishes() if wish.path_format == "ffmpeg"}
    assert names == {"walk_path_9x16.ffmpeg": upright, "walk_path_1x1.ffmpeg": (720, 720)}
    dialog.nfov.setChecked(False)  # without flat video the path is that of the window's view
    assert {wish.size for wish in dialog.wishes()} == {(1280, 720)}


def test_a_range_holds_for_everything(dialog: ExportDialog) -> None:
    for box in (dialog.overlay, dialog.path, dialog.attention):
        box.setChecked(True)
    assert [wish.kind for wish in dialog.wishes() if wish.ranged] == [
        *("nfov", "path", "attention", "overlay")
    ]
    dialog.ranged.setChecked(False)
    assert not any(wish.ranged for wish in dialog.wishes())


def test_nothing_chosen_and_a_missing_folder_are_said(dialog: ExportDialog) -> None:
    dialog.nfov.setChecked(False)
    dialog.accept()
    assert "at least one" in dialog.complaint.text()
    dialog.nfov.setChecked(True)
    dialog.folder.setText("/nowhere/at/all")
    dialog.accept()
    assert "/nowhere/at/all is no folder" in dialog.complaint.text()


def test_what_exists_is_replaced_only_when_asked_twice(
    qtbot: QtBot, dialog: ExportDialog, tmp_path: Path
) -> None:
    (tmp_path / "walk_nfov_16x9.mp4").write_text("mine")
    asked: list[object] = []
    dialog.wanted.connect(asked.append)
    dialog.accept()
    assert not asked
    assert "walk_nfov_16x9.mp4 exists already" in dialog.complaint.text()
    dialog.accept()
    assert asked


def test_sizes_are_even() -> None:
    for aspect in ASPECTS:
        for side in (480, 720, 1080, 2160):
            width, height = size_of(aspect, side)
            assert width % 2 == height % 2 == 0
            assert width / height == pytest.approx(aspect[0] / aspect[1], rel=0.01)


def test_every_choice_has_a_name(dialog: ExportDialog) -> None:
    for kind in (QCheckBox, QComboBox, QLineEdit):
        for widget in dialog.findChildren(kind):
            assert widget.accessibleName() or getattr(widget, "text", str)()


def test_two_aspects_and_the_path_come_out_of_one_dialog(
    qtbot: QtBot, viewer: Viewer, known_clip: Path, tmp_path: Path
) -> None:
    open_clip(qtbot, viewer, known_clip)
    wait_analysed(qtbot, viewer)
    qtbot.waitUntil(lambda: viewer.documents.is_ready, timeout=5000)
    viewer.state.set_edits(Edits(span_s=(0.5, 1.0)))
    dialog = viewer.exports.ask(viewer.window)
    assert dialog is not None
    dialog.folder.setText(str(tmp_path))
    dialog.side.setCurrentIndex(dialog.side.findData(480))
    dialog.aspects[(9, 16)].setChecked(True)
    dialog.path.setChecked(True)
    written: list[Path] = []
    viewer.exports.finished.connect(written.append)
    dialog.accept()
    qtbot.waitUntil(lambda: len(written) == 4, timeout=90_000)
    for name, size in (("16x9", (854, 480)), ("9x16", (480, 854))):
        with av.open(str(tmp_path / f"numbers_nfov_{name}.mp4")) as video:
            stream = video.streams.video[0]
            assert (stream.width, stream.height) == size
            assert sum(1 for _ in video.decode(video=0)) == 15
        path = load_csv(tmp_path / f"numbers_path_{name}.csv")
        assert len(path.times_s) == 15


def test_a_request_with_everything_survives_the_journal(
    qtbot: QtBot, viewer: Viewer, known_clip: Path, tmp_path: Path, dialog: ExportDialog
) -> None:
    open_clip(qtbot, viewer, known_clip)
    qtbot.waitUntil(lambda: viewer.analysis.request is not None, timeout=5000)
    dialog.timecode.setChecked(True)
    (wish,) = dialog.wishes()
    analysis = viewer.analysis.request
    assert analysis is not None
    request = request_for(wish, analysis, viewer.state, viewer.steering.options)
    again = request_of(job_of(request), None)
    assert again.encoding == request.encoding
    assert again.burn == request.burn
    assert again.size == request.size
    assert again.planner == request.planner
