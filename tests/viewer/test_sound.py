"""Pictures follow the sound that is heard: on simulated time, with a device that writes it down."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from cubesal.errors import DeviceError
from cubesal_viewer.playback import sound_device
from cubesal_viewer.playback.clock import PlaybackClock
from cubesal_viewer.playback.sound import Sound
from cubesal_viewer.playback.sound_device import Pull, open_device
from cubesal_viewer.playback.sound_queue import SoundQueue
from cubesal_viewer.playback.transport import Transport
from cubesal_viewer.state import ViewerState
from tests.media import make_clip

RATE = 48_000
PERIOD = 1440  # 30 ms
LATENCY_S = 0.060


class Timeline:
    """Simulated time, in which a device whose clock runs too fast writes down what it plays."""

    def __init__(self, device_rate: float = RATE) -> None:
        self.now_s = 0.0
        self.queue = SoundQueue(RATE, now=lambda: self.now_s)
        self.clock = PlaybackClock(now=lambda: self.now_s)
        self.period_s = PERIOD / device_rate
        self.due_s = 0.0
        self.run = 0
        self.next_sample = 0
        self.last_sample = 10**9
        self.heard: list[tuple[float, float, float]] = []  # when from, when to, which moment
        self.delay_s = 0.0
        self.ready_s = 0.0

    def play(self, at_s: float) -> None:
        """As the transport does it; the sound thread needs a moment before it has samples."""
        self.clock.start(at_s)
        self.run = self.queue.restart(at_s)
        self.next_sample = round(at_s * RATE)
        self.ready_s = self.now_s + self.delay_s

    def advance(self, seconds: float) -> Iterator[None]:
        """Ticks of 7 ms, as many as fit; the sound thread keeps half a second in store."""
        end_s = self.now_s + seconds
        while self.now_s < end_s:
            self.now_s += 0.007
            self._feed()
            while self.due_s <= self.now_s:
                self._device_asks()
            heard_s = self.queue.heard_s(LATENCY_S)
            if heard_s is not None:
                self.clock.steer(heard_s)
            yield

    def _feed(self) -> None:
        while self.now_s >= self.ready_s and self.queue._stored < RATE // 4:
            index = np.arange(self.next_sample, min(self.next_sample + 1024, self.last_sample))
            if not len(index):
                self.queue.end(self.run)
                return
            both = np.stack([index >> 15, index & 0x7FFF], axis=1).astype(np.int16)
            assert self.queue.put(self.run, both)
            self.next_sample += len(index)

    def _device_asks(self) -> None:
        asked_s, self.due_s = self.due_s, self.due_s + self.period_s
        present, self.now_s = self.now_s, asked_s
        samples = self.queue.pull(PERIOD).astype(np.int64)
        self.now_s = present
        number = (samples[:, 0] << 15) | samples[:, 1]
        if number.any():
            first = int(np.flatnonzero(number)[0])
            start_s = asked_s + LATENCY_S + first / PERIOD * self.period_s
            end_s = asked_s + LATENCY_S + self.period_s
            self.heard.append((start_s, end_s, number[first] / RATE))

    def heard_now(self) -> float | None:
        """The moment of the clip that really comes out of the device now."""
        for start_s, end_s, moment_s in reversed(self.heard):
            if start_s <= self.now_s < end_s:
                return moment_s + (self.now_s - start_s) * PERIOD / self.period_s / RATE
        return None


@pytest.mark.parametrize("device_rate", [RATE, RATE * 1.001, RATE * 0.999])
def test_ten_seconds_do_not_drift(device_rate: float) -> None:
    line = Timeline(device_rate)
    line.delay_s = 0.05
    line.play(3.0)
    off = [
        line.clock.time_s - heard
        for _ in line.advance(10.0)
        if (heard := line.heard_now()) is not None
    ]
    assert len(off) > 1300
    assert np.abs(off).max() < 0.040
    assert np.abs(np.mean(off[-100:])) < 0.015
    # Free running it would be off by ten thousandths of 10 s where the device's clock differs.
    assert line.clock.time_s == pytest.approx(13.0 - 0.11, abs=0.05)


def test_scrubs_and_loops_flush_and_stay_in_step() -> None:
    line = Timeline(RATE * 1.0005)
    line.delay_s = 0.03
    off: list[float] = []
    for at_s in (1.0, 40.0, 7.5, *([2.0] * 4)):  # two scrubs, then a loop of 0.6 s four times
        line.play(at_s)
        line.heard.clear()  # what sounded before the scrub is still in the air
        for _ in line.advance(0.6):
            heard = line.heard_now()
            if heard is not None:
                assert at_s - 0.001 <= heard < at_s + 0.7, "sound from before the scrub"
                off.append(line.clock.time_s - heard)
    assert len(off) > 400
    assert np.abs(off).max() < 0.040


def test_late_sound_is_left_out_and_what_follows_is_at_its_place() -> None:
    line = Timeline()
    line.play(0.5)
    for _ in line.advance(0.5):
        pass
    line.ready_s = line.now_s + 0.8  # the thread is held up for longer than its store lasts
    for _ in line.advance(2.0):
        pass
    heard = line.heard_now()
    assert heard is not None
    assert abs(line.clock.time_s - heard) < 0.040
    assert heard == pytest.approx(3.0, abs=0.15)  # nobody waited


def test_after_its_end_the_clock_runs_on_alone() -> None:
    line = Timeline()
    line.last_sample = RATE // 2
    line.play(0.0)
    for _ in line.advance(2.0):
        pass
    assert line.queue.heard_s(LATENCY_S) is None
    assert line.clock.time_s == pytest.approx(2.0, abs=0.15)


def test_the_clock_follows_gently_after_its_first_jump() -> None:
    now = [0.0]
    clock = PlaybackClock(now=lambda: now[0])
    clock.start(1.0)
    clock.steer(0.93)
    assert clock.time_s == pytest.approx(0.93)
    clock.steer(0.95)
    assert 0.93 < clock.time_s < 0.935
    clock.steer(5.0)
    assert clock.time_s == pytest.approx(5.0)


class FakeDevice:
    """Asks for samples when the test says so."""

    latency_s = 0.02

    def __init__(self) -> None:
        self.pull: Pull | None = None
        self.closed = False

    def start(self, pull: Pull) -> None:
        self.pull = pull

    def stop(self) -> None:
        self.pull = None

    def close(self) -> None:
        self.closed = True


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_clip(tmp_path_factory.mktemp("sound") / "beeps.mp4", frames=60, audio="aac")


def test_the_transport_plays_mutes_and_rests(qtbot: QtBot, clip: Path) -> None:
    device = FakeDevice()
    sound = Sound(device=lambda: device)
    tape = Transport(ViewerState(), sound=sound)
    with qtbot.waitSignal(tape.frame_changed, timeout=5000):
        tape.open(clip)
    assert sound.has_sound
    tape.play()
    qtbot.waitUntil(lambda: device.pull is not None and sound._queue._stored > 9600, timeout=5000)
    assert device.pull is not None
    loud = np.abs(device.pull(2400)).max()
    assert loud > 4000
    assert sound.heard_s() is not None
    sound.set_volume(0.5)
    assert np.abs(device.pull(1200)).max() == pytest.approx(loud / 4, rel=0.1)
    sound.toggle_muted()
    assert not device.pull(1200).any()
    sound.toggle_muted()
    tape.set_speed(2.0)
    assert sound.heard_s() is None  # heard at its own speed only
    tape.set_speed(1.0)
    tape.pause()
    qtbot.waitUntil(lambda: device.pull is None, timeout=5000)
    assert tape.stop()
    assert device.closed
    assert "sound" not in {thread.name for thread in threading.enumerate()}


def test_without_a_device_pictures_play_in_silence_and_it_says_why(
    qtbot: QtBot, clip: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CUBESAL_AUDIO", "none")
    tape = Transport(ViewerState())
    told: list[str] = []
    tape.failed.connect(told.append)
    with qtbot.waitSignal(tape.frame_changed, timeout=5000):
        tape.open(clip)
    tape.play()
    qtbot.waitUntil(lambda: tape.frame is not None and tape.frame.index > 5, timeout=5000)
    assert tape.sound.silent_because == "no sound: CUBESAL_AUDIO=none"
    assert told == []
    assert tape.stop()


def test_the_real_library_asks_for_samples(monkeypatch: pytest.MonkeyPatch) -> None:
    """On its device that nobody hears; a machine without the extra is told what to install."""
    pytest.importorskip("miniaudio")
    monkeypatch.setenv("CUBESAL_AUDIO", "null")
    device, asked = open_device(), threading.Event()

    def pull(count: int) -> np.ndarray:
        asked.set()
        return np.zeros((count, 2), np.int16)

    device.start(pull)
    assert asked.wait(5)
    device.stop()
    device.close()
    monkeypatch.setitem(__import__("sys").modules, "miniaudio", None)
    with pytest.raises(DeviceError, match=r"cubesal-viewer\[audio\]"):
        open_device()


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="Linux says so in /proc")
def test_without_card_and_server_it_is_said_without_a_word_of_alsa(tmp_path, monkeypatch, capfd):
    pytest.importorskip("miniaudio")
    for variable in ("PULSE_SERVER", sound_device.AUDIO_VARIABLE):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    monkeypatch.setattr(sound_device, "_SYSTEM_SERVER", tmp_path / "native")
    monkeypatch.setattr(sound_device, "_CARDS", tmp_path / "cards")
    (tmp_path / "cards").write_text("--- no soundcards ---\n")
    with pytest.raises(DeviceError, match="no device"):
        sound_device.open_device()
    assert capfd.readouterr().err == ""
