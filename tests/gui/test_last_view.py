"""The view of the last time is there at the next start."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QSettings
from pytestqt.qtbot import QtBot

from cubesal_viewer.app import Viewer

pytestmark = pytest.mark.gl


def test_projection_views_and_words_are_kept(qtbot: QtBot, viewer: Viewer, tmp_path: Path) -> None:
    del qtbot
    settings = QSettings(str(tmp_path / "kept.ini"), QSettings.Format.IniFormat)
    viewer.last_view.restore(settings)
    assert viewer.state.lens.projection == "rectilinear", "nothing was kept yet"
    viewer.lenses.choose("planet")
    viewer.lenses.zoom(0.8)
    viewer.split.set_split(4)
    viewer.strip.toggle_hud()
    lens = viewer.state.lens
    viewer.last_view.save(settings)
    settings.sync()

    viewer.lenses.choose("rectilinear")
    viewer.split.set_split(1)
    viewer.strip.toggle_hud()
    again = QSettings(str(tmp_path / "kept.ini"), QSettings.Format.IniFormat)
    viewer.last_view.restore(again)
    assert viewer.state.lens.projection == "planet"
    assert viewer.state.lens.fov == pytest.approx(lens.fov)
    assert viewer.split.count == 4
    assert viewer.strip.hud_shown


@pytest.mark.parametrize("value", ["", "nan", "fisheye", "-1", "1e999", "[]"])
def test_damaged_settings_change_nothing(viewer: Viewer, tmp_path: Path, value: str) -> None:
    settings = QSettings(str(tmp_path / "bad.ini"), QSettings.Format.IniFormat)
    for key in ("projection", "fov", "count", "words"):
        settings.setValue(f"view/{key}", value)
    before = viewer.state.lens
    viewer.last_view.restore(settings)
    assert viewer.state.lens == before
    assert (viewer.split.count, viewer.strip.hud_shown) == (1, False)
