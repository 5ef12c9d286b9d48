"""Dark and light, following the system or as chosen: one palette and one style sheet each."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QColor, QPalette
from PySide6.QtWidgets import QApplication

from cubesal_viewer.assets import resource_text
from cubesal_viewer.preferred import Theme

__all__ = ["apply_theme", "palette_of", "style_sheet_of"]

#: window, panel, raised, text, quiet text, accent: the six colours that the palettes are made of.
_DARK: Final = ("#1b1e23", "#14161a", "#2a2e35", "#e4e7eb", "#8d96a3", "#48b4c8")
_LIGHT: Final = ("#f3f4f6", "#ffffff", "#e4e7eb", "#1d2127", "#5b6470", "#0b7285")


def apply_theme(application: QApplication, theme: Theme = "system") -> None:
    """Dress the application, now and whenever the system's scheme changes; again: change it."""
    wardrobe = application.findChild(_Wardrobe) or _Wardrobe(application)
    wardrobe.choose(theme)


class _Wardrobe(QObject):
    """Remembers what was chosen, and follows the system where that is the choice."""

    def __init__(self, application: QApplication) -> None:
        super().__init__(application)
        self._application = application
        self._theme: Theme = "system"
        application.setStyle("Fusion")
        application.styleHints().colorSchemeChanged.connect(lambda _scheme: self._dress())

    def choose(self, theme: Theme) -> None:
        self._theme = theme
        self._dress()

    def _dress(self) -> None:
        # A system that does not say gets dark: pictures are judged against a dark surround.
        is_light = self._application.styleHints().colorScheme() is Qt.ColorScheme.Light
        if self._theme != "system":
            is_light = self._theme == "light"
        theme: Theme = "light" if is_light else "dark"
        if self._application.styleSheet() != style_sheet_of(theme):
            self._application.setPalette(palette_of(theme))
            self._application.setStyleSheet(style_sheet_of(theme))


def style_sheet_of(theme: Theme) -> str:
    """The style sheet of ``"dark"`` or ``"light"``."""
    return resource_text("styles/light.qss" if theme == "light" else "styles/dark.qss")


def palette_of(theme: Theme) -> QPalette:
    """The palette of ``"dark"`` or ``"light"``."""
    return _palette(_LIGHT if theme == "light" else _DARK)


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
