"""Fixtures shared by all tests: isolated settings, the optional footage, loud Qt."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from functools import wraps
from pathlib import Path
from typing import Any

import pytest
from pytestqt.qtbot import QtBot

# Qt's offscreen platform has no OpenGL; Xvfb (started by pytest-xvfb) with xcb draws exactly.
# Two of torch's threads beside the decoder's and the software renderer's on two cores wait for each
# other most of the time.
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ["QT_QPA_PLATFORM"] = "xcb"
os.environ.setdefault("PYTEST_QT_API", "pyside6")

CHECKOUT = Path(__file__).resolve().parent.parent


@pytest.fixture(autouse=True)
def _own_folders(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Settings, caches and models of the person who runs the tests stay untouched."""
    home = tmp_path_factory.mktemp("home")
    for variable in ("XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME"):
        monkeypatch.setenv(variable, str(home / variable.lower()))
    monkeypatch.setenv("CUBESAL_DATA_DIR", str(home / "models"))


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Real footage and human ground truth, where the machine has it (CUBESAL_DATA)."""
    folder = Path(os.environ.get("CUBESAL_DATA", CHECKOUT / ".." / "shared")).resolve()
    if not (folder / "clips").is_dir():
        pytest.skip(f"no footage at {folder}: set CUBESAL_DATA to its folder")
    return folder


#: What a loaded machine is given; who waits for what comes anyway loses nothing by it.
PATIENCE_MS = 20_000


def _patient(wait: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(wait)
    def waiting(*arguments: Any, timeout: int = PATIENCE_MS, **options: Any) -> Any:
        # Who waits for what must not come knows how long that is worth.
        expects = options.get("raising", True)
        least = PATIENCE_MS if expects else 0
        return wait(*arguments, timeout=max(timeout, least), **options)

    return waiting


@pytest.fixture(scope="session", autouse=True)
def _patience() -> Iterator[None]:
    """Waiting for the window lasts as long as that takes: speed belongs in benchmarks."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("waitUntil", "waitSignal", "waitSignals"):
            patch.setattr(QtBot, name, _patient(getattr(QtBot, name)))
        yield
