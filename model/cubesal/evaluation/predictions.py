"""Maps that somebody predicted before, as files.

stills   NAME.npz (a track of one map), NAME.npy (H, W), or NAME.png (grey)
clips    NAME.npz (a track), or a folder NAME.mp4 or NAME of numbered npy files, (H, W) each
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from cubesal.array_files import load_array
from cubesal.errors import DAMAGED_ARRAY, EvaluationError
from cubesal.track import SaliencyTrack, load_npz

__all__ = ["PredictedMaps", "load_map", "numbered_files"]

_FACTS = "maps.json"


@dataclass(frozen=True)
class PredictedMaps:
    """A folder of predictions.

    Attributes:
        folder: where they are.
        first_number: the number in the file name of a clip's frame 0. None: what ``maps.json`` in
            the clip's folder says, or else 0.
    """

    folder: Path
    first_number: int | None = None

    def still(self, name: str) -> NDArray[np.floating]:
        """The map of a still. EvaluationError if there is none."""
        track, array, picture = (self.folder / f"{name}.{kind}" for kind in ("npz", "npy", "png"))
        if track.is_file():
            return np.asarray(load_npz(track).arrays()[2][0])
        if array.is_file():
            return load_map(array)
        if picture.is_file():
            grey = cv2.imread(str(picture), cv2.IMREAD_GRAYSCALE | cv2.IMREAD_ANYDEPTH)
            if grey is None or grey.ndim != 2:
                raise EvaluationError(f"{picture} is not a readable grey picture")
            return grey.astype(np.float64)
        raise EvaluationError(f"{self.folder} holds no prediction of {name} (npz, npy or png)")

    def track(self, name: str, times_s: NDArray[np.float64]) -> SaliencyTrack:
        """The maps of a clip whose frames are shown at ``times_s``. EvaluationError."""
        stored = self.folder / f"{name}.npz"
        if stored.is_file():
            return load_npz(stored)
        files = self.frames(name)
        late = [frame for frame in files if not 0 <= frame < len(times_s)]
        if late:
            raise EvaluationError(
                f"{files[late[0]]} would be frame {late[0]} of {len(times_s)}: give the number of"
                " the first frame with --first-number"
            )
        indices = list(files)
        track = SaliencyTrack(indices, times_s[indices], name, self.folder.name)
        for k, path in enumerate(files.values()):
            try:
                track.set(k, load_map(path))
            except ValueError as error:
                raise EvaluationError(f"{path} is not usable: {error}") from error
        return track

    def frames(self, name: str) -> dict[int, Path]:
        """The files of a clip by 0-based frame, ascending and evenly spaced. EvaluationError."""
        folder = self._clip_folder(name)
        first = self._first_of(folder)
        files = {number - first: path for number, path in numbered_files(folder).items()}
        if not files:
            raise EvaluationError(f"{folder} holds no numbered npy files")
        steps = np.diff(list(files))
        if steps.size and (steps != steps.min()).any():
            after = list(files)[int(np.argmax(steps != steps.min()))]
            raise EvaluationError(
                f"{folder} lacks frame {after + int(steps.min())}: there is one for frame {after},"
                " and more after it"
            )
        return files

    def feature_count(self, name: str) -> int | None:
        """How many feature files lie beside the maps of a clip; None if there are none."""
        features = self._clip_folder(name) / "features"
        return len(numbered_files(features)) if features.is_dir() else None

    def _clip_folder(self, name: str) -> Path:
        for folder in (self.folder / f"{name}.mp4", self.folder / name):
            if folder.is_dir():
                return folder
        raise EvaluationError(f"{self.folder} holds no predictions of {name} ({name}.mp4)")

    def _first_of(self, folder: Path) -> int:
        if self.first_number is not None:
            return self.first_number
        try:
            facts = json.loads((folder / _FACTS).read_text(encoding="utf-8"))
            return int(facts.get("first_number", 0))
        except FileNotFoundError:
            return 0
        except (
            OSError,
            ValueError,
            TypeError,
            AttributeError,
            OverflowError,
            RecursionError,
        ) as error:
            raise EvaluationError(f"{folder / _FACTS} cannot be read: {error}") from error


def numbered_files(folder: Path) -> dict[int, Path]:
    """The npy files of a folder whose names are numbers, ascending; other things are ignored."""
    found = {int(p.stem): p for p in folder.glob("*.npy") if p.stem.isdecimal()}
    return dict(sorted(found.items()))


def _reason(error: Exception) -> str:
    """One line of it: numpy's advice to those who trust a file goes on for more."""
    words = str(error) or "it says that it is larger than memory"
    return words.splitlines()[0]


def load_map(path: Path) -> NDArray[np.floating]:
    """A map (H, W), or (1, H, W), of finite numbers from an npy file. EvaluationError."""
    try:
        values = load_array(path)
    except DAMAGED_ARRAY as error:
        raise EvaluationError(f"{path} is not a readable array: {_reason(error)}") from error
    if values.ndim == 3 and values.shape[0] == 1:
        values = values[0]
    if values.ndim != 2 or values.size == 0:
        raise EvaluationError(f"{path} holds an array of shape {values.shape}, not a map (H, W)")
    if not np.issubdtype(values.dtype, np.number) or np.iscomplexobj(values):
        raise EvaluationError(f"{path} holds {values.dtype}, not numbers")
    if not np.isfinite(values).all():
        raise EvaluationError(f"{path} has values that are not finite (NaN or infinite)")
    return np.asarray(values, np.float32 if values.dtype == np.float32 else np.float64)
