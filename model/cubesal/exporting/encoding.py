"""The one loop of every video export: frames of a clip → pictures → a new file."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from os import cpu_count
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from cubesal.camera import Camera
from cubesal.exporting.ranges import TimeRange, frames_within
from cubesal.progress import ProgressFn
from cubesal.video import ClipReader, Frame, YuvPlanes
from cubesal.video.ambisonics import Hearing
from cubesal.video.encoders import VideoCodec
from cubesal.video.reading import Reading
from cubesal.video.writer import VideoWriter

__all__ = ["Encoding", "Exported", "draw_in_order", "export_frames"]

Picture = NDArray[np.uint8] | YuvPlanes
DrawFn = Callable[[Frame], Picture]
CameraAt = Callable[[float], Camera]


@dataclass(frozen=True)
class Encoding:
    """Codec by its plain name; quality in words, as the codec's own number, or None: good.

    ``hardware``: by the graphics hardware, if that works here.
    """

    codec: VideoCodec = "h264"
    quality: int | str | None = None
    hardware: bool = False


class Exported(NamedTuple):
    """How many frames were written, and how many of them repeat another for want of their own."""

    frames: int
    damaged: int


def draw_in_order(
    frames: Iterable[Frame], draw: DrawFn
) -> Generator[tuple[Frame, Picture], None, None]:
    """Draw a few frames at a time on several threads; results come in the order of the frames.

    Decoding stays on the calling thread, the drawing functions release the interpreter lock in
    numpy and OpenCV. At most one frame per thread, and one more, is held.
    """
    workers = max(1, min(4, (cpu_count() or 2) - 1))
    waiting: deque[tuple[Frame, Future[Picture]]] = deque()
    with ThreadPoolExecutor(workers, thread_name_prefix="export-draw") as pool:
        try:
            for frame in frames:
                waiting.append((frame, pool.submit(draw, frame)))
                if len(waiting) > workers:
                    done, picture = waiting.popleft()
                    yield done, picture.result()
            while waiting:
                done, picture = waiting.popleft()
                yield done, picture.result()
        finally:
            for _, picture in waiting:
                picture.cancel()


def export_frames(
    reader: ClipReader,
    out: Path,
    size: tuple[int, int],
    draw: DrawFn,
    *,
    span: TimeRange,
    encoding: Encoding,
    spherical: bool,
    camera_at: CameraAt | None = None,
    progress: ProgressFn | None,
) -> Exported:
    """Write every frame of the range as ``draw`` makes it, (width, height) = ``size``.

    Timestamps are the source's, counted from the first exported frame; audio is copied.
    Ambisonic sound is mixed to stereo for what ``camera_at`` is the camera of, at moments in
    seconds from the clip's first frame; without one it stays, turned like the pictures.
    Errors and Cancelled leave no file.
    """
    info, indices = reader.info, frames_within(reader, span)
    first_pts = int(reader.pts[indices[0]])
    from_s = float(reader.times_s[indices[0]])
    is_to_end = indices[-1] + 1 == len(reader.pts)
    with (
        closing(draw_in_order(reader.frames(indices), draw)) as pictures,
        VideoWriter(
            out,
            *size,
            time_base=info.time_base,
            fps=info.fps,
            codec=encoding.codec,
            quality=encoding.quality,
            hardware=encoding.hardware,
            audio_from=info.path if info.has_audio else None,
            from_s=from_s,
            to_s=None if is_to_end else float(reader.times_s[indices[-1] + 1]),
            hearing=_hearing(info.reading, camera_at, from_s),
            spherical=spherical,
        ) as writer,
    ):
        for done, (frame, picture) in enumerate(pictures, start=1):
            writer.write(picture, frame.pts - first_pts)
            if progress is not None:
                progress(done, len(indices))
    return Exported(len(indices), len(reader.damaged.intersection(indices)))


def _hearing(reading: str | None, camera_at: CameraAt | None, from_s: float) -> Hearing | None:
    """Who hears ambisonic sound of a clip that is read like this; None: nobody, it is copied."""
    read = Reading.parse(reading)
    source_from_view = read.source_from_view
    if camera_at is not None:
        return Hearing(
            lambda time_s: source_from_view @ camera_at(from_s + time_s).world_from_camera
        )
    return Hearing(lambda _: source_from_view, is_flat=False) if read.is_turned else None
