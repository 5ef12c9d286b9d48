"""Maps and attention as files for other programs; single pictures."""

from __future__ import annotations

import csv
import io
import json
from math import degrees
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cubesal.attention import attention_stats
from cubesal.autopilot import CameraPath, captured_shares
from cubesal.autopilot.path import write_text
from cubesal.errors import ExportError
from cubesal.exporting.files import FACTS_NAME, folder_output, save_png, timecode
from cubesal.exporting.published import FrameNumbers
from cubesal.exporting.ranges import WHOLE_CLIP, TimeRange, moments_within
from cubesal.overlay import OverlayStyle, blend_overlay
from cubesal.track import SaliencyTrack
from cubesal.video import ClipReader
from cubesal.whole_files import written_whole

__all__ = [
    "ATTENTION_COLUMNS",
    "export_attention",
    "export_maps",
    "export_snapshot",
    "snapshot_name",
]

MAP_FORMATS = ("npz", "npy", "png", "wild360")
FOLDER_FORMATS = ("png", "wild360")
ATTENTION_COLUMNS = (
    "frame_index",
    "time_s",
    "peak",
    "peak_yaw_deg",
    "peak_pitch_deg",
    "spread",
    "hot_spots",
)


def map_target(folder: Path, stem: str, kind: str) -> Path:
    """Where the maps of the input ``stem`` go: a file for npz and npy, a folder for the others."""
    return folder / {"npz": f"{stem}.npz", "npy": f"{stem}.npy", "png": stem}.get(
        kind, f"{stem}.mp4"
    )


def export_maps(track: SaliencyTrack, out: str | Path, kind: str = "npz") -> None:
    """Write the analysed maps. ExportError.

    ``npz``: one file with maps, frame indices, times, model and source. ``npy``: one (T, H, W)
    array. ``png``: a folder of 16-bit pictures named by frame index, 65535 being the track's peak.
    ``wild360``: a folder of (H, W) arrays named by frame index, as in the Wild-360 ground truth.
    Both folders have a ``maps.json`` that says what they hold.
    """
    target = Path(out)
    frame_index, time_s, saliency = track.arrays()
    if kind == "npz":
        track.save_npz(target)
    elif kind == "npy":
        with written_whole(target) as part, open(part, "wb") as file:
            np.save(file, saliency)
    elif kind == "wild360":
        numbers = FrameNumbers()
        with folder_output(target) as part:
            for index, saliency_map in zip(frame_index, saliency, strict=True):
                np.save(part / numbers.map_name(int(index)), saliency_map)
            _write_facts(track, frame_index, time_s, part, numbering=numbers.numbering)
    elif kind == "png":
        with folder_output(target) as part:
            _write_pngs(track, frame_index, time_s, saliency, part)
    else:
        raise ValueError(f"unknown map format {kind!r}; one of {', '.join(MAP_FORMATS)}")


def _write_pngs(
    track: SaliencyTrack,
    frame_index: NDArray[np.int64],
    time_s: NDArray[np.float64],
    saliency: NDArray[np.float32],
    folder: Path,
) -> None:
    top = track.peak or 1.0
    for index, saliency_map in zip(frame_index, saliency, strict=True):
        grey = np.rint(saliency_map * np.float32(65535 / top)).astype(np.uint16)
        save_png(folder / f"{index:06d}.png", grey)
    _write_facts(track, frame_index, time_s, folder, value_at_65535=top)


def _write_facts(
    track: SaliencyTrack,
    frame_index: NDArray[np.int64],
    time_s: NDArray[np.float64],
    folder: Path,
    **more: float | str,
) -> None:
    """``maps.json``, by which the folder is known as ours when it is written again."""
    facts = {
        "source": track.source,
        "model": track.model,
        **more,
        "frame_index": frame_index.tolist(),
        "time_s": np.round(time_s, 6).tolist(),
    }
    (folder / FACTS_NAME).write_text(json.dumps(facts, indent=1), encoding="utf-8")


def export_attention(
    track: SaliencyTrack,
    out: str | Path,
    path: CameraPath | None = None,
    aspect: float = 16 / 9,
    span: TimeRange = WHOLE_CLIP,
) -> int:
    """Write statistics per analysed frame as CSV, with the share a path captures if one is given.

    Peak directions are empty where a map holds nothing. Returns the number of rows.
    """
    frame_index, time_s, saliency = track.arrays()
    within = moments_within(time_s, span)
    frame_index, time_s, saliency = frame_index[within], time_s[within], saliency[within]
    captured = None if path is None else captured_shares(saliency, time_s, path, aspect)
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(ATTENTION_COLUMNS + (() if captured is None else ("captured",)))
    for k, saliency_map in enumerate(saliency):
        row = [str(frame_index[k]), f"{time_s[k]:.6f}", *_statistics(saliency_map)]
        writer.writerow(row if captured is None else [*row, f"{captured[k]:.4f}"])
    write_text(out, text.getvalue())
    return len(saliency)


def _statistics(saliency: NDArray[np.float32]) -> list[str]:
    stats = attention_stats(saliency)
    direction = ["", ""]
    if stats.hot_spots:
        strongest = stats.hot_spots[0]
        direction = [f"{degrees(strongest.yaw):.3f}", f"{degrees(strongest.pitch):.3f}"]
    return [f"{stats.peak:.6g}", *direction, f"{stats.spread:.5f}", str(len(stats.hot_spots))]


def snapshot_name(source: Path, index: int, time_s: float) -> str:
    """``<clip>_<frame>_<timecode>.png``."""
    return f"{source.stem}_{index:06d}_{timecode(time_s)}.png"


def export_snapshot(
    clip: str | Path,
    out: str | Path,
    time_s: float,
    *,
    track: SaliencyTrack | None = None,
    style: OverlayStyle | None = None,
    projection: str | None = None,
) -> Path:
    """Save the equirect frame shown at ``time_s``, with the overlay if a track is given, as PNG.

    ``out`` is the file, or a folder in which the file gets :func:`snapshot_name`. Returns the file.
    """
    with ClipReader(clip, projection=projection) as reader:
        if not 0 <= time_s <= reader.info.duration_s:
            raise ExportError(
                f"{reader.info.path.name} has no frame at {time_s:g} s: "
                f"it lasts {reader.info.duration_s:.3f} s"
            )
        frame = reader.read(reader.index_at(time_s))
    picture = frame.rgb()
    view = None if track is None else track.at(frame.time_s)
    if track is not None and view is not None and view.saliency is not None:
        style = style or OverlayStyle()
        saliency = style.smoothed(view.saliency)
        picture = blend_overlay(picture, saliency, style.scale_of(saliency, track.peak), style)
    target = Path(out)
    if target.suffix.lower() != ".png":
        target = target / snapshot_name(Path(clip), frame.index, frame.time_s)
    save_png(target, picture)
    return target
