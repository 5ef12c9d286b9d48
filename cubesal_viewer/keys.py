"""The commands of the window and their keys (menus and the key help are built from this)."""

from __future__ import annotations

from collections.abc import Callable
from math import radians
from typing import TYPE_CHECKING

from cubesal_viewer.editing.commands import edit_commands
from cubesal_viewer.widgets.commands import Command

if TYPE_CHECKING:
    from cubesal_viewer.app import Viewer

__all__ = ["window_commands"]

#: One press of a looking key, as a share of the field of view.
_LOOK_SHARE = 0.07
_ROLL_STEP = radians(3)
_ZOOM_STEP = 1.12
_SPEEDS = (0.1, 0.25, 0.5, 1.0, 1.5, 2.0, 4.0)


def _tr(text: str) -> str:
    """Mark a text for translation; it is translated when the commands are installed."""
    return text


def window_commands(viewer: Viewer) -> list[Command]:
    """Return every command, in the order of the menus."""
    return [
        *_file(viewer),
        *edit_commands(viewer.editor, lambda: viewer.choosing.ask(viewer.window)),
        *viewer.readings.commands(),
        *_playback(viewer),
        *_looking(viewer),
        *_view(viewer),
        *viewer.split.commands(),
        *viewer.lenses.commands(),
        *viewer.inspect.commands(),
        *_help(viewer),
    ]


def _file(viewer: Viewer) -> list[Command]:
    menu = _tr("&File")
    return [
        Command(menu, _tr("&Open…"), ("Ctrl+O",), viewer.files.choose),
        Command(menu, _tr("&Save"), ("Ctrl+S",), viewer.documents.save),
        Command(menu, _tr("Save &as…"), ("Ctrl+Shift+S",), viewer.documents.save_as),
        Command(menu, _tr("Export &overlay…"), ("Ctrl+E",), lambda: viewer.export("overlay")),
        Command(menu, _tr("Export &NFoV…"), ("Ctrl+Shift+E",), lambda: viewer.export("nfov")),
        Command(menu, _tr("Export…"), ("Ctrl+Alt+E",), lambda: viewer.exports.ask(viewer.window)),
        Command(menu, _tr("&Preferences…"), ("Ctrl+,",), viewer.show_preferences),
        Command(menu, _tr("&Quit"), ("Ctrl+Q",), viewer.window.close),
    ]


def _playback(viewer: Viewer) -> list[Command]:
    menu, tape = _tr("&Playback"), viewer.transport

    def step(text: str, keys: tuple[str, ...], run: Callable[[], object]) -> Command:
        return Command(menu, text, keys, run, repeats=True)

    return [
        Command(menu, _tr("&Play or pause"), ("Space", "K"), tape.toggle),
        Command(menu, _tr("Slower"), ("J",), lambda: _change_speed(viewer, -1)),
        Command(menu, _tr("Faster"), ("L",), lambda: _change_speed(viewer, +1)),
        Command(menu, _tr("Mute"), ("Ctrl+M",), tape.sound.toggle_muted),
        step(_tr("Louder"), ("Shift+Up",), lambda: tape.sound.change_volume(+0.1)),
        step(_tr("Softer"), ("Shift+Down",), lambda: tape.sound.change_volume(-0.1)),
        step(_tr("One frame back"), (",",), lambda: tape.step(-1)),
        step(_tr("One frame on"), (".",), lambda: tape.step(1)),
        step(_tr("Ten frames back"), ("Down",), lambda: tape.step(-10)),
        step(_tr("Ten frames on"), ("Up",), lambda: tape.step(10)),
        step(_tr("One second back"), ("Left",), lambda: tape.skip(-1.0)),
        step(_tr("One second on"), ("Right",), lambda: tape.skip(1.0)),
        Command(menu, _tr("Next attention peak"), ("N",), lambda: viewer.go_to_peak(+1)),
        Command(menu, _tr("Previous attention peak"), ("Shift+N",), lambda: viewer.go_to_peak(-1)),
    ]


def _change_speed(viewer: Viewer, steps: int) -> None:
    speed = viewer.state.playhead.speed
    nearest = min(range(len(_SPEEDS)), key=lambda k: abs(_SPEEDS[k] - speed))
    viewer.transport.set_speed(_SPEEDS[min(max(nearest + steps, 0), len(_SPEEDS) - 1)])


def _looking(viewer: Viewer) -> list[Command]:
    menu, steering = _tr("&Look"), viewer.steering

    def look(right: float, up: float) -> None:
        step = viewer.state.camera.hfov * _LOOK_SHARE
        steering.turn(yaw=right * step, pitch=up * step)

    def held(text: str, keys: tuple[str, ...], run: Callable[[], object]) -> Command:
        return Command(menu, text, keys, run, repeats=True)

    return [
        Command(menu, _tr("&Autopilot"), ("P",), viewer.toggle_autopilot),
        held(_tr("Look left"), ("A",), lambda: look(-1, 0)),
        held(_tr("Look right"), ("D",), lambda: look(+1, 0)),
        held(_tr("Look up"), ("W",), lambda: look(0, +1)),
        held(_tr("Look down"), ("S",), lambda: look(0, -1)),
        held(_tr("Roll left"), ("Q",), lambda: steering.turn(roll=-_ROLL_STEP)),
        held(_tr("Roll right"), ("E",), lambda: steering.turn(roll=_ROLL_STEP)),
        held(_tr("Narrower view"), ("+", "="), lambda: viewer.lenses.zoom(1 / _ZOOM_STEP)),
        held(_tr("Wider view"), ("-",), lambda: viewer.lenses.zoom(_ZOOM_STEP)),
        Command(menu, _tr("Recentre"), ("0", "Home"), steering.recentre),
    ]


def _view(viewer: Viewer) -> list[Command]:
    menu = _tr("&View")
    return [
        Command(menu, _tr("Equirect or cube net"), ("V",), viewer.toggle_pane_mode),
        Command(menu, _tr("Heatmap"), ("H",), viewer.toggle_heatmap),
        Command(menu, _tr("Snapshot of the flat view"), ("C",), viewer.snapshot),
        Command(menu, _tr("Words over the flat view"), ("Shift+H",), viewer.strip.toggle_hud),
        Command(menu, _tr("Full screen"), ("F", "F11"), viewer.toggle_full_screen),
        Command(menu, _tr("Reset layout"), (), viewer.window.reset_layout),
    ]


def _help(viewer: Viewer) -> list[Command]:
    return [Command(_tr("&Help"), _tr("Keys"), ("?",), viewer.show_keys)]
