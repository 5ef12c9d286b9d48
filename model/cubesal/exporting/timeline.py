"""A camera path for editors: an OpenTimelineIO timeline, a clip per shot and a marker per key."""

from __future__ import annotations

from itertools import pairwise
from math import degrees
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cubesal.autopilot import CameraPath
from cubesal.autopilot.path import write_text
from cubesal.errors import ExportError
from cubesal.exporting.ranges import TimeRange, frames_within
from cubesal.geometry import dir_from_angles
from cubesal.video import ClipReader

__all__ = ["key_frames", "save_timeline", "shot_starts"]

#: Straight moves between keys stay this near to the path.
_KEY_TOLERANCE = np.radians(1.0)
#: A camera that turns further than this from one frame to the next has been cut, not moved.
_CUT = np.radians(25.0)


def shot_starts(path: CameraPath, times_s: NDArray[np.float64]) -> list[int]:
    """Positions in ``times_s`` (N,) at which a shot begins: the first, and after every cut."""
    cameras = [path.at(float(t)) for t in times_s]
    rays = dir_from_angles([c.yaw for c in cameras], [c.pitch for c in cameras])
    turns = np.arccos(np.clip(np.sum(rays[1:] * rays[:-1], axis=1), -1, 1))
    return [0, *(np.flatnonzero(turns > _CUT) + 1).tolist()]


def key_frames(path: CameraPath, times_s: NDArray[np.float64]) -> list[int]:
    """Positions in ``times_s`` (N,) of the fewest frames that tell the path, found greedily.

    The ends, and between them the frame furthest from the straight move, until all of yaw, pitch,
    roll and field of view stay within one degree (Douglas and Peucker's line simplification).
    """
    columns = (path.yaw, path.pitch, path.roll, path.hfov)
    values = np.stack([np.interp(times_s, path.times_s, column) for column in columns], axis=1)
    last = len(times_s) - 1
    keys, spans = {0, last}, [(0, last)]
    while spans:
        a, b = spans.pop()
        if b - a < 2:
            continue
        part = (times_s[a : b + 1] - times_s[a]) / (times_s[b] - times_s[a])
        straight = values[a] + part[:, None] * (values[b] - values[a])
        distance = np.abs(values[a : b + 1] - straight).max(axis=1)
        worst = int(distance.argmax())
        if distance[worst] > _KEY_TOLERANCE:
            keys.add(a + worst)
            spans += [(a, a + worst), (a + worst, b)]
    return sorted(keys)


def save_timeline(reader: ClipReader, path: CameraPath, out: str | Path, *, span: TimeRange) -> int:
    """Write the range as ``.otio``; returns how many markers. ExportError without the library."""
    otio = _library()
    indices = frames_within(reader, span)
    times = np.asarray(reader.times_s[indices], np.float64)
    clock = _Clock(reader, otio)
    bounds = [*shot_starts(path, times), len(times)]
    keys = [
        k
        for start, stop in pairwise(bounds)
        for k in (start + np.array(key_frames(path, times[start:stop]))).tolist()
    ]
    track = otio.schema.Track("autopilot", kind=otio.schema.TrackKind.Video)
    for number, (start, stop) in enumerate(pairwise(bounds), start=1):
        shot = clock.clip(f"shot {number}", indices[start], indices[stop - 1] + 1)
        for key in (k for k in keys if start <= k < stop):
            shot.markers.append(clock.marker(path, indices[key], key == start))
        track.append(shot)
    timeline = otio.schema.Timeline(f"{reader.info.path.stem} camera path")
    timeline.tracks.append(track)
    write_text(out, timeline.to_json_string() + "\n")
    return len(keys)


class _Clock:
    """Moments of a clip as times of its average rate: frame numbers where the rate is constant."""

    def __init__(self, reader: ClipReader, library: Any) -> None:
        self._otio = library
        self._info = reader.info
        self._rate = float(reader.info.fps)
        self._times = np.append(reader.times_s, reader.info.duration_s)

    def _time(self, index: int) -> Any:
        frames = float(self._times[index]) * self._rate
        nearest = round(frames)
        value = nearest if abs(frames - nearest) < 1e-3 else round(frames, 6)
        return self._otio.opentime.RationalTime(value, self._rate)

    def _range(self, first: int, stop: int) -> Any:
        begin = self._time(first)
        return self._otio.opentime.TimeRange(begin, self._time(stop) - begin)

    def clip(self, name: str, first: int, stop: int) -> Any:
        """The frames ``first`` to before ``stop`` of the source."""
        media = self._otio.schema.ExternalReference(
            target_url=self._info.path.resolve().as_uri(),
            available_range=self._range(0, len(self._times) - 1),
        )
        return self._otio.schema.Clip(
            name=name, media_reference=media, source_range=self._range(first, stop)
        )

    def marker(self, path: CameraPath, index: int, is_start: bool) -> Any:
        """The camera of a frame, for people in the name and for programs in the metadata."""
        camera = path.at(float(self._times[index]))
        angles = {
            f"{name}_deg": round(degrees(getattr(camera, name)), 4)
            for name in ("yaw", "pitch", "roll", "hfov")
        }
        colours = self._otio.schema.MarkerColor
        return self._otio.schema.Marker(
            name=f"yaw {angles['yaw_deg']:.1f}°, pitch {angles['pitch_deg']:.1f}°",
            marked_range=self._range(index, index + 1),
            color=colours.GREEN if is_start else colours.YELLOW,
            metadata={"cubesal": {"frame_index": int(index), **angles}},
        )


def _library() -> Any:
    try:
        import opentimelineio
    except ImportError as error:
        raise ExportError(
            "an .otio timeline needs OpenTimelineIO; install it with "
            "pip install 'cubesal-viewer[timeline]', or export the path as CSV or JSON"
        ) from error
    return opentimelineio
