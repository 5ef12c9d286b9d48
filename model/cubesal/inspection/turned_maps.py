"""Maps and fixations as files, brought to how the clip is read: turned where its front was set.

What says itself how its clip was read is believed: an npz of ``cubesal predict`` and the maps.json
of a Wild-360 folder. Everything else lies in the sphere of the file as it is.
"""

from __future__ import annotations

import json
from math import nan
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cubesal.array_files import opened_arrays
from cubesal.camera_motion import is_turn
from cubesal.errors import DAMAGED_ARRAY, EvaluationError
from cubesal.geometry import rotate_equirect
from cubesal.geometry.axes import angles_from_dir, dir_from_angles
from cubesal.track import SaliencyTrack
from cubesal.video.reading import Reading

__all__ = ["map_turned", "places_turned", "track_turned", "turn_of"]

#: Rotation (3, 3) from directions as a file has them to directions as the clip is read.
Turn = NDArray[np.float64]
_AS_FILE = "as the file says"


def turn_of(path: Path, read: str | None) -> Turn | None:
    """How to turn what is in ``path`` for a clip that is read so; None: not at all.

    EvaluationError where it belongs to the clip read as another projection, which no turn mends.
    """
    made, now = _made(path), Reading.parse(read)
    if made.projection and now.projection and made.projection != now.projection:
        raise EvaluationError(
            f"{path} belongs to the clip read as {made.projection}, which is now read as "
            f"{now.projection}: choose maps of that, or read the clip as {made.projection}"
        )
    turn = now.source_from_view.T @ made.source_from_view
    return turn if is_turn(turn) else None


def map_turned(values: NDArray[np.floating], turn: Turn | None) -> NDArray[np.floating]:
    """A map (h, 2h) of which what was at d now is at ``turn`` @ d."""
    if turn is None:
        return values
    turned = rotate_equirect(np.ascontiguousarray(values, np.float32), turn)
    return np.maximum(turned, 0) if values.min() >= 0 else turned


def track_turned(track: SaliencyTrack, turn: Turn | None) -> SaliencyTrack:
    """The same moments, with their maps turned."""
    if turn is None:
        return track
    turned = SaliencyTrack(track.frame_index, track.time_s, track.source, track.model)
    is_upright = turn[1, 1] > 1 - 1e-6  # else the picture turned about another axis than now
    for k in range(len(track)):
        saliency = track.get(k)
        if saliency is not None:
            turned.set(k, map_turned(saliency, turn), track.turn(k) if is_upright else nan)
    return turned


def places_turned(
    u: NDArray[np.float64], v: NDArray[np.float64], turn: Turn | None
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Places (N,) ``u`` and ``v`` in [0, 1], turned."""
    if turn is None:
        return u, v
    dirs = dir_from_angles((u - 0.5) * 2 * np.pi, (0.5 - v) * np.pi)
    yaw, pitch = angles_from_dir(dirs @ turn.T)
    return (yaw / (2 * np.pi) + 0.5) % 1.0, np.clip(0.5 - pitch / np.pi, 0.0, 1.0)


def _made(path: Path) -> Reading:
    """How the clip was read when what is in ``path`` was made of it."""
    text = _of_folder(path) if path.is_dir() else _of_npz(path)
    try:
        return Reading.parse(text)
    except ValueError as error:
        raise EvaluationError(f"{path} was made of a clip read as {text!r}: {error}") from error


def _of_npz(path: Path) -> str | None:
    if path.suffix.lower() != ".npz":
        return None
    try:
        with opened_arrays(path) as archive:
            return str(archive["reading"]) if "reading" in archive else None
    except (*DAMAGED_ARRAY, FileNotFoundError):
        return None  # whoever reads the maps says what is wrong


def _of_folder(path: Path) -> str | None:
    try:
        facts = json.loads((path / "maps.json").read_text(encoding="utf-8"))
        text = facts.get("projection")
    except (OSError, ValueError, AttributeError, RecursionError):
        return None
    return text if isinstance(text, str) and text != _AS_FILE else None
