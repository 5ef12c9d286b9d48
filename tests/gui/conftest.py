"""A real viewer with settings of its own, closed and checked for leftovers after each test."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QSettings
from PySide6.QtGui import QImage
from pytestqt.qtbot import QtBot

from cubesal.analysis import DEFAULT_RATE_HZ, grid_track
from cubesal.document import (
    AnalysisKey,
    analyse_into,
    cache_folder,
    grid_digest,
    implicit_document,
    sampling_in_words,
)
from cubesal.model_identity import model_identity
from cubesal.predictor import create_predictor
from cubesal.video import ClipReader
from cubesal_viewer import steering
from cubesal_viewer.app import Viewer
from cubesal_viewer.render.gl_format import choose_pyopengl_platform, request_surface_format
from cubesal_viewer.state import ModelChoice
from tests.media import make_clip

OUR_THREADS = {"alternatives", "areas", "cpu-draw", "decode", "document", "export", "follow"}
OUR_THREADS |= {"inference", "inspect", "live", "planner", "seams", "side views", "sound"}
OUR_THREADS |= {"map figures", "proxy", "thumbnails", "view figures"}


#: Smaller than people's, for software draws it.
WINDOW = (1100, 760)


@pytest.fixture(scope="session", autouse=True)
def _graphics() -> None:
    request_surface_format()
    choose_pyopengl_platform()


@pytest.fixture
def with_gl(monkeypatch: pytest.MonkeyPatch) -> None:
    """Panes draw with OpenGL, though software computes it here."""
    monkeypatch.setenv("CUBESAL_GL", "any")


@pytest.fixture(autouse=True)
def _no_sound(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests make no noise, and ask no sound server whether they could."""
    monkeypatch.setenv("CUBESAL_AUDIO", "none")


@pytest.fixture(scope="session")
def numbered_clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two seconds whose every frame shows its own number, with sound."""
    path = tmp_path_factory.mktemp("clips") / "numbers.mp4"
    return make_clip(path, frames=60, size=(640, 320), gop=15, audio="aac")


@pytest.fixture(scope="session")
def _analysed_before(numbered_clip: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the document of the numbered clip, every map of the small model in it."""
    folder = tmp_path_factory.mktemp("documents")
    identity = model_identity("fast", None)
    with ClipReader(numbered_clip) as reader:
        grid = grid_track(reader, "fast", DEFAULT_RATE_HZ, None)
        sampling = sampling_in_words(DEFAULT_RATE_HZ, None)
        key = AnalysisKey(
            identity.name,
            identity.weights,
            identity.prior,
            sampling,
            "",
            grid_digest(grid),
            len(grid),
        )
        with implicit_document(numbered_clip, folder) as document:
            analyse_into(document, key, grid, reader, lambda: create_predictor("fast"))
    return folder


@pytest.fixture
def known_clip(
    numbered_clip: Path, _analysed_before: Path, monkeypatch: pytest.MonkeyPatch
) -> Path:
    """The numbered clip, analysed at an earlier start: for tests of what comes after analysis.

    Plans are asked for and joined faster than people would like it.
    """
    monkeypatch.setattr(steering, "_REPLAN_MS", 50)
    monkeypatch.setattr(steering, "_JOIN_S", 0.03)
    shutil.copytree(_analysed_before, cache_folder(), dirs_exist_ok=True)
    return numbered_clip


@pytest.fixture
def viewer(qtbot: QtBot, tmp_path: Path) -> Iterator[Viewer]:
    """The application on the small model; fails the test if a thread or window survives it."""
    settings = QSettings(str(tmp_path / "settings.ini"), QSettings.Format.IniFormat)
    application = Viewer(settings)
    application.state.set_model(ModelChoice("fast"))
    application.window.resize(*WINDOW)
    application.window.show()
    qtbot.waitExposed(application.window)
    application.window.activateWindow()
    qtbot.waitUntil(application.window.isActiveWindow, timeout=5000)
    yield application
    application.window.close()
    left = {thread.name for thread in threading.enumerate()} & OUR_THREADS
    assert not left, f"threads outlived the window: {left}"
    assert not application.window.isVisible()
    application.window.deleteLater()


def pixels(image: QImage) -> np.ndarray:
    """An image as (H, W, 3) uint8 RGB."""
    rgb = image.convertToFormat(QImage.Format.Format_RGB888)
    rows = np.frombuffer(rgb.constBits(), np.uint8).reshape(rgb.height(), rgb.bytesPerLine())
    return rows[:, : 3 * rgb.width()].reshape(rgb.height(), rgb.width(), 3).copy()


def picture_of(viewer: Viewer) -> np.ndarray:
    """What the equirect pane shows of the frame, (H, W, 3), without the surround."""
    pane = viewer.window.equirect
    box = pane.picture
    shown = pixels(pane.grab_image())
    return shown[box.y : box.y + box.height, box.x : box.x + box.width]


def open_clip(qtbot: QtBot, viewer: Viewer, path: Path) -> None:
    """Open a clip and wait for its first frame."""
    with qtbot.waitSignal(viewer.transport.frame_changed, timeout=10_000):
        viewer.open(path)


def wait_analysed(qtbot: QtBot, viewer: Viewer) -> None:
    """Wait until the whole clip has maps and the camera has come to rest."""
    qtbot.waitUntil(
        lambda: viewer.analysis.track is not None and viewer.analysis.track.complete,
        timeout=60_000,
    )
    qtbot.waitUntil(lambda: viewer.steering.settled, timeout=20_000)
