"""The Edit menu: its commands and their keys."""

from __future__ import annotations

from collections.abc import Callable

from cubesal_viewer.editing.editor import Editor
from cubesal_viewer.widgets.commands import Command

__all__ = ["edit_commands"]


def _tr(text: str) -> str:
    """Mark a text for translation; it is translated when the commands are installed."""
    return text


def edit_commands(editor: Editor, choose: Callable[[], object]) -> list[Command]:
    """Every edit that a key or the menu asks for; ``choose`` shows the alternative paths."""
    menu = _tr("&Path")
    return [
        *_history(editor),
        *_path(editor),
        Command(menu, _tr("Alternatives…"), ("G",), choose),
        *_marks(editor),
    ]


def _history(editor: Editor) -> list[Command]:
    menu, stack = _tr("&Edit"), editor.history.stack
    return [
        Command(menu, _tr("&Undo"), ("Ctrl+Z",), stack.undo, repeats=True),
        Command(menu, _tr("&Redo"), ("Ctrl+Shift+Z", "Ctrl+Y"), stack.redo, repeats=True),
    ]


def _path(editor: Editor) -> list[Command]:
    menu = _tr("&Path")
    return [
        Command(menu, _tr("Set key here"), ("X",), editor.set_key),
        Command(menu, _tr("Delete key"), ("Del", "Shift+X"), editor.delete_key),
        Command(menu, _tr("Lock or unlock key"), ("Y",), editor.toggle_lock),
        Command(menu, _tr("From key: planned way"), ("Z",), lambda: editor.ease_key("planned")),
        Command(menu, _tr("From key: straight"), ("Shift+Z",), lambda: editor.ease_key("direct")),
        Command(menu, _tr("From key: cut"), ("Shift+Y",), lambda: editor.ease_key("cut")),
        Command(menu, _tr("Clear keys"), (), editor.clear_keys),
        Command(menu, _tr("Record my looking"), ("R",), editor.toggle_recording),
        Command(menu, _tr("Follow this"), ("T",), editor.follow_this),
        Command(menu, _tr("Prefer what is in the middle"), (), lambda: editor.add_area("prefer")),
        Command(menu, _tr("Avoid what is in the middle"), (), lambda: editor.add_area("avoid")),
        Command(menu, _tr("Clear areas"), (), editor.clear_areas),
    ]


def _marks(editor: Editor) -> list[Command]:
    menu = _tr("&Edit")
    return [
        Command(menu, _tr("Marker"), ("M",), editor.toggle_marker),
        Command(menu, _tr("Next marker"), ("Ctrl+Down",), lambda: editor.go_to_marker(+1)),
        Command(menu, _tr("Previous marker"), ("Ctrl+Up",), lambda: editor.go_to_marker(-1)),
        Command(menu, _tr("Range begins here"), ("I",), editor.set_in),
        Command(menu, _tr("Range ends here"), ("O",), editor.set_out),
        Command(menu, _tr("Clear range"), (), editor.clear_span),
        Command(menu, _tr("Loop"), ("\\",), editor.toggle_loop),
    ]
