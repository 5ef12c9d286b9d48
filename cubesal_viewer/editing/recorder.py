"""Recording: the person's own looking, while the clip plays, becomes keys of the path."""

from __future__ import annotations

import numpy as np

from cubesal.autopilot import CameraPath, PathKey, simplified
from cubesal.camera import Camera

__all__ = ["Recorder"]


class Recorder:
    """Collects views with their moments; a moment seen again (a step back) begins anew there."""

    def __init__(self) -> None:
        self._seen: list[tuple[float, Camera]] = []

    def add(self, time_s: float, camera: Camera) -> None:
        """The person looked there at that moment."""
        while self._seen and self._seen[-1][0] >= time_s - 1e-6:
            self._seen.pop()
        self._seen.append((time_s, camera))

    @property
    def path(self) -> CameraPath | None:
        """What was recorded, None before the second moment."""
        if len(self._seen) < 2:
            return None
        times = np.array([time_s for time_s, _ in self._seen])
        views = [(c.yaw, c.pitch, c.hfov, c.roll) for _, c in self._seen]
        yaw, pitch, hfov, roll = np.array(views).T
        return CameraPath(times, np.unwrap(yaw), pitch, hfov, np.unwrap(roll))

    def keys(self) -> tuple[PathKey, ...]:
        """The fewest keys that tell the recording, one straight to the next."""
        path = self.path
        if path is None:
            return ()
        indices = simplified(path)
        keys = [PathKey.of(self._seen[k][0], self._seen[k][1], ease="direct") for k in indices[:-1]]
        return (*keys, PathKey.of(self._seen[indices[-1]][0], self._seen[indices[-1]][1]))
