"""Snapshots: what the flat view shows, as a PNG beside the clip."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtGui import QImage

from cubesal.errors import ExportError

__all__ = ["save_snapshot", "snapshot_name"]


def snapshot_name(clip: Path, index: int, time_s: float) -> str:
    """``<clip>_<frame>_<timecode>.png``; colons have no place in file names everywhere."""
    minutes, seconds = divmod(max(time_s, 0.0), 60)
    hours, minutes = divmod(int(minutes), 60)
    return f"{clip.stem}_{index}_{hours:02}-{minutes:02}-{seconds:06.3f}.png"


def save_snapshot(image: QImage, clip: Path, index: int, time_s: float) -> Path:
    """Write the picture beside the clip, never over another. ExportError in one sentence."""
    wanted = clip.with_name(snapshot_name(clip, index, time_s))
    out, number = wanted, 2
    while out.exists():
        out = wanted.with_stem(f"{wanted.stem}_{number}")
        number += 1
    if not image.save(str(out)):
        raise ExportError(
            f"cannot write {out}: choose a clip in a folder that can be written to, "
            "or export a snapshot with cubesal export --what snapshot"
        )
    return out
