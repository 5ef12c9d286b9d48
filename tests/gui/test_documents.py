"""Documents in the real window: reopening, saving, moved clips, crashes, two windows."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QSettings, Qt, QTimer
from PySide6.QtWidgets import QApplication, QMessageBox, QPushButton
from pytestqt.qtbot import QtBot

from cubesal.analysis import grid_track
from cubesal.document import (
    Document,
    DocumentContent,
    DocumentError,
    MapReader,
    Marker,
    begin_document,
    cache_folder,
    clip_ref,
    create_document,
)
from cubesal.video import ClipReader
from cubesal_viewer.analysis.request import AnalysisRequest
from cubesal_viewer.analysis.tracks import analysis_key
from cubesal_viewer.app import Viewer
from cubesal_viewer.document import dialogs
from cubesal_viewer.document.recent import recent_files
from cubesal_viewer.document.recovery import orphans, recovery_folder
from cubesal_viewer.state import ModelChoice, Overlay
from tests.gui.conftest import open_clip, wait_analysed

pytestmark = pytest.mark.gl
CHECKOUT = Path(__file__).resolve().parents[2]


@pytest.fixture
def clip(numbered_clip: Path, tmp_path: Path) -> Path:
    """A clip of this test's own, which it may move."""
    return Path(shutil.copy(numbered_clip, tmp_path / "beach.mp4"))


@pytest.fixture
def no_model(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever wants to load a model fails."""

    def refuse(*_arguments: object, **_options: object) -> None:
        raise AssertionError("a model was loaded")

    monkeypatch.setattr("cubesal_viewer.analysis.inference.create_predictor", refuse)


class Gradient:
    """A model that takes no time: its maps tell the moment."""

    warmup_frames = 0
    device = "cpu"

    def reset(self) -> None:
        """Nothing to forget."""

    def observe(self, equirect_rgb: np.ndarray, time_s: float) -> None:
        """Nothing to remember."""

    def step(self, equirect_rgb: np.ndarray, time_s: float) -> np.ndarray:
        time.sleep(0.02)
        return np.linspace(0, 1 + time_s, 120 * 240, dtype=np.float32).reshape(120, 240)


@pytest.fixture
def quick_model(monkeypatch: pytest.MonkeyPatch) -> None:
    """Analysis in the window of this process takes next to no time."""
    name = "cubesal_viewer.analysis.inference.create_predictor"
    monkeypatch.setattr(name, lambda *_arguments, **_options: Gradient())


def another_window(tmp_path: Path) -> Viewer:
    viewer = Viewer(QSettings(str(tmp_path / "other.ini"), QSettings.Format.IniFormat))
    viewer.state.set_model(ModelChoice("fast"))
    return viewer


def key_for(clip: Path):
    with ClipReader(clip) as reader:
        grid = grid_track(reader, "fast")
    return grid, analysis_key(grid, AnalysisRequest(clip, None, ModelChoice("fast")))


def fill(document: Document, clip: Path, viewer_maps: float = 1.0) -> int:
    """Put maps of one value into a document, as an earlier analysis would have."""
    from cubesal.document import encode_map

    grid, key = key_for(clip)
    number = document.analysis(key)
    for k in range(len(grid)):
        saliency = np.full((120, 240), viewer_maps, np.float32)
        document.put(number, k, encode_map(saliency), viewer_maps)
    return len(grid)


def ready(qtbot: QtBot, viewer: Viewer) -> None:
    qtbot.waitUntil(lambda: viewer.documents.is_ready, timeout=10_000)


def document_of(clip: Path, path: Path, content: DocumentContent) -> Path:
    """A document with all maps of a clip."""
    create_document(path, clip_ref(clip, path), content)
    with Document(path) as document:
        fill(document, clip)
    return path


def overlay(viewer: Viewer, **changes: object) -> None:
    style = replace(viewer.state.overlay.style, **changes)  # type: ignore[arg-type]
    viewer.state.set_overlay(Overlay(style, viewer.state.overlay.visible))


def click(text: str) -> None:
    """Press the button of the box on show."""
    boxes = [w for w in QApplication.topLevelWidgets() if isinstance(w, QMessageBox)]
    buttons = [b for box in boxes if box.isVisible() for b in box.findChildren(QPushButton)]
    (button,) = [b for b in buttons if b.text().replace("&", "") == text]
    button.click()


def test_a_clip_opened_again_shows_its_maps_at_once_and_loads_no_model(
    qtbot: QtBot, viewer: Viewer, clip: Path, no_model: None
) -> None:
    from cubesal.document import implicit_document

    with implicit_document(clip) as document:
        points = fill(document, clip, viewer_maps=0.5)
    open_clip(qtbot, viewer, clip)
    qtbot.waitUntil(lambda: viewer.analysis.track is not None, timeout=5000)
    assert viewer.analysis.track.complete
    assert len(viewer.analysis.track) == points
    assert viewer.analysis.view_at(1.0).status == "current"
    assert float(viewer.analysis.view_at(1.0).saliency.max()) == pytest.approx(0.5)
    qtbot.waitUntil(lambda: "analysed before" in viewer.window.models._status.text(), timeout=5000)
    qtbot.wait(100)
    assert viewer.analysis.loaded is None


def test_what_the_window_analyses_is_on_disk_and_what_it_shows_is_what_is_kept(
    qtbot: QtBot, viewer: Viewer, clip: Path, quick_model: None
) -> None:
    open_clip(qtbot, viewer, clip)
    wait_analysed(qtbot, viewer)
    track = viewer.analysis.track
    qtbot.waitUntil(lambda: not track._lazy.pinned, timeout=5000)
    _, key = key_for(clip)
    (path,) = cache_folder().glob("*.cubesal")
    with closing(MapReader(path, key)) as reader:
        for k in range(len(track)):
            np.testing.assert_array_equal(reader.read(k), track.get(k))


def test_save_as_names_the_window_marks_changes_and_keeps_the_maps(
    qtbot: QtBot, viewer: Viewer, clip: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from cubesal.document import implicit_document

    with implicit_document(clip) as document:
        points = fill(document, clip)
    open_clip(qtbot, viewer, clip)
    wait_analysed(qtbot, viewer)
    overlay(viewer, opacity=0.9)
    assert not viewer.window.isWindowModified()  # an unnamed document saves itself
    out = tmp_path / "mine.cubesal"
    monkeypatch.setattr(dialogs, "choose_document_name", lambda *_: out)
    with qtbot.waitSignal(viewer.documents.saved, timeout=5000):
        qtbot.keyClick(viewer.window, Qt.Key.Key_S, Qt.KeyboardModifier.ControlModifier)
    assert "mine.cubesal" in viewer.window.windowTitle()
    assert not viewer.window.isWindowModified()
    assert viewer.analysis.track.path == out
    overlay(viewer, opacity=0.3)
    assert viewer.window.isWindowModified()
    overlay(viewer, opacity=0.9)
    assert not viewer.window.isWindowModified()  # as it was is not changed
    overlay(viewer, opacity=0.3)
    with qtbot.waitSignal(viewer.documents.saved, timeout=5000):
        viewer.documents.save()
    assert recent_files(viewer._settings)[0] == out
    viewer.window.close()
    with Document(out) as saved:
        assert saved.content.style.opacity == 0.3
        _, key = key_for(clip)
        assert int((saved.peaks(saved.analysis(key)) >= 0).sum()) == points


def test_a_document_opens_with_its_clip_its_overlay_and_its_maps(
    qtbot: QtBot, viewer: Viewer, clip: Path, tmp_path: Path, no_model: None
) -> None:
    content = DocumentContent(markers=(Marker(1.0, "here"),), model="fast", overlay_visible=False)
    content = replace(content, style=replace(content.style, colormap="cividis"))
    path = document_of(clip, tmp_path / "d.cubesal", content)
    with qtbot.waitSignal(viewer.transport.frame_changed, timeout=10_000):
        viewer.open(path)
    wait_analysed(qtbot, viewer)
    assert viewer.state.overlay.style.colormap == "cividis"
    assert not viewer.state.overlay.visible
    assert "d.cubesal" in viewer.window.windowTitle()
    assert not viewer.documents.is_modified
    assert viewer.documents.content.markers == (Marker(1.0, "here"),)


def test_what_the_command_analysed_is_shown_at_once_with_its_model_and_rate(
    qtbot: QtBot, viewer: Viewer, clip: Path, tmp_path: Path, no_model: None
) -> None:
    from cubesal.cli import main

    path = tmp_path / "made.cubesal"
    made = ["--model", "fast", "--prior", "off", "--rate", "2", "-q"]
    assert main(["analyze", str(clip), "-o", str(path), *made]) == 0
    viewer.state.set_model(ModelChoice("default"))
    viewer.open(path)
    wait_analysed(qtbot, viewer)
    assert viewer.state.model == ModelChoice("fast", prior=False)
    assert len(viewer.analysis.track) == 4
    assert not viewer.documents.is_modified


def test_unsaved_changes_are_asked_about_and_saving_comes_before_leaving(
    qtbot: QtBot, viewer: Viewer, clip: Path, tmp_path: Path, no_model: None
) -> None:
    path = document_of(clip, tmp_path / "d.cubesal", DocumentContent(model="fast"))
    viewer.open(path)
    ready(qtbot, viewer)
    overlay(viewer, opacity=0.125)
    QTimer.singleShot(300, lambda: click("Cancel"))
    viewer.window.close()
    assert viewer.window.isVisible()
    QTimer.singleShot(300, lambda: click("Save"))
    viewer.window.close()
    qtbot.waitUntil(lambda: not viewer.window.isVisible(), timeout=10_000)
    with Document(path) as saved:
        assert saved.content.style.opacity == 0.125


def test_discarded_changes_are_gone_and_the_maps_stay(
    qtbot: QtBot, viewer: Viewer, clip: Path, tmp_path: Path, no_model: None
) -> None:
    path = document_of(clip, tmp_path / "d.cubesal", DocumentContent(model="fast"))
    before = DocumentContent(model="fast")
    viewer.open(path)
    ready(qtbot, viewer)
    overlay(viewer, opacity=0.125)
    QTimer.singleShot(300, lambda: click(discard_text()))
    viewer.window.close()
    assert not viewer.window.isVisible()
    with Document(path) as saved:
        assert saved.content == before
    assert orphans() == []


def discard_text() -> str:
    box = QMessageBox()
    button = box.addButton(QMessageBox.StandardButton.Discard)
    return button.text().replace("&", "")


def test_a_moved_clip_is_asked_for_and_known_by_its_content(
    qtbot: QtBot,
    viewer: Viewer,
    clip: Path,
    tmp_path: Path,
    no_model: None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    path = document_of(clip, tmp_path / "d.cubesal", DocumentContent(model="fast"))
    far = tmp_path / "far"
    far.mkdir()
    moved = clip.rename(far / "renamed.mp4")
    wrong = far / "wrong.mp4"
    wrong.write_bytes(b"x" * moved.stat().st_size)
    asked = []

    def ask(_parent, missing, then) -> None:
        asked.append(missing)
        then([wrong, moved][len(asked) - 1])

    monkeypatch.setattr(dialogs, "ask_for_clip", ask)
    viewer.open(path)
    wait_analysed(qtbot, viewer)
    assert [missing.name for missing in asked] == ["beach.mp4", "beach.mp4"]
    assert asked[0].problem == ""
    assert "content differs" in asked[1].problem
    viewer.window.close()
    with Document(path) as document:
        assert document.clip.name == "renamed.mp4"


def test_the_question_for_a_moved_clip_can_be_left(
    qtbot: QtBot, viewer: Viewer, clip: Path, tmp_path: Path
) -> None:
    path = document_of(clip, tmp_path / "d.cubesal", DocumentContent())
    clip.unlink()
    viewer.open(path)
    qtbot.waitUntil(lambda: bool(QApplication.activeModalWidget()), timeout=5000)
    assert "d.cubesal" in QApplication.activeModalWidget().text()
    click("Cancel")
    qtbot.wait(50)
    assert viewer.transport.frame is None
    Document(path).close()  # it was let go


def test_what_is_no_document_is_refused_in_words_and_the_open_clip_stays(
    qtbot: QtBot, viewer: Viewer, clip: Path, tmp_path: Path, quick_model: None
) -> None:
    open_clip(qtbot, viewer, clip)
    ready(qtbot, viewer)
    bad = tmp_path / "bad.cubesal"
    bad.write_bytes(b"SQLite format 3\0" + bytes(200))
    with qtbot.waitSignal(viewer.failed, timeout=5000) as told:
        viewer.open(bad)
    assert "bad.cubesal is a database of another program" in told.args[0]
    assert "beach.mp4" in viewer.window.windowTitle()
    assert viewer.documents.store is not None
    viewer.window._error.accept()


def test_a_clip_in_two_windows_is_analysed_in_both_and_kept_by_one(
    qtbot: QtBot, viewer: Viewer, clip: Path, tmp_path: Path, quick_model: None
) -> None:
    open_clip(qtbot, viewer, clip)
    ready(qtbot, viewer)
    other = another_window(tmp_path)
    try:
        other.window.show()
        open_clip(qtbot, other, clip)
        ready(qtbot, other)
        assert other.documents.store is None
        said = other.window.statusBar().currentMessage()
        assert "until you use Save as" in said
        assert "open in another window" in said
        wait_analysed(qtbot, other)
        qtbot.waitUntil(lambda: viewer.analysis.track.complete, timeout=60_000)
        overlay(other, opacity=0.4)
        out = tmp_path / "second.cubesal"
        with qtbot.waitSignal(other.documents.saved, timeout=5000):
            other.documents.save_to(out)
        assert "second.cubesal" in other.window.windowTitle()
        wait_analysed(qtbot, other)
    finally:
        other.window.close()
        other.window.deleteLater()
    with Document(out) as saved:
        assert saved.content.style.opacity == 0.4
        peaks = saved.peaks(saved.analysis(key_for(clip)[1]))
        assert not np.isnan(peaks).any()


def test_a_second_window_cannot_take_the_name_of_an_open_document(
    qtbot: QtBot, viewer: Viewer, clip: Path, tmp_path: Path, quick_model: None
) -> None:
    open_clip(qtbot, viewer, clip)
    ready(qtbot, viewer)
    out = tmp_path / "first.cubesal"
    with qtbot.waitSignal(viewer.documents.saved, timeout=5000):
        viewer.documents.save_to(out)
    before = out.read_bytes()
    with pytest.raises(DocumentError, match="is open in another window"):
        begin_document(out, clip_ref(clip, out), DocumentContent())
    assert out.read_bytes()[:16] == before[:16]


def start_viewer(*arguments: object) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "cubesal_viewer", *map(str, arguments)]
    path = f"{CHECKOUT}{os.pathsep}{CHECKOUT / 'model'}"
    return subprocess.Popen(command, env={**os.environ, "PYTHONPATH": path})


def committed(clip: Path) -> int:
    """How many maps of a clip the cache holds."""
    _, key = key_for(clip)
    for path in cache_folder().glob("*.cubesal"):
        with closing(MapReader(path, key)) as reader:
            return int((reader.peaks >= 0).sum())
    return 0


def test_after_kill_9_during_analysis_nothing_committed_is_lost_and_recovery_is_offered(
    qtbot: QtBot, viewer: Viewer, tmp_path: Path, quick_model: None
) -> None:
    from tests.media import make_clip

    clip = make_clip(tmp_path / "long.mp4", frames=900, size=(256, 128), gop=30)
    child = start_viewer(clip, "--model", "fast")
    try:
        deadline = time.monotonic() + 90
        while committed(clip) < 3:
            assert child.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.2)
        before = committed(clip)
    finally:
        child.send_signal(signal.SIGKILL)
        child.wait()
    assert len(list(recovery_folder().glob("*.cubesal"))) == 1

    assert viewer.documents.offer_recovery()
    qtbot.waitUntil(lambda: bool(QApplication.activeModalWidget()), timeout=5000)
    box = QApplication.activeModalWidget()
    assert "ended unexpectedly while long.mp4 was open" in box.text()
    click("Restore")
    qtbot.waitUntil(lambda: viewer.analysis.track is not None, timeout=20_000)
    track = viewer.analysis.track
    assert len(track) - track.missing().size >= before
    assert all(track.get(k) is not None for k in range(before))
    assert orphans() == []


def test_unsaved_changes_of_a_named_document_come_back_from_the_recovery_copy(
    qtbot: QtBot, viewer: Viewer, clip: Path, tmp_path: Path, no_model: None
) -> None:
    path = document_of(clip, tmp_path / "d.cubesal", DocumentContent(model="fast"))
    other = another_window(tmp_path)
    other.window.show()
    other.open(path)
    ready(qtbot, other)
    overlay(other, opacity=0.25)
    other.state.set_edits(replace(other.state.edits, markers=(Marker(0.5, "unsaved"),)))
    folder, copy = recovery_folder(), tmp_path / "copy"

    def is_noted() -> bool:
        shutil.rmtree(copy, ignore_errors=True)
        shutil.copytree(folder, copy)
        found = [orphan.content for orphan in orphans(copy)]
        return [content.markers for content in found] == [(Marker(0.5, "unsaved"),)]

    qtbot.waitUntil(is_noted, timeout=5000)
    other.stop()  # as if it died: its recovery copy is put back
    other.window.may_close = lambda: True
    other.window.close()
    other.window.deleteLater()
    shutil.rmtree(folder)
    shutil.copytree(copy, folder)

    assert viewer.documents.offer_recovery()
    qtbot.waitUntil(lambda: bool(QApplication.activeModalWidget()), timeout=5000)
    click("Restore")
    ready(qtbot, viewer)
    assert viewer.documents.content.markers == (Marker(0.5, "unsaved"),)
    assert viewer.state.overlay.style.opacity == 0.25
    assert viewer.documents.path == path
    assert viewer.window.isWindowModified()
    with qtbot.waitSignal(viewer.documents.saved, timeout=5000):
        viewer.documents.save()
    assert not viewer.window.isWindowModified()


def test_a_window_that_ends_as_it_should_leaves_nothing_to_recover(
    qtbot: QtBot, viewer: Viewer, clip: Path, quick_model: None
) -> None:
    open_clip(qtbot, viewer, clip)
    ready(qtbot, viewer)
    qtbot.waitUntil(lambda: any(recovery_folder().glob("*.cubesal")), timeout=5000)
    assert orphans() == []  # it lives
    viewer.window.close()
    assert list(recovery_folder().iterdir()) == []
    assert not viewer.documents.offer_recovery()


def test_recent_files_are_listed_newest_first_and_open(
    qtbot: QtBot, viewer: Viewer, clip: Path, numbered_clip: Path, quick_model: None
) -> None:
    for path in (numbered_clip, clip):
        open_clip(qtbot, viewer, path)
        ready(qtbot, viewer)
    menu = viewer.files.recent
    menu.fill()
    texts = [action.text() for action in menu.actions() if action.text()]
    assert texts[:2] == ["&1  beach.mp4", "&2  numbers.mp4"]
    with qtbot.waitSignal(viewer.transport.frame_changed, timeout=10_000):
        menu.actions()[1].trigger()
    ready(qtbot, viewer)
    assert "numbers.mp4" in viewer.window.windowTitle()
    menu.actions()[-1].trigger()
    assert recent_files(viewer._settings) == []
