"""The bounded hand-over from the decoding thread to the GUI: decode ahead, show what is due."""

from __future__ import annotations

import threading
from collections import deque

from cubesal.video import Frame

__all__ = ["FrameQueue"]


#: Vast frames fill the queue sooner.
_FULL_BYTES = 512 << 20


class FrameQueue:
    """Frames of one playing run, oldest first; the decoder waits while it is full.

    ``generation`` names the run: after :meth:`restart`, frames of an older run are refused, so that
    nothing decoded before a seek is ever shown.
    """

    def __init__(self, capacity: int = 8) -> None:
        self._capacity = capacity
        self._changed = threading.Condition()
        self._frames: deque[Frame] = deque()
        self._generation = 0
        self._ended = False

    def restart(self) -> int:
        """Begin a new, empty run and return its generation."""
        with self._changed:
            self._generation += 1
            self._frames.clear()
            self._ended = False
            self._changed.notify_all()
            return self._generation

    def put(self, generation: int, frame: Frame) -> bool:
        """Append a frame, waiting for room; False once the run is over (stop decoding then)."""
        with self._changed:
            self._changed.wait_for(lambda: self._has_room() or generation != self._generation)
            if generation != self._generation:
                return False
            self._frames.append(frame)
            return True

    def _has_room(self) -> bool:
        count = len(self._frames)
        if count < 2:
            return count < self._capacity
        return count < self._capacity and count * self._frames[0].planes.nbytes < _FULL_BYTES

    def end(self, generation: int) -> None:
        """Say that the run has no further frames."""
        with self._changed:
            self._ended = self._ended or generation == self._generation

    def take_due(self, time_s: float) -> tuple[Frame | None, int]:
        """Take the newest frame due at clip time ``time_s`` and the number of late ones dropped."""
        with self._changed:
            due: Frame | None = None
            taken = 0
            while self._frames and self._frames[0].time_s <= time_s:
                due = self._frames.popleft()
                taken += 1
            if taken:
                self._changed.notify_all()
            return due, max(taken - 1, 0)

    def holds(self, count: int) -> bool:
        """Whether ``count`` frames are waiting, or as many as will ever be."""
        with self._changed:
            return self._ended or len(self._frames) >= count or not self._has_room()

    @property
    def finished(self) -> bool:
        """Whether the run has ended and everything was taken."""
        with self._changed:
            return self._ended and not self._frames
