"""The bounded hand-over of sound from its thread to the device, and what is heard just now."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

__all__ = ["SoundQueue"]

Samples = NDArray[np.int16]


class SoundQueue:
    """Stereo samples of one playing run; the decoder waits while half a second is in store.

    ``now`` can be replaced in tests.  What comes too late is left out, so that sound stays at its
    place: the pictures wait for sound at the start only.
    """

    def __init__(
        self, rate: int, now: Callable[[], float] = time.monotonic, store_s: float = 0.5
    ) -> None:
        self._rate = rate
        self._now = now
        self._store = round(store_s * rate)
        self._changed = threading.Condition()
        self._generation = 0
        self._clear(None)

    def _clear(self, from_s: float | None) -> None:
        self._from_s = from_s
        self._stretches: deque[Samples] = deque()
        self._stored = 0
        self._missed = 0  # samples of silence that were played in place of late ones
        self._passed = 0  # samples, missed ones included, before the newest pull
        self._pulled = 0  # samples of the newest pull
        self._pulled_at: float | None = None
        self._ended = False

    def restart(self, from_s: float | None) -> int:
        """Begin a new, empty run at a moment of the clip, None for silence; its generation."""
        with self._changed:
            self._generation += 1
            self._clear(from_s)
            self._changed.notify_all()
            return self._generation

    def put(self, generation: int, samples: Samples) -> bool:
        """Append (n, 2) samples, waiting for room; False once the run is over."""
        with self._changed:
            self._changed.wait_for(
                lambda: self._stored < self._store or generation != self._generation
            )
            if generation != self._generation:
                return False
            late = min(self._missed, len(samples))
            self._missed -= late
            if late < len(samples):
                self._stretches.append(samples[late:])
                self._stored += len(samples) - late
            return True

    def end(self, generation: int) -> None:
        """Say that the run has no further sound."""
        with self._changed:
            self._ended = self._ended or generation == self._generation

    def pull(self, count: int) -> Samples:
        """The next ``count`` samples (count, 2) for the device; silence where there are none."""
        out = np.zeros((count, 2), np.int16)
        with self._changed:
            filled = 0
            while filled < count and self._stretches:
                stretch = self._stretches.popleft()
                taken = stretch[: count - filled]
                out[filled : filled + len(taken)] = taken
                filled += len(taken)
                if len(taken) < len(stretch):
                    self._stretches.appendleft(stretch[len(taken) :])
            self._stored -= filled
            self._note(filled, count)
            self._changed.notify_all()
        return out

    def _note(self, filled: int, count: int) -> None:
        has_begun = self._pulled_at is not None
        if filled == 0 and not has_begun:
            return  # nothing has come yet: the run begins with its first sample
        if not self._ended:
            self._missed += count - filled
        self._passed += self._pulled
        self._pulled = count
        self._pulled_at = self._now()

    def heard_s(self, latency_s: float) -> float | None:
        """The moment of the clip that is heard now; None while no sound says so.

        ``latency_s`` is how long the device takes from a pull to the ear.
        """
        with self._changed:
            if self._from_s is None or self._pulled_at is None:
                return None
            if self._ended and not self._stored:
                return None
            since = min((self._now() - self._pulled_at) * self._rate, float(self._pulled))
            return self._from_s + (self._passed + since) / self._rate - latency_s
