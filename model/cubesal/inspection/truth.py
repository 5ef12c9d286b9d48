"""Ground truth of a clip: where people looked at a moment, from fixations or maps as files.

*.csv    fixations, a row each: yaw_deg, pitch_deg (or u, v); time_s (or frame_index) unless
         they hold for the whole clip; optionally duration_s. Other columns are ignored
*.npz    fixations as arrays of those names, or maps as ``cubesal predict`` writes them
folder   Wild-360: numbered npy heat maps by frame, itself or as <clip>.mp4 in it
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import OrderedDict
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray

from cubesal.errors import CubesalError, EvaluationError
from cubesal.inspection.fixation_files import Fixations, read_fixations
from cubesal.inspection.turned_maps import Turn, map_turned, places_turned, turn_of
from cubesal.metrics import fixation_map
from cubesal.metrics.fixations import density_of
from cubesal.metrics.inputs import as_values, brought_to
from cubesal.track import SaliencyTrack, load_npz

__all__ = ["GroundTruth", "TruthMap", "open_ground_truth"]

#: Rows of every truth that is scored, those of the models' maps.
_ROWS: Final = 120
#: Fixations without a duration count for moments at most this far away, in seconds.
_REACH_S: Final = 0.2
_KEPT: Final = 256


@dataclass(frozen=True, eq=False)
class TruthMap:
    """Where people looked at one moment, (120, 240): a density, and counts if they are known."""

    density: NDArray[np.float64]
    fixations: NDArray[np.int64] | None = None

    def fixated(self) -> NDArray[Any]:
        """What scores of fixations compare with: counts, or the density (its strongest 2 %)."""
        return self.density if self.fixations is None else self.fixations


class GroundTruth(ABC):
    """The truth of one clip; belongs to one thread, since it reads files and keeps maps."""

    kind: Literal["fixations", "maps"]

    def __init__(self, path: Path) -> None:
        self.path = path
        self._kept: OrderedDict[tuple[int, float], TruthMap | None] = OrderedDict()

    def at(self, frame_index: int, time_s: float) -> TruthMap | None:
        """The truth of a frame, or None where nobody said. EvaluationError for a damaged file."""
        key = (frame_index, time_s)
        if key not in self._kept:
            self._kept[key] = self._look_up(frame_index, time_s)
            while len(self._kept) > _KEPT:
                self._kept.popitem(last=False)
        return self._kept[key]

    @property
    @abstractmethod
    def count(self) -> int:
        """How many fixations or maps there are."""

    @abstractmethod
    def _look_up(self, frame_index: int, time_s: float) -> TruthMap | None: ...


class _FixationTruth(GroundTruth):
    kind = "fixations"

    def __init__(self, path: Path, fixations: Fixations) -> None:
        super().__init__(path)
        self._fixations = fixations

    @property
    def count(self) -> int:
        return len(self._fixations.u)

    def _look_up(self, frame_index: int, time_s: float) -> TruthMap | None:
        del frame_index
        now = self._fixations.around(time_s, _REACH_S)
        if not now.any():
            return None
        counts = fixation_map(self._fixations.u[now], self._fixations.v[now], _ROWS)
        return TruthMap(density_of(counts), counts)


class _TrackTruth(GroundTruth):
    kind = "maps"

    def __init__(self, path: Path, track: SaliencyTrack, turn: Turn | None) -> None:
        super().__init__(path)
        self._track, self._turn = track, turn

    @property
    def count(self) -> int:
        return len(self._track)

    def _look_up(self, frame_index: int, time_s: float) -> TruthMap | None:
        del frame_index
        # A step beyond the maps at either end still belongs to the nearest one; farther is unsaid.
        times = self._track.time_s
        step = float(np.median(np.diff(times))) if times.size > 1 else np.inf
        view = self._track.at(time_s)
        if view.saliency is None or not times[0] - step <= time_s <= times[-1] + step:
            return None
        return _of_density(self.path, view.saliency, self._turn)


class _FolderTruth(GroundTruth):
    kind = "maps"

    def __init__(self, path: Path, files: dict[int, Path], turn: Turn | None) -> None:
        super().__init__(path)
        self._files, self._turn = files, turn

    @property
    def count(self) -> int:
        return len(self._files)

    def _look_up(self, frame_index: int, time_s: float) -> TruthMap | None:
        from cubesal.evaluation.predictions import load_map

        del time_s
        file = self._files.get(frame_index)
        return None if file is None else _of_density(file, load_map(file), self._turn)


def _of_density(path: Path, values: NDArray[np.floating], turn: Turn | None) -> TruthMap | None:
    """A map as truth; None for one that says nothing. EvaluationError if it is no density."""
    if values.ndim != 2 or values.shape[1] != 2 * values.shape[0]:
        raise EvaluationError(
            f"{path} holds a map {values.shape}: ground truth must be equirect, twice as wide as "
            "high"
        )
    if values.min() < 0:
        raise EvaluationError(f"{path} has negative values: ground truth is a density")
    if np.ptp(values) == 0:
        return None
    return TruthMap(brought_to(as_values(map_turned(values, turn), "truth"), _ROWS))


def open_ground_truth(
    path: Path,
    clip: str,
    frame_index: NDArray[np.int64],
    time_s: NDArray[np.float64],
    reading: str | None = None,
) -> GroundTruth:
    """Open ground truth of a clip.

    Args:
        path: a file or folder as the module says.
        clip: the stem of the clip's file, by which it is found in a ``Wild360_GT``.
        frame_index, time_s: (K,) ascending, some frames of the clip and when they are shown.
        reading: how the clip is read; what lies in the file's own sphere is turned to it.

    Raises:
        EvaluationError: there is none, it is damaged, or belongs to another projection; names the
            file and what is wrong.
    """
    if path.is_dir():
        return _open_folder(path, clip, reading)
    suffix = path.suffix.lower()
    if not path.is_file() or suffix not in (".csv", ".npz"):
        raise EvaluationError(
            f"{path} is no ground truth: open a CSV of fixations, an npz of fixations or maps, or "
            "a folder of numbered npy heat maps"
        )
    turn = turn_of(path, reading)
    fixations = read_fixations(path, frame_index, time_s)
    if fixations is not None:
        u, v = places_turned(fixations.u, fixations.v, turn)
        return _FixationTruth(path, replace(fixations, u=u, v=v))
    try:
        return _TrackTruth(path, load_npz(path), turn)
    except EvaluationError:
        raise
    except CubesalError as error:
        raise EvaluationError(str(error)) from error


def _open_folder(path: Path, clip: str, reading: str | None) -> GroundTruth:
    # Here, because the package imports torch, which a window that only opens does not need.
    from cubesal.evaluation.predictions import numbered_files

    folders = [path / f"{clip}.mp4", path / clip, path]
    for folder in folders:
        files = numbered_files(folder) if folder.is_dir() else {}
        if files:
            return _FolderTruth(folder, files, turn_of(folder, reading))
    raise EvaluationError(
        f"{path} holds no numbered npy heat maps, neither itself nor in {clip}.mp4: choose the "
        "folder of this clip"
    )
