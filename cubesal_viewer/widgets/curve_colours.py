"""The colours of curves and marks, for a dark and for a light ground."""

from __future__ import annotations

from typing import Final

from PySide6.QtGui import QColor, QPalette

__all__ = ["NAMES", "curve_colour", "series_colour"]

#: Name: on a dark ground, on a light one.  Each has a contrast of at least 3 to 1 there.
_COLOURS: Final[dict[str, tuple[str, str]]] = {
    "peak": ("#ffaa3c", "#b45f06"),
    "share": ("#6ecd82", "#1e7a3c"),
    "spread": ("#e178be", "#a83282"),
    "spots": ("#aa96f0", "#6046c0"),
    "analysed": ("#48b4c8", "#0b7285"),
    "key": ("#78aaff", "#2f5fc4"),
    "marker": ("#eb6464", "#c23b3b"),
    "range": ("#ebdc78", "#86690a"),
    "playhead": ("#969eaa", "#5b6470"),
    "series 1": ("#48b4c8", "#0b7285"),
    "series 2": ("#ffaa3c", "#b45f06"),
    "series 3": ("#6ecd82", "#1e7a3c"),
    "series 4": ("#e178be", "#a83282"),
    "series 5": ("#aa96f0", "#6046c0"),
}
NAMES: Final = tuple(_COLOURS)
_SERIES: Final = 5


def curve_colour(name: str, palette: QPalette) -> QColor:
    """The colour of what is called ``name`` on this palette's window. KeyError."""
    dark, light = _COLOURS[name]
    is_light = palette.color(QPalette.ColorRole.Window).lightnessF() > 0.5
    return QColor(light if is_light else dark)


def series_colour(number: int, palette: QPalette) -> QColor:
    """The colour of the curve of this number, from 0; they repeat."""
    return curve_colour(f"series {number % _SERIES + 1}", palette)
