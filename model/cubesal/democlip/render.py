"""Writes the demo clip: every frame of the scene, and its sound, into one playable file."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from cubesal.democlip.paths import DURATION_S, FPS
from cubesal.democlip.scene import frame
from cubesal.democlip.sound import write_soundtrack
from cubesal.progress import ProgressFn
from cubesal.video.writer import VideoWriter

__all__ = ["render_demo"]

#: H.264 constant rate factor; the moving water makes lower numbers large and slow to encode.
_QUALITY: Final = 22


def render_demo(
    path: Path,
    *,
    seconds: float = DURATION_S,
    height: int = 960,
    fps: int = FPS,
    progress: ProgressFn | None = None,
) -> None:
    """Renders ``seconds`` of the demo clip to ``path``: H.264 equirect with AAC stereo sound.

    Frame k shows the scene at k/``fps`` seconds.  The file appears only when complete; nothing is
    left behind when ``progress`` raises :class:`~cubesal.errors.Cancelled`.  ValueError for a
    length without a frame; what the writer cannot write is an ``ExportError``.
    """
    count = round(seconds * fps)
    if fps < 1 or count < 1:
        raise ValueError(f"{seconds} s at {fps} frames per second hold no frame")
    with TemporaryDirectory(prefix="cubesal-demo-") as folder:
        sound = Path(folder) / "sound.m4a"
        write_soundtrack(sound, count / fps)
        with VideoWriter(
            path,
            2 * height,
            height,
            time_base=Fraction(1, fps),
            fps=Fraction(fps),
            quality=_QUALITY,
            audio_from=sound,
            spherical=True,
            title="A bay in the evening",
        ) as writer:
            for index in range(count):
                writer.write(frame(index / fps, height), index)
                if progress is not None:
                    progress(index + 1, count)
