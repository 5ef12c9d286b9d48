"""The autopilot where there is no plan yet: it follows what is known, and makes no jump."""

from __future__ import annotations

import time
from itertools import pairwise
from math import degrees, pi, radians
from pathlib import Path

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from cubesal.camera import wrap_angle
from cubesal_viewer.app import Viewer
from cubesal_viewer.state import Playhead
from tests.gui.conftest import open_clip
from tests.media import make_clip

pytestmark = pytest.mark.gl
PEAK_DEG = 80.0


class Slow:
    """A model slower than the clip: all look to the right."""

    warmup_frames = 0
    device = "cpu"
    seconds = 0.4
    quick_until_s = -1.0
    drift_deg = 0.0

    def reset(self) -> None:
        """Nothing to forget."""

    def observe(self, equirect_rgb: np.ndarray, time_s: float) -> None:
        """Nothing to remember."""

    def step(self, equirect_rgb: np.ndarray, time_s: float) -> np.ndarray:
        time.sleep(self.seconds if time_s > self.quick_until_s else 0.0)
        yaw = (np.arange(240) + 0.5) / 240 * 2 * pi - pi
        pitch = pi / 2 - (np.arange(120) + 0.5) / 120 * pi
        away = (yaw - radians(PEAK_DEG + self.drift_deg * time_s))[None] ** 2 + pitch[:, None] ** 2
        return np.exp(-away / 0.1).astype(np.float32)


@pytest.fixture
def slow_model(monkeypatch: pytest.MonkeyPatch) -> Slow:
    model = Slow()
    name = "cubesal_viewer.analysis.inference.create_predictor"
    monkeypatch.setattr(name, lambda *_arguments, **_options: model)
    return model


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    return make_clip(tmp_path / "long.mp4", frames=150, size=(128, 64), gop=30)


class Recorder:
    """Where the camera looked at each moment that was shown, and by what it flew."""

    def __init__(self, viewer: Viewer) -> None:
        self.rows: list[tuple[float, float, str]] = []
        self.mode = ""
        self._viewer = viewer
        viewer.steering.mode_changed.connect(self._on_mode)
        viewer.state.playhead_changed.connect(self._on_playhead)

    def _on_mode(self, mode: str) -> None:
        self.mode = mode

    def _on_playhead(self, head: Playhead) -> None:
        if head.playing:
            self.rows.append((head.time_s, self._viewer.state.camera.yaw, self.mode))

    @property
    def modes(self) -> list[str]:
        found = [mode for _, _, mode in self.rows]
        return [m for k, m in enumerate(found) if k == 0 or found[k - 1] != m]

    def fastest(self) -> float:
        """Degrees of yaw per second of the clip, between frames that follow each other."""
        times, yaws, _ = zip(*self.rows, strict=True)
        steps = np.diff(times)
        turns = np.array([wrap_angle(b - a) for a, b in pairwise(yaws)])
        moving = steps > 1e-6
        return degrees(float(np.abs(turns[moving] / steps[moving]).max()))


def test_playing_on_unanalysed_ground_the_view_goes_to_the_peak_and_onto_the_plan_without_a_jump(
    qtbot: QtBot, viewer: Viewer, slow_model: Slow, clip: Path
) -> None:
    open_clip(qtbot, viewer, clip)
    recorder = Recorder(viewer)
    viewer.transport.play()
    qtbot.waitUntil(lambda: viewer.state.camera.yaw > radians(10), timeout=10_000)
    assert recorder.mode == "live"
    shown = viewer.window.autopilot.findChildren(type(viewer.window.autopilot._mode))
    assert any("live" in label.text() for label in shown)
    slow_model.seconds = 0.0  # now analysis overtakes the playhead
    qtbot.waitUntil(lambda: recorder.mode == "planned", timeout=10_000)
    qtbot.waitUntil(lambda: not viewer.state.playhead.playing, timeout=15_000)
    assert recorder.modes[-2:] == ["live", "planned"]
    assert 40 < degrees(viewer.state.camera.yaw) < PEAK_DEG + 10
    assert recorder.fastest() < degrees(viewer.steering.options.max_speed) * 1.2 + 0.5


def test_where_the_plan_ends_the_filter_takes_over_from_it(
    qtbot: QtBot, viewer: Viewer, slow_model: Slow, clip: Path
) -> None:
    slow_model.quick_until_s = 2.3
    slow_model.drift_deg, slow_model.seconds = 15.0, 1.2
    open_clip(qtbot, viewer, clip)

    def is_planned() -> bool:
        plan = viewer.steering.plan
        there = plan is not None and plan.times_s[-1] > 2.1
        return there and abs(viewer.state.camera.yaw - plan.path.at(0.0).yaw) < radians(0.1)

    qtbot.waitUntil(is_planned, timeout=20_000)
    recorder = Recorder(viewer)
    recorder.mode = "planned"
    viewer.transport.play()
    qtbot.waitUntil(lambda: "live" in recorder.modes, timeout=15_000)
    qtbot.wait(500)
    assert recorder.modes == ["planned", "live"]
    assert recorder.fastest() < degrees(viewer.steering.options.max_speed) * 1.2 + 0.5
    viewer.transport.pause()
    held = viewer.state.camera
    qtbot.wait(100)
    assert viewer.state.camera.yaw == pytest.approx(held.yaw, abs=radians(3))


def test_play_in_the_middle_of_easing_to_a_plan_keeps_to_the_speed_limit(
    qtbot: QtBot, viewer: Viewer, slow_model: Slow, clip: Path
) -> None:
    slow_model.seconds = 0.0
    open_clip(qtbot, viewer, clip)
    recorder = Recorder(viewer)
    qtbot.waitUntil(lambda: viewer.state.camera.yaw > radians(10), timeout=20_000)
    assert not viewer.steering.settled  # it eases towards the peak, faster than any film may turn
    viewer.transport.play()
    begun = viewer.state.camera.yaw
    qtbot.waitUntil(lambda: recorder.mode == "planned" and len(recorder.rows) > 60, timeout=15_000)
    assert recorder.fastest() < degrees(viewer.steering.options.max_speed) * 1.2 + 0.5
    assert abs(recorder.rows[0][1] - begun) < radians(4)
    assert viewer.state.camera.yaw > begun + radians(15)  # it is on its way
