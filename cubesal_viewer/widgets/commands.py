"""Every command of the window in one table: words, keys, menu.  Menus and key help read it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from PySide6.QtCore import QCoreApplication
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QMainWindow, QMenu

__all__ = ["Command", "install", "with_key"]


@dataclass(frozen=True)
class Command:
    """One thing the window can do.  ``menu`` is the menu it stands in; keys are Qt key texts.

    Both texts are as written in the code: they are the command's lasting name, and translated
    (context ``Commands``) where they are shown.
    """

    menu: str
    text: str
    keys: tuple[str, ...]
    run: Callable[[], object]
    checkable: bool = False
    repeats: bool = False


def install(window: QMainWindow, commands: Iterable[Command]) -> dict[str, QAction]:
    """Add the commands to the window's menus; returns the actions by the texts in the code.

    Shortcuts belong to the window, so they work whichever pane was clicked last.
    """
    menus: dict[str, QMenu] = {}
    actions: dict[str, QAction] = {}
    for command in commands:
        if command.menu not in menus:
            menus[command.menu] = window.menuBar().addMenu(_translated(command.menu))
        action = QAction(_translated(command.text), window)
        action.setShortcuts([QKeySequence(key) for key in command.keys])
        action.setAutoRepeat(command.repeats)
        action.setCheckable(command.checkable)
        # triggered carries the checked state, which no command needs: state is asked, not told.
        action.triggered.connect(lambda _checked=False, run=command.run: run())
        menus[command.menu].addAction(action)
        actions[command.text] = action
    return actions


def with_key(words: str, key: str) -> str:
    """Words with the key that does the same in brackets; without a key the words alone."""
    return f"{words} ({key})" if key else words


def _translated(text: str) -> str:
    return QCoreApplication.translate("Commands", text)
