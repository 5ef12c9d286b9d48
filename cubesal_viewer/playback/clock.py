"""The clock that playback follows: real time mapped to clip time."""

from __future__ import annotations

import time
from collections.abc import Callable

__all__ = ["PlaybackClock"]

#: The device tells its time in steps; a twentieth of what is off, some hundred times a second.
_GENTLY = 0.05
_JUMP_S = 0.1


class PlaybackClock:
    """Maps a monotonic clock to the clip: ``clip = origin + (now - started) · speed``.

    Where sound plays, :meth:`steer` lets its device lead.  ``now`` can be replaced in tests.
    Once it runs, the clock never waits for a slow decoder; whoever shows frames drops the late
    ones.
    """

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._origin_s = 0.0
        self._started: float | None = None
        self._speed = 1.0
        self._is_steered = False

    @property
    def running(self) -> bool:
        """Whether time passes."""
        return self._started is not None

    @property
    def time_s(self) -> float:
        """The moment of the clip that is due, in seconds."""
        if self._started is None:
            return self._origin_s
        return self._origin_s + (self._now() - self._started) * self._speed

    def start(self, at_s: float, speed: float = 1.0) -> None:
        """Run from moment ``at_s`` of the clip."""
        self._origin_s, self._speed, self._started = at_s, speed, self._now()
        self._is_steered = False

    def steer(self, heard_s: float) -> None:
        """Follow the moment that is heard: at once at first, then gently, so that nothing jerks.

        Two clocks of one machine differ by a few parts in ten thousand; without this, pictures
        would drift away from the sound.
        """
        error_s = heard_s - self.time_s
        if self._is_steered and abs(error_s) < _JUMP_S:
            error_s *= _GENTLY
        self._origin_s += error_s
        self._is_steered = True

    def stop(self, at_s: float | None = None) -> None:
        """Hold at the present moment, or at another one."""
        self._origin_s, self._started = self.time_s if at_s is None else at_s, None
