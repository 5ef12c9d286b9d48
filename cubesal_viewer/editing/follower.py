"""The thread that follows a subject through the clip, with a reader of its own."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from threading import Event

from PySide6.QtCore import QObject, Signal

from cubesal.autopilot import PathKey, simplified
from cubesal.errors import Cancelled
from cubesal.progress import ProgressFn
from cubesal.subject import follow_subject, sightings_path
from cubesal.video import ClipReader
from cubesal_viewer.worker import Worker, one_sentence

__all__ = ["FollowRequest", "Follower", "followed_keys"]


@dataclass(frozen=True)
class FollowRequest:
    """What to follow: the subject at (yaw, pitch) of frame ``index``, in a view ``hfov`` wide."""

    clip: Path
    projection: str | None
    index: int
    yaw: float
    pitch: float
    hfov: float


class Follower(QObject):
    """Runs :func:`followed_keys`; ``followed`` brings the keys of the newest request."""

    progressed = Signal(int, int, int)
    followed = Signal(int, object)
    failed = Signal(int, str)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._worker = Worker("follow")
        self._generation = 0
        self._cancel = Event()

    def follow(self, request: FollowRequest) -> int:
        """Follow a subject; any other one is let go."""
        self.cancel()
        self._generation += 1
        generation, self._cancel = self._generation, Event()
        cancel = self._cancel
        self._worker.submit(lambda: self._follow(generation, request, cancel), replace=True)
        return generation

    def cancel(self) -> None:
        """Let go of the subject."""
        self._cancel.set()

    def stop(self) -> bool:
        """End the thread; True if it ended in time."""
        self.cancel()
        return self._worker.stop()

    def _follow(self, generation: int, request: FollowRequest, cancel: Event) -> None:
        def progress(done: int, total: int) -> None:
            if cancel.is_set():
                raise Cancelled("the subject was let go")
            self.progressed.emit(generation, done, total)

        try:
            keys = followed_keys(request, progress)
        except Cancelled:
            self.followed.emit(generation, ())
        except Exception as error:
            self.failed.emit(generation, one_sentence(error))
        else:
            self.followed.emit(generation, keys)


def followed_keys(request: FollowRequest, progress: ProgressFn) -> tuple[PathKey, ...]:
    """Keys, one straight to the next, that keep the subject in the middle until it is lost."""
    with ClipReader(request.clip, projection=request.projection) as reader:
        seen = list(
            follow_subject(reader, request.index, request.yaw, request.pitch, progress=progress)
        )
    path = sightings_path(seen, request.hfov)
    moments = [float(path.times_s[k]) for k in simplified(path)]
    keys = [PathKey.of(t, path.at(t), ease="direct") for t in moments[:-1]]
    return (*keys, PathKey.of(moments[-1], path.at(moments[-1])))
