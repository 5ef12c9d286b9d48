"""Every control says what it is for, in a name of its own, and can be reached by Tab."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractSlider,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QDockWidget,
    QKeySequenceEdit,
    QLineEdit,
    QPlainTextEdit,
    QScrollArea,
    QScrollBar,
    QTabBar,
    QWidget,
)
from pytestqt.qtbot import QtBot

from cubesal_viewer.app import Viewer
from cubesal_viewer.preferences.dialog import PreferencesDialog
from cubesal_viewer.widgets.error_dialog import ErrorDialog
from cubesal_viewer.widgets.gestures import SteeringPane
from cubesal_viewer.widgets.timeline import Timeline
from tests.gui.conftest import open_clip

pytestmark = pytest.mark.gl

CONTROLS = (
    QAbstractButton,
    QAbstractItemView,
    QAbstractSlider,
    QAbstractSpinBox,
    QComboBox,
    QKeySequenceEdit,
    QLineEdit,
    QPlainTextEdit,
    QTabBar,
    SteeringPane,
    Timeline,
)


def is_part(widget: QWidget) -> bool:
    """Whether Qt made it as part of another control, through which it is used."""
    if isinstance(widget, QScrollBar) or widget.objectName().startswith("qt_"):
        return True
    if isinstance(widget.parent(), (QDockWidget, QTabBar, QLineEdit)):
        return True  # float and close (the View menu and Escape do the same), scrolling, clearing
    above = widget.parentWidget()
    while above is not None and not above.isWindow():
        if isinstance(above, (QComboBox, QAbstractSpinBox, QAbstractItemView)):
            return True
        above = above.parentWidget()
    return False


def controls(window: QWidget) -> list[QWidget]:
    """Every control of a window, hidden pages and docks included."""
    found = [w for w in window.findChildren(QWidget) if isinstance(w, CONTROLS)]
    return [w for w in found if w.window() is window and not is_part(w)]


def name_of(widget: QWidget) -> str:
    """What a screen reader says: the accessible name, else a button's own words."""
    own = widget.accessibleName()
    if own or not isinstance(widget, QAbstractButton):
        return own
    return widget.text().replace("&", "")


def reached_by_tab(window: QWidget) -> set[QWidget]:
    """Every widget that Tab, pressed on and on, gives the focus to."""
    reached: set[QWidget] = set()
    for _ in range(300):
        window.focusNextChild()
        widget = QApplication.focusWidget()
        if widget is None or widget in reached:
            break
        reached.add(widget)
    return reached


def check_names(window: QWidget) -> None:
    unnamed = [w for w in controls(window) if not name_of(w).strip()]
    assert not unnamed, f"no accessible name: {unnamed}"
    counts = Counter(name_of(w) for w in controls(window))
    twice = {name: count for name, count in counts.items() if count > 1}
    assert not twice, f"names that are not unique: {twice}"


def check_tab(window: QWidget) -> None:
    reached = reached_by_tab(window)
    usable = [w for w in controls(window) if w.isVisible() and w.isEnabled()]
    missed = [
        name_of(w)
        for w in usable
        if w not in reached
        and w.focusProxy() not in reached
        and not any(w.isAncestorOf(other) for other in reached)
    ]
    assert usable
    assert not missed, f"Tab does not reach {missed}"


def tabs_of_docks(viewer: Viewer) -> Iterator[QDockWidget]:
    """Each dock in front, one after the other: tabbed ones hide each other."""
    for dock in viewer.window.findChildren(QDockWidget):
        dock.show()
        dock.raise_()
        QApplication.processEvents()
        yield dock


@pytest.fixture
def full(qtbot: QtBot, viewer: Viewer, known_clip: Path) -> Viewer:
    """The window with a clip open: without one, most controls are off."""
    open_clip(qtbot, viewer, known_clip)
    return viewer


def test_controls_of_the_window_have_names_of_their_own(full: Viewer) -> None:
    assert len(controls(full.window)) > 15
    check_names(full.window)


def test_tab_reaches_every_control_of_the_window(full: Viewer) -> None:
    for dock in tabs_of_docks(full):
        assert dock.isVisible()
        check_tab(full.window)


def test_a_control_that_tab_misses_or_without_a_name_is_found(full: Viewer) -> None:
    full.window.overlay._opacity.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
    next(tabs_of_docks(full))
    with pytest.raises(AssertionError, match="Tab does not reach"):
        check_tab(full.window)
    full.window.overlay._opacity.setAccessibleName("")
    with pytest.raises(AssertionError, match="no accessible name"):
        check_names(full.window)


def test_preferences_have_names_and_tab_reaches_all(qtbot: QtBot, viewer: Viewer) -> None:
    viewer.show_preferences()
    dialog = viewer.window.findChild(PreferencesDialog)
    qtbot.waitUntil(dialog.isActiveWindow, timeout=5000)
    check_names(dialog)
    for page in range(dialog.tabs.count()):
        dialog.tabs.setCurrentIndex(page)
        check_tab(dialog)


def test_the_error_dialog_has_names_and_tab_reaches_all(qtbot: QtBot, viewer: Viewer) -> None:
    viewer.tell("Something is missing.", "Traceback: none")
    dialog = viewer.window.findChild(ErrorDialog)
    qtbot.waitUntil(dialog.isActiveWindow, timeout=5000)
    dialog.findChildren(QAbstractButton)[0].click()
    check_names(dialog)
    check_tab(dialog)


def test_a_pane_reached_by_tab_shows_it_and_a_clicked_one_does_not(full: Viewer) -> None:
    pane = full.window.nfov
    pane.setFocus(Qt.FocusReason.MouseFocusReason)
    clicked = pane.grab_image().pixelColor(0, 40)
    full.window.transport.setFocus()
    pane.setFocus(Qt.FocusReason.TabFocusReason)
    ring = pane.palette().color(QPalette.ColorRole.Highlight)
    assert pane.grab_image().pixelColor(0, 40) == ring != clicked


def test_scroll_areas_hide_nothing_from_tab(full: Viewer) -> None:
    for area in full.window.findChildren(QScrollArea):
        assert area.widgetResizable()
