"""Seeking, stepping and playing real clips, without a window."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pytestqt.qtbot import QtBot

from cubesal.video import ClipReader, Frame
from cubesal_viewer.playback.transport import Transport
from cubesal_viewer.state import ViewerState
from tests.media import frame_number, make_clip, make_text


@pytest.fixture
def tape(qtbot: QtBot) -> Iterator[Transport]:
    state = ViewerState()
    transport = Transport(state)
    yield transport
    assert transport.stop(), "the decoding thread must end"


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_clip(tmp_path_factory.mktemp("clip") / "numbers.mp4", frames=45, gop=15)


def shown_number(tape: Transport) -> int:
    assert tape.frame is not None
    return frame_number(tape.frame.rgb())


def test_opening_shows_the_first_frame(qtbot: QtBot, tape: Transport, clip: Path) -> None:
    with qtbot.waitSignal(tape.frame_changed, timeout=5000):
        tape.open(clip)
    assert tape.frame_count == 45
    assert shown_number(tape) == 0


def test_a_storm_of_seeks_ends_on_the_last_one(qtbot: QtBot, tape: Transport, clip: Path) -> None:
    with qtbot.waitSignal(tape.frame_changed, timeout=5000):
        tape.open(clip)
    for index in [40, 3, 17, 44, 0, 31, 8, 29]:
        tape.seek(index)
    qtbot.waitUntil(lambda: tape.frame is not None and tape.frame.index == 29, timeout=5000)
    qtbot.wait(200)
    assert shown_number(tape) == 29
    assert tape._state.playhead.index == 29


def test_steps_add_up_and_stop_at_the_ends(qtbot: QtBot, tape: Transport, clip: Path) -> None:
    with qtbot.waitSignal(tape.frame_changed, timeout=5000):
        tape.open(clip)
    for _ in range(3):
        tape.step(1)
    qtbot.waitUntil(lambda: tape.frame is not None and tape.frame.index == 3, timeout=5000)
    tape.step(-10)
    qtbot.waitUntil(lambda: tape.frame is not None and tape.frame.index == 0, timeout=5000)
    tape.step(1000)
    qtbot.waitUntil(lambda: tape.frame is not None and tape.frame.index == 44, timeout=5000)
    assert shown_number(tape) == 44


def test_playing_shows_frames_in_order_to_the_end_and_pauses(
    qtbot: QtBot, tape: Transport, clip: Path
) -> None:
    with qtbot.waitSignal(tape.frame_changed, timeout=5000):
        tape.open(clip)
    seen: list[int] = []
    tape.frame_changed.connect(lambda frame: seen.append(frame_number(frame.rgb())))
    tape.play()
    qtbot.waitUntil(lambda: not tape._state.playhead.playing, timeout=8000)
    assert seen == sorted(seen)
    assert seen[-1] == 44
    assert len(seen) + tape.dropped >= 44


def test_seeking_while_playing_never_shows_an_older_frame(
    qtbot: QtBot, tape: Transport, clip: Path
) -> None:
    with qtbot.waitSignal(tape.frame_changed, timeout=5000):
        tape.open(clip)
    tape.play()
    with qtbot.waitSignal(tape.frame_changed, timeout=5000):
        pass
    after: list[int] = []
    tape.seek(30)
    tape.frame_changed.connect(lambda frame: after.append(frame.index))
    qtbot.waitUntil(lambda: len(after) >= 5, timeout=5000)
    assert min(after) >= 30


def test_time_waits_for_the_first_pictures_of_a_run(
    qtbot: QtBot, tape: Transport, clip: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with qtbot.waitSignal(tape.frame_changed, timeout=5000):
        tape.open(clip)
    seen: list[int] = []
    tape.frame_changed.connect(lambda frame: seen.append(frame.index))
    decoded, read = threading.Event(), ClipReader.read

    def read_late(reader: ClipReader, *wanted: Any) -> Frame:
        assert decoded.wait(5)
        return read(reader, *wanted)

    monkeypatch.setattr(ClipReader, "read", read_late)
    try:
        tape.seek(20)
        tape.play()
        qtbot.wait(300)  # nine pictures' time
        assert tape.is_playing
        assert tape.due_s == pytest.approx(float(tape.times_s[20]))
        tape.set_speed(2.0)
        assert tape.due_s == pytest.approx(float(tape.times_s[20]))
        tape.set_speed(1.0)
    finally:
        decoded.set()
    qtbot.waitUntil(lambda: tape.due_s > float(tape.times_s[20]), timeout=5000)
    qtbot.waitUntil(lambda: not tape.is_playing, timeout=8000)
    assert seen[0] == 20
    assert seen[-1] == 44


def test_a_file_that_cannot_be_opened_leaves_the_present_clip(
    qtbot: QtBot, tape: Transport, clip: Path, tmp_path: Path
) -> None:
    with qtbot.waitSignal(tape.frame_changed, timeout=5000):
        tape.open(clip)
    with qtbot.waitSignal(tape.failed, timeout=5000) as failure:
        tape.open(make_text(tmp_path / "prose.mp4"))
    assert "prose.mp4" in failure.args[0]
    assert "Traceback" not in failure.args[0]
    tape.seek(7)
    qtbot.waitUntil(lambda: tape.frame is not None and tape.frame.index == 7, timeout=5000)
    assert shown_number(tape) == 7
