"""The timeline also says how far attention is spread, and in how many places it is."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QToolButton
from pytestqt.qtbot import QtBot

from cubesal.attention import attention_stats
from cubesal.track import SaliencyTrack
from cubesal_viewer.app import Viewer
from cubesal_viewer.map_figures import MapFigures
from tests.documents import grid_of, map_of
from tests.gui.conftest import open_clip, wait_analysed

pytestmark = pytest.mark.gl


def track_with(points: range, count: int = 500) -> SaliencyTrack:
    track = grid_of(count)
    for k in points:
        track.set(k, map_of(k))
    return track


def test_every_map_is_described_once_and_new_ones_follow(qtbot: QtBot) -> None:
    figures = MapFigures()
    track = track_with(range(0, 400, 2))
    figures.follow(track)
    qtbot.waitUntil(lambda: np.isfinite(figures.spread).sum() == 200)
    assert np.isnan(figures.spread[1::2]).all()
    track.set(1, map_of(1))
    figures.follow(track)
    qtbot.waitUntil(lambda: np.isfinite(figures.spread[1]))
    for k in (0, 1, 398):
        stats = attention_stats(map_of(k))
        assert figures.spread[k] == pytest.approx(stats.spread)
        assert figures.spots[k] == len(stats.hot_spots)
    other = track_with(range(3), 10)
    figures.follow(other)
    assert figures.spread.shape == (10,)
    qtbot.waitUntil(lambda: np.isfinite(figures.spread).sum() == 3)
    assert figures.stop()


def test_curves_read_out_and_hide(qtbot: QtBot, viewer: Viewer, known_clip: Path) -> None:
    open_clip(qtbot, viewer, known_clip)
    wait_analysed(qtbot, viewer)
    timeline = viewer.window.timeline
    qtbot.waitUntil(lambda: np.isfinite(viewer.strip.figures.spread).all())
    qtbot.waitUntil(lambda: timeline._spread.getData()[0] is not None)
    QTest.mouseMove(timeline.viewport(), QPoint(timeline.width() // 2, 40))
    qtbot.waitUntil(lambda: "hot spots" in viewer.window._readout.text())
    words = viewer.window._readout.text()
    assert "spread" in words
    assert "peak" in words
    assert "in view" in words
    keys = viewer.window.transport.curves.findChildren(QToolButton)
    assert len(keys) == 4
    QTest.mouseClick(keys[2], Qt.MouseButton.LeftButton)
    assert not timeline._spread.isVisible()
    assert timeline._spots.isVisible()
    assert viewer.window.transport.curves.shown() == ["peak", "share", "spots"]
