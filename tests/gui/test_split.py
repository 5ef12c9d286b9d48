"""Split view in the real window: views on the peaks beside the camera, named, outlined, chosen."""

from __future__ import annotations

import time
from math import degrees, radians
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt

from cubesal import geometry
from cubesal.autopilot import side_views
from cubesal.autopilot.views import angle_between
from cubesal.camera import Camera
from cubesal.track import SaliencyTrack
from cubesal_viewer.app import Viewer

from .conftest import open_clip, pixels

pytestmark = pytest.mark.gl
LEFT = Qt.MouseButton.LeftButton
PEAKS = ((0.0, 0.0, 3.0), (92.0, 10.0, 2.0), (-92.0, -10.0, 1.5), (180.0, 0.0, 1.0))


def peaks(*places: tuple[float, float, float]) -> np.ndarray:
    """A map with bumps at (yaw_deg, pitch_deg, height)."""
    rays = geometry.equirect_rays(60)
    bumps = (
        height
        * np.exp((rays @ geometry.dir_from_angles(radians(y), radians(p)) - 1) / radians(7) ** 2)
        for y, p, height in places
    )
    return np.sum(list(bumps), axis=0).astype(np.float32)


@pytest.fixture
def looking(qtbot, viewer: Viewer, numbered_clip: Path, monkeypatch) -> Viewer:
    """A clip with these four peaks throughout, held by hand at the first of them."""

    def start(request: object) -> None:
        track = SaliencyTrack([0, 59], [0.0, 59 / 30], "clip", "peaks")
        for k in range(2):
            track.set(k, peaks(*PEAKS))
        viewer.analysis.track = track
        viewer.analysis.track_changed.emit()

    monkeypatch.setattr(viewer.analysis, "start", start)
    open_clip(qtbot, viewer, numbered_clip)
    qtbot.waitUntil(lambda: viewer.analysis.track is not None, timeout=10_000)
    viewer.steering.take_over(Camera())
    return viewer


def split(qtbot, viewer: Viewer, times: int) -> None:
    for _ in range(times):
        qtbot.keyClick(viewer.window, Qt.Key.Key_B)
    wanted = viewer.window.nfov.split - 1
    qtbot.waitUntil(lambda: len(viewer.window.nfov.sides) == wanted, timeout=5000)


def cell_middle(viewer: Viewer, number: int) -> QPoint:
    pane = viewer.window.nfov
    cell, ratio = pane.cells[number], pane.devicePixelRatio()
    return QPoint(
        round((cell.x + cell.width / 2) / ratio), round((cell.y + cell.height / 2) / ratio)
    )


def test_four_views_show_the_peaks_beside_the_camera(qtbot, looking):
    alone = looking.window.nfov.grab_picture()
    split(qtbot, looking, 2)
    pane = looking.window.nfov
    for side, (yaw, pitch, _) in zip(pane.sides, PEAKS[1:], strict=True):
        assert angle_between(side.camera, Camera(radians(yaw), radians(pitch))) < radians(8)
    assert [round(side.share, 1) for side in pane.sides] == [0.3, 0.2, 0.1]
    widths = {(cell.width, cell.height) for cell in pane.cells}
    assert len(widths) == 1
    assert pane.aspect == pytest.approx(16 / 9, rel=0.03)
    shown = pixels(pane.grab_image())
    parts = [shown[c.y + 40 : c.y + c.height - 4, c.x + 4 : c.x + c.width - 4] for c in pane.cells]
    assert all(part.std() > 3 for part in parts)  # each is a picture, and no two are the same
    assert len({part.tobytes() for part in parts}) == 4
    qtbot.keyClick(looking.window, Qt.Key.Key_B)
    assert pane.split == 1
    assert pane.grab_picture() == alone


def test_a_click_on_a_view_takes_the_camera_there_and_enter_does_too(qtbot, looking):
    split(qtbot, looking, 1)
    pane = looking.window.nfov
    qtbot.mouseClick(pane, LEFT, pos=cell_middle(looking, 1))
    qtbot.waitUntil(lambda: abs(degrees(looking.state.camera.yaw) - 92) < 9, timeout=3000)
    # The place that the camera left is the best one beside it now.
    front = lambda: angle_between(pane.sides[0].camera, Camera()) < radians(8)  # noqa: E731
    qtbot.waitUntil(lambda: bool(pane.sides) and front(), timeout=3000)
    pane.setFocus()
    qtbot.keyClick(pane, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: abs(degrees(looking.state.camera.yaw)) < 9, timeout=3000)


def test_a_drag_steers_in_the_first_view_only(qtbot, looking):
    split(qtbot, looking, 2)
    pane, before = looking.window.nfov, looking.state.camera
    side = cell_middle(looking, 2)
    qtbot.mousePress(pane, LEFT, pos=side)
    qtbot.mouseMove(pane, cell_middle(looking, 3))
    qtbot.mouseRelease(pane, LEFT, pos=cell_middle(looking, 3))
    assert looking.state.camera == before
    first = cell_middle(looking, 0)
    held = pane.direction_at(first.toPointF())
    qtbot.mousePress(pane, LEFT, pos=first)
    qtbot.mouseMove(pane, first + QPoint(10, 0))
    qtbot.mouseMove(pane, first + QPoint(40, 5))
    qtbot.mouseRelease(pane, LEFT, pos=first + QPoint(40, 5))
    assert pane.direction_at((first + QPoint(40, 5)).toPointF()) == pytest.approx(held, abs=1e-6)


def test_outlines_of_the_others_are_on_the_sphere_and_gone_with_them(qtbot, looking):
    pane = looking.window.equirect
    place = pane.position_of(radians(92), radians(10)).toPoint()
    ratio = pane.devicePixelRatio()
    at = (round((place.y()) * ratio), round(place.x() * ratio))
    window = np.s_[at[0] - 12 : at[0] + 12, at[1] - 14 : at[1] + 14]
    before = pixels(pane.grab_image())
    split(qtbot, looking, 2)
    with_marks = pixels(pane.grab_image())
    assert np.abs(with_marks[window].astype(int) - before[window]).max() > 60
    qtbot.keyClick(looking.window, Qt.Key.Key_B)
    assert np.array_equal(pixels(pane.grab_image()), before)


def test_views_keep_up_although_each_search_takes_longer_than_the_film_waits(
    qtbot, looking: Viewer, monkeypatch
) -> None:
    def slowly(*arguments: object, **options: object) -> object:
        time.sleep(0.4)
        return side_views(*arguments, **options)

    monkeypatch.setattr("cubesal_viewer.split.side_views", slowly)
    split(qtbot, looking, 1)
    before = looking.window.nfov.sides[0].camera
    assert angle_between(before, Camera(radians(92), radians(10))) < radians(15)
    turned = [looking.state.camera]
    looking.steering.take_over(Camera(radians(92), radians(10)))

    def turn() -> bool:
        looking.steering.turn(yaw=radians(0.02))  # as film does, without a rest
        turned.append(looking.state.camera)
        return angle_between(looking.window.nfov.sides[0].camera, before) > radians(45)

    qtbot.waitUntil(turn, timeout=6000)
    assert len(turned) > 10
