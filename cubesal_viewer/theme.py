"""Dark and light, following the system: one palette and one style sheet each."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QPalette
from PySide6.QtWidgets import QApplication

from cubesal_viewer.assets import resource_text

__all__ = ["apply_theme"]

#: window, panel, raised, text, quiet text, accent: the six colours that the palettes are made of.
_DARK: Final = ("#1b1e23", "#14161a", "#2a2e35", "#e4e7eb", "#8d96a3", "#48b4c8")
_LIGHT: Final = ("#f3f4f6", "#ffffff", "#e4e7eb", "#1d2127", "#646d79", "#0b7285")


def apply_theme(application: QApplication) -> None:
    """Dress the application, now and whenever the system's scheme changes."""
    application.setStyle("Fusion")
    hints = application.styleHints()
    hints.colorSchemeChanged.connect(lambda scheme: _dress(application, scheme))
    _dress(application, hints.colorScheme())


def _dress(application: QApplication, scheme: Qt.ColorScheme) -> None:
    # A system that does not say gets dark: pictures are judged against a dark surround.
    light = scheme is Qt.ColorScheme.Light
    application.setPalette(_palette(_LIGHT if light else _DARK))
    application.setStyleSheet(resource_text("styles/light.qss" if light else "styles/dark.qss"))


def _palette(colours: tuple[str, ...]) -> QPalette:
    window, panel, raised, text, quiet, accent = (QColor(colour) for colour in colours)
    role, palette = QPalette.ColorRole, QPalette()
    for which, colour in (
        (role.Window, window),
        (role.Base, panel),
        (role.AlternateBase, window),
        (role.Button, raised),
        (role.ToolTipBase, raised),
        (role.WindowText, text),
        (role.Text, text),
        (role.ButtonText, text),
        (role.ToolTipText, text),
        (role.BrightText, text),
        (role.PlaceholderText, quiet),
        (role.Highlight, accent),
        (role.Accent, accent),
        (role.HighlightedText, panel),
        (role.Link, accent),
    ):
        palette.setColor(which, colour)
    for which in (role.WindowText, role.Text, role.ButtonText):
        palette.setColor(QPalette.ColorGroup.Disabled, which, quiet)
    return palette
