"""What the monkey opens: small clips of every kind, and files that are none."""

from __future__ import annotations

from pathlib import Path

from tests.media import make_audio, make_clip, make_still, make_text, truncated

__all__ = ["make_clips"]


def make_clips(folder: Path) -> list[Path]:
    """The clips, shortest first, then what cannot be shown."""
    folder.mkdir(parents=True, exist_ok=True)
    whole = make_clip(folder / "sound.mp4", frames=45, size=(640, 320), gop=15, audio="aac")
    return [
        make_still(folder / "still.jpg", (512, 256)),
        make_clip(folder / "one.mp4", frames=1),
        make_clip(folder / "short.mp4", frames=20, size=(256, 128), gop=5),
        make_clip(folder / "odd.mkv", frames=30, size=(322, 162), fps=12),
        make_clip(folder / "square.mp4", frames=20, size=(256, 256), gop=10),
        whole,
        truncated(whole, folder / "half.mp4"),
        make_text(folder / "prose.mp4"),
        make_audio(folder / "tone.m4a"),
        folder / "absent.mp4",
    ]
