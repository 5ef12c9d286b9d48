"""A camera path as a file for somebody: a table, a program, ffmpeg, an editor."""

from __future__ import annotations

from pathlib import Path

from cubesal.autopilot import CameraPath
from cubesal.exporting.ffmpeg_script import save_ffmpeg_script
from cubesal.exporting.path_files import save_path_json
from cubesal.exporting.ranges import WHOLE_CLIP, TimeRange, frames_within
from cubesal.exporting.timeline import save_timeline
from cubesal.video import ClipReader

__all__ = ["PATH_FORMATS", "export_path", "path_format"]

PATH_FORMATS = ("csv", "json", "ffmpeg", "otio")
"""Also the suffixes of the files; the first two can be read back (``load_path``)."""


def path_format(out: str | Path) -> str:
    """The format that a file's suffix stands for; CSV for any that stands for none."""
    suffix = Path(out).suffix.lower().removeprefix(".")
    return suffix if suffix in PATH_FORMATS else PATH_FORMATS[0]


def export_path(
    clip: str | Path,
    path: CameraPath,
    out: str | Path,
    *,
    kind: str | None = None,
    size: tuple[int, int] = (1280, 720),
    span: TimeRange = WHOLE_CLIP,
    projection: str | None = None,
) -> int:
    """Write the path over the frames of the range; returns how many entries the file has.

    ``kind`` is one of :data:`PATH_FORMATS`, by default what the suffix says. CSV and JSON have a
    row per source frame, an ffmpeg script draws pictures of ``size`` (width, height), a timeline
    has a clip per shot and a marker per key. MediaError, ExportError.
    """
    kind = kind or path_format(out)
    if kind not in PATH_FORMATS:
        raise ValueError(f"unknown path format {kind!r}; one of {', '.join(PATH_FORMATS)}")
    with ClipReader(clip, projection=projection) as reader:
        if kind == "ffmpeg":
            return save_ffmpeg_script(reader, path, out, size=size, span=span)
        if kind == "otio":
            return save_timeline(reader, path, out, span=span)
        indices = frames_within(reader, span)
        times = reader.times_s[indices]
        if kind == "json":
            source = reader.info.path.name
            save_path_json(path, out, times, first_index=indices.start, source=source)
        else:
            path.save_csv(out, times, first_index=indices.start)
        return len(indices)
