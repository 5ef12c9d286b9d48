"""The keys that buttons name beside their words: always those that the commands have now."""

from __future__ import annotations

from cubesal_viewer.widgets.key_map import KeyMap
from cubesal_viewer.widgets.main_window import MainWindow

__all__ = ["write_key_hints"]


def write_key_hints(window: MainWindow, keys: KeyMap) -> None:
    """Name the present keys on the window's buttons."""
    window.overlay.set_key(keys.keys_text("Heatmap"))
    window.autopilot.set_key(keys.keys_text("&Autopilot"))
    window.transport.volume.set_key(keys.keys_text("Mute"))
    window.transport.set_keys(
        keys.keys_text("One frame back"),
        keys.keys_text("&Play or pause"),
        keys.keys_text("One frame on"),
    )
