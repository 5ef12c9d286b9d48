"""Two models on one picture in the real window: the wipe, its range, and what it leaves behind."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt

from tests.media import make_clip

from .conftest import open_clip, picture_of, wait_analysed

pytestmark = pytest.mark.gl
LEFT = Qt.MouseButton.LeftButton


@pytest.fixture(scope="module")
def short_clip(tmp_path_factory) -> Path:
    """So short that the larger model is soon through."""
    path = tmp_path_factory.mktemp("clips") / "short.mp4"
    return make_clip(path, frames=20, size=(640, 320), gop=10)


def test_wipe_between_two_models_at_one_range_by_dragging_the_line(qtbot, viewer, short_clip):
    open_clip(qtbot, viewer, short_clip)
    wait_analysed(qtbot, viewer)
    viewer.transport.seek_time(0.4)
    qtbot.waitUntil(lambda: viewer.transport.frame.index == 12, timeout=5000)
    qtbot.keyClick(viewer.window, Qt.Key.Key_M, Qt.KeyboardModifier.ShiftModifier)
    wipe, pane = viewer.inspect.wipe, viewer.window.equirect
    assert wipe.view.model != "fast"
    assert not pane.content.other.any()  # not the first model's map under the other one's name
    qtbot.waitUntil(
        lambda: wipe.other.track is not None and wipe.other.track.complete, timeout=60_000
    )
    first, other = viewer.analysis.track, wipe.other.track
    assert wipe.top == max(first.peak, other.peak)
    shown = pane.content
    assert shown.scale == wipe.top
    assert np.array_equal(shown.other, other.at(viewer.transport.frame.time_s).saliency)
    assert not np.array_equal(shown.other, shown.saliency)

    camera = viewer.state.camera
    box, ratio = pane.picture, pane.devicePixelRatio()
    middle = QPoint(
        round((box.x + box.width / 2) / ratio), round((box.y + 0.8 * box.height) / ratio)
    )
    there = middle + QPoint(round(box.width / 4 / ratio), 0)
    qtbot.mousePress(pane, LEFT, pos=middle)
    qtbot.mouseMove(pane, there)
    qtbot.mouseRelease(pane, LEFT, pos=there)
    assert pane.content.wipe == pytest.approx(0.75, abs=0.01)
    assert viewer.state.camera == camera

    pictures = {}
    for part in (0.0, 0.5, 1.0):
        wipe.set_wipe(part)
        pictures[part] = picture_of(viewer).astype(int)
    quarter = pictures[0.5].shape[1] // 4
    inner = slice(40, -40)  # beside names and line
    left, right = slice(quarter - 60, quarter + 60), slice(3 * quarter - 60, 3 * quarter + 60)
    assert np.array_equal(pictures[0.5][inner, left], pictures[1.0][inner, left])
    assert np.array_equal(pictures[0.5][inner, right], pictures[0.0][inner, right])
    assert not np.array_equal(pictures[0.0][inner], pictures[1.0][inner])

    wipe.view._range.setValue(0.5)
    assert pane.content.scale == 0.5
    qtbot.keyClick(viewer.window, Qt.Key.Key_M, Qt.KeyboardModifier.ShiftModifier)
    assert pane.content.other is None
    assert wipe.other.track is None

    spared = []
    wipe.other.model_spared.connect(lambda: spared.append(True))
    qtbot.wait(300)  # the document's thread commits
    wipe.set_on(True)
    qtbot.waitUntil(lambda: bool(spared), timeout=10_000)  # every map was kept the first time
    assert wipe.other.track.complete
    viewer.state.set_clip(None)
    assert not wipe.is_on


def test_without_a_clip_nothing_is_compared(qtbot, viewer):
    with qtbot.waitSignal(viewer.failed) as told:
        viewer.inspect.wipe.set_on(True)
    assert "Open a clip first" in told.args[0]
    assert not viewer.inspect.wipe.is_on
