"""Maps of one's own in the real window: shown, steered by, saved, and gone with the clip."""

from __future__ import annotations

from math import degrees, pi, radians
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtWidgets import QComboBox, QFileDialog, QPushButton
from pytestqt.qtbot import QtBot

from cubesal.track import write_npz
from cubesal_viewer.app import Viewer
from cubesal_viewer.state import ModelChoice
from tests.gui.conftest import open_clip, wait_analysed
from tests.media import make_clip

pytestmark = pytest.mark.gl


@pytest.fixture
def maps(tmp_path: Path) -> Path:
    yaw = (np.arange(240) + 0.5) / 240 * 2 * pi - pi
    pitch = pi / 2 - (np.arange(120) + 0.5) / 120 * pi
    one = np.exp(-((yaw - radians(70))[None] ** 2 + pitch[:, None] ** 2) / 0.1)
    path = tmp_path / "mine.npz"
    values = {
        "saliency": np.stack([one] * 4).astype(np.float32),
        "frame_index": np.arange(4) * 6,
        "time_s": np.arange(4) / 5,
        "model": np.array("m"),
        "source": np.array("s"),
    }
    write_npz(path, values)
    return path


class Even:
    """A model that takes no time and sees nothing."""

    warmup_frames = 0
    device = "cpu"

    def reset(self) -> None:
        """Nothing to forget."""

    def observe(self, equirect_rgb: np.ndarray, time_s: float) -> None:
        """Nothing to remember."""

    def step(self, equirect_rgb: np.ndarray, time_s: float) -> np.ndarray:
        return np.ones((120, 240), np.float32)


@pytest.fixture
def loaded(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The models that were loaded, all of them quick ones."""
    names: list[str] = []

    def load(name: str, *_arguments: object, **_options: object) -> Even:
        names.append(name)
        return Even()

    monkeypatch.setattr("cubesal_viewer.analysis.inference.create_predictor", load)
    return names


def test_maps_from_a_file_are_shown_followed_saved_and_restored(
    qtbot: QtBot,
    viewer: Viewer,
    maps: Path,
    loaded: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clip = make_clip(tmp_path / "clip.mp4", frames=24, size=(128, 64))
    other = make_clip(tmp_path / "other.mp4", frames=6, size=(128, 64))
    open_clip(qtbot, viewer, clip)
    wait_analysed(qtbot, viewer)
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: (str(maps), ""))
    button = next(b for b in viewer.window.models.findChildren(QPushButton) if "Maps" in b.text())
    button.click()
    wait_analysed(qtbot, viewer)
    track = viewer.analysis.track
    assert track is not None
    assert (len(track), track.model) == (4, "mine.npz")
    chooser = viewer.window.models.findChild(QComboBox)
    assert chooser is not None
    assert chooser.currentText() == "mine.npz"
    qtbot.waitUntil(lambda: abs(degrees(viewer.state.camera.yaw) - 70) < 10, timeout=10_000)

    document = tmp_path / "mine.cubesal"
    with qtbot.waitSignal(viewer.documents.saved, timeout=5000):
        viewer.documents.save_to(document)
    open_clip(qtbot, viewer, other)
    assert viewer.state.model.model != track.model
    assert viewer.state.model == ModelChoice()
    with qtbot.waitSignal(viewer.documents.ready, timeout=10_000):
        viewer.open(document)
    qtbot.waitUntil(
        lambda: viewer.analysis.track is not None and viewer.analysis.track.model == "mine.npz",
        timeout=10_000,
    )
    assert chooser.currentText() == "mine.npz"
    assert set(loaded) == {"fast", "default"}, "none for the maps"


def test_bad_maps_dropped_onto_the_window_are_told_in_a_sentence(
    qtbot: QtBot, viewer: Viewer, loaded: list[str], tmp_path: Path
) -> None:
    open_clip(qtbot, viewer, make_clip(tmp_path / "clip.mp4", frames=6, size=(128, 64)))
    qtbot.waitUntil(lambda: viewer.documents.is_ready, timeout=5000)
    before = viewer.state.model
    bad = tmp_path / "bad.npz"
    bad.write_bytes(b"no maps")
    with qtbot.waitSignal(
        viewer.failed, timeout=10_000, check_params_cb=lambda message: "bad.npz" in message
    ):
        viewer.window.path_dropped.emit(str(bad))
    assert all("maps:" not in name for name in loaded)
    assert viewer.state.model == before, "and the model before them is back"
    qtbot.waitUntil(lambda: viewer.analysis.track is not None and viewer.analysis.track.complete)


def shown_maps(viewer: Viewer) -> str:
    """By whom the maps on show were made, "" while there are none."""
    track = viewer.analysis.track
    return track.model if track is not None and track.complete else ""


def test_maps_that_cannot_be_read_leave_the_own_maps_before_them_on_show(
    qtbot: QtBot, viewer: Viewer, maps: Path, loaded: list[str], tmp_path: Path
) -> None:
    open_clip(qtbot, viewer, make_clip(tmp_path / "clip.mp4", frames=24, size=(128, 64)))
    wait_analysed(qtbot, viewer)
    viewer.open(maps)
    qtbot.waitUntil(lambda: shown_maps(viewer) == "mine.npz", timeout=10_000)
    chosen = viewer.state.model
    models = list(loaded)
    for name in ("first.npz", "second.npz"):  # the second before the first is refused
        (tmp_path / name).write_bytes(b"no maps")
        viewer.open(tmp_path / name)
    qtbot.waitUntil(lambda: viewer.state.model == chosen, timeout=10_000)
    qtbot.waitUntil(lambda: shown_maps(viewer) == "mine.npz", timeout=10_000)
    assert viewer.documents.content.model == chosen.model
    assert loaded == models, "no model was asked for in between"
