"""Fixtures shared by all tests: isolated settings, the optional footage, loud Qt."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

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
