"""A camera path: where the flat camera looks at each moment, and its CSV form."""

from __future__ import annotations

import csv
import io
import stat
from dataclasses import dataclass
from math import degrees
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cubesal.camera import HFOV_MAX, HFOV_MIN, Camera, wrap_angle
from cubesal.errors import MediaError
from cubesal.whole_files import written_whole

CSV_COLUMNS = ("frame_index", "time_s", "yaw_deg", "pitch_deg", "roll_deg", "hfov_deg")
_LARGEST_BYTES = 64 * 2**20
_LARGEST_TIME_S = 1e9
_LARGEST_TURN_DEG = 1e6


@dataclass(frozen=True)
class CameraPath:
    """Samples (K,) of a path, dense enough to interpolate linearly; radians and seconds.

    ``times_s`` ascends strictly, ``yaw`` is unwrapped (continuous over the seam).
    """

    times_s: NDArray[np.float64]
    yaw: NDArray[np.float64]
    pitch: NDArray[np.float64]
    hfov: NDArray[np.float64]
    roll: NDArray[np.float64]

    def __post_init__(self) -> None:
        columns = (self.times_s, self.yaw, self.pitch, self.hfov, self.roll)
        if self.times_s.ndim != 1 or self.times_s.size == 0:
            raise ValueError("a camera path needs at least one sample")
        if any(column.shape != self.times_s.shape for column in columns):
            raise ValueError("the columns of a camera path must have one length")
        if not all(np.all(np.isfinite(column)) for column in columns):
            raise ValueError("a camera path must be finite")
        if np.any(np.diff(self.times_s) <= 0):
            raise ValueError("the times of a camera path must ascend strictly")

    def at(self, time_s: float) -> Camera:
        """The camera of a moment; before the first and after the last sample it rests there."""
        columns = (self.yaw, self.pitch, self.roll, self.hfov)
        values = [float(np.interp(time_s, self.times_s, column)) for column in columns]
        return Camera(*values).normalised()

    def save_csv(
        self, path: str | Path, frame_times: NDArray[np.floating], first_index: int = 0
    ) -> None:
        """Write one row per source frame, the first being ``first_index``. ExportError."""
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(CSV_COLUMNS)
        for index, time_s in enumerate(frame_times, start=first_index):
            writer.writerow([index, f"{time_s:.6f}", *_degrees(self.at(float(time_s)))])
        write_text(path, text.getvalue())


def still_path(camera: Camera, start_s: float = 0.0) -> CameraPath:
    """The path of a camera that never moves."""
    columns = (start_s, camera.yaw, camera.pitch, camera.hfov, camera.roll)
    return CameraPath(*(np.array([value], dtype=np.float64) for value in columns))


def spliced(path: CameraPath, onward: CameraPath) -> CameraPath:
    """``path`` until the moment at which ``onward`` begins, and that from there on."""
    before = path.times_s < onward.times_s[0] - 1e-9
    if not before.any():
        return onward
    turn = nearest_turn(float(onward.yaw[0]), float(path.yaw[before][-1])) - float(onward.yaw[0])
    return CameraPath(
        np.concatenate([path.times_s[before], onward.times_s]),
        np.concatenate([path.yaw[before], onward.yaw + turn]),
        np.concatenate([path.pitch[before], onward.pitch]),
        np.concatenate([path.hfov[before], onward.hfov]),
        np.concatenate([path.roll[before], onward.roll]),
    )


def write_text(path: str | Path, text: str) -> None:
    """Write a text file through ``<name>.part`` and a rename. ExportError on disk trouble."""
    with written_whole(Path(path)) as part:
        part.write_text(text, encoding="utf-8", newline="")


def _degrees(camera: Camera) -> list[str]:
    # Rounded before wrapping: 179.99996 must not come out as 180.0000.
    yaw = (round(degrees(camera.yaw), 4) + 180.0) % 360.0 - 180.0
    others = (degrees(camera.pitch), degrees(camera.roll), degrees(camera.hfov))
    return [f"{value + 0.0:.4f}" for value in (yaw, *others)]


def load_csv(path: str | Path) -> CameraPath:
    """Read a path CSV. MediaError, in one sentence, for whatever is not one."""
    try:
        _check_file(path)
        with open(path, encoding="utf-8-sig", newline="") as file:
            rows = list(csv.reader(file))
    except FileNotFoundError as error:
        raise MediaError(f"{path} does not exist") from error
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise MediaError(f"{path} is not a readable path CSV") from error
    if not rows or tuple(rows[0]) != CSV_COLUMNS:
        raise MediaError(
            f"{path} is not a path CSV: its first line must be {','.join(CSV_COLUMNS)}"
        )
    samples = [_parse(path, number, row) for number, row in enumerate(rows[1:], start=2) if row]
    if not samples:
        raise MediaError(f"{path} holds no camera: it has a heading but no rows")
    return _from_samples(path, np.array(samples))


def _check_file(path: str | Path) -> None:
    # Before it is opened: a named pipe would let us wait for ever.
    status = Path(path).stat()
    if not stat.S_ISREG(status.st_mode):
        raise MediaError(f"{path} is not a readable path CSV: it is no ordinary file")
    if status.st_size > _LARGEST_BYTES:
        raise MediaError(f"{path} is too large for a path CSV: more than 64 MiB")


def _parse(path: str | Path, line: int, row: list[str]) -> list[float]:
    if len(row) != len(CSV_COLUMNS):
        raise MediaError(f"{path}, line {line}: {len(row)} values instead of {len(CSV_COLUMNS)}")
    try:
        values = [float(cell) for cell in row]
    except ValueError as error:
        raise MediaError(f"{path}, line {line}: {error}") from error
    if not np.all(np.isfinite(values)):
        raise MediaError(f"{path}, line {line}: a value is not finite")
    if abs(values[1]) > _LARGEST_TIME_S:
        raise MediaError(f"{path}, line {line}: time_s must lie within {_LARGEST_TIME_S:g} seconds")
    if max(abs(values[2]), abs(values[4])) > _LARGEST_TURN_DEG:
        raise MediaError(
            f"{path}, line {line}: yaw_deg and roll_deg must lie within "
            f"{_LARGEST_TURN_DEG:.0f} degrees"
        )
    if abs(values[3]) > 90.0:
        raise MediaError(f"{path}, line {line}: pitch_deg must lie in [-90, 90]")
    low, high = degrees(HFOV_MIN), degrees(HFOV_MAX)
    if not low - 1e-6 <= values[5] <= high + 1e-6:
        raise MediaError(f"{path}, line {line}: hfov_deg must lie in [{low:g}, {high:g}]")
    return values


def _from_samples(path: str | Path, samples: NDArray[np.float64]) -> CameraPath:
    times = samples[:, 1]
    if np.any(np.diff(times) <= 0):
        line = int(np.flatnonzero(np.diff(times) <= 0)[0]) + 3
        raise MediaError(f"{path}, line {line}: time_s must grow from row to row")
    yaw, pitch, roll, hfov = np.radians(samples[:, 2:6]).T
    return CameraPath(times, np.unwrap(yaw), pitch, hfov, np.unwrap(roll))


def nearest_turn(yaw: float, reference: float) -> float:
    """The angle equal to ``yaw`` modulo a full turn that lies nearest to ``reference``."""
    return reference + wrap_angle(yaw - reference)
