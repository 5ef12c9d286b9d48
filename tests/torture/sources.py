"""Sound clips and pictures of our own making, of several codecs and containers, to be damaged."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from tests.media import make_clip, make_still

__all__ = ["pictures", "sound_clips"]

_SMALL = {"frames": 24, "size": (128, 64), "gop": 8}
_CLIPS = {
    "front.mp4": {"container": {"movflags": "faststart"}, "b_frames": 2},
    "plain.mp4": {"audio": "aac"},
    "h264.mkv": {"b_frames": 2},
    "vp9.webm": {"codec": "libvpx-vp9"},
    "mpeg4.avi": {"codec": "mpeg4"},
    "hevc.mp4": {"codec": "libx265", "size": (256, 128)},
    "h264.ts": {},
}


def sound_clips(folder: Path) -> list[Path]:
    """Clips of 24 frames, made once per folder."""
    return [
        folder / name
        if (folder / name).exists()
        else make_clip(folder / name, **{**_SMALL, **settings})
        for name, settings in _CLIPS.items()
    ]


def pictures(folder: Path) -> list[Path]:
    """Stills in five formats."""
    names = ("still.jpg", "still.png", "still.bmp", "still.tif", "still.webp")
    return [make_still(folder / name) for name in names]


def each(folder: Path) -> Iterator[Path]:
    """All of them."""
    yield from sound_clips(folder)
    yield from pictures(folder)
