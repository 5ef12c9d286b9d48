"""Ground truth in the real window: dropped, scored while maps arrive, walked through, saved."""

from __future__ import annotations

from math import radians
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QApplication, QFileDialog, QPushButton, QTabWidget

from cubesal.overlay import difference_lut
from cubesal_viewer.widgets.elided_label import ElidedLabel
from tests.media import make_clip

from .conftest import open_clip, picture_of, wait_analysed

pytestmark = pytest.mark.gl


@pytest.fixture
def eyes(tmp_path: Path) -> Path:
    """People look to the right in the first second, to the left afterwards."""
    rows = [f"{k / 20:.2f},{100 if k < 20 else -100},20" for k in range(40)]
    path = tmp_path / "eyes.csv"
    path.write_text("\n".join(["time_s,yaw_deg,pitch_deg", *rows]), encoding="utf-8")
    return path


def drop(widget, path: Path) -> None:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path))])
    copy, left, none = (
        Qt.DropAction.CopyAction,
        Qt.MouseButton.LeftButton,
        Qt.KeyboardModifier.NoModifier,
    )
    # Qt delivers a drop to whoever accepted the drag before.
    enter = QDragEnterEvent(QPointF(5, 5).toPoint(), copy, data, left, none)
    QApplication.sendEvent(widget, enter)
    assert enter.isAccepted()
    QApplication.sendEvent(widget, QDropEvent(QPointF(5, 5), copy, data, left, none))


def wait_scored(qtbot, viewer) -> None:
    truth = viewer.inspect.truth
    qtbot.waitUntil(
        lambda: truth.scores is not None and not np.isnan(truth.scores.curve("cc")).any(),
        timeout=20_000,
    )


def test_drop_ground_truth_see_curves_go_to_the_worst_see_the_difference(
    qtbot, viewer, known_clip, eyes, tmp_path, monkeypatch
):
    open_clip(qtbot, viewer, known_clip)
    qtbot.waitUntil(lambda: viewer.analysis.track is not None, timeout=30_000)
    viewer.inspect.dock.raise_()
    drop(viewer.inspect.panel, eyes)  # while the clip is still being analysed
    wait_analysed(qtbot, viewer)
    wait_scored(qtbot, viewer)
    truth = viewer.inspect.truth
    qtbot.waitUntil(lambda: len(truth.view.curves.shown()) == 1)
    times, values = truth.view.curves.shown()[0]
    assert np.array_equal(times, viewer.analysis.track.time_s)
    assert np.array_equal(values, truth.scores.curve("cc"))

    qtbot.keyClick(viewer.window, Qt.Key.Key_W, Qt.KeyboardModifier.ShiftModifier)
    worst = truth.scores.worst("cc")[0]
    qtbot.waitUntil(
        lambda: abs(viewer.state.playhead.time_s - truth.scores.time_s[worst]) < 0.02, timeout=5000
    )
    qtbot.keyClick(viewer.window, Qt.Key.Key_W, Qt.KeyboardModifier.ShiftModifier)
    second = truth.scores.worst("cc", 0.5)[1]
    qtbot.waitUntil(
        lambda: abs(viewer.state.playhead.time_s - truth.scores.time_s[second]) < 0.02, timeout=5000
    )

    viewer.transport.seek_time(0.4)
    plain = picture_of(viewer)
    qtbot.keyClick(viewer.window, Qt.Key.Key_D, Qt.KeyboardModifier.ShiftModifier)
    qtbot.waitUntil(lambda: viewer.window.equirect.content.saliency is not None, timeout=5000)
    content = viewer.window.equirect.content
    assert content.signed
    assert -1.0 <= content.saliency.min() < -0.8  # the model sees a little there, too
    shown = picture_of(viewer)
    row = round((0.5 - radians(20) / np.pi) * shown.shape[0])
    column = round((100 / 360 + 0.5) * shown.shape[1])
    there, before = shown[row, column].astype(int), plain[row, column].astype(int)
    low = difference_lut()[0].astype(int)
    assert np.abs(there - low).sum() < np.abs(before - low).sum() - 60  # towards "people only"

    out = tmp_path / "curves.csv"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_a: (str(out), ""))
    buttons = truth.view.findChildren(QPushButton)
    next(b for b in buttons if b.accessibleName() == "Save metric curves").click()
    assert len(out.read_text().splitlines()) == 1 + len(times)


def test_bad_ground_truth_is_told_and_nothing_else_changes(qtbot, viewer, known_clip, tmp_path):
    open_clip(qtbot, viewer, known_clip)
    qtbot.waitUntil(lambda: viewer.analysis.track is not None, timeout=30_000)
    bad = tmp_path / "bad.csv"
    bad.write_text("a,b\n1,2\n", encoding="utf-8")
    with qtbot.waitSignal(viewer.failed, timeout=5000) as told:
        viewer.inspect.open_truth(bad)
    assert "needs the columns yaw_deg and pitch_deg" in told.args[0]
    assert viewer.inspect.truth.scores is None
    viewer.inspect.toggle_difference()
    assert not viewer.inspect.truth.difference


def test_another_model_is_scored_anew_and_another_clip_closes_the_truth(
    qtbot, viewer, known_clip, eyes
):
    open_clip(qtbot, viewer, known_clip)
    wait_analysed(qtbot, viewer)
    viewer.inspect.open_truth(eyes)
    wait_scored(qtbot, viewer)
    before = viewer.inspect.truth.scores
    from cubesal_viewer.state import ModelChoice

    viewer.state.set_model(ModelChoice("fast", prior=False))
    qtbot.waitUntil(lambda: viewer.inspect.truth.scores not in (None, before), timeout=30_000)
    wait_scored(qtbot, viewer)
    after = viewer.inspect.truth.scores
    assert not np.allclose(after.curve("cc"), before.curve("cc"))
    viewer.state.set_clip(None)
    assert viewer.inspect.truth.scores is None


def test_a_document_brings_its_ground_truth_and_names_it_also_when_it_is_gone(
    qtbot, viewer, known_clip, eyes, tmp_path
):
    open_clip(qtbot, viewer, known_clip)
    wait_analysed(qtbot, viewer)
    qtbot.waitUntil(lambda: viewer.documents.is_ready)
    viewer.inspect.open_truth(eyes)
    wait_scored(qtbot, viewer)
    assert viewer.state.truth == eyes
    document = tmp_path / "work.cubesal"
    with qtbot.waitSignal(viewer.documents.saved):
        viewer.documents.save_to(document)
    other = make_clip(tmp_path / "other.mp4", frames=2, size=(64, 32))
    with qtbot.waitSignal(viewer.documents.ready):
        viewer.open(other)
    assert viewer.state.truth is None
    assert viewer.inspect.truth.path is None

    with qtbot.waitSignal(viewer.documents.ready):
        viewer.open(document)
    wait_scored(qtbot, viewer)
    assert not viewer.documents.is_modified
    viewer.inspect.truth.view.close_asked.emit()
    assert viewer.state.truth is None
    assert viewer.documents.is_modified

    viewer.documents.save()
    qtbot.waitUntil(lambda: not viewer.documents.is_modified)
    viewer.inspect.open_truth(eyes)
    qtbot.waitUntil(lambda: viewer.state.truth == eyes)
    with qtbot.waitSignal(viewer.documents.saved):
        viewer.documents.save()
    with qtbot.waitSignal(viewer.documents.ready):
        viewer.open(other)
    eyes.unlink()
    with qtbot.waitSignal(viewer.inspect.failed) as failed:
        viewer.open(document)
    assert "eyes.csv" in failed.args[0]
    assert viewer.state.truth == eyes


def test_nothing_of_it_lies_beyond_the_edge_of_a_small_window(qtbot, viewer, known_clip, eyes):
    open_clip(qtbot, viewer, known_clip)
    wait_analysed(qtbot, viewer)
    viewer.inspect.open_truth(eyes)
    viewer.inspect.dock.raise_()
    wait_scored(qtbot, viewer)
    tabs = viewer.inspect.dock.findChild(QTabWidget)
    for k in range(tabs.count()):
        tabs.setCurrentIndex(k)
        QApplication.processEvents()
        needed = tabs.currentWidget().widget().minimumSizeHint().width()
        assert needed <= 320, tabs.tabText(k)  # a third of 1280, less margins and a scroll bar
    (name,) = (
        label
        for label in viewer.inspect.dock.findChildren(ElidedLabel)
        if label.text().startswith("eyes.csv")
    )
    assert name.toolTip() == name.text()
    assert name.fontMetrics().averageCharWidth() * 6 <= name.width()
