"""Following one subject through a clip, from a click on it: where it is, until it is lost.

Around the subject a flat view is cut out of the sphere, so that it looks alike wherever it goes, at
the poles and over the seam too. Its picture is found again in the next frame by normalised cross
correlation, both as it was when it was pointed at and as it looked lately: the first does not
drift, the second knows the present pose. Between the frames that are looked at it is where a steady
motion takes it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import radians, tan
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from cubesal.autopilot import CameraPath
from cubesal.camera import Camera
from cubesal.geometry import angles_from_dir, equirect_to_perspective
from cubesal.progress import ProgressFn
from cubesal.video import ClipReader

__all__ = ["Sighting", "SubjectTracker", "follow_subject", "sightings_path"]

#: Side of the subject's picture, and of the view that is searched for it, in pixels.
_SUBJECT, _SEARCHED = 48, 128
#: Sizes that are tried, beside the last one.
_SCALES: Final = (1.0, 0.95, 1 / 0.95)
_CONFIDENT, _LOST = 0.75, 0.45
_LOST_S = 1.0
_LEARNING = 0.15
RATE_HZ: Final = 15.0
SIZE: Final = radians(14)
_SMALLEST, _LARGEST = radians(3), radians(50)

Picture = NDArray[np.uint8]
Template = NDArray[np.float32]


@dataclass(frozen=True)
class Sighting:
    """Where a subject was seen, radians; ``confidence`` in [-1, 1] is its likeness."""

    time_s: float
    yaw: float
    pitch: float
    size: float
    confidence: float


class SubjectTracker:
    """Finds the subject that lies at (``yaw``, ``pitch``) in ``frame`` (H, W, 3) in later frames.

    ``size``: how wide it is, radians.
    """

    def __init__(
        self, frame: Picture, time_s: float, yaw: float, pitch: float, size: float = SIZE
    ) -> None:
        if not _SMALLEST <= size <= _LARGEST:
            raise ValueError("a subject must be between 3 and 50 degrees wide")
        self.last = Sighting(time_s, yaw, pitch, size, 1.0)
        view = self._view(frame, self.last.yaw, self.last.pitch, size)
        half, middle = _SUBJECT // 2, _SEARCHED // 2
        cut = view[middle - half : middle + half, middle - half : middle + half]
        self._first: Template = cut
        self._lately: Template = cut.copy()

    def step(self, frame: Picture, time_s: float) -> Sighting:
        """Where it is in a frame shown at ``time_s``."""
        best: tuple[float, float, float, float] | None = None
        for scale in _SCALES:
            size = float(np.clip(self.last.size * scale, _SMALLEST, _LARGEST))
            found = self._found(self._view(frame, self.last.yaw, self.last.pitch, size))
            # Another size must be clearly better: it is noisy.
            likeness = found[0] - (0.0 if scale == 1.0 else 0.01)
            if best is None or likeness > best[0]:
                best = (likeness, found[1], found[2], size)
        assert best is not None
        likeness, right, down, size = best
        yaw, pitch = self.last.yaw, self.last.pitch
        if likeness > _LOST:
            yaw, pitch = self._direction(right, down, size)
        self.last = Sighting(
            time_s, yaw, pitch, size if likeness > _LOST else self.last.size, likeness
        )
        if likeness > _CONFIDENT:
            self._learn(self._view(frame, yaw, pitch, size))
        return self.last

    @staticmethod
    def _half_width(size: float) -> float:
        """Tangent of half the angle that the searched view covers."""
        return min(tan(size / 2) * _SEARCHED / _SUBJECT, 1.9)

    def _camera(self, yaw: float, pitch: float, size: float) -> Camera:
        return Camera(yaw, pitch, 0.0, 2 * float(np.arctan(self._half_width(size))))

    def _view(self, frame: Picture, yaw: float, pitch: float, size: float) -> Template:
        camera = self._camera(yaw, pitch, size)
        flat = equirect_to_perspective(frame, camera, _SEARCHED, _SEARCHED)
        grey = cv2.GaussianBlur(np.asarray(flat, np.float32), (0, 0), 0.8)
        return np.asarray(grey, np.float32)

    def _found(self, view: Template) -> tuple[float, float, float]:
        """Likeness, and how far right and down of the middle, in pixels of the view."""
        best = (-2.0, 0.0, 0.0)
        for template in (self._lately, self._first):
            likeness = cv2.matchTemplate(view, template, cv2.TM_CCOEFF_NORMED)
            row, column = np.unravel_index(int(likeness.argmax()), likeness.shape)
            middle = (_SEARCHED - _SUBJECT) / 2
            top = float(likeness[row, column])
            if top > best[0] + 0.05:  # as it looked lately, unless the first look is much better
                right = _between(np.asarray(likeness[row]), int(column)) - middle
                down = _between(np.asarray(likeness[:, column]), int(row)) - middle
                best = (top, right, down)
        return best

    def _direction(self, right: float, down: float, size: float) -> tuple[float, float]:
        scale = 2 * self._half_width(size) / _SEARCHED
        camera = self._camera(self.last.yaw, self.last.pitch, size)
        ray = camera.world_from_camera @ np.array([right * scale, down * scale, 1.0])
        yaw, pitch = angles_from_dir(ray / np.linalg.norm(ray))
        return float(yaw), float(pitch)

    def _learn(self, view: Template) -> None:
        half, middle = _SUBJECT // 2, _SEARCHED // 2
        now = view[middle - half : middle + half, middle - half : middle + half]
        self._lately = (1 - _LEARNING) * self._lately + _LEARNING * now


def _between(likeness: NDArray[np.floating], k: int) -> float:
    """The place of a maximum between samples, by the parabola through it and its neighbours."""
    if not 0 < k < len(likeness) - 1:
        return float(k)
    before, top, after = (float(x) for x in likeness[k - 1 : k + 2])
    bend = before - 2 * top + after
    return k if bend >= 0 else k + 0.5 * (before - after) / bend


def follow_subject(
    reader: ClipReader,
    index: int,
    yaw: float,
    pitch: float,
    size: float = SIZE,
    progress: ProgressFn | None = None,
) -> Iterator[Sighting]:
    """The subject at (``yaw``, ``pitch``) of frame ``index``, some 15 times a second from there on.

    Ends with the clip, or where the subject was last seen before it was lost for a second. The
    frames looked at depend on the clip alone. Cancelled as ``progress`` says.
    """
    times = reader.times_s
    step = max(round(1 / (RATE_HZ * float(np.median(np.diff(times))))), 1) if len(times) > 1 else 1
    frames = reader.frames(range(index, len(times), step))
    first = next(frames)
    tracker = SubjectTracker(_small(first.rgb()), first.time_s, yaw, pitch, size)
    waiting: list[Sighting] = []
    yield tracker.last
    for done, frame in enumerate(frames, start=1):
        if progress is not None:
            progress(done, (len(times) - index) // step)
        seen = tracker.step(_small(frame.rgb()), frame.time_s)
        waiting.append(seen)
        if seen.confidence > _LOST:
            yield seen
            waiting.clear()
        elif seen.time_s - waiting[0].time_s >= _LOST_S:
            return


def _small(rgb: Picture) -> Picture:
    """Grey, and no larger than the flat views need."""
    grey = cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY)
    width = grey.shape[1]
    if width > 2048:
        grey = cv2.resize(grey, (2048, 1024), interpolation=cv2.INTER_AREA)
    return np.asarray(grey, np.uint8)


def sightings_path(sightings: list[Sighting], hfov: float) -> CameraPath:
    """The path of a camera that keeps a subject in its middle, level, ``hfov`` radians wide."""
    times = np.array([s.time_s for s in sightings])
    yaw = np.unwrap([s.yaw for s in sightings])
    pitch = np.array([s.pitch for s in sightings])
    return CameraPath(times, yaw, pitch, np.full(len(times), hfov), np.zeros(len(times)))
