"""Lets a focused text, number, list, slider or button keep the keys that belong to it."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractSlider,
    QAbstractSpinBox,
    QComboBox,
    QLineEdit,
    QWidget,
)

__all__ = ["KeyGuard"]

_ARROWS: Final = {Qt.Key.Key_Left, Qt.Key.Key_Right, Qt.Key.Key_Up, Qt.Key.Key_Down}
_PAGING: Final = {Qt.Key.Key_Home, Qt.Key.Key_End, Qt.Key.Key_PageUp, Qt.Key.Key_PageDown}
_PRESS: Final = {Qt.Key.Key_Space, Qt.Key.Key_Return, Qt.Key.Key_Enter}


class KeyGuard(QObject):
    """Event filter for the application: window shortcuts yield to the widget that has the focus."""

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        is_question = event.type() is QEvent.Type.ShortcutOverride
        if not (is_question and isinstance(event, QKeyEvent) and isinstance(watched, QWidget)):
            return False
        if not _wants(watched, event):
            return False
        event.accept()
        return True


def _wants(widget: QWidget, event: QKeyEvent) -> bool:
    key = Qt.Key(event.key())
    if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
        return False
    if isinstance(widget, (QLineEdit, QAbstractSpinBox)):
        return True
    if isinstance(widget, QAbstractButton):
        return key in _PRESS
    if isinstance(widget, QAbstractSlider):
        return key in _ARROWS | _PAGING
    if isinstance(widget, (QComboBox, QAbstractItemView)):
        return key in _ARROWS | _PAGING | _PRESS or bool(event.text().strip())
    return False
