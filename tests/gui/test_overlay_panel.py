"""The overlay's controls in the real window: each changes what is drawn, told, and remembered."""

from __future__ import annotations

from math import degrees, radians

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QSettings
from PySide6.QtWidgets import QComboBox, QLabel, QSlider

from cubesal.camera import Camera
from cubesal.overlay import OverlayStyle, blend_overlay
from cubesal_viewer.app import Viewer
from cubesal_viewer.settings import load_choices, save_overlay
from cubesal_viewer.state import Overlay, ViewerState
from cubesal_viewer.widgets.sphere_pane import SpherePane

from .conftest import picture_of
from .test_split import PEAKS, looking, peaks

__all__ = ["looking"]
pytestmark = pytest.mark.gl
MAP = peaks(*PEAKS)


def control(viewer: Viewer, kind: type, name: str) -> object:
    found = [c for c in viewer.window.overlay.findChildren(kind) if c.accessibleName() == name]
    assert len(found) == 1
    return found[0]


def readout(viewer: Viewer) -> str:
    words = [label.text() for label in viewer.window.statusBar().findChildren(QLabel)]
    return next((text for text in words if text.startswith("under the mouse")), "")


def test_a_range_by_hand_begins_where_it_was_and_is_in_the_legend(looking: Viewer) -> None:
    panel = looking.window.overlay
    before = panel._legend_high.text()
    assert before == f"{MAP.max():.3g}"
    control(looking, QComboBox, "Range").setCurrentIndex(2)
    assert looking.state.overlay.style.range_mode == "manual"
    assert panel._legend_high.text() == before
    panel._top.setValue(1.5)
    assert panel._legend_high.text() == "1.5"
    style = looking.state.overlay.style
    pane = looking.window.equirect
    pane.set_outline_visible(False)
    pane.set_ruler_visible(False)
    shown = picture_of(looking).astype(int)
    height, width = shown.shape[:2]
    looking.toggle_heatmap()
    bare = picture_of(looking)
    expected = blend_overlay(bare, MAP, 1.5, style)
    assert (width, height) == expected.shape[1::-1]
    coloured = np.abs(expected.astype(int) - bare).max(axis=-1) > 20
    assert coloured.sum() > 300
    assert np.abs(shown - expected)[coloured].mean() <= 2.0


def test_contours_inversion_and_smoothing_reach_the_picture(qtbot, looking: Viewer) -> None:
    plain = picture_of(looking)
    control(looking, QComboBox, "Contours").setCurrentIndex(2)
    lines = picture_of(looking)
    assert looking.state.overlay.style.contours == (0.25, 0.5, 0.75)
    assert np.abs(lines.astype(int) - plain).max() > 80
    icon = looking.window.overlay._colormap.itemIcon(1).pixmap(20, 8).toImage()
    looking.window.overlay._inverted.click()
    assert looking.window.overlay._colormap.itemIcon(1).pixmap(20, 8).toImage() != icon
    assert not np.array_equal(picture_of(looking), lines)
    top = looking.window.equirect.content.scale
    control(looking, QSlider, "Smoothing").setValue(10)
    assert degrees(looking.state.overlay.style.smoothing) == pytest.approx(10)
    assert looking.window.equirect.content.scale < 0.7 * top


def hover(qtbot, viewer: Viewer, pane: SpherePane, place: QPoint, words: str) -> str:
    """Move the mouse to a place of a pane until it is read out there; the display may interfere."""

    def moved() -> None:
        qtbot.mouseMove(pane, place + QPoint(1, 0))
        qtbot.mouseMove(pane, place)
        shown = readout(viewer).replace("-", "−")
        assert words in shown if words else not shown

    qtbot.waitUntil(moved)
    return readout(viewer)


def test_the_mouse_reads_the_map_on_both_panes(qtbot, looking: Viewer) -> None:
    pane = looking.window.equirect
    there = pane.position_of(radians(92), radians(10)).toPoint()
    words = hover(qtbot, looking, pane, there, "yaw +9")
    assert "value 2" in words or "value 1.9" in words
    assert "(6" in words  # two of three
    looking.steering.take_over(Camera(radians(-92), radians(-10)))
    flat = looking.window.nfov
    words = hover(qtbot, looking, flat, flat.rect().center(), "yaw −9")
    assert "(5" in words or "(4" in words
    looking.analysis.track = None
    looking.analysis.track_changed.emit()
    assert "not analysed yet" in readout(looking)
    hover(qtbot, looking, pane, QPoint(1, 1), "")


def test_the_style_is_remembered_and_damage_keeps_the_default(tmp_path) -> None:
    settings = QSettings(str(tmp_path / "s.ini"), QSettings.Format.IniFormat)
    style = OverlayStyle("jet", 0.5, 0.1, True, "manual", 0.25, (0.2, 0.4), radians(3))
    save_overlay(settings, Overlay(style))
    state = ViewerState()
    load_choices(settings, state)
    assert state.overlay.style == style
    for name in ("range_mode", "top", "contours", "smoothing"):
        settings.setValue(f"overlay/{name}", "-7 what")
    load_choices(settings, state)
    default = OverlayStyle()
    kept = state.overlay.style
    assert (kept.range_mode, kept.top, kept.contours) == (default.range_mode, 1.0, ())
    assert kept.colormap == "jet"
