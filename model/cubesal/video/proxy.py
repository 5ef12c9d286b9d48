"""Proxies: a clip frame for frame at a size that any machine plays, to look at, not to measure."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
from av.container import OutputContainer
from av.video.stream import VideoStream
from numpy.typing import NDArray

from cubesal.errors import ExportError, MediaError
from cubesal.progress import ProgressFn
from cubesal.video.coded_pictures import coded_picture, in_output_colour
from cubesal.video.colour import YuvPlanes
from cubesal.video.info import ClipInfo, Eye, Frame
from cubesal.video.proxy_store import (
    DEFAULT_BUDGET,
    proxy_folder,
    proxy_part,
    proxy_path,
    trim_proxies,
    used,
)
from cubesal.video.reader import ClipReader
from cubesal.video.reading import Reading

__all__ = ["ProxyReader", "find_proxy", "make_proxy", "needs_proxy", "proxy_size"]

#: Above this width pictures are looked at through a proxy: 4K is 3840 or 4096 columns.
_WIDEST = 4096
_LARGEST = (1920, 960)
#: Frames from one key frame to the next: a seek decodes some six pictures.
_KEY_DISTANCE = 12
_OPTIONS = {"preset": "ultrafast", "tune": "fastdecode", "crf": "20"}
_H273_BT709, _LIMITED = 1, 1


def needs_proxy(clip: ClipInfo) -> bool:
    """Whether a clip is too large to be played from its own file: above 4K, and no still."""
    return clip.width > _WIDEST and clip.frame_count > 1


def proxy_size(width: int, height: int) -> tuple[int, int]:
    """Width and height of the proxy of frames of this size: even, the same aspect to a pixel."""
    share = min(1.0, _LARGEST[0] / width, _LARGEST[1] / height)
    return max(2 * round(width * share / 2), 16), max(2 * round(height * share / 2), 8)


def make_proxy(
    clip: Path,
    *,
    projection: str | None = None,
    folder: Path | None = None,
    budget: int = DEFAULT_BUDGET,
    progress: ProgressFn | None = None,
) -> Path:
    """The proxy of a clip, made now unless a sound one is there; the others are kept in budget.

    It holds as many frames as the clip has, at their times, equirect, of the one eye that
    ``projection`` (the text of a :class:`~cubesal.video.reading.Reading`) names; it has no sound.
    ``progress`` may raise ``Cancelled``; then, as after any failure, nothing is left.

    Raises ``MediaError`` for a clip that cannot be read, ``ExportError`` where it cannot be
    written, ``ValueError`` for an unknown ``projection``.
    """
    reading, folder = Reading.parse(projection), folder or proxy_folder()
    path = proxy_path(clip, reading, folder)
    level = replace(reading, yaw=0.0, pitch=0.0, roll=0.0)
    with ClipReader(clip, projection=level.text, kept_bytes=0) as source:
        if _is_sound(path, source):
            used(path)
            return path
        with proxy_part(path) as part:
            _encode(source, part, progress)
            if not _is_sound(part, source):
                raise ExportError(
                    f"the proxy of {clip.name} did not come out frame for frame; "
                    "the clip is shown from its own file"
                )
    trim_proxies(folder, budget, keep=path)
    return path


def find_proxy(clip: Path, projection: str | None = None, folder: Path | None = None) -> Path:
    """Where the proxy of a clip lies or would lie; MediaError if the clip cannot be read."""
    return proxy_path(clip, Reading.parse(projection), folder or proxy_folder())


class ProxyReader:
    """Frames of a clip's proxy under the numbers and times of the clip; for one thread.

    ``info`` and ``times_s`` (T,) are those of the clip.  Raises ``MediaError`` for a file that is
    no proxy of it, frame for frame.
    """

    def __init__(self, path: Path, source: ClipReader, *, kept_bytes: int | None = None) -> None:
        wanted = Reading.parse(source.info.reading)
        turned = replace(wanted, projection="equirect", eye=Eye.LEFT)
        self._reader = ClipReader(path, projection=turned.text, kept_bytes=kept_bytes)
        self.info = source.info
        self.times_s, self._pts = source.times_s, source.pts
        if not _fits(self._reader, source):
            self.close()
            raise MediaError(f"{path.name} does not belong to {source.info.path.name}; remove it")
        used(path)

    def read(self, index: int) -> Frame:
        """The proxy's picture of the clip's frame ``index``; errors as of ``ClipReader.read``."""
        frame = self._reader.read(index)
        time_s, pts = float(self.times_s[index]), int(self._pts[index])
        return Frame(index, time_s, pts, frame.planes, self.info.coverage, is_proxy=True)

    def close(self) -> None:
        """Close the file; frames already read stay valid."""
        self._reader.close()


def _is_sound(path: Path, source: ClipReader) -> bool:
    if not path.exists():
        return False
    try:
        with ClipReader(path, projection="equirect", kept_bytes=0) as made:
            size = proxy_size(source.info.width, source.info.height)
            return (made.info.width, made.info.height) == size and _fits(made, source)
    except MediaError:
        return False


def _fits(made: ClipReader, source: ClipReader) -> bool:
    """Whether there is a frame for each frame, and nothing is lost or at another time."""
    if made.info.lost_frames or len(made.pts) != len(source.pts):
        return False
    wanted_s = _ticks(source) / _base(source).denominator
    return bool(np.allclose(made.times_s, wanted_s, atol=1e-6, rtol=0))


def _base(source: ClipReader) -> Fraction:
    return source.info.time_base


def _ticks(source: ClipReader) -> NDArray[np.int64]:
    """Timestamps (T,) from 0 on, in units of 1 / denominator of the clip's time base.

    Frames that share one, which no container allows, are set one tick apart.
    """
    steps = np.arange(len(source.pts))
    ticks = (source.pts - source.pts[0]) * _base(source).numerator
    apart: NDArray[np.int64] = np.maximum.accumulate(ticks - steps) + steps
    return apart


def _encode(source: ClipReader, part: Path, progress: ProgressFn | None) -> None:
    size = proxy_size(source.info.width, source.info.height)
    unit = Fraction(1, _base(source).denominator)
    ticks = _ticks(source)
    try:
        options = {"video_track_timescale": str(unit.denominator)}
        with av.open(f"file:{part}", "w", format="mp4", options=options) as output:
            stream = _add_video(output, source, size, unit)
            for frame in source.frames():
                picture = coded_picture(_scaled(frame.planes, size), size, "yuv420p")
                picture.pts, picture.time_base = int(ticks[frame.index]), unit
                output.mux(stream.encode(picture))
                if progress is not None:
                    progress(frame.index + 1, len(ticks))
            output.mux(stream.encode(None))
    except av.FFmpegError as error:
        reason = error.strerror or str(error)
        raise ExportError(f"the proxy cannot be written to {part.parent}: {reason}") from error


def _add_video(
    output: OutputContainer, source: ClipReader, size: tuple[int, int], unit: Fraction
) -> VideoStream:
    rate = source.info.fps.limit_denominator(1001)
    stream = output.add_stream("libx264", rate=rate, options=dict(_OPTIONS))
    if not isinstance(stream, VideoStream):
        raise TypeError("a video encoder made a stream of another kind")
    stream.width, stream.height = size
    stream.pix_fmt = "yuv420p"
    context = stream.codec_context
    context.time_base = stream.time_base = unit
    context.gop_size, context.max_b_frames = _KEY_DISTANCE, 0
    context.thread_type = "AUTO"
    context.colorspace, context.color_range = _H273_BT709, _LIMITED
    context.color_primaries = context.color_trc = _H273_BT709
    return stream


def _scaled(planes: YuvPlanes, size: tuple[int, int]) -> YuvPlanes:
    """Planes of another size, (width, height), in the colours of outputs."""
    half = (size[0] // 2, size[1] // 2)
    y, u, v = (
        np.asarray(cv2.resize(plane, to, interpolation=cv2.INTER_AREA), np.uint8)
        for plane, to in ((planes.y, size), (planes.u, half), (planes.v, half))
    )
    return in_output_colour(YuvPlanes(y, u, v, planes.colour))
