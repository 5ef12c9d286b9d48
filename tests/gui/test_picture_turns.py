"""The autopilot knows how the picture turns: measured while analysing, kept, and planned with."""

from __future__ import annotations

from fractions import Fraction
from math import radians
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from pytestqt.qtbot import QtBot

from cubesal.autopilot import FollowState, PlannerOptions, ViewState
from cubesal.video.writer import VideoWriter
from cubesal_viewer.app import Viewer
from cubesal_viewer.autopilot.live import Live, LiveRequest
from cubesal_viewer.autopilot.planner import PlanRequest, found_plan
from cubesal_viewer.editing.alternatives import found_alternatives
from tests.documents import grid_of
from tests.gui.conftest import open_clip, wait_analysed

RATE = radians(12)
FPS = 10


@pytest.fixture
def turning_clip(tmp_path: Path) -> Path:
    """A scene of blobs that turns to the right."""
    noise = np.random.default_rng(1).normal(size=(120, 240)).astype(np.float32)
    smooth = cv2.GaussianBlur(np.concatenate([noise] * 3, axis=1), (0, 0), 2)[:, 240:480]
    grey = np.clip(128 + 45 * smooth / smooth.std(), 0, 255).astype(np.uint8)
    path = tmp_path / "turning.mp4"
    with VideoWriter(path, 480, 240, time_base=Fraction(1, FPS), fps=FPS) as writer:
        for index in range(20):
            columns = (np.arange(480) + 0.5) / 2 - RATE * index / FPS / (2 * np.pi) * 240 - 0.5
            grid_x, grid_y = np.meshgrid(columns % 240, (np.arange(240) + 0.5) / 2 - 0.5)
            wide = cv2.copyMakeBorder(grey, 0, 0, 0, 1, cv2.BORDER_WRAP)
            picture = cv2.remap(
                wide,
                grid_x.astype(np.float32),
                grid_y.astype(np.float32),
                cv2.INTER_LINEAR,
                borderMode=cv2.BORDER_REPLICATE,
            )
            writer.write(np.ascontiguousarray(np.repeat(picture[..., None], 3, axis=2)), index)
    return path


def fading(rate: float) -> NDArray[np.float32]:
    """Maps (40, 120, 240), five a second: a spot that turns with the picture, gone after 2 s."""
    columns = (np.arange(240) + 0.5) / 240 * 2 * np.pi - np.pi
    rows = np.pi / 2 - (np.arange(120) + 0.5) / 120 * np.pi
    maps = np.full((40, 120, 240), 0.3, np.float32)
    for k in range(10):
        away = (columns - rate * k / 5 + np.pi) % (2 * np.pi) - np.pi
        maps[k] = 0.02 + np.exp(-(away[None] ** 2 + rows[:, None] ** 2) / 0.1)
    return maps


@pytest.mark.gl
def test_a_clip_that_turns_is_known_to_turn_also_when_it_is_opened_again(
    qtbot: QtBot, viewer: Viewer, turning_clip: Path
) -> None:
    open_clip(qtbot, viewer, turning_clip)
    wait_analysed(qtbot, viewer)
    turns = viewer.analysis.track.turns
    assert turns[1:] == pytest.approx(RATE, abs=radians(1))
    request = viewer.steering.whole_request()
    assert request is not None
    assert request.maps.turns[1:] == pytest.approx(RATE, abs=radians(1))
    open_clip(qtbot, viewer, turning_clip)
    wait_analysed(qtbot, viewer)
    np.testing.assert_allclose(viewer.analysis.track.turns, turns, rtol=1e-6)


def test_plan_alternatives_and_live_view_turn_with_the_picture(
    qtbot: QtBot, turning_clip: Path
) -> None:
    options = PlannerOptions(hfov=radians(65))
    ends: dict[float, list[float]] = {}
    for turn in (np.nan, RATE):
        track = grid_of(40)
        for k, saliency in enumerate(fading(RATE)):
            track.set(k, saliency, turn)
        request = PlanRequest(track.snapshot(np.arange(40)), options, None)
        first = found_alternatives(turning_clip, None, request)[0]
        live = Live()
        state = FollowState(1.8, ViewState(RATE * 1.8, 0.0, RATE), moving=True)
        near = LiveRequest(state, track.snapshot(np.array([8, 9])), 2.0, options)
        with qtbot.waitSignal(live.stepped) as answer:
            live.step(near)
        assert live.stop()
        stepped = answer.args[1].state.view.yaw + RATE * 2.2  # to compare at the same moment
        ends[turn] = [found_plan(request).path.at(6.0).yaw, first.path.at(6.0).yaw, stepped]
    still, turning = ends.values()
    for name, a, b in zip(("plan", "alternative", "live"), still, turning, strict=True):
        assert abs(b - RATE * 6) < radians(12), name
        assert abs(a - b) > radians(8), name
