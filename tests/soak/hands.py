"""The monkey's hands: real events on whatever widget is there."""

from __future__ import annotations

from pathlib import Path
from random import Random

from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent, QKeySequence, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractSlider,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QFileDialog,
    QKeySequenceEdit,
    QLineEdit,
    QTabBar,
    QWidget,
)

__all__ = ["Hands"]

_LEFT = Qt.MouseButton.LeftButton
_KINDS = (
    QAbstractButton,
    QAbstractSlider,
    QAbstractSpinBox,
    QComboBox,
    QTabBar,
    QLineEdit,
    QAbstractItemView,
    QKeySequenceEdit,
)
_KEYS = (
    Qt.Key.Key_Up,
    Qt.Key.Key_Down,
    Qt.Key.Key_PageUp,
    Qt.Key.Key_Home,
    Qt.Key.Key_Space,
    Qt.Key.Key_Tab,
    Qt.Key.Key_7,
    Qt.Key.Key_Escape,
)
_MODIFIERS = (Qt.KeyboardModifier.NoModifier,) * 3 + (
    Qt.KeyboardModifier.ShiftModifier,
    Qt.KeyboardModifier.ControlModifier,
    Qt.KeyboardModifier.AltModifier,
)


class Hands:
    """Presses, drags, turns, types and drops; everything random comes from one source."""

    def __init__(self, chance: Random) -> None:
        self._chance = chance

    def press(self, window: QWidget, keys: QKeySequence) -> None:
        """A key with its modifiers, wherever the focus in the window is."""
        for k in range(keys.count()):
            combination = keys[k]
            to = window.focusWidget() or window
            QTest.keyClick(to, combination.key(), combination.keyboardModifiers())

    def place(self, widget: QWidget) -> QPoint:
        """Anywhere on a widget."""
        return QPoint(
            self._chance.randrange(max(widget.width(), 1)),
            self._chance.randrange(max(widget.height(), 1)),
        )

    def drag(self, widget: QWidget) -> None:
        """From anywhere to anywhere, by way of a few places, with any modifier."""
        start, end = self.place(widget), self.place(widget)
        modifier = self._chance.choice(_MODIFIERS)
        QTest.mousePress(widget, _LEFT, modifier, start)
        for k in range(1, 5):
            QTest.mouseMove(widget, start + (end - start) * k / 4)
            QApplication.sendPostedEvents()
        QTest.mouseRelease(widget, _LEFT, modifier, end)

    def click(self, widget: QWidget) -> None:
        """A click, or two, with any modifier and sometimes another button."""
        button = _LEFT if self._chance.random() < 0.9 else Qt.MouseButton.MiddleButton
        clicks = QTest.mouseClick if self._chance.random() < 0.8 else QTest.mouseDClick
        clicks(widget, button, self._chance.choice(_MODIFIERS), self.place(widget))

    def wheel(self, widget: QWidget) -> None:
        """A turn of the wheel."""
        where = QPointF(self.place(widget))
        turn = QPoint(0, self._chance.choice((-360, -120, 120, 360)))
        event = QWheelEvent(
            where,
            QPointF(widget.mapToGlobal(where.toPoint())),
            QPoint(),
            turn,
            Qt.MouseButton.NoButton,
            self._chance.choice(_MODIFIERS),
            Qt.ScrollPhase.NoScrollPhase,
            False,
        )
        QApplication.sendEvent(widget, event)

    def drop(self, window: QWidget, path: Path) -> None:
        """A file dropped onto a window."""
        data = QMimeData()
        data.setUrls([QUrl.fromLocalFile(str(path))])
        none = Qt.KeyboardModifier.NoModifier
        copy = Qt.DropAction.CopyAction
        QApplication.sendEvent(window, QDropEvent(QPointF(60, 60), copy, data, _LEFT, none))

    def poke(self, within: QWidget) -> str:
        """Use anything that can be used in a window or dialog; returns what it was."""
        found = [w for w in within.findChildren(QWidget) if isinstance(w, _KINDS)]
        usable = [w for w in found if w.isVisible() and w.isEnabled() and w.window() is within]
        if not usable:
            QTest.keyClick(within, Qt.Key.Key_Escape)
            return "escape"
        widget = self._chance.choice(usable)
        kind = type(widget).__name__  # a click may be the end of it
        if isinstance(widget, QAbstractButton):
            QTest.mouseClick(widget, _LEFT, pos=widget.rect().center())
        elif isinstance(widget, QLineEdit) and not widget.isReadOnly():
            QTest.keyClicks(widget, self._chance.choice(("12", "x y", "-3", "out.mp4", "")))
        elif isinstance(widget, QTabBar):
            place = widget.tabRect(self._chance.randrange(max(widget.count(), 1))).center()
            QTest.mouseClick(widget, _LEFT, pos=place)
        else:
            widget.setFocus()
            for _ in range(self._chance.randint(1, 4)):
                QTest.keyClick(widget, self._chance.choice(_KEYS))
        return kind

    def answer(self, dialog: QFileDialog, path: Path) -> None:
        """Type a name into a file dialog and take it; an absent one is cancelled."""
        name = dialog.findChild(QLineEdit, "fileNameEdit")
        if name is None or self._chance.random() < 0.2:
            dialog.reject()
            return
        name.setText(str(path))
        dialog.accept()
        if dialog.isVisible():  # it does not take this one
            dialog.reject()
