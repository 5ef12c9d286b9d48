"""A user's own maps in place of a model's: an npz as of ``cubesal predict``, or Wild-360 npy files.

In documents and lists of models such maps go by one word, ``maps:<content>:<path>``, where the
content tells whether the file is still the one that was chosen.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cubesal.errors import EvaluationError
from cubesal.fingerprint import file_fingerprint
from cubesal.inspection.turned_maps import track_turned, turn_of
from cubesal.track import SaliencyTrack, load_npz

__all__ = ["is_own_maps", "named_track", "open_own_maps", "own_maps_path", "own_maps_word"]

_PREFIX = "maps:"


def own_maps_word(path: Path) -> str:
    """The word for a file or folder of maps. MediaError, EvaluationError if it is none."""
    return f"{_PREFIX}{_content(path)}:{path.absolute()}"


def is_own_maps(model: str) -> bool:
    """Whether the name of a model is a word for maps."""
    return model.startswith(_PREFIX)


def own_maps_path(word: str) -> Path:
    """The path in a word for maps. ValueError for another word."""
    if not is_own_maps(word) or word.count(":") < 2:
        raise ValueError(f"{word!r} is no word for maps")
    return Path(word.split(":", 2)[2])


def named_track(
    word: str, clip: Path, times_s: NDArray[np.float64], reading: str | None = None
) -> SaliencyTrack:
    """:func:`open_own_maps` of a word; says so if the content is another one now."""
    path = own_maps_path(word)
    track = open_own_maps(path, clip, times_s, reading)
    if word != own_maps_word(path):
        raise EvaluationError(f"{path} has changed since it was chosen; choose it again")
    return track


def open_own_maps(
    path: Path, clip: Path, times_s: NDArray[np.float64], reading: str | None = None
) -> SaliencyTrack:
    """The maps of a clip whose frames are shown at ``times_s`` (F,), on the frames they belong to.

    ``path``: an npz with ``saliency`` (T, H, W), ``frame_index`` and ``time_s``, or a folder of npy
    files numbered by frame, itself or as ``<clip>.mp4`` in it. ``reading`` is how the clip is read:
    maps of the file as it is are turned to it (:mod:`cubesal.inspection.turned_maps`).
    MediaError or EvaluationError, in a sentence, for what is none, is no equirect, or belongs to
    another clip or projection.
    """
    turn = turn_of(_folder_of_clip(path, clip), reading)
    if path.is_dir():
        track = _of_folder(path, clip, times_s)
    elif path.suffix.lower() == ".npz":
        track = load_npz(path)
    else:
        raise EvaluationError(
            f"{path} holds no maps: choose an npz as `cubesal predict` writes it, or a folder of"
            " npy files numbered by frame"
        )
    shape = next(m.shape for k in range(len(track)) if (m := track.get(k)) is not None)
    if shape[1] != 2 * shape[0]:
        raise EvaluationError(f"{path} holds maps {shape}: they must be twice as wide as high")
    track = track_turned(_on_clip(path, track, clip, times_s), turn)
    track.reading = reading
    return track


def _folder_of_clip(path: Path, clip: Path) -> Path:
    """Where the maps of the clip themselves are."""
    inner = (path / f"{clip.stem}.mp4", path / clip.stem)
    return next((folder for folder in inner if folder.is_dir()), path)


def _of_folder(path: Path, clip: Path, times_s: NDArray[np.float64]) -> SaliencyTrack:
    # Here, because the package imports torch, which a window that only opens does not need.
    from cubesal.evaluation.predictions import PredictedMaps, numbered_files

    if numbered_files(path):
        whole = path.resolve()
        return PredictedMaps(whole.parent).track(whole.name, times_s)
    return PredictedMaps(path).track(clip.stem, times_s)


def _on_clip(
    path: Path, maps: SaliencyTrack, clip: Path, times_s: NDArray[np.float64]
) -> SaliencyTrack:
    """The same maps at the frames that are shown at their moments, which must lie in the clip."""
    step = float(np.median(np.diff(times_s))) if len(times_s) > 1 else 1.0
    late = maps.time_s > times_s[-1] + 2 * step
    if late.any() or maps.time_s[0] < times_s[0] - 2 * step:
        worst = float(maps.time_s[-1] if late.any() else maps.time_s[0])
        raise EvaluationError(
            f"{path} holds a map for {worst:.1f} s, but {clip.name} ends at {times_s[-1]:.1f} s: "
            "these are the maps of another clip"
        )
    middles = (times_s[1:] + times_s[:-1]) / 2
    frames = np.searchsorted(middles, maps.time_s)
    frames, first = np.unique(frames, return_index=True)
    track = SaliencyTrack(frames, times_s[frames], str(clip), path.name)
    for k, source in enumerate(first):
        saliency = maps.get(int(source))
        if saliency is not None:
            track.set(k, saliency)
    return track


def _content(path: Path) -> str:
    """20 digits of what is there: of a file its bytes, of a folder its first and last map."""
    if not path.is_dir():
        return file_fingerprint(path)
    files = sorted(path.rglob("*.npy"))
    if not files:
        raise EvaluationError(f"{path} holds no npy files")
    return file_fingerprint(files[0])[:10] + file_fingerprint(files[-1])[:10]
