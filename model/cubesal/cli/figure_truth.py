"""Ground truth for ``cubesal figure``: the map of a frame, from whatever form it comes in."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from cubesal.array_files import load_array, opened_arrays
from cubesal.errors import DAMAGED_ARRAY, MediaError
from cubesal.inspection.turned_maps import Turn, map_turned, turn_of
from cubesal.metrics import fixation_map
from cubesal.metrics.fixations import density_of
from cubesal.track import load_npz

__all__ = ["TruthFn", "open_truth"]

TruthFn = Callable[[int, float], NDArray[np.float32]]
"""The map (h, w) of a frame by its index and time; MediaError where there is none."""

_ROWS = 120


def open_truth(path: Path, clip: Path, reading: str | None = None) -> TruthFn:
    """How to find the ground truth of the frames of a clip. MediaError if ``path`` has none.

    A folder holds one npy per frame, named by its 0-based number, or is a ``Wild360_GT`` with such
    a folder ``<clip>.mp4`` in it. A file is an npy (h, w) or (T, h, w), an npz of fixations (u, v)
    or of maps as ``cubesal predict`` writes them, or a picture of a density. All are of the file
    as it is, and turned to how the clip is read.
    """
    truth, turn = _found(path, clip), turn_of(path, reading)
    if turn is None:
        return truth
    return lambda index, time_s: _turned(path, truth(index, time_s), turn)


def _turned(path: Path, values: NDArray[np.float32], turn: Turn) -> NDArray[np.float32]:
    if values.shape[1] != 2 * values.shape[0]:
        raise MediaError(
            f"{path} holds a map {values.shape}, which cannot be turned to the front of the clip:"
            " it must be twice as wide as high"
        )
    return map_turned(values, turn).astype(np.float32)


def _found(path: Path, clip: Path) -> TruthFn:
    if path.is_dir():
        folder = path / f"{clip.stem}.mp4"
        folder = folder if folder.is_dir() else path
        return lambda index, _time_s: _numbered(folder, index)
    if not path.is_file():
        raise MediaError(f"{path} does not exist; --gt is a folder of maps or a file")
    suffix = path.suffix.lower()
    if suffix == ".npy":
        return _of_stack(path, _load(path))
    if suffix == ".npz":
        return _of_npz(path)
    picture = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE | cv2.IMREAD_ANYDEPTH)
    if picture is None:
        raise MediaError(f"{path} is neither npy, npz nor a readable picture of a density")
    density = _checked(path, picture)
    return lambda _index, _time_s: density


def _numbered(folder: Path, index: int) -> NDArray[np.float32]:
    found = [folder / f"{index:0{digits}d}.npy" for digits in (5, 6)]
    for path in found:
        if path.is_file():
            return _checked(path, _load(path))
    raise MediaError(f"{folder} has no ground truth of frame {index} ({found[0].name} is missing)")


def _of_stack(path: Path, values: NDArray[Any]) -> TruthFn:
    if values.ndim == 2:
        single = _checked(path, values)
        return lambda _index, _time_s: single

    def of_frame(index: int, _time_s: float) -> NDArray[np.float32]:
        if values.ndim != 3 or index >= len(values):
            raise MediaError(f"{path} has no map of frame {index}: it holds {values.shape}")
        return _checked(path, values[index])

    return of_frame


def _of_npz(path: Path) -> TruthFn:
    try:
        with opened_arrays(path) as archive:
            if "u" in archive and "v" in archive:
                counts = fixation_map(archive["u"], archive["v"], _ROWS)
                density = _checked(path, density_of(counts))
                return lambda _index, _time_s: density
    except DAMAGED_ARRAY as error:
        raise MediaError(f"{path} does not hold usable fixations or maps: {error}") from error
    track = load_npz(path)

    def of_moment(_index: int, time_s: float) -> NDArray[np.float32]:
        view = track.at(time_s)
        if view.saliency is None:
            raise MediaError(f"{path} has no map at {time_s:.2f} s")
        return view.saliency

    return of_moment


def _load(path: Path) -> NDArray[Any]:
    try:
        values = load_array(path)
    except DAMAGED_ARRAY as error:
        raise MediaError(f"{path} is not a readable npy of a map") from error
    if not np.issubdtype(values.dtype, np.number):
        raise MediaError(f"{path} does not hold numbers")
    return values


def _checked(path: Path, values: NDArray[Any]) -> NDArray[np.float32]:
    """The map as float32, if it is one: (h, w), finite, nowhere negative."""
    if values.ndim != 2 or min(values.shape) < 2:
        raise MediaError(f"{path} does not hold a map (h, w) but {values.shape}")
    saliency = values.astype(np.float32)
    if not np.isfinite(saliency).all() or saliency.min() < 0:
        raise MediaError(f"{path} holds values that are negative or not finite")
    return saliency
