"""Writes and reads back test exports."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

from cubesal.video import ClipReader
from cubesal.video.writer import VideoWriter
from tests.media import frame_number, picture

SIZE = (256, 128)


def export(
    source: Path, target: Path, start: int = 0, stop: int | None = None, **options: Any
) -> list[Fraction]:
    """Write a range of a clip as it is; returns the seconds at which its frames are due."""
    with ClipReader(source) as reader:
        info = reader.info
        stop = stop or info.frame_count
        end_s = float(reader.times_s[stop]) if stop < info.frame_count else None
        pts = [int(p - reader.pts[start]) for p in reader.pts[start:stop]]
        with VideoWriter(
            target,
            info.width,
            info.height,
            time_base=info.time_base,
            fps=info.fps,
            from_s=float(reader.times_s[start]),
            to_s=end_s,
            **options,
        ) as writer:
            for frame, ticks in zip(reader.frames(range(start, stop)), pts, strict=True):
                writer.write(frame.rgb(), ticks)
    return [ticks * info.time_base for ticks in pts]


def shown(path: Path) -> tuple[list[int], list[Fraction]]:
    """The frame numbers of a clip and the exact seconds at which they are shown."""
    with ClipReader(path) as reader:
        numbers = [frame_number(frame.rgb()) for frame in reader.frames()]
        return numbers, [int(p) * reader.info.time_base for p in reader.pts]


def write_numbered(path: Path, count: int, **options: Any) -> None:
    """Write ``count`` numbered pictures at 30 frames per second."""
    with VideoWriter(path, *SIZE, time_base=Fraction(1, 30), fps=30, **options) as writer:
        for number in range(count):
            writer.write(picture(number), number)
