"""Camera paths as files that come back as the same path: CSV for tables, JSON for programs."""

from __future__ import annotations

import json
from math import degrees
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cubesal.autopilot import CSV_COLUMNS, CameraPath, load_csv
from cubesal.autopilot.path import write_text
from cubesal.camera import HFOV_MAX, HFOV_MIN
from cubesal.errors import MediaError

__all__ = ["load_path", "save_path_json"]

_FORMAT = "cubesal camera path"
_VERSION = 1
_LARGEST_BYTES = 256 * 2**20
_LARGEST = 1e9
#: A millionth of a degree is a thousandth of a pixel at 16K.
_DECIMALS = 8


def save_path_json(
    path: CameraPath,
    out: str | Path,
    frame_times: NDArray[np.floating],
    *,
    first_index: int = 0,
    source: str = "",
) -> None:
    """Write one entry per source frame, the first being ``first_index``, angles in degrees.

    ``source`` names the clip. ExportError.
    """
    times = [float(time_s) for time_s in frame_times]
    frames = [
        dict(zip(CSV_COLUMNS, (index, time_s, *_degrees(path, time_s)), strict=True))
        for index, time_s in enumerate(times, start=first_index)
    ]
    facts = {"format": _FORMAT, "version": _VERSION, "source": source}
    lines = ",\n".join(f"  {json.dumps(frame)}" for frame in frames)
    write_text(out, f'{json.dumps(facts)[:-1]}, "frames": [\n{lines}\n]}}\n')


def _degrees(path: CameraPath, time_s: float) -> list[float]:
    camera = path.at(time_s)
    angles = (camera.yaw, camera.pitch, camera.roll, camera.hfov)
    return [round(degrees(angle), _DECIMALS) for angle in angles]


def load_path(file: str | Path) -> CameraPath:
    """Read a path from JSON (by its suffix) or CSV. MediaError, in one sentence."""
    if Path(file).suffix.lower() != ".json":
        return load_csv(file)
    rows = [_row(file, number, frame) for number, frame in enumerate(_frames(file))]
    samples = np.array(rows, np.float64)
    if np.any(np.diff(samples[:, 0]) <= 0):
        number = int(np.flatnonzero(np.diff(samples[:, 0]) <= 0)[0]) + 1
        raise MediaError(f"{file}, entry {number}: time_s must grow from entry to entry")
    yaw, pitch, roll, hfov = np.radians(samples[:, 1:]).T
    hfov = np.clip(hfov, HFOV_MIN, HFOV_MAX)  # what rounding to decimals may have pushed out
    return CameraPath(samples[:, 0], np.unwrap(yaw), pitch, hfov, np.unwrap(roll))


def _frames(file: str | Path) -> list[Any]:
    try:
        if not Path(file).is_file() and Path(file).exists():
            raise MediaError(f"{file} is not a readable path JSON: it is no ordinary file")
        if Path(file).stat().st_size > _LARGEST_BYTES:
            raise MediaError(f"{file} is too large for a path JSON: more than 256 MiB")
        facts = json.loads(Path(file).read_text(encoding="utf-8-sig"))
    except FileNotFoundError as error:
        raise MediaError(f"{file} does not exist") from error
    except (OSError, ValueError, RecursionError) as error:
        raise MediaError(f"{file} is not a readable path JSON") from error
    if not isinstance(facts, dict) or facts.get("format") != _FORMAT:
        raise MediaError(f'{file} is not a path JSON: it does not say "format": "{_FORMAT}"')
    if facts.get("version") != _VERSION:
        raise MediaError(f"{file} is a path JSON of another version; export it again")
    frames = facts.get("frames")
    if not isinstance(frames, list) or not frames:
        raise MediaError(f"{file} holds no camera: its list of frames is empty")
    return frames


def _row(file: str | Path, number: int, frame: Any) -> list[float]:
    """(time_s, yaw, pitch, roll, hfov) of an entry, degrees, all within their limits."""
    given = frame if isinstance(frame, dict) else {}
    values: list[Any] = [given.get(name) for name in CSV_COLUMNS[1:]]
    if not all(_is_number(value) for value in values):
        raise MediaError(f"{file}, entry {number}: expected the numbers {', '.join(CSV_COLUMNS)}")
    if abs(values[2]) > 90.0:
        raise MediaError(f"{file}, entry {number}: pitch_deg must lie in [-90, 90]")
    low, high = degrees(HFOV_MIN), degrees(HFOV_MAX)
    if not low - 1e-6 <= values[4] <= high + 1e-6:
        raise MediaError(f"{file}, entry {number}: hfov_deg must lie in [{low:g}, {high:g}]")
    return [float(value) for value in values]


def _is_number(value: Any) -> bool:
    # A comparison with NaN is false; True would count as a number otherwise.
    return isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) < _LARGEST
