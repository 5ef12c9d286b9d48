"""Choosing the projection beside the view: drawn, widened by the wheel, saved by a snapshot."""

from __future__ import annotations

from math import degrees

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QImage, QWheelEvent
from PySide6.QtWidgets import QApplication, QComboBox

from cubesal.camera import Camera
from cubesal.lens import Lens
from cubesal_viewer.app import Viewer

from .conftest import pixels
from .test_split import looking, split

__all__ = ["looking"]
pytestmark = pytest.mark.gl


def roll_wheel(viewer: Viewer, notches: int) -> None:
    pane = viewer.window.nfov
    middle = QPointF(pane.rect().center())
    event = QWheelEvent(
        middle,
        pane.mapToGlobal(middle),
        QPoint(),
        QPoint(0, 120 * notches),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(pane, event)


def shown_alone(viewer: Viewer) -> np.ndarray:
    return pixels(viewer.window.nfov.grab_picture()).astype(int)


def test_key_and_list_choose_the_projection_and_the_wheel_widens_it(qtbot, looking: Viewer) -> None:
    looking.toggle_heatmap()
    chooser = looking.window.transport.findChild(QComboBox)
    qtbot.keyClick(looking.window, Qt.Key.Key_U)
    assert chooser.currentData() == looking.state.lens.projection == "stereographic"
    chooser.setCurrentIndex(2)
    assert looking.state.lens == Lens.of("planet")
    before = looking.state.camera.hfov
    roll_wheel(looking, -1)
    assert degrees(looking.state.lens.fov) == pytest.approx(290 / 0.9, abs=0.1)
    assert looking.state.camera.hfov == before  # paths and exports keep what they had
    qtbot.keyClick(looking.window, Qt.Key.Key_U)
    assert looking.state.lens.projection == "rectilinear"


def test_the_pane_and_its_snapshot_are_what_the_lens_pictures(qtbot, looking: Viewer) -> None:
    looking.toggle_heatmap()
    looking.steering.take_over(Camera(0.6))
    looking.lenses.choose("planet")
    frame, lens = looking.transport.frame, looking.state.lens
    split(qtbot, looking, 2)  # a snapshot is of the camera's view alone
    alone = shown_alone(looking)
    height, width = alone.shape[:2]
    expected = lens.picture(frame.rgb(), Camera(0.6), width, height)
    assert np.abs(alone - expected).mean() <= 1.0
    looking.snapshot()
    saved = next(looking.state.clip.path.parent.glob("numbers_*.png"))
    assert np.array_equal(pixels(QImage(str(saved))), alone)
    saved.unlink()


def test_dragging_a_little_planet_turns_it(qtbot, looking: Viewer) -> None:
    looking.lenses.choose("planet")
    pane = looking.window.nfov
    start = pane.rect().center() + QPoint(0, -50)
    held = pane.direction_at(QPointF(start))
    left = Qt.MouseButton.LeftButton
    qtbot.mousePress(pane, left, pos=start)
    for step in range(1, 6):
        qtbot.mouseMove(pane, start + QPoint(6 * step, 2 * step))
    qtbot.mouseRelease(pane, left, pos=start + QPoint(30, 10))
    assert pane.direction_at(QPointF(start + QPoint(30, 10))) == pytest.approx(held, abs=1e-3)
    assert abs(degrees(looking.state.camera.yaw)) > 5
