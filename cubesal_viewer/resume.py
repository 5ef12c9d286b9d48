"""Giving the camera back: the autopilot takes over again when nobody has steered for a while."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, QTimer

from cubesal_viewer.state import ViewerState
from cubesal_viewer.steering import Steering

__all__ = ["Resume"]


class Resume(QObject):
    """Turns the autopilot on again after the idle time of the preferences.

    Only where a hand took over from it: who turned it off by its key or button wants it off.
    ``is_held`` says whether a hand holds the picture now, however still.
    """

    def __init__(self, state: ViewerState, steering: Steering, is_held: Callable[[], bool]) -> None:
        super().__init__()
        self._state, self._steering, self._is_held = state, steering, is_held
        self._is_owed = False
        self._idle = QTimer(self, singleShot=True)
        self._idle.timeout.connect(self._give_back)
        state.autopilot_changed.connect(self._on_autopilot)
        state.camera_changed.connect(self._wait)
        state.preferences_changed.connect(self._wait)
        state.clip_changed.connect(self.stop)

    def stop(self) -> None:
        """Forget that the autopilot waits."""
        self._is_owed = False
        self._idle.stop()

    def _on_autopilot(self, on: bool) -> None:
        self._is_owed = not on and self._steering.is_hand_held
        self._wait()

    def _wait(self) -> None:
        after_s = self._state.preferences.resume_s
        if self._is_owed and after_s is not None:
            self._idle.start(round(after_s * 1000))
        else:
            self._idle.stop()

    def _give_back(self) -> None:
        if self._is_held():
            self._wait()
        else:
            self._state.set_autopilot(True)
