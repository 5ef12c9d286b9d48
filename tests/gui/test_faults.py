"""The window when a clip changes under it, the disk is full, or nothing can be written."""

from __future__ import annotations

import errno
import os
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from cubesal.document import Document, DocumentContent, clip_ref, find_clip
from cubesal.document.connection import connected
from cubesal.document.facts import read_facts
from cubesal.exporting import journal
from cubesal_viewer.app import Viewer
from tests.gui.conftest import open_clip, wait_analysed
from tests.media import make_clip

pytestmark = pytest.mark.gl


@pytest.fixture
def clip(known_clip: Path, tmp_path: Path) -> Path:
    """A clip of this test's own, all of it analysed before."""
    return Path(shutil.copy(known_clip, tmp_path / "beach.mp4"))


@pytest.fixture
def notices(viewer: Viewer, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What the status bar was given to say."""
    said: list[str] = []
    monkeypatch.setattr(viewer.window, "show_notice", said.append)
    return said


def replaced(clip: Path) -> None:
    other = make_clip(clip.with_name("other.mp4"), frames=20, size=(256, 128))
    os.replace(other, clip)


def cut(clip: Path) -> None:
    os.truncate(clip, clip.stat().st_size // 3)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (replaced, "beach.mp4 has changed on disk since it was opened: open it again"),
        (cut, "beach.mp4 has changed on disk since it was opened: open it again"),
        (Path.unlink, "beach.mp4 is no longer where it was"),
    ],
)
def test_a_clip_that_changes_while_open_is_told_and_nothing_gets_the_maps_of_another(
    qtbot: QtBot,
    viewer: Viewer,
    clip: Path,
    notices: list[str],
    change: Callable[[Path], None],
    words: str,
) -> None:
    open_clip(qtbot, viewer, clip)
    wait_analysed(qtbot, viewer)
    before = clip_ref(clip, clip.with_name("x.cubesal"))
    change(clip)
    qtbot.waitUntil(lambda: any(words in said for said in notices), timeout=5000)
    told: list[str] = []
    viewer.failed.connect(told.append)
    out = clip.with_name("out.mp4")
    viewer.exports.start("overlay", out)
    assert len(told) == 1
    assert words in told[0]
    assert not viewer.exports.running
    document = clip.with_name("saved.cubesal")
    with qtbot.waitSignal(viewer.documents.saved, timeout=10_000):
        viewer.documents.save_to(document)
    with closing(connected(document, writing=False)) as reading:
        assert read_facts(reading, document)[0] == before  # the clip that the maps are of
    assert find_clip(before, document) is None
    viewer.transport.seek(40)
    viewer.transport.toggle()
    qtbot.wait(300)  # what can still be decoded is shown, and nothing else happens
    assert not out.exists()
    assert all("\n" not in sentence and "beach.mp4" in sentence for sentence in told)
    viewer.window._error.accept()


def test_a_full_disk_is_told_once_and_the_next_save_holds_everything(
    qtbot: QtBot, viewer: Viewer, clip: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_clip(qtbot, viewer, clip)
    qtbot.waitUntil(lambda: viewer.documents.is_ready, timeout=10_000)
    named = clip.with_name("named.cubesal")
    with qtbot.waitSignal(viewer.documents.saved, timeout=10_000):
        viewer.documents.save_to(named)
    told: list[str] = []
    viewer.failed.connect(told.append)
    write = Document.write

    def full(self: Document, content: DocumentContent, *rest: object) -> None:
        with monkeypatch.context() as wrong:
            wrong.setattr("cubesal.document.document.write_facts", out_of_space)
            write(self, content, *rest)  # type: ignore[arg-type]

    def out_of_space(*_arguments: object) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    monkeypatch.setattr(Document, "write", full)
    viewer.editor.toggle_marker()
    viewer.documents._note()  # as autosave does
    viewer.documents.save()
    qtbot.waitUntil(lambda: any("the disk is full; make room" in said for said in told))
    assert viewer.documents.is_modified
    with closing(connected(named, writing=False)) as reading:
        assert read_facts(reading, named)[1].markers == ()  # the last save, whole
    monkeypatch.setattr(Document, "write", write)
    with qtbot.waitSignal(viewer.documents.saved, timeout=10_000):
        viewer.documents.save()
    assert not viewer.documents.is_modified
    viewer.window._error.accept()


def test_a_journal_that_cannot_be_written_refuses_exports_in_words(
    qtbot: QtBot, viewer: Viewer, clip: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_clip(qtbot, viewer, clip)
    wait_analysed(qtbot, viewer)
    viewer.exports.pause(True)
    first = clip.with_name("first.mp4")
    viewer.exports.start("overlay", first)
    told: list[str] = []
    viewer.failed.connect(told.append)

    def full(_descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as wrong:
        wrong.setattr(journal.os, "fsync", full)
        viewer.exports.start("overlay", clip.with_name("second.mp4"))
        viewer.exports.panel.cancelled.emit(viewer.exports.panel.rows[0].number)
    assert len(told) == 2
    assert all("No space left on device" in sentence for sentence in told)
    assert [row.state for row in viewer.exports.panel.rows] == ["cancelled"]
    viewer.exports.pause(False)
    qtbot.waitUntil(lambda: not viewer.exports.running, timeout=10_000)
    assert not list(clip.parent.glob("*first*"))
    assert not list(clip.parent.glob("*second*"))
    viewer.window._error.accept()
