"""Areas drawn with the mouse on the real window, over the seam too; measured, renamed, saved."""

from __future__ import annotations

from math import degrees, radians

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QFileDialog, QPushButton

from cubesal.geometry import dir_from_angles
from cubesal.inspection import Circle, Polygon, measure_area

from .conftest import open_clip, pixels, wait_analysed

pytestmark = pytest.mark.gl
LEFT = Qt.MouseButton.LeftButton


def place(viewer, yaw_deg: float, pitch_deg: float) -> QPoint:
    return viewer.window.equirect.position_of(radians(yaw_deg), radians(pitch_deg)).toPoint()


def click(qtbot, viewer, *places_deg: tuple[float, float]) -> None:
    for yaw, pitch in places_deg:
        qtbot.mouseClick(viewer.window.equirect, LEFT, pos=place(viewer, yaw, pitch))


def areas_of(viewer):
    return [found.area for found in viewer.inspect.areas.statistics.values()]


def test_draw_a_polygon_over_the_seam_and_a_circle_and_read_what_they_hold(
    qtbot, viewer, known_clip, tmp_path, monkeypatch
):
    open_clip(qtbot, viewer, known_clip)
    wait_analysed(qtbot, viewer)
    pane, areas = viewer.window.equirect, viewer.inspect.areas
    camera = viewer.state.camera
    qtbot.keyClick(viewer.window, Qt.Key.Key_P, Qt.KeyboardModifier.ShiftModifier)
    click(qtbot, viewer, (160, -30), (-160, -30), (-150, 35))
    qtbot.mouseClick(pane, LEFT, pos=place(viewer, 150, 35))
    qtbot.mouseDClick(pane, LEFT, pos=place(viewer, 150, 35))
    (polygon,) = areas_of(viewer)
    assert isinstance(polygon, Polygon)
    assert polygon.contains(dir_from_angles(radians(180), 0.0))
    assert not polygon.contains(dir_from_angles(0.0, 0.0))
    assert viewer.state.camera == camera  # nothing was steered meanwhile

    areas.view.findChildren(QPushButton)[1].click()
    qtbot.mousePress(pane, LEFT, pos=place(viewer, 0, 0))
    qtbot.mouseMove(pane, place(viewer, 20, 0))
    qtbot.mouseRelease(pane, LEFT, pos=place(viewer, 40, 0))
    circle = areas_of(viewer)[1]
    assert isinstance(circle, Circle)
    assert degrees(circle.radius) == pytest.approx(40, abs=1)

    track = viewer.analysis.track
    found = areas.statistics["Area 1"]
    qtbot.waitUntil(lambda: not np.isnan(found.share).any(), timeout=10_000)
    assert found.share[3] == pytest.approx(measure_area(polygon, track.get(3))[0])
    qtbot.waitUntil(lambda: areas.view.table.item(0, 2).text() == f"{found.clip_share:.1%}")

    areas.view.table.item(0, 0).setText("stage")
    assert list(areas.statistics) == ["stage", "Area 2"]
    areas.view.table.item(1, 0).setText("stage")  # taken
    assert areas.view.table.item(1, 0).text() == "Area 2"

    out = tmp_path / "areas.csv"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_a: (str(out), ""))
    next(b for b in areas.view.findChildren(QPushButton) if "Save" in b.text()).click()
    assert out.read_text().splitlines()[1].startswith("stage,")
    curves = (tmp_path / "areas.curves.csv").read_text().splitlines()
    assert len(curves) == 1 + 2 * len(track)


def test_enter_closes_backspace_takes_back_and_esc_gives_up(qtbot, viewer, known_clip):
    open_clip(qtbot, viewer, known_clip)
    qtbot.waitUntil(lambda: viewer.analysis.track is not None, timeout=30_000)
    pane, areas = viewer.window.equirect, viewer.inspect.areas
    areas.draw("polygon")
    click(qtbot, viewer, (0, 0), (30, 0), (30, 30), (100, -60))
    qtbot.keyClick(pane, Qt.Key.Key_Backspace)
    qtbot.keyClick(pane, Qt.Key.Key_Return)
    assert len(areas_of(viewer)[0].corners) == 3
    areas.draw("polygon")
    click(qtbot, viewer, (0, 0), (30, 0), (30, 30))
    qtbot.keyClick(pane, Qt.Key.Key_Escape)
    assert areas.drawing.shape is None
    assert len(areas_of(viewer)) == 1
    (drawn,) = viewer.documents.content.regions
    assert (drawn.name, len(drawn.corners)) == ("Area 1", 3)
    viewer.editor.history.stack.undo()
    assert areas_of(viewer) == []
    assert areas.view.table.rowCount() == 0
    viewer.editor.history.stack.redo()
    assert len(areas_of(viewer)) == 1
    with qtbot.waitSignal(pane.camera_dragged):  # the hands steer again
        qtbot.mousePress(pane, LEFT, pos=place(viewer, 0, 0))
        qtbot.mouseMove(pane, place(viewer, 30, 0))
    qtbot.mouseRelease(pane, LEFT, pos=place(viewer, 30, 0))


def test_a_polygon_of_two_corners_is_refused_and_drawing_goes_on(qtbot, viewer, known_clip):
    open_clip(qtbot, viewer, known_clip)
    pane, areas = viewer.window.equirect, viewer.inspect.areas
    areas.draw("polygon")
    click(qtbot, viewer, (0, 0), (30, 0))
    with qtbot.waitSignal(viewer.failed) as told:
        qtbot.keyClick(pane, Qt.Key.Key_Return)
    assert "at least 3 corners" in told.args[0]
    assert areas.drawing.shape == "polygon"
    viewer.window._error.close()
    before = pixels(pane.grab_image())
    click(qtbot, viewer, (30, 30))
    qtbot.keyClick(pane, Qt.Key.Key_Return)
    shown = pixels(pane.grab_image())
    assert areas.drawing.shape is None
    assert np.abs(shown.astype(int) - before).max() > 60  # its outline and its name
