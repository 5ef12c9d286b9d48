"""What goes wrong is told once, with details to copy, and logged without anybody's folders."""

from __future__ import annotations

import logging
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt, QTimer, qCritical
from PySide6.QtWidgets import QApplication, QPlainTextEdit, QPushButton
from pytestqt.qtbot import QtBot

from cubesal_viewer.app import Viewer
from cubesal_viewer.failures import Failures
from cubesal_viewer.info import report
from cubesal_viewer.log import log_path, logger, start_logging, without_folders
from cubesal_viewer.widgets.error_dialog import ErrorDialog
from cubesal_viewer.worker import Worker, details_of, one_sentence

pytestmark = pytest.mark.gl


@pytest.fixture
def log() -> Iterator[Path]:
    """A log of this test's own; the folders of the person are elsewhere in tests."""
    before = list(logger.handlers)
    assert start_logging() is None
    yield log_path()
    for handler in set(logger.handlers) - set(before):
        logger.removeHandler(handler)
        handler.close()
    logger.propagate = True


@pytest.fixture
def failures(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> Iterator[Failures]:
    """Our hooks over silent ones, so that the test runner does not take what we raise for its."""
    monkeypatch.setattr(sys, "excepthook", lambda *_: None)
    monkeypatch.setattr(threading, "excepthook", lambda _: None)
    hooks = Failures()
    hooks.install()
    yield hooks
    hooks.remove()


def test_folders_are_cut_and_the_rest_of_a_sentence_stays() -> None:
    for text, cut in (
        ("cannot read /home/anna/My clips/a b.mp4: gone", "cannot read a b.mp4: gone"),
        ("'/home/anna/Anna's/x.mp4' or /tmp/y z/w.mp4", "'x.mp4' or w.mp4"),
        (r"C:\Users\Anna\clip.mp4 is empty", "clip.mp4 is empty"),
        ("30 km/h and 3/4 of https://example.org", "30 km/h and 3/4 of https://example.org"),
        (
            'File "/home/anna/v/lib/site-packages/torch/nn/a.py", line 3',
            'File "torch/nn/a.py", line 3',
        ),
        ('File "/home/anna/cubesal_viewer/app.py"', 'File "cubesal_viewer/app.py"'),
    ):
        assert without_folders(text) == cut


def test_an_exception_of_any_thread_is_told_with_its_traceback_and_logged(
    qtbot: QtBot, viewer: Viewer, failures: Failures, log: Path
) -> None:
    failures.told.connect(viewer.tell)

    def stumble() -> None:
        raise RuntimeError("stumbled over /home/anna/secret project/a.mp4")

    with qtbot.waitSignal(failures.told):
        threading.Thread(target=stumble).start()
    box = viewer.window.findChild(ErrorDialog)
    qtbot.waitUntil(box.isVisible)
    assert "RuntimeError" in box.message
    details, more = box.findChild(QPlainTextEdit), box.findChildren(QPushButton)[0]
    assert not details.isVisible()
    qtbot.mouseClick(more, Qt.MouseButton.LeftButton)
    assert details.isVisible()
    assert "in stumble" in details.toPlainText()
    for button in box.findChildren(QPushButton):
        if "Copy" in button.text():
            button.click()
    copied = QApplication.clipboard().text()
    assert "in stumble" in copied
    assert str(log) in copied
    written = log.read_text(encoding="utf-8")
    assert "in stumble" in written
    assert "a.mp4" in written
    assert "anna" not in written
    assert "secret" not in written
    box.close()


def test_an_exception_in_a_slot_does_not_end_the_window(
    qtbot: QtBot, viewer: Viewer, failures: Failures
) -> None:
    failures.told.connect(viewer.tell)
    with qtbot.waitSignal(failures.told):
        QTimer.singleShot(0, lambda: 1 // 0)
    assert "ZeroDivisionError" in viewer.window.findChild(ErrorDialog).message
    assert viewer.window.isVisible()
    viewer.window.findChild(ErrorDialog).close()


@pytest.mark.qt_log_ignore("out of everything")
def test_what_qt_calls_critical_is_told_and_logged(failures: Failures, log: Path) -> None:
    told: list[str] = []
    failures.told.connect(lambda sentence, _details: told.append(sentence))
    qCritical("out of everything")
    assert len(told) == 1
    assert "out of everything" in told[0]
    assert "out of everything" in log.read_text(encoding="utf-8")


def test_leaving_is_no_failure(failures: Failures) -> None:
    failures.told.connect(lambda *_: pytest.fail("told"))
    sys.excepthook(KeyboardInterrupt, KeyboardInterrupt(), None)
    sys.excepthook(SystemExit, SystemExit(0), None)


def test_a_worker_that_stumbles_leaves_its_traceback_behind_the_sentence(
    capsys: pytest.CaptureFixture[str],
) -> None:
    sentences: list[str] = []
    said = threading.Event()

    def stumble() -> None:
        try:
            raise ZeroDivisionError("by nothing")
        except ZeroDivisionError as error:
            sentences.append(one_sentence(error))
            said.set()

    worker = Worker("stumbling")
    worker.submit(stumble)
    assert said.wait(5)
    assert worker.stop()
    assert "in stumble" in details_of(sentences[0])
    assert "ZeroDivisionError" in capsys.readouterr().err
    assert details_of("Open a clip first.") == ""


def test_an_expected_error_has_no_details_and_the_window_can_be_used_beside_it(
    qtbot: QtBot, viewer: Viewer
) -> None:
    viewer.tell("The clip is gone: find it.")
    box = viewer.window.findChild(ErrorDialog)
    qtbot.waitExposed(box)
    assert not any(b.isVisible() for b in box.findChildren(QPushButton) if b.text() == "Details")
    qtbot.keyClick(box, Qt.Key.Key_Escape)
    assert viewer.window.isVisible()


def test_the_log_rotates(log: Path) -> None:
    for _ in range(60):
        logger.info("x" * 20_000)
    assert sum(file.stat().st_size for file in log.parent.iterdir()) < 2.2 * 1024 * 1024
    assert 2 <= len(list(log.parent.iterdir())) <= 4


def test_info_says_where_the_log_is(qapp: QApplication) -> None:
    assert f"log {log_path()}" in report().splitlines()
    assert logging.getLogger("cubesal_viewer") is logger
