"""Inertia: a view let go while it turns glides on, ever slower, until something else moves it."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from math import exp, hypot, radians
from typing import Final

from PySide6.QtCore import QObject, QTimer

from cubesal.camera import Camera, wrap_angle
from cubesal_viewer.state import ViewerState

__all__ = ["Glide"]

#: Time constant of the decay, seconds: a glide goes as far as the hand would have in this time.
DECAY_S: Final = 0.35
#: The hand's speed is taken over this long before it let go, seconds.
_MEMORY_S: Final = 0.08
#: A hand that rested this long before letting go means to stop there, seconds.
_REST_S: Final = 0.05
#: Slower than this, radians per second, nothing glides (any more).
_SLOWEST: Final = radians(1.0)
#: A picture that the mouse flings faster than this, radians per second, would only blur.
_FASTEST: Final = radians(360.0)


class Glide(QObject):
    """Watches drags and, if preferences say so, carries the view on after them.

    ``move`` is what a hand's view goes to (:meth:`Steering.take_over`).  The view at any moment is
    that of the exponential decay at this moment, however often it is drawn.
    """

    def __init__(
        self,
        state: ViewerState,
        move: Callable[[Camera], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__()
        self._state, self._move, self._clock = state, move, clock
        self._trail: deque[tuple[float, Camera]] = deque(maxlen=32)
        self._timer = QTimer(self, interval=16)
        self._timer.timeout.connect(self._go_on)
        self._began, self._start, self._last = 0.0, Camera(), Camera()
        self._speed = (0.0, 0.0)
        state.clip_changed.connect(self.stop)

    @property
    def is_gliding(self) -> bool:
        """Whether the view moves by itself now."""
        return self._timer.isActive()

    def stop(self) -> None:
        """Hold the view where it is."""
        self._timer.stop()
        self._trail.clear()

    def dragged(self, camera: Camera) -> None:
        """The hand has brought the view here."""
        self._timer.stop()
        self._trail.append((self._clock(), camera.normalised()))

    def released(self) -> None:
        """The hand let go: glide on if it was moving, and if that is wished."""
        speed = self._hand_speed()
        self._trail.clear()
        if not self._state.preferences.inertia or hypot(*speed) < _SLOWEST:
            return
        self._speed = speed
        self._began = self._clock()
        self._start = self._last = self._state.camera
        self._timer.start()

    def _hand_speed(self) -> tuple[float, float]:
        """Yaw and pitch of the last moments of the drag, radians per second."""
        now = self._clock()
        recent = [(t, camera) for t, camera in self._trail if now - t <= _MEMORY_S + _REST_S]
        if len(recent) < 2 or now - recent[-1][0] > _REST_S:
            return 0.0, 0.0
        (begin, before), (end, after) = recent[0], recent[-1]
        # Events that come in one burst would make a speed out of the computer's hurry.
        over = max(end - begin, 0.016)
        yaw, pitch = wrap_angle(after.yaw - before.yaw) / over, (after.pitch - before.pitch) / over
        slower = min(1.0, _FASTEST / max(hypot(yaw, pitch), 1e-9))
        return yaw * slower, pitch * slower

    def _go_on(self) -> None:
        here = self._state.camera
        moved = (here.yaw, here.pitch, here.roll) != (
            self._last.yaw,
            self._last.pitch,
            self._last.roll,
        )
        left = exp(-(self._clock() - self._began) / DECAY_S)
        if moved or self._state.autopilot or hypot(*self._speed) * left < _SLOWEST:
            self.stop()
            return
        gone = DECAY_S * (1.0 - left)
        yaw, pitch = (start + v * gone for start, v in zip(self._origin, self._speed, strict=True))
        self._move(Camera(yaw, pitch, here.roll, here.hfov))
        self._last = self._state.camera

    @property
    def _origin(self) -> tuple[float, float]:
        return self._start.yaw, self._start.pitch
