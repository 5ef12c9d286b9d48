"""The desktop file, the icon and the document type are installed where desktops look, and agree."""

from __future__ import annotations

import configparser
import tomllib
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication

from cubesal.document import SUFFIX
from cubesal_viewer.__main__ import _introduce

CHECKOUT = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((CHECKOUT / "pyproject.toml").read_text(encoding="utf-8"))
INSTALLED = {
    folder: [Path(name) for name in names]
    for folder, names in PROJECT["tool"]["setuptools"]["data-files"].items()
}


@pytest.fixture
def introduced(qapp: QApplication) -> Iterator[QApplication]:
    """The application as the command makes it; other tests get theirs back."""
    before = qapp.applicationName(), qapp.desktopFileName(), qapp.windowIcon()
    shown = qapp.applicationDisplayName()
    _introduce(qapp)
    yield qapp
    qapp.setApplicationName(before[0])
    qapp.setDesktopFileName(before[1])
    qapp.setWindowIcon(before[2])
    qapp.setApplicationDisplayName(shown)


@pytest.fixture
def entry(introduced: QApplication) -> configparser.SectionProxy:
    """The desktop entry that the application names."""
    (file,) = INSTALLED["share/applications"]
    assert file.name == f"{introduced.desktopFileName()}.desktop"
    parser = configparser.ConfigParser(interpolation=None)
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    parser.read(CHECKOUT / file, encoding="utf-8")
    return parser["Desktop Entry"]


def test_everything_that_is_installed_lies_in_the_tree() -> None:
    for names in INSTALLED.values():
        assert names
        for name in names:
            assert (CHECKOUT / name).is_file()


def test_the_entry_starts_the_command_and_shows_the_icon(
    entry: configparser.SectionProxy, introduced: QApplication
) -> None:
    command, argument = entry["Exec"].split()
    assert command in PROJECT["project"]["gui-scripts"]
    assert argument == "%f"
    (icon,) = INSTALLED["share/icons/hicolor/scalable/apps"]
    assert entry["Icon"] == icon.stem
    assert entry["StartupWMClass"] == introduced.applicationName()
    assert entry["Name"] == introduced.applicationDisplayName()
    assert entry["Terminal"] == "false"
    assert not introduced.windowIcon().pixmap(64, 64).isNull()


def test_the_document_type_is_ours_and_opened_by_us(entry: configparser.SectionProxy) -> None:
    (file,) = INSTALLED["share/mime/packages"]
    space = "{http://www.freedesktop.org/standards/shared-mime-info}"
    kind = ET.parse(CHECKOUT / file).getroot().find(f"{space}mime-type")
    assert kind is not None
    assert kind.attrib["type"] in entry["MimeType"].split(";")
    pattern = kind.find(f"{space}glob")
    assert pattern is not None
    assert pattern.attrib["pattern"] == f"*{SUFFIX}"
