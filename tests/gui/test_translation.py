"""A run in a pseudo-locale: every text that people see went through ``tr``."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QObject, QTranslator
from PySide6.QtGui import QAction
from PySide6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QComboBox,
    QDockWidget,
    QLabel,
    QLineEdit,
    QMenu,
    QTableWidget,
    QTabWidget,
    QWidget,
)
from pytestqt.qtbot import QtBot

from cubesal.model_list import available_models
from cubesal.overlay import COLORMAPS
from cubesal_viewer.app import Viewer
from cubesal_viewer.preferences.dialog import PreferencesDialog
from cubesal_viewer.widgets.error_dialog import ErrorDialog
from cubesal_viewer.widgets.key_help import KeyHelp
from cubesal_viewer.widgets.main_window import MainWindow
from tests.gui.conftest import open_clip, wait_analysed

pytestmark = pytest.mark.gl

#: Names that are the same in every language: of programs, colour maps, models and devices.
NAMES = {"cubesal-viewer", "auto", "cpu", "cuda", "mps", *COLORMAPS}
NAMES |= {"CC", "SIM", "KLD", "NSS", "AUC"}
NAMES |= {model.name for model in available_models()}
#: Numbers with their units and signs, times, keys and marks that are no words.
NO_WORDS = re.compile(r"[\W\d_]*((s|Hz|fps|px)\b)?[\W\d_]*")
#: What is put together from parts: each part has to be translated or to be no word.
PARTS = re.compile(r"&nbsp;|  +|\n|<[^>]*>|[▬—()]|\[\*\]")


class Brackets(QTranslator):
    """Translates everything by putting it in brackets; Qt's own texts too."""

    def translate(self, context: str, text: str, note: str | None = None, n: int = -1) -> str:
        del context, note, n
        return f"⟦{text}⟧"

    def isEmpty(self) -> bool:
        return False


@pytest.fixture
def pseudo(qapp: QApplication) -> Iterator[None]:
    """The pseudo-locale, installed before the window is made."""
    translator = Brackets()
    assert qapp.installTranslator(translator)
    yield
    qapp.removeTranslator(translator)


def words_of(text: str) -> set[str]:
    """The parts of a text that stand in no brackets and are no numbers."""
    outside = re.sub(r"⟦[^⟦⟧]*⟧", "  ", text)
    parts = {part.strip() for part in PARTS.split(outside)}
    return {part for part in parts if not NO_WORDS.fullmatch(part)}


def untranslated(text: str, known: set[str]) -> bool:
    """Whether any part of a text is neither bracketed, nor a number, nor a name."""
    return bool(words_of(text) - NAMES - {word for name in known for word in words_of(name)})


def texts_of(thing: QObject) -> Iterator[str]:
    """Everything that people can read or hear of one object."""
    if isinstance(thing, (QAction, QWidget)):
        yield thing.toolTip()
        yield thing.statusTip()
    if isinstance(thing, (QAction, QAbstractButton, QLabel)):
        yield thing.text()
    if isinstance(thing, QMenu):
        yield thing.title()
    if isinstance(thing, QWidget):
        yield thing.accessibleName()
        yield thing.accessibleDescription()
        yield thing.windowTitle()
    if isinstance(thing, QLineEdit):
        yield thing.placeholderText()
    if isinstance(thing, QComboBox):
        yield from (thing.itemText(k) for k in range(thing.count()))
    if isinstance(thing, QTabWidget):
        yield from (thing.tabText(k) for k in range(thing.count()))
    if isinstance(thing, QTableWidget):
        items = [thing.item(r, 0) for r in range(thing.rowCount())]
        heads = [thing.horizontalHeaderItem(c) for c in range(thing.columnCount())]
        yield from (item.text() for item in [*items, *heads] if item is not None)


def left_over(root: QWidget, known: set[str]) -> list[tuple[str, str]]:
    """Texts of a window and all in it that no translator has seen, with whose they are."""
    things = [root, *root.findChildren(QObject)]
    return sorted(
        {
            (type(thing).__name__, text)
            for thing in things
            for text in texts_of(thing)
            if untranslated(text, known)
        }
    )


def keys_of(viewer: Viewer) -> set[str]:
    """The keys of all commands, as people read them."""
    return {viewer.key_map.keys_text(name) for name in viewer.key_map.names}


def test_every_text_of_the_window_can_be_translated(
    qtbot: QtBot, pseudo: None, viewer: Viewer, known_clip: Path
) -> None:
    open_clip(qtbot, viewer, known_clip)
    viewer.transport.set_speed(2.0)
    known = {known_clip.name, *keys_of(viewer)}
    seen = left_over(viewer.window, known)
    wait_analysed(qtbot, viewer)
    for dock in viewer.window.findChildren(QDockWidget):
        dock.raise_()
    assert not (seen + left_over(viewer.window, known))
    assert viewer.window.docks[0].windowTitle().startswith("⟦")


def test_every_text_of_the_dialogs_can_be_translated(
    qtbot: QtBot, pseudo: None, viewer: Viewer
) -> None:
    viewer.show_preferences()
    viewer.show_keys()
    viewer.tell("⟦A message.⟧", "⟦Details.⟧")
    for kind in (PreferencesDialog, KeyHelp, ErrorDialog):
        dialog = viewer.window.findChild(kind)
        assert not left_over(dialog, keys_of(viewer))
        dialog.close()


def test_a_text_that_was_not_translated_is_found(
    qtbot: QtBot, pseudo: None, viewer: Viewer
) -> None:
    viewer.window.overlay._visible.setText("Show heatmap")
    assert ("QCheckBox", "Show heatmap") in left_over(viewer.window, set())
    assert isinstance(viewer.window, MainWindow)


@pytest.mark.parametrize(
    ("text", "missed"),
    [
        ("⟦yaw⟧ +10°", False),
        ("+10.5 °/s", False),
        ("hfov 90°", True),
        ("0:00.000 / 0:02.000", False),
        ("⟦Analysing⟧  3/10  · 0:04", False),
        ("⟦One⟧ and two", True),
    ],
)
def test_what_counts_as_translated(text: str, missed: bool) -> None:
    assert untranslated(text, set()) == missed
