"""Words over the flat view: shown and hidden by a key, true, and in no snapshot."""

from __future__ import annotations

from math import radians

import numpy as np
import pytest
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QFont, QImage, QPainter

from cubesal.camera import Camera
from cubesal.lens import RECTILINEAR, Lens
from cubesal.track import SaliencyTrack
from cubesal_viewer.app import Viewer
from cubesal_viewer.widgets.hud import Hud, hud_parts, paint_hud

from .conftest import pixels
from .test_split import looking, peaks

__all__ = ["looking"]
pytestmark = pytest.mark.gl


def test_the_words_say_where_when_and_how_much() -> None:
    camera = Camera(radians(-12.34), radians(5), radians(1), radians(75))
    words = hud_parts(Hud(65.25, 0.314), camera, RECTILINEAR)
    assert words == [
        "yaw −12.3°  pitch +5.0°  roll +1.0°  hfov 75.0°",
        "1:05.250",
        "31% of attention in view",
    ]
    assert "hfov 290.0°" in hud_parts(Hud(), camera, Lens.of("planet"))[0]
    assert len(hud_parts(Hud(), camera, RECTILINEAR)) == 2


@pytest.mark.parametrize("width", [160, 300, 700])
def test_nothing_is_cut_off_in_a_narrow_view(qtbot, width: int) -> None:
    image = QImage(900, 300, QImage.Format.Format_RGB888)
    image.fill(Qt.GlobalColor.black)
    painter = QPainter(image)
    painter.setFont(QFont("DejaVu Sans"))
    view = QRectF(100, 0, max(width, 330), 280)
    paint_hud(painter, Hud(1.0, 0.5), Camera(-3.0, -1.0, 0.5), RECTILINEAR, view)
    painter.end()
    rows, columns = np.nonzero(pixels(image).max(axis=-1))
    assert rows.size > 100
    assert columns.min() >= view.left()
    assert columns.max() < view.right()
    assert rows.max() < view.bottom()


def test_a_key_shows_and_hides_them_and_snapshots_have_none(qtbot, looking: Viewer) -> None:
    pane = looking.window.nfov
    pane.set_missed(None)
    bare = pixels(pane.grab_image())
    shift = Qt.KeyboardModifier.ShiftModifier
    qtbot.keyClick(looking.window, Qt.Key.Key_H, shift)
    assert pane.hud is not None
    qtbot.waitUntil(lambda: pane.hud.share is not None, timeout=3000)
    pane.set_missed(None)
    written = pixels(pane.grab_image())
    foot = np.s_[-40:, : bare.shape[1] // 2]
    assert np.abs(written[foot].astype(int) - bare[foot]).max() > 80
    assert np.array_equal(pixels(pane.grab_picture()), bare)
    looking.transport.seek(30)
    qtbot.waitUntil(lambda: pane.hud.time_s == pytest.approx(1.0), timeout=3000)
    qtbot.keyClick(looking.window, Qt.Key.Key_H, shift)
    assert pane.hud is None


def test_the_share_follows_the_clip_under_a_view_held_by_hand(qtbot, looking: Viewer) -> None:
    track = SaliencyTrack([0, 30, 59], [0.0, 1.0, 59 / 30], "clip", "peaks")
    for k, yaw_deg in enumerate((0, 180, 180)):
        track.set(k, peaks((yaw_deg, 0, 1)))
    looking.analysis.track = track
    looking.analysis.track_changed.emit()
    pane = looking.window.nfov
    qtbot.keyClick(looking.window, Qt.Key.Key_H, Qt.KeyboardModifier.ShiftModifier)
    qtbot.waitUntil(lambda: (pane.hud.share or 0) > 0.9, timeout=3000)
    qtbot.waitUntil(lambda: looking.steering.plan is not None, timeout=10_000)
    qtbot.wait(300)  # what the plan has redrawn is done
    looking.transport.seek(45)
    qtbot.waitUntil(lambda: pane.hud.share is not None and pane.hud.share < 0.1, timeout=3000)
