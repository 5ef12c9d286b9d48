"""Play, pause, seek, step: moves the playhead and hands each frame that is due to the window."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Qt, QTimer, Signal

from cubesal.video import Frame
from cubesal_viewer.playback.clock import PlaybackClock
from cubesal_viewer.playback.decoder import Decoder, OpenedClip
from cubesal_viewer.playback.sound import Sound
from cubesal_viewer.state import Playhead, ViewerState

__all__ = ["Transport"]

#: How often the GUI looks for a due frame, in milliseconds: finer than any display.
_TICK_MS = 7
#: When decoding lags further behind than this, the clock waits: a slow film beats a frozen one.
_LAG_S = 0.5
#: Pictures decoded ahead before time runs: begun without any, a run would start by being late.
_HEAD_START = 3


class Transport(QObject):
    """The hands on the tape.  Lives on the GUI thread; decoding happens in :class:`Decoder`.

    The life of a frame while playing: 1. the decoder puts it into the bounded queue, and time runs
    once a few are there; 2. a tick takes the newest one that the clock says is due and drops those
    before it; 3. it becomes :attr:`frame` and ``frame_changed`` tells the window.  While paused a
    single exact frame is decoded; the newest request wins and late answers are ignored.
    """

    frame_changed = Signal(object)
    exactness_changed = Signal(bool)
    """Whether the picture is the playhead's own, not the key frame that stands in for it."""
    opened = Signal(object)
    failed = Signal(str)

    def __init__(
        self, state: ViewerState, decoder: Decoder | None = None, sound: Sound | None = None
    ) -> None:
        super().__init__()
        self.sound = sound or Sound(self)
        self._state = state
        self._decoder = decoder or Decoder(self)
        self._clock = PlaybackClock()
        self._timer = QTimer(self, interval=_TICK_MS, timerType=Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._tick)
        self._decoder.opened.connect(self._on_opened)
        self._decoder.failed.connect(self._on_failed)
        self._decoder.frame_shown.connect(self._on_frame_shown)
        self._decoder.stand_in_shown.connect(self._on_stand_in)
        self._wanted = 0
        self._opening: int | None = None
        self.frame: Frame | None = None
        self.is_exact = True
        self.times_s: NDArray[np.float64] = np.zeros(0)
        self.dropped = 0

    def open(self, path: Path, projection: str | None = None) -> None:
        """Open a clip; ``opened`` or ``failed`` follows.  The present clip stays until then."""
        self.pause()
        self._opening = self._decoder.open(path, projection)

    def play(self) -> None:
        """Run from the playhead, from the start again if it stands on the last frame."""
        if self.frame_count < 2 or self._opening is not None:
            return
        index = self._state.playhead.index
        if index >= self.frame_count - 1:
            index = 0
        self._decoder.play(index)
        self._clock.stop(float(self.times_s[index]))  # runs when the first pictures are there
        self.sound.halt()
        self._timer.start()
        self._state.set_playhead(replace(self._state.playhead, playing=True))

    def pause(self) -> None:
        """Hold on the frame that is shown."""
        if not self._state.playhead.playing:
            return
        self._timer.stop()
        self._clock.stop()
        self.sound.halt()
        self._decoder.halt()
        self._state.set_playhead(replace(self._state.playhead, playing=False))
        index = self._state.playhead.index
        if self.frame is None or self.frame.index != index or self.frame.is_proxy:
            # Of a seek that playing had not reached yet; or now there is time for the clip's own.
            self._wanted = self._decoder.show(index)

    def toggle(self) -> None:
        """Play or pause."""
        if self._state.playhead.playing:
            self.pause()
        else:
            self.play()

    def seek(self, index: int) -> None:
        """Go to a frame exactly; while playing, go on playing from there."""
        if not self.frame_count or self._opening is not None:
            return  # while a clip is being opened, indices belong to neither clip
        index = min(max(index, 0), self.frame_count - 1)
        self._move_to(index)
        if self._state.playhead.playing:
            self.play()
        else:
            self._wanted = self._decoder.show(index)

    def seek_time(self, time_s: float) -> None:
        """Go to the frame that is displayed at ``time_s`` seconds."""
        self.seek(int(np.searchsorted(self.times_s, time_s + 1e-9, side="right")) - 1)

    def step(self, frames: int) -> None:
        """Pause and move by a number of frames, negative to go back."""
        self.pause()
        self.seek(self._state.playhead.index + frames)

    def skip(self, seconds: float) -> None:
        """Move by seconds without changing whether it plays."""
        self.seek_time(self._state.playhead.time_s + seconds)

    def set_speed(self, speed: float) -> None:
        """Play at ``speed`` times the clip's rate."""
        self._state.set_playhead(replace(self._state.playhead, speed=speed))
        if self._clock.running:
            self._run_from(self._clock.time_s)

    def use_proxy(self, path: Path | None) -> None:
        """Play the open clip from its proxy from the next frame on; None: from its own file."""
        if self._state.clip is None:
            return
        self._decoder.use_proxy(path, self._state.clip)
        if self._state.playhead.playing:  # the clock runs on
            self._decoder.play(min(self._state.playhead.index + 1, self.frame_count - 1))

    def stop(self) -> bool:
        """End the decoding thread; True if it ended in time."""
        self._timer.stop()
        sound_ended = self.sound.stop()
        return self._decoder.stop() and sound_ended

    def frame_time(self, time_s: float) -> float:
        """The moment of the frame that is shown at ``time_s``; clamped to the clip."""
        if not self.frame_count:
            return 0.0
        return float(self.times_s[self.index_at(time_s)])

    def index_at(self, time_s: float) -> int:
        """The frame that is shown at ``time_s``; clamped to the clip, 0 without one."""
        index = int(np.searchsorted(self.times_s, time_s + 1e-9, side="right")) - 1
        return min(max(index, 0), max(self.frame_count - 1, 0))

    @property
    def due_s(self) -> float:
        """The moment of the clip that the clock says is due; while paused, where it stopped."""
        return self._clock.time_s

    @property
    def is_playing(self) -> bool:
        """Whether time runs."""
        return self._state.playhead.playing

    @property
    def frame_count(self) -> int:
        """Frames in the open clip; 0 without one."""
        return int(self.times_s.size)

    def _move_to(self, index: int) -> None:
        moved = replace(self._state.playhead, index=index, time_s=float(self.times_s[index]))
        self._state.set_playhead(moved)

    def _on_opened(self, generation: int, clip: OpenedClip) -> None:
        # Whatever the decoder now holds is the open clip, also when a newer one is on its way.
        if generation == self._opening:
            self._opening = None
        self._timer.stop()
        self._clock.stop()
        self.frame = None
        self.times_s = clip.times_s
        self.dropped = 0
        self.sound.open(clip.info.path if clip.info.has_audio else None, clip.zero_s)
        self._state.set_playhead(Playhead(speed=self._state.playhead.speed))
        self._state.set_clip(clip.info)
        self._wanted = self._decoder.show(0) if self._opening is None else 0
        self.opened.emit(clip)  # last, so that a listener may ask for another frame

    def _on_failed(self, generation: int, message: str) -> None:
        if generation == self._opening:
            self._opening = None
        elif generation != self._decoder.generation:
            return
        self.pause()
        self.failed.emit(message)

    def _on_frame_shown(self, generation: int, frame: Frame) -> None:
        # While scrubbing, pictures of overtaken requests are worth showing too: they came from
        # this very clip, and the newest one follows.  Only while playing are they out of place.
        if self._state.playhead.playing or frame.index >= self.frame_count:
            return
        if generation == self._wanted:
            self._move_to(frame.index)
        self._show(frame)

    def _run_from(self, at_s: float) -> None:
        self._clock.start(at_s, self._state.playhead.speed)
        self.sound.play(at_s, self._state.playhead.speed)

    def _tick(self) -> None:
        if not self._clock.running and self._decoder.queue.holds(_HEAD_START):
            self._run_from(self._clock.time_s)
        heard_s = self.sound.heard_s()
        if heard_s is not None:
            self._clock.steer(heard_s)
        now_s = self._clock.time_s
        frame, dropped = self._decoder.queue.take_due(now_s)
        self.dropped += dropped
        if frame is not None:
            self._move_to(frame.index)
            self._show(frame)
            if now_s - frame.time_s > _LAG_S:
                self._run_from(frame.time_s)
        elif self._decoder.queue.finished and now_s >= self._end_s():
            self.pause()

    def _end_s(self) -> float:
        """When the last frame has been shown for its own duration."""
        last = float(self.times_s[-1])
        return last + (last / (self.frame_count - 1))

    def _on_stand_in(self, _generation: int, frame: Frame) -> None:
        if not self._state.playhead.playing and frame.index < self.frame_count:
            self._show(frame)

    def _show(self, frame: Frame) -> None:
        self.frame = frame
        is_exact = frame.index == self._state.playhead.index
        if is_exact != self.is_exact:
            self.is_exact = is_exact
            self.exactness_changed.emit(is_exact)
        self.frame_changed.emit(frame)
