"""Preferences as a value: what they refuse, and what of them survives in the settings."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QSettings

from cubesal_viewer.preferred import Preferences, load_preferences, save_preferences

OTHER = Preferences(
    invert_drag=True, inertia=True, resume_s=7.0, rate_hz=2.5, show_stale=False, theme="light"
)


@pytest.fixture
def settings(tmp_path: Path) -> QSettings:
    return QSettings(str(tmp_path / "settings.ini"), QSettings.Format.IniFormat)


def test_everything_comes_back_from_the_file(settings: QSettings) -> None:
    save_preferences(settings, OTHER)
    settings.sync()
    again = QSettings(settings.fileName(), QSettings.Format.IniFormat)
    assert load_preferences(again) == OTHER


def test_only_what_differs_is_kept(settings: QSettings) -> None:
    save_preferences(settings, OTHER)
    save_preferences(settings, Preferences(rate_hz=3.0))
    assert settings.allKeys() == ["preferences/rate_hz"]


def test_what_is_damaged_keeps_its_default_and_the_rest_holds(settings: QSettings) -> None:
    for name, text in (
        ("invert_drag", "perhaps"),
        ("resume_s", "nan"),
        ("rate_hz", "1e9"),
        ("theme", "pink"),
        ("inertia", "true"),
    ):
        settings.setValue(f"preferences/{name}", text)
    assert load_preferences(settings) == Preferences(inertia=True)


@pytest.mark.parametrize("wrong", [{"resume_s": 0.0}, {"rate_hz": 0.0}, {"theme": "pink"}])
def test_what_nothing_can_do_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=next(iter(wrong))):
        Preferences(**wrong)
