"""Scrubbing shows a picture at once and ends on the very frame, with the map of that moment."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from cubesal.track import SaliencyTrack
from cubesal.video import Frame
from cubesal_viewer.display import UploadKeys, resolve
from cubesal_viewer.playback import decoder as decoder_module
from cubesal_viewer.playback.transport import Transport
from cubesal_viewer.state import Overlay, ViewerState
from tests.media import frame_number, make_clip

FRAMES = 240


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One group of pictures: every frame is far from the key frame."""
    return make_clip(tmp_path_factory.mktemp("clip") / "long.mp4", frames=FRAMES, gop=250)


@pytest.fixture
def tape(qtbot: QtBot, clip: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Transport]:
    monkeypatch.setattr(decoder_module, "_KEPT_BYTES", 12 * (256 * 128 * 2))
    transport = Transport(ViewerState())
    with qtbot.waitSignal(transport.frame_changed, timeout=5000):
        transport.open(clip)
    yield transport
    assert transport.stop()


def test_a_far_frame_is_announced_by_its_key_frame(qtbot: QtBot, tape: Transport) -> None:
    tape.seek(200)
    qtbot.waitUntil(lambda: tape.frame is not None and tape.frame.index == 200, timeout=5000)
    told: list[tuple[int, bool]] = []
    tape.frame_changed.connect(lambda frame: told.append((frame.index, tape.is_exact)))
    tape.seek(100)
    qtbot.waitUntil(lambda: bool(told) and told[-1][0] == 100, timeout=5000)
    assert told == [(0, False), (100, True)]
    tape.step(-1)
    qtbot.waitUntil(lambda: told[-1][0] == 99, timeout=5000)
    assert told[2:] == [(99, True)]  # passed on the way: no detour


def test_two_hundred_random_scrubs_end_on_the_right_frame_with_its_own_map(
    qtbot: QtBot, tape: Transport
) -> None:
    grid = np.append(np.arange(0, FRAMES - 1, 6), FRAMES - 1)
    track = SaliencyTrack(grid, tape.times_s[grid], "clip", "nobody")
    for position, time_s in enumerate(track.time_s):
        if position % 3:  # a third is not analysed yet
            track.set(position, np.full((120, 240), 1 + time_s, np.float32))
    keys, wrong = UploadKeys(), []

    def check(frame: Frame) -> None:
        view = track.at(frame.time_s)
        shown = resolve(frame, view, track.peak, Overlay(), keys)
        if shown.map_status == "current" and shown.content.saliency is not None:
            moment_s = float(shown.content.saliency[60, 120]) - 1
            if abs(moment_s - frame.time_s) > 0.011:
                wrong.append((frame.index, moment_s))
        if frame_number(frame.rgb()) != frame.index:
            wrong.append((frame.index, -1.0))

    tape.frame_changed.connect(check)
    rng = random.Random(5)
    for step in range(200):
        tape.seek(rng.randrange(FRAMES))
        if step % 10 == 0:
            qtbot.wait(5)
    last = tape._state.playhead.index
    qtbot.waitUntil(lambda: tape.frame is not None and tape.frame.index == last, timeout=8000)
    qtbot.wait(150)
    assert tape.frame is not None
    assert frame_number(tape.frame.rgb()) == last == tape._state.playhead.index
    assert tape.is_exact
    assert wrong == []
