"""A camera path as commands for ffmpeg: its filter v360 driven by sendcmd, frame by frame.

The file is what ``sendcmd=f=`` reads; its head says which command line to run.  Conventions of
v360, each found by running it: yaw, pitch and roll have our signs with the rotation order "ypr"; a
command *adds* its turn to the last one unless ``reset_rot=1``; and a source of W columns is read at
``(yaw / 2π + 1/2)·(W - 1)`` where we, like the shaders, read at ``(yaw / 2π + 1/2)·W - 1/2``.
Angles stretched by W/(W-1), upright ones by H/(H-1), undo that to a tenth of a pixel, but beyond
the seam the picture is a whole column off.  Paths that see the seam therefore get one more column,
a copy of the first, for which v360 needs whole chroma; then half a column of yaw is all that is
left to undo.  Where the clip's front was set anew the cameras are turned back into the sphere as it
is stored.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from math import degrees, pi
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cubesal.autopilot import CameraPath
from cubesal.autopilot.path import write_text
from cubesal.autopilot.turning import camera_turned
from cubesal.camera import Camera, view_outline
from cubesal.errors import ExportError
from cubesal.exporting.ranges import TimeRange, frames_within
from cubesal.video import ClipReader
from cubesal.video.info import ClipInfo, Layout
from cubesal.video.opening import open_container
from cubesal.video.reading import Reading

__all__ = ["save_ffmpeg_script"]

#: For the first and for the second eye's half.
_CROPS = {
    Layout.MONO: ((), ()),
    Layout.STEREO_TB: (("crop=iw:ih/2:0:0",), ("crop=iw:ih/2:0:ih/2",)),
    Layout.STEREO_SBS: (("crop=iw/2:ih:0:0",), ("crop=iw/2:ih:iw/2:0",)),
}
_CONTINUED = ("format=yuv444p", "pad=iw+1:ih", "fillborders=right=1:mode=wrap")
#: Of two frames nearer than this the later one keeps the earlier one's commands.
_SHORTEST_S = 1e-6


@dataclass(frozen=True)
class _View:
    """What v360 is told: all values in degrees, as text, so that equal ones can be left out."""

    yaw: str
    pitch: str
    roll: str
    h_fov: str
    v_fov: str

    @classmethod
    def of(cls, camera: Camera, info: ClipInfo, aspect: float, is_continued: bool) -> _View:
        """``is_continued``: the source has its first column once more on its right."""
        across, down = info.width / (info.width - 1), info.height / (info.height - 1)
        if is_continued:
            across = 1.0
        yaw = degrees(camera.yaw) * across - (180 / info.width if is_continued else 0)
        return cls(
            f"{(yaw + 180) % 360 - 180:.5f}",
            f"{degrees(camera.pitch) * down:.5f}",
            f"{degrees(camera.roll):.5f}",
            f"{degrees(camera.hfov) * across:.5f}",
            f"{degrees(camera.vfov(aspect)) * down:.5f}",
        )


def save_ffmpeg_script(
    reader: ClipReader,
    path: CameraPath,
    out: str | Path,
    *,
    size: tuple[int, int] = (1280, 720),
    span: TimeRange,
) -> int:
    """Write the commands for every frame of the range; returns how many frames. ExportError.

    ``size`` is (width, height) of the flat picture that the script makes.
    """
    _check(reader.info)
    indices = frames_within(reader, span)
    times = reader.times_s[indices]
    turn, aspect = Reading.parse(reader.info.reading).source_from_view, size[0] / size[1]
    cameras = [camera_turned(path.at(float(t)), turn) for t in times]
    continued = any(_sees_seam(camera, aspect) for camera in cameras)
    views = [_View.of(camera, reader.info, aspect, continued) for camera in cameras]
    starts = _starts_s(reader, indices)
    seek_s = starts[0] if indices.start else 0.0
    end_s = None if indices.stop == len(reader.pts) else _between(reader, indices.stop)
    commands = list(_commands(views, starts - seek_s))
    # Without commands sendcmd would refuse to work.
    script = f"sendcmd=f={_escaped(Path(out).name)}" if commands else None
    filters = _filters(reader.info, script, views[0], size, continued)
    head = _head(reader, Path(out), filters, seek_s, end_s)
    write_text(out, "\n".join([head, *commands, ""]))
    return len(indices)


def _check(info: ClipInfo) -> None:
    """Refuse what the one v360 of the script would read wrongly."""
    if info.projection != "equirect":
        raise ExportError(
            f"a script for ffmpeg reads {info.path.name} as it is stored, which is no equirect; "
            "export the flat video itself, or the path as csv, json or otio"
        )


def _between(reader: ClipReader, index: int) -> float:
    """A moment on ffmpeg's clock after frame ``index - 1`` and before ``index``, seconds."""
    middle = float(reader.times_s[index - 1] + reader.times_s[index]) / 2
    return middle + _lead_s(reader)


def _starts_s(reader: ClipReader, indices: range) -> NDArray[np.float64]:
    """When the commands of each frame are sent: half-way from the frame before it.

    On the frame's own time, rounding would decide whether it is drawn with them or without.
    """
    times, lead_s = reader.times_s, _lead_s(reader)
    before = [times[i - 1] if i else times[0] - 2 * lead_s for i in indices]
    return np.asarray((times[indices] + np.array(before)) / 2 + lead_s, np.float64)


def _lead_s(reader: ClipReader) -> float:
    """How long after ffmpeg's zero, the earliest stream's start, the first picture comes."""
    with open_container(reader.info.path) as container:
        start_s = (container.start_time or 0) / 1e6
    return max(0.0, float(reader.pts[0] * reader.info.time_base) - start_s)


def _sees_seam(camera: Camera, aspect: float) -> bool:
    """Whether the edge of a view crosses the seam, be it because a pole is inside."""
    yaw = view_outline(camera, aspect)[:, 0]
    return bool(np.any(np.abs(np.diff(yaw, append=yaw[:1])) > pi))


def _filters(
    info: ClipInfo, script: str | None, view: _View, size: tuple[int, int], is_continued: bool
) -> str:
    angles = ":".join(f"{name}={value}" for name, value in vars(view).items())
    steps = [
        *_CROPS[info.layout][info.is_second],
        *(_CONTINUED if is_continued else ()),
        *((script,) if script else ()),
        f"v360=e:flat:w={size[0]}:h={size[1]}:{angles}:rorder=ypr:reset_rot=1",
        *(("format=yuv420p",) if is_continued else ()),
    ]
    return ",".join(steps)


def _head(reader: ClipReader, out: Path, filters: str, seek_s: float, end_s: float | None) -> str:
    source = reader.info.path
    cut = (["-ss", f"{seek_s:.6f}"] if seek_s else []) + (
        ["-t", f"{end_s - seek_s:.6f}"] if end_s is not None else []
    )
    name = source.name if source.parent == out.parent else str(source.resolve())
    timing = ["-fps_mode", "passthrough", "-enc_time_base", "-1"]
    command = ["ffmpeg", *cut, "-i", name, "-vf", filters, *timing, f"{out.stem}_ffmpeg.mp4"]
    return (
        f"# Camera path of {source.name} for ffmpeg 5.1 or later.\n"
        "# Run in the folder of this file, with any encoder options before the output's name:\n"
        f"# {shlex.join(command)}"
    )


def _escaped(name: str) -> str:
    """A file name inside a filter's option inside a filter graph: both levels of quoting."""
    option = "".join(f"\\{c}" if c in "\\':" else c for c in name)
    return "".join(f"\\{c}" if c in "\\'[],;" else c for c in option)


def _commands(views: list[_View], starts_s: NDArray[np.float64]) -> Iterator[str]:
    """One line per frame whose view differs; only what changes, since each rebuilds v360's map."""
    shown, last_s = views[0], -1.0
    for view, start_s in zip(views, starts_s, strict=True):
        changed = [n for n in vars(view) if getattr(view, n) != getattr(shown, n)]
        if changed and start_s - last_s >= _SHORTEST_S:
            told = ", ".join(f"v360 {name} {getattr(view, name)}" for name in changed)
            yield f"{start_s:.6f} {told};"
            shown, last_s = view, start_s
