"""Several exports from the window: one after another, paused, taken back, gone on with later."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QSettings
from PySide6.QtWidgets import QPushButton, QToolButton
from pytestqt.qtbot import QtBot

from cubesal.exporting import Entry, ExportJob, ExportQueue
from cubesal_viewer.app import Viewer
from cubesal_viewer.export.job import ExportKind
from cubesal_viewer.export.panel import ExportPanel
from cubesal_viewer.export.saved import journal_file
from tests.gui.conftest import open_clip, wait_analysed

pytestmark = pytest.mark.gl


@pytest.fixture
def later_viewer(tmp_path: Path) -> Iterator[Callable[[], Viewer]]:
    """Makes the window of a next start, with the first one's settings; closed in the end."""
    made: list[Viewer] = []

    def start() -> Viewer:
        settings = QSettings(str(tmp_path / "settings.ini"), QSettings.Format.IniFormat)
        made.append(Viewer(settings))
        return made[-1]

    yield start
    for application in made:
        application.window.close()
        application.stop()
        application.window.deleteLater()


def states(viewer: Viewer) -> list[str]:
    return [entry.state for entry in viewer.exports.panel.rows]


def test_exports_wait_for_each_other_and_one_that_is_taken_back_is_not_made(
    qtbot: QtBot, viewer: Viewer, known_clip: Path, tmp_path: Path
) -> None:
    open_clip(qtbot, viewer, known_clip)
    wait_analysed(qtbot, viewer)
    viewer.exports.pause(True)
    kinds: dict[str, ExportKind] = {"a.mp4": "overlay", "b.mp4": "overlay", "c.mp4": "nfov"}
    for name, kind in kinds.items():
        viewer.exports.start(kind, tmp_path / name)
    viewer.exports.panel.cancelled.emit(viewer.exports.panel.rows[0].number)
    qtbot.wait(100)
    assert list(tmp_path.glob("*.mp4")) == []  # a pause holds them all
    viewer.exports.pause(False)
    qtbot.waitUntil(lambda: not viewer.exports.running, timeout=60_000)
    assert states(viewer) == ["cancelled", "done", "done"]
    assert sorted(path.name for path in tmp_path.glob("*.mp4")) == ["b.mp4", "c.mp4"]


def test_what_a_closed_window_left_is_offered_at_the_next_start_and_finished(
    qtbot: QtBot,
    viewer: Viewer,
    known_clip: Path,
    tmp_path: Path,
    later_viewer: Callable[[], Viewer],
) -> None:
    open_clip(qtbot, viewer, known_clip)
    wait_analysed(qtbot, viewer)
    viewer.exports.pause(True)
    viewer.exports.start("nfov", tmp_path / "later.mp4")
    viewer.window.close()
    assert not (tmp_path / "later.mp4").exists()
    again = later_viewer()
    assert states(again) == ["waiting"]
    assert not again.exports.running  # nothing is written unasked
    again.exports.panel.paused.emit(False)
    qtbot.waitUntil((tmp_path / "later.mp4").exists, timeout=60_000)
    qtbot.waitUntil(lambda: not again.exports.running, timeout=20_000)
    assert [e.state for e in ExportQueue(journal_file()).entries] == ["done"]


def entry(number: int, state: str, message: str = "") -> Entry:
    return Entry(number, ExportJob("nfov", Path("c.mp4"), Path(f"{number}.mp4")), state, message)


def test_the_panel_shows_a_row_each_and_emits_what_is_wished(qtbot: QtBot) -> None:
    panel = ExportPanel()
    qtbot.addWidget(panel)
    panel.show_entries([entry(1, "done"), entry(2, "running"), entry(3, "failed", "no space")])
    panel.show_progress(2, 5, 10)
    assert [row.state for row in panel.rows] == ["done", "running", "failed"]
    buttons = [b for b in panel.findChildren(QToolButton) if not b.isHidden()]
    texts = {button.text(): button for button in buttons}
    with qtbot.waitSignal(panel.cancelled) as cancelled:
        texts["Cancel"].click()
    assert cancelled.args == [2]
    with qtbot.waitSignal(panel.retried) as retried:
        texts["Try again"].click()
    assert retried.args == [3]
    pause = next(b for b in panel.findChildren(QPushButton) if b.text() == "Pause")
    with qtbot.waitSignal(panel.paused) as paused:
        pause.click()
    assert paused.args == [True]
    assert pause.text() == "Go on"
    panel.show_entries([entry(2, "running")])
    assert [row.number for row in panel.rows] == [2]
