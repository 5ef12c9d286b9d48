"""What lies in files and documents beside a clip whose front has been set anew."""

from __future__ import annotations

from dataclasses import replace
from math import degrees, radians
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from pytestqt.qtbot import QtBot

from cubesal import metrics
from cubesal.autopilot import Area, PathKey
from cubesal.camera import Camera
from cubesal.inspection import Circle
from cubesal.track import SaliencyTrack
from cubesal_viewer.app import Viewer
from tests.gui.conftest import open_clip
from tests.media import make_clip
from tests.spheres import dot_angles, with_dot

pytestmark = pytest.mark.gl
YAW, PITCH = 45, 30


class Level:
    """A model without weights: maps that are the same everywhere."""

    name, device, warmup_frames = "level", "cpu", 0

    def reset(self) -> None: ...

    def observe(self, equirect_rgb: NDArray[np.uint8], time_s: float) -> None: ...

    def step(self, equirect_rgb: NDArray[np.uint8], time_s: float) -> NDArray[np.float32]:
        return np.ones((120, 240), np.float32)


@pytest.fixture(autouse=True)
def _no_model(monkeypatch: pytest.MonkeyPatch) -> None:
    name = "cubesal_viewer.analysis.inference.create_predictor"
    monkeypatch.setattr(name, lambda *_arguments, **_options: Level())


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    """Its dot is where maps and people look."""
    picture = with_dot(128, YAW, PITCH)
    return make_clip(tmp_path / "dot.mp4", frames=12, size=(256, 128), fps=10, pictures=[picture])


@pytest.fixture
def maps(tmp_path: Path) -> Path:
    """Maps of the clip as it is: the dot stands out."""
    track = SaliencyTrack([0, 11], [0.0, 1.1], "dot.mp4", "mine")
    u, v = np.array([YAW / 360 + 0.5]), np.array([0.5 - PITCH / 180])
    for k in range(2):
        track.set(k, metrics.fixation_density(u, v, 120, radians(12)))
    track.save_npz(tmp_path / "mine.npz")
    return tmp_path / "mine.npz"


def begin(qtbot: QtBot, viewer: Viewer, path: Path) -> None:
    open_clip(qtbot, viewer, path)
    qtbot.waitUntil(lambda: viewer.documents.is_ready, timeout=10_000)


def settle(qtbot: QtBot, viewer: Viewer, yaw_deg: float) -> None:
    """Wait until the dot is on show at its new place."""

    def is_there() -> bool:
        frame = viewer.transport.frame
        return frame is not None and abs(dot_angles(frame.rgb())[0] - yaw_deg) < 1

    qtbot.waitUntil(lambda: not viewer.readings.is_rereading and is_there(), timeout=10_000)


def peak_deg(viewer: Viewer) -> tuple[float, float]:
    """Where the map on show is largest."""
    track = viewer.analysis.track
    saliency = None if track is None else track.get(0)
    if saliency is None:
        return np.nan, np.nan
    row, column = np.unravel_index(saliency.argmax(), saliency.shape)
    return (column + 0.5) * 1.5 - 180, 90 - (row + 0.5) * 1.5


def test_own_maps_and_ground_truth_turn_with_the_front(
    qtbot: QtBot, viewer: Viewer, clip: Path, maps: Path, tmp_path: Path
) -> None:
    eyes = tmp_path / "eyes.csv"
    eyes.write_text(f"yaw_deg,pitch_deg\n{YAW},{PITCH}\n", encoding="utf-8")
    begin(qtbot, viewer, clip)
    viewer.own_maps.show(maps)
    qtbot.waitUntil(lambda: abs(peak_deg(viewer)[0] - YAW) < 2, timeout=10_000)
    viewer.inspect.open_truth(eyes)

    def is_hit() -> bool:
        """What people look at is what the maps say: it lies where they are largest."""
        scores = viewer.inspect.truth.scores
        return scores is not None and bool((scores.curve("nss") > 5).all())

    qtbot.waitUntil(is_hit, timeout=10_000)
    viewer.steering.take_over(Camera(radians(YAW), radians(PITCH)))
    viewer.actions["Set the &front here"].trigger()
    settle(qtbot, viewer, 0)
    viewer.actions["Level the &horizon here"].trigger()
    settle(qtbot, viewer, 0)
    qtbot.waitUntil(lambda: np.hypot(*peak_deg(viewer)) < 2, timeout=10_000)
    qtbot.waitUntil(is_hit, timeout=10_000)
    qtbot.waitUntil(lambda: len(viewer.inspect.truth.view.curves.shown()) == 1, timeout=5000)
    viewer.actions["Rese&t front and horizon"].trigger()
    settle(qtbot, viewer, YAW)
    qtbot.waitUntil(lambda: abs(peak_deg(viewer)[0] - YAW) < 2, timeout=10_000)


def test_a_document_with_areas_and_a_front_comes_back_whole(
    qtbot: QtBot, viewer: Viewer, clip: Path, maps: Path, tmp_path: Path
) -> None:
    begin(qtbot, viewer, clip)
    viewer.own_maps.show(maps)
    viewer.inspect.areas.add(Circle((radians(YAW), radians(PITCH)), radians(10)))
    viewer.steering.take_over(Camera(radians(YAW)))
    viewer.actions["Set the &front here"].trigger()
    settle(qtbot, viewer, 0)
    qtbot.waitUntil(lambda: bool(viewer.inspect.areas.statistics))
    assert area_deg(viewer) == pytest.approx((0, PITCH), abs=1)
    wish, key = Area("avoid", radians(100), 0.2), PathKey.of(0.5, Camera(0.4))
    viewer.state.set_edits(replace(viewer.state.edits, areas=(wish,), path=(key,)))
    edits, reading = viewer.state.edits, viewer.readings.reading.text
    document = tmp_path / "work.cubesal"
    with qtbot.waitSignal(viewer.documents.saved, timeout=5000):
        viewer.documents.save_to(document)
    other = make_clip(tmp_path / "other.mp4", frames=2, size=(64, 32))
    begin(qtbot, viewer, other)
    assert viewer.inspect.areas.statistics == {}

    with qtbot.waitSignal(viewer.documents.ready, timeout=10_000):
        viewer.open(document)
    settle(qtbot, viewer, 0)
    assert viewer.readings.reading.text == reading
    assert viewer.state.edits == edits
    qtbot.waitUntil(lambda: abs(peak_deg(viewer)[0]) < 2, timeout=10_000)
    qtbot.waitUntil(lambda: bool(viewer.inspect.areas.statistics), timeout=5000)
    assert area_deg(viewer) == pytest.approx((0, PITCH), abs=1)
    (found,) = viewer.inspect.areas.statistics.values()
    qtbot.waitUntil(lambda: not np.isnan(found.share).any(), timeout=10_000)
    assert found.share.min() > 0.2  # what stands out is inside
    assert viewer.inspect.areas.view.table.item(0, 0).text() == "Area 1"


def area_deg(viewer: Viewer) -> tuple[float, float]:
    """The middle of the only area, as it is drawn and measured."""
    (found,) = viewer.inspect.areas.statistics.values()
    area = found.area
    assert isinstance(area, Circle)
    yaw, pitch = area.centre
    return degrees(yaw), degrees(pitch)
