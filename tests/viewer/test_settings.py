"""What is remembered from one start to the next."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QSettings

from cubesal_viewer.settings import load_choices, save_model
from cubesal_viewer.state import ModelChoice, ViewerState


def stored(folder: Path) -> QSettings:
    return QSettings(str(folder / "settings.ini"), QSettings.Format.IniFormat)


@pytest.mark.parametrize("prior", [None, True, False])
def test_a_prior_is_remembered_only_if_somebody_chose_it(
    tmp_path: Path, prior: bool | None
) -> None:
    settings = stored(tmp_path)
    save_model(settings, ModelChoice("default", prior=not prior))
    save_model(settings, ModelChoice("fast", prior=prior))
    settings.sync()
    state = ViewerState()
    load_choices(stored(tmp_path), state)
    assert state.model == ModelChoice("fast", prior=prior)


def test_a_damaged_entry_counts_as_no_choice(tmp_path: Path) -> None:
    settings = stored(tmp_path)
    settings.setValue("model/prior", "perhaps")
    state = ViewerState()
    load_choices(settings, state)
    assert state.model == ModelChoice()
