"""How long an exact frame takes, anywhere in a clip: by coding, timing and key frame distance."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from pathlib import Path
from statistics import mean, median
from typing import Final, cast

import av
import numpy as np

from cubesal.benchmarks.timing import took_ms
from cubesal.progress import ProgressFn
from cubesal.video import ClipReader

__all__ = ["SeekCase", "SeekCost", "make_clip", "seek_cases", "seek_cost"]

_FRAMES: Final = 300
_TICKS: Final = Fraction(1, 15360)
_PRESET: Final = {"libx264": "veryfast", "libx265": "ultrafast"}
_CACHE: Final = 256 << 20


@dataclass(frozen=True)
class SeekCase:
    """A clip of ten seconds: how it is coded and timed. `distance` is between key frames."""

    size: tuple[int, int]
    codec: str
    varies: bool
    distance: int

    @property
    def name(self) -> str:
        """In words."""
        coded = {"libx264": "H.264", "libx265": "HEVC"}[self.codec]
        rate = "variable" if self.varies else "constant"
        return f"{self.size[0]}x{self.size[1]} {coded}, {rate} rate, {self.distance}"


@dataclass(frozen=True)
class SeekCost:
    """Milliseconds, medians.

    Attributes:
        exact: a frame anywhere, nothing decoded before.
        key: the key frame before it, which is shown meanwhile.
        again: a frame that was read before.
        back: one step back, mean over sixty.
    """

    case: str
    exact: float
    key: float
    again: float
    back: float


def seek_cases(sizes: Sequence[tuple[int, int]]) -> list[SeekCase]:
    """Constant and variable rate, H.264 and HEVC, key frames 30 and 250 apart."""
    kinds = [("libx264", False), ("libx264", True), ("libx265", False)]
    return [
        SeekCase(size, codec, varies, distance)
        for size in sizes
        for codec, varies in kinds
        for distance in (30, 250)
    ]


def make_clip(case: SeekCase, path: Path, progress: ProgressFn | None = None) -> None:
    """Encode noise that pans over a gradient, with two frames in three predicted both ways."""
    width, height = case.size
    rng = np.random.default_rng(1)
    noise = rng.integers(0, 60, (height, width, 3), dtype=np.uint8)
    noise += np.linspace(0, 150, height).astype(np.uint8)[:, None, None]
    shown = [
        av.VideoFrame.from_ndarray(np.roll(noise, 8 * k, axis=1), "rgb24").reformat(
            format="yuv420p"
        )
        for k in range(24)
    ]
    steps = rng.integers(256, 1024, _FRAMES) if case.varies else np.full(_FRAMES, 512)
    times = np.cumsum(steps) - steps[0]
    options = {"video_track_timescale": str(_TICKS.denominator)}
    with av.open(str(path), "w", options=options) as output:
        stream = output.add_stream(case.codec, rate=30, options=_coding(case.codec))
        stream = cast(av.VideoStream, stream)
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        stream.time_base = stream.codec_context.time_base = _TICKS
        stream.codec_context.gop_size = case.distance
        stream.codec_context.max_b_frames = 2
        for k in range(_FRAMES):
            frame = shown[k % len(shown)]
            frame.pts, frame.time_base = int(times[k]), _TICKS
            output.mux(stream.encode(frame))
            if progress is not None:
                progress(k + 1, _FRAMES)
        output.mux(stream.encode(None))


def _coding(codec: str) -> dict[str, str]:
    quiet = {"x265-params": "log-level=none"} if codec == "libx265" else {}
    return {"preset": _PRESET[codec], **quiet}


def seek_cost(case: str, clip: Path, seeks: int) -> SeekCost:
    """Seek to so many places of a clip of ours; the reader's other caches are off for the first.

    MediaError: as :class:`ClipReader`.
    """
    rng = random.Random(3)
    places = [rng.randrange(_FRAMES) for _ in range(seeks)]
    with ClipReader(clip, kept_bytes=0) as reader:
        exact = [took_ms(partial(reader.read, k)) for k in places]
    return SeekCost(case, median(exact), _key_ms(clip, places), *_kept_ms(clip, places))


def _key_ms(clip: Path, places: Sequence[int]) -> float:
    times = []
    with ClipReader(clip, kept_bytes=0) as reader:
        for place in places:
            first = reader.key_before(place)
            reader.read((place + _FRAMES // 2) % _FRAMES)  # decoding stands elsewhere
            times.append(took_ms(partial(reader.read, first)))
    return median(times)


def _kept_ms(clip: Path, places: Sequence[int]) -> tuple[float, float]:
    """A frame seen before, and a step back."""
    with ClipReader(clip, kept_bytes=_CACHE) as reader:
        for place in places[:4]:
            reader.read(place)
        again = [took_ms(partial(reader.read, k)) for k in places[:3]]
        reader.read(_FRAMES - 1)
        steps = range(_FRAMES - 2, _FRAMES - 62, -1)
        back = [took_ms(partial(reader.read, k)) for k in steps]
    return median(again), mean(back)
