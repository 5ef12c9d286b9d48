"""Writing video files: whole or not at all."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Self

import av
import numpy as np
from av.container import OutputContainer
from av.video.frame import VideoFrame
from av.video.stream import VideoStream
from numpy.typing import NDArray

from cubesal.errors import CubesalError, ExportError
from cubesal.video.ambisonic_boxes import add_sa3d
from cubesal.video.ambisonics import Hearing
from cubesal.video.audio_copy import AudioCopy
from cubesal.video.coded_pictures import coded_picture
from cubesal.video.colour import YuvPlanes
from cubesal.video.encoders import ENCODERS, Encoder, VideoCodec, choose_container
from cubesal.video.hardware import usable_encoder
from cubesal.video.mp4_boxes import BoxError
from cubesal.video.spherical import add_spherical_metadata
from cubesal.whole_files import new_part, part_ended

__all__ = ["VideoWriter"]

_H273_BT709 = 1
_LIMITED = 1
#: A key frame at least this often keeps seeking in the result quick.
_KEY_INTERVAL_S = 2
_MAX_RATE_DENOMINATOR = 1001
#: So few pictures are coded in the order in which they are shown.
_NEVER_REORDERED = 2


class VideoWriter:
    """Codes pictures into ``path``; a context manager.

    It writes to a new ``.part`` file beside the target and renames on success; after any exception
    in the ``with`` block, :class:`cubesal.errors.Cancelled` included, nothing is left behind and
    an older file of that name is untouched.

    ``time_base`` is that of the pts given to :meth:`write`.  In MP4 and MOV it becomes the track's
    own, so that read-back times are exactly equal; Matroska and WebM round to milliseconds.
    ``fps`` only informs rate control and the last frame's duration.  The kind of file follows from
    the suffix.  ``quality`` is a word or the codec's own number (:mod:`cubesal.video.encoders`);
    with ``hardware`` an encoder of the graphics hardware is used if one works.
    H.264, HEVC, AV1 and ProRes need even sizes; odd ones are stretched by one pixel.

    ``audio_from`` names a file whose sound between ``from_s`` and ``to_s`` is taken over (nothing
    if it is silent); ``hearing`` says who hears it, if it is ambisonic, None: it stays as it is.
    ``spherical`` marks the output as mono equirectangular, V1 and V2.

    Raises ``ExportError`` if the file cannot be written, ``MediaError`` if ``audio_from`` cannot
    be read, ``ValueError`` for arguments out of range.
    """

    def __init__(
        self,
        path: Path | str,
        width: int,
        height: int,
        *,
        time_base: Fraction,
        fps: Fraction | float,
        codec: VideoCodec = "h264",
        quality: int | str | None = None,
        hardware: bool = False,
        audio_from: Path | None = None,
        from_s: float = 0.0,
        to_s: float | None = None,
        hearing: Hearing | None = None,
        spherical: bool = False,
        title: str | None = None,
    ) -> None:
        self.path = Path(path)
        self._size = (width, height)
        self._time_base = Fraction(time_base)
        self._fps = _usable_rate(Fraction(fps))
        self._spherical = spherical
        self._check_arguments(codec)
        encoder, _ = usable_encoder(codec, hardware, self._size)
        options = encoder.quality_options(encoder.quality_number(quality))
        container = choose_container(self.path, codec, spherical)
        with self._explained():
            self._check_target()
            # FFmpeg opens it with the first packet only; say at once if that cannot succeed.
            self._part = new_part(self.path)
        self._audio: AudioCopy | None = None
        self._output: OutputContainer | None = None
        self._last_pts: int | None = None
        self._written = 0
        try:
            with self._explained():
                self._output = self._open(container, title)
                self._video = self._add_video(self._output, encoder, options)
                if audio_from is not None:
                    self._audio = AudioCopy.open(audio_from, self._output, from_s, to_s, hearing)
        except BaseException:
            self.abort()
            raise

    def _check_arguments(self, codec: str) -> None:
        if codec not in ENCODERS:
            raise ValueError(f"unknown codec {codec!r}; one of {', '.join(ENCODERS)}")
        if min(self._size) < 2:
            raise ValueError(f"a video of {self._size[0]}x{self._size[1]} pixels is too small")
        if self._time_base <= 0 or self._fps <= 0:
            raise ValueError("time_base and fps must be positive")

    def _check_target(self) -> None:
        folder = self.path.parent
        if not folder.is_dir():
            raise ExportError(f"{self.path} cannot be written: the folder {folder} does not exist")
        if self.path.is_dir():
            raise ExportError(f"{self.path} cannot be written: a folder has this name")

    def _open(self, container: str, title: str | None) -> OutputContainer:
        options = {}
        if container in ("mp4", "mov"):
            options = {
                "movflags": "+faststart",
                "video_track_timescale": str(self._time_base.denominator),
            }
        output = av.open(f"file:{self._part}", "w", format=container, options=options)
        if title is not None:
            output.metadata["title"] = title
        return output

    def _add_video(
        self, output: OutputContainer, encoder: Encoder, options: dict[str, str]
    ) -> VideoStream:
        stream = output.add_stream(encoder.name, rate=self._fps, options=options)
        if not isinstance(stream, VideoStream):
            raise TypeError("a video encoder made a stream of another kind")
        even = 1 if encoder.name == "ffv1" else 2
        stream.width, stream.height = (-(-length // even) * even for length in self._size)
        stream.pix_fmt = encoder.pix_fmt
        context = stream.codec_context
        # One tick per unit of the denominator; the numerator is multiplied into the pts.
        context.time_base = stream.time_base = Fraction(1, self._time_base.denominator)
        context.gop_size = max(1, round(_KEY_INTERVAL_S * self._fps))
        # PyAV's own choice, slices only, costs x264 both time and bits.
        context.thread_type = "AUTO"
        context.color_primaries = context.color_trc = _H273_BT709
        if encoder.pix_fmt.startswith("yuv"):
            context.colorspace, context.color_range = _H273_BT709, _LIMITED
        if encoder.tag is not None and output.format.name in ("mp4", "mov"):
            context.codec_tag = encoder.tag
        return stream

    def write(self, picture: NDArray[np.uint8] | YuvPlanes, pts: int) -> None:
        """Append a picture, shown from ``pts`` on (in ``time_base``, 0 first).

        RGB (H, W, 3) uint8, or planes of that size, which a codec of 4:2:0 takes as they are if
        they have the colour of outputs (:mod:`cubesal.video.coded_pictures`). Pictures that share
        a timestamp, which no container allows, are set one tick apart.
        """
        self._check_picture(picture)
        ticks = pts * self._time_base.numerator
        if self._last_pts is not None:
            ticks = max(ticks, self._last_pts + 1)
        self._last_pts = ticks
        size = (self._video.width, self._video.height)
        frame = coded_picture(picture, size, self._video.pix_fmt or "yuv420p")
        frame.pts = ticks
        frame.time_base = Fraction(1, self._time_base.denominator)
        frame.duration = self._last_duration()
        self._written += 1
        with self._explained():
            self._mux(frame)

    def _last_duration(self) -> int:
        """How long a frame lasts at the average rate, in ticks; containers use it for the last."""
        return max(1, round(self._time_base.denominator / self._fps))

    def _check_picture(self, picture: NDArray[np.uint8] | YuvPlanes) -> None:
        width, height = self._size
        expected: tuple[int, ...] = (height, width, 3)
        shown = picture.y if isinstance(picture, YuvPlanes) else picture
        if isinstance(picture, YuvPlanes):
            expected = (height, width)
        if shown.shape != expected or shown.dtype != np.uint8:
            raise ValueError(
                f"expected a picture {expected} uint8, got {shown.shape} {shown.dtype}"
            )

    def _mux(self, frame: VideoFrame | None) -> None:
        if self._output is None:
            raise ValueError("the writer is closed")
        for packet in self._video.encode(frame):
            if not packet.duration:
                packet.duration = self._last_duration()
            if frame is None and self._written <= _NEVER_REORDERED:
                # x265 leaves the decoding times of so few pictures to chance.
                packet.dts = packet.pts
            if self._audio is not None:
                self._audio.advance(float((packet.dts or 0) * packet.time_base))
            self._output.mux(packet)

    def finish(self) -> None:
        """Complete the file and give it its name; called by the ``with`` statement."""
        try:
            with self._explained():
                if self._last_pts is None or self._output is None:
                    raise ExportError(f"{self.path.name} would have no frame; nothing was written")
                self._mux(None)
                if self._audio is not None:
                    self._audio.advance()
                    self._audio.close()
                self._output.close()
                self._output = None
                if self._spherical:
                    add_spherical_metadata(self._part)
                    if self._audio is not None and self._audio.sa3d is not None:
                        add_sa3d(self._part, self._audio.sa3d)
                self._part.replace(self.path)
                part_ended(self._part)
        except BaseException:
            self.abort()
            raise

    def abort(self) -> None:
        """Stop and remove what was written; harmless when called twice or after the end."""
        # Without its name the container skips the costly second pass over the file.
        with suppress(OSError):
            self._part.unlink(missing_ok=True)
        for resource in (self._audio, self._output):
            if resource is not None:
                with suppress(av.FFmpegError, OSError):
                    resource.close()
        self._audio = self._output = None
        with suppress(OSError):  # where open files cannot be removed, only now
            self._part.unlink(missing_ok=True)
            part_ended(self._part)

    @contextmanager
    def _explained(self) -> Iterator[None]:
        """Turn what FFmpeg and the system report into a sentence."""
        try:
            yield
        except CubesalError:
            raise
        except BoxError as error:
            raise ExportError(
                f"{self.path.name} cannot carry spherical metadata: {error}"
            ) from error
        except (av.FFmpegError, OSError) as error:
            raise ExportError(_sentence(self.path, error)) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if kind is None:
            self.finish()
        else:
            self.abort()


def _usable_rate(fps: Fraction) -> Fraction:
    """The rate in numbers that encoders take; a very slow one must not become zero."""
    usable = fps.limit_denominator(_MAX_RATE_DENOMINATOR)
    return max(usable, Fraction(1, _MAX_RATE_DENOMINATOR)) if fps > 0 else usable


def _sentence(path: Path, error: Exception) -> str:
    number = getattr(error, "errno", None)
    if number in (errno.ENOSPC, errno.EDQUOT):
        return f"{path} cannot be completed: the disk is full; free some space or choose another"
    if number in (errno.EACCES, errno.EPERM, errno.EROFS):
        return f"{path} cannot be written: no permission; choose another folder"
    if number == errno.EFBIG:
        return f"{path} cannot be completed: it has become larger than files may be there"
    reason = getattr(error, "strerror", None) or str(error)
    return f"{path} cannot be written: {reason}"
