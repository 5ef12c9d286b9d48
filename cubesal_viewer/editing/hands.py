"""What the mouse asks of the editor: on diamonds, on the panes, on the buttons of the panel."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QCoreApplication, Qt
from PySide6.QtWidgets import QMenu, QWidget

from cubesal.autopilot import Ease, PathKey
from cubesal_viewer.editing.editor import Editor
from cubesal_viewer.widgets.main_window import MainWindow

__all__ = ["connect_hands", "key_menu", "place_menu"]


def _tr(text: str) -> str:
    return QCoreApplication.translate("Editing", text)


def connect_hands(editor: Editor, window: MainWindow) -> None:
    """Let the window's widgets reach the editor."""
    timeline, panel = window.timeline, window.autopilot
    panel.areas.deleted.connect(editor.delete_area)
    timeline.key_moved.connect(editor.move_key)
    timeline.key_deleted.connect(editor.delete_key)
    timeline.key_menu.connect(lambda key, at: key_menu(editor, key, window).popup(at))
    for pane in (window.equirect, window.nfov):
        pane.menu_wanted.connect(lambda place, at: place_menu(editor, place, window).popup(at))
    panel.key_asked.connect(editor.set_key)
    panel.recording_asked.connect(editor.toggle_recording)
    panel.following_asked.connect(editor.follow_this)


def key_menu(editor: Editor, key: PathKey, parent: QWidget) -> QMenu:
    """What can be done with a key."""
    menu = _menu(parent)
    words = _tr("Give back to the planner") if key.locked else _tr("Insist on this key")
    menu.addAction(words, lambda: editor.toggle_lock(key))
    menu.addSeparator()
    ways: dict[Ease, str] = {
        "planned": _tr("Go on by the planned way"),
        "direct": _tr("Go on straight"),
        "cut": _tr("Hold, then cut"),
    }
    for ease, text in ways.items():
        action = menu.addAction(text, partial(editor.ease_key, ease, key))
        action.setCheckable(True)
        action.setChecked(key.ease == ease)
    menu.addSeparator()
    menu.addAction(_tr("Delete"), lambda: editor.delete_key(key))
    return menu


def place_menu(editor: Editor, place: tuple[float, float], parent: QWidget) -> QMenu:
    """What can be done with a place of the picture."""
    menu = _menu(parent)
    menu.addAction(_tr("Follow this"), lambda: editor.follow_this(place))
    menu.addAction(_tr("Prefer this area"), lambda: editor.add_area("prefer", place))
    menu.addAction(_tr("Avoid this area"), lambda: editor.add_area("avoid", place))
    menu.addSeparator()
    menu.addAction(_tr("Set key here"), editor.set_key)
    return menu


def _menu(parent: QWidget) -> QMenu:
    menu = QMenu(parent)
    menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    return menu
