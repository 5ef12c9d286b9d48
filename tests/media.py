"""Makes test clips whose frames carry their number, readable from the decoded pixels.

>>> path = make_clip(tmp_path / "a.mp4", frames=30, gop=10)
>>> frame_number(ClipReader(path).read(7).rgb())
7
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
from numpy.typing import NDArray

_BITS = 16
#: Silence for encoders that write to the terminal by themselves.
_QUIET = {"libx265": {"x265-params": "log-level=none"}}
_PRESET = {"libx264": "veryfast", "libx265": "ultrafast"}


def picture(number: int, size: tuple[int, int] = (256, 128)) -> NDArray[np.uint8]:
    """An RGB picture (H, W, 3): its number as 16 stripes above a coloured, moving gradient."""
    width, height = size
    column = np.arange(width)
    row = np.arange(height)[:, None]
    gradient = np.stack(
        np.broadcast_arrays(
            64 + 127 * (column / width),
            64 + 127 * (row / height),
            128 + 60 * np.sin(2 * np.pi * (column / width + number / 50)),
        ),
        axis=-1,
    ).astype(np.uint8)
    bit = number >> (_BITS - 1 - column * _BITS // width) & 1
    gradient[: height // 4] = np.where(bit == 1, 224, 32).astype(np.uint8)[None, :, None]
    return gradient


def frame_number(rgb: NDArray[np.uint8]) -> int:
    """The number drawn by :func:`picture`, at whatever size it was decoded."""
    height, width = rgb.shape[:2]
    line = rgb[height // 16 : height // 8 + 1].mean(axis=(0, 2))
    centres = ((np.arange(_BITS) + 0.5) * width / _BITS).astype(int)
    return int(sum(1 << (_BITS - 1 - i) for i, c in enumerate(centres) if line[c] > 128))


@dataclass
class ClipSpec:
    """How a test clip is coded; ``pts`` are ticks of ``time_base``, one per frame."""

    frames: int = 30
    size: tuple[int, int] = (256, 128)
    fps: Fraction | int = 30
    codec: str = "libx264"
    gop: int = 30
    b_frames: int = 0
    pix_fmt: str = "yuv420p"
    pts: Sequence[int] | None = None
    time_base: Fraction | None = None
    rotation: int = 0
    pixel_aspect: Fraction | None = None
    audio: str | None = None
    colorspace: int = 1
    full_range: bool = False
    first_number: int = 0
    options: dict[str, str] = field(default_factory=dict)
    container: dict[str, str] = field(default_factory=dict)
    pictures: Sequence[NDArray[np.uint8]] | None = None

    @property
    def ticks(self) -> Fraction:
        """Seconds per tick."""
        return self.time_base or 1 / (Fraction(self.fps) * 512)

    def frame_pts(self) -> list[int]:
        """Timestamps of all frames."""
        step = 1 / (Fraction(self.fps) * self.ticks)
        return list(self.pts) if self.pts else [round(i * step) for i in range(self.frames)]


def make_clip(path: Path, **settings: Any) -> Path:
    """Encode a numbered clip with the settings of :class:`ClipSpec`; returns ``path``."""
    spec = ClipSpec(**settings)
    pts = spec.frame_pts()
    container_options = dict(spec.container)
    if path.suffix in (".mp4", ".mov"):
        container_options["video_track_timescale"] = str(spec.ticks.denominator)
    with av.open(str(path), "w", options=container_options) as output:
        video = _add_video(output, spec)
        sound = output.add_stream(spec.audio, rate=48000) if spec.audio else None
        for number, ticks in enumerate(pts):
            output.mux(video.encode(_video_frame(spec, number, ticks)))
        output.mux(video.encode(None))
        if sound is not None:
            end_s = float((pts[-1] - pts[0]) * spec.ticks + 1 / Fraction(spec.fps))
            _add_tone(output, sound, end_s)
    return path


def _add_video(output: av.container.OutputContainer, spec: ClipSpec) -> av.VideoStream:
    options = {**_QUIET.get(spec.codec, {}), **spec.options}
    if spec.codec in _PRESET:
        options.setdefault("preset", _PRESET[spec.codec])
    stream = output.add_stream(spec.codec, rate=Fraction(spec.fps), options=options)
    stream.width, stream.height = spec.size
    stream.pix_fmt = spec.pix_fmt
    stream.time_base = spec.ticks
    context = stream.codec_context
    context.time_base = spec.ticks
    context.gop_size = spec.gop
    context.max_b_frames = spec.b_frames
    context.colorspace = spec.colorspace
    context.color_range = 2 if spec.full_range else 1
    if spec.pixel_aspect is not None:
        context.sample_aspect_ratio = spec.pixel_aspect
    if spec.rotation:
        stream.set_display_rotation(spec.rotation)
    return stream


def _video_frame(spec: ClipSpec, number: int, pts: int) -> av.VideoFrame:
    if spec.pictures is not None:
        upright = spec.pictures[number % len(spec.pictures)]
    else:
        turned = spec.rotation % 180 != 0
        upright = picture(spec.first_number + number, spec.size[::-1] if turned else spec.size)
    stored = np.ascontiguousarray(np.rot90(upright, -spec.rotation // 90))
    frame = av.VideoFrame.from_ndarray(stored, "rgb24")
    matrix = 5 if spec.colorspace in (2, 5, 6) else spec.colorspace
    if not spec.pix_fmt.startswith(("rgb", "gbr")):
        frame = frame.reformat(
            format=spec.pix_fmt,
            dst_colorspace=matrix,
            src_color_range=2,
            dst_color_range=2 if spec.full_range else 1,
        )
    frame.pts = pts
    frame.time_base = spec.ticks
    return frame


def _add_tone(output: av.container.OutputContainer, stream: av.AudioStream, end_s: float) -> None:
    """A 440 Hz tone that is silent in every other tenth of a second, so that shifts show."""
    total = round(end_s * 48000)
    for start in range(0, total, 960):
        time_s = np.arange(start, min(start + 960, total)) / 48000
        tone = 0.3 * np.sin(2 * np.pi * 440 * time_s) * (np.floor(time_s * 10) % 2 == 0)
        samples = np.repeat((tone * 32767).astype(np.int16)[None, :], 2, axis=0)
        frame = av.AudioFrame.from_ndarray(samples.T.reshape(1, -1).copy(), "s16", "stereo")
        frame.sample_rate = 48000
        frame.pts = start
        frame.time_base = Fraction(1, 48000)
        output.mux(stream.encode(frame))
    output.mux(stream.encode(None))


def make_audio(path: Path, seconds: float = 1.0, codec: str = "aac") -> Path:
    """A file with sound only."""
    with av.open(str(path), "w") as output:
        _add_tone(output, output.add_stream(codec, rate=48000), seconds)
    return path


def make_still(path: Path, size: tuple[int, int] = (256, 128), number: int = 0) -> Path:
    """A picture file; the kind follows from the suffix."""
    if not cv2.imwrite(str(path), picture(number, size)[..., ::-1]):
        raise OSError(f"cannot write {path}")
    return path


def make_zero_byte(path: Path) -> Path:
    """An empty file."""
    path.write_bytes(b"")
    return path


def make_text(path: Path) -> Path:
    """Prose under the name of a video."""
    path.write_text("This is not a video, whatever its name says.\n" * 40)
    return path


def truncated(source: Path, path: Path, keep: float = 0.5) -> Path:
    """The first part of a file, as after a broken download."""
    data = source.read_bytes()
    path.write_bytes(data[: int(len(data) * keep)])
    return path


def make_damaged(path: Path, *, packets: Sequence[int], **settings: Any) -> Path:
    """A clip whose coded packets with these numbers (in file order) hold random bytes."""
    make_clip(path, **settings)
    data = bytearray(path.read_bytes())
    noise = np.random.default_rng(5)
    with av.open(str(path)) as container:
        spans = [(p.pos, p.size) for p in container.demux(video=0) if p.pos is not None and p.size]
    for number in packets:
        start, size = spans[number]
        data[start : start + size] = noise.integers(0, 256, size, dtype=np.uint8).tobytes()
    path.write_bytes(bytes(data))
    return path


def remux(source: Path, path: Path, *, shift: int = 0, pts_ms: Sequence[int] | None = None) -> Path:
    """Copy the video packets: all timestamps shifted, or replaced in file order (no B-frames).

    In MP4 a negative shift becomes an edit list that hides what comes before zero.
    """
    with av.open(str(source)) as container, av.open(str(path), "w") as output:
        stream = container.streams.video[0]
        copy = output.add_stream_from_template(stream)
        packets = (packet for packet in container.demux(stream) if packet.dts is not None)
        for number, packet in enumerate(packets):
            packet.stream = copy
            if pts_ms is not None:
                packet.time_base = Fraction(1, 1000)
                packet.pts = packet.dts = pts_ms[number]
            else:
                packet.pts, packet.dts = packet.pts + shift, packet.dts + shift
            output.mux(packet)
    return path


def shorten_edit(path: Path, seconds: float) -> Path:
    """Let the edit list of an MP4's first track end early; the packets stay in the file."""
    data = bytearray(path.read_bytes())
    duration_at = data.index(b"elst") + 12  # kind, version and flags, count of entries
    data[duration_at : duration_at + 4] = round(1000 * seconds).to_bytes(4, "big")
    path.write_bytes(bytes(data))
    return path
