"""Pictures on the timeline: of the stretch that is shown, in order, and of this clip only."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from pytestqt.qtbot import QtBot

from cubesal.video import ClipReader
from cubesal_viewer.app import Viewer
from cubesal_viewer.thumbnails import MOST, Thumbnails, thumbnail
from tests.media import make_still

from .conftest import pixels
from .test_split import looking

__all__ = ["looking"]
pytestmark = pytest.mark.gl


def filled(viewer: Viewer) -> bool:
    strip, film = viewer.window.film, viewer.film
    indices = [viewer.transport.index_at(m) for m in strip.moments]
    return bool(indices) and all(film.thumbnails.picture(i) is not None for i in indices)


def test_the_strip_fills_with_the_clip_and_follows_the_zoom(qtbot: QtBot, looking: Viewer) -> None:
    strip = looking.window.film
    qtbot.waitUntil(lambda: filled(looking), timeout=8000)
    whole = strip.moments
    assert len(whole) == -(-strip.width() // 64)
    assert np.all(np.diff(whole) > 0)
    shown = pixels(strip.grab().toImage())
    assert shown[4:-4, 4:60].std() > 5
    looking.window.timeline.getViewBox().setXRange(0.5, 1.0, padding=0)
    assert 0.5 <= strip.moments[0] < strip.moments[-1] <= 1.0
    qtbot.waitUntil(lambda: filled(looking), timeout=8000)
    left = Qt.MouseButton.LeftButton
    qtbot.mousePress(strip, left, pos=QPoint(strip.width() // 2, 10))
    qtbot.mouseRelease(strip, left, pos=QPoint(strip.width() // 2, 10))
    qtbot.waitUntil(lambda: abs(looking.state.playhead.time_s - 0.75) < 0.04, timeout=3000)


def test_pictures_are_those_of_the_frames_and_no_more_than_may_be(
    qtbot: QtBot, numbered_clip: Path, tmp_path: Path
) -> None:
    thumbnails = Thumbnails(32)
    came: list[int] = []
    thumbnails.ready.connect(came.append)
    thumbnails.open(numbered_clip, None)
    thumbnails.want([0, 15, 40])
    qtbot.waitUntil(lambda: came == [0, 15, 40], timeout=5000)
    with ClipReader(numbered_clip) as reader:
        for index in came:
            image = thumbnails.picture(index)
            assert image is not None
            around = [reader.read(k).rgb(64) for k in (index, reader.key_before(index))]
            assert any(np.array_equal(pixels(image), thumbnail(rgb, 32)) for rgb in around)
    for index in range(MOST + 5):
        thumbnails._on_made(thumbnails._generation, index, np.zeros((32, 64, 3), np.uint8))
    assert len(thumbnails._images) == MOST
    broken = tmp_path / "gone.mp4"
    thumbnails.open(broken, None)
    assert thumbnails.picture(MOST) is None
    thumbnails.want([0])
    qtbot.wait(100)
    assert thumbnails.picture(0) is None
    assert thumbnails.stop()


def test_the_picture_of_a_still_is_made_of_the_one_on_show(
    qtbot: QtBot, looking: Viewer, tmp_path: Path
) -> None:
    still = make_still(tmp_path / "still.png")
    looking.open(still)
    qtbot.waitUntil(lambda: looking.transport.frame_count == 1, timeout=8000)
    thumbnails = looking.film.thumbnails
    qtbot.waitUntil(lambda: thumbnails.picture(0) is not None, timeout=8000)
    image, shown = thumbnails.picture(0), looking.transport.frame
    assert image is not None
    assert shown is not None
    height = image.height()
    assert np.array_equal(pixels(image), thumbnail(shown.rgb(2 * height), height))
    assert thumbnails._reader is None, "a vast still would be decoded once more for it"
