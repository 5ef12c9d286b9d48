"""The cases of the path benchmark: clips as they are, clips that turn, three scripted scenes.

Each case is a track of maps, made once per model and kept in a folder, and the true directions of
what a viewer would watch.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from math import degrees, pi
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import second_scene
import unseen_scene
from numpy.typing import NDArray

from cubesal import democlip
from cubesal.analysis import DEFAULT_RATE_HZ, analyse, grid_track
from cubesal.camera_motion import estimate_rotation, is_turn
from cubesal.evaluation.clips import read_clips
from cubesal.evaluation.subjects import turned
from cubesal.fingerprint import file_fingerprint
from cubesal.geometry import dir_from_angles, dir_from_uv
from cubesal.models import load_model
from cubesal.predictor import SaliencyPredictor
from cubesal.track import SaliencyTrack
from cubesal.video import ClipReader

DEMO_HEIGHT = 960
CODE = Path(democlip.__file__).parents[1]


@dataclass(frozen=True)
class Case:
    """Maps (K, H, W) at ``times_s``, and per true moment the directions (B, 3) of which one hits.

    ``turn`` is the rate (K, 2) at which the picture itself turns, radians per second, as measured
    from the frames; ``moving`` tells the cases where a fixed view should lose.
    """

    name: str
    moving: bool
    times_s: NDArray[np.float64]
    maps: NDArray[np.float32]
    turn: NDArray[np.float64]
    moments: Sequence[tuple[float, NDArray[np.float64]]]
    fps: float


@dataclass(frozen=True)
class Picture:
    """A frame of a scripted or turning clip."""

    time_s: float
    make: Callable[[], NDArray[np.uint8]]

    def rgb(self, columns: int | None = None) -> NDArray[np.uint8]:
        del columns  # as made, whatever is looked at
        return self.make()


@dataclass(frozen=True)
class Watched:
    """Frames that also measure how the picture turns from one to the next."""

    source: Callable[[Iterable[int]], Iterator[Picture]]
    turns: list[tuple[float, float, float]]

    def frames(self, indices: Iterable[int]) -> Iterator[Picture]:
        before: tuple[float, NDArray[np.uint8]] | None = None
        for picture in self.source(indices):
            rgb = picture.rgb()
            grey = cv2.resize(rgb, (480, 240), interpolation=cv2.INTER_AREA).mean(axis=-1)
            self.turns.append(
                (picture.time_s, *_turn_rate(before, (picture.time_s, grey.astype(np.uint8))))
            )
            before = picture.time_s, grey.astype(np.uint8)
            yield Picture(picture.time_s, lambda rgb=rgb: rgb)


def _turn_rate(
    before: tuple[float, NDArray[np.uint8]] | None, here: tuple[float, NDArray[np.uint8]]
) -> tuple[float, float]:
    if before is None:
        return 0.0, 0.0
    found = estimate_rotation(before[1], here[1])
    if found.inlier_share < 0.3 or not is_turn(found.rotation):
        return 0.0, 0.0
    ahead = found.rotation @ np.array([0.0, 0.0, 1.0])
    return float(np.arctan2(ahead[0], ahead[2])) / (here[0] - before[0]), 0.0


def cases(data: Path | None, cache: Path, name: str, drift: float, refresh: bool) -> Iterator[Case]:
    """All cases; those of clips only where there is footage."""
    store = _Store(cache, name, refresh)
    yield _scripted("demo", democlip.DURATION_S, _demo_frame, _demo_truth, store)
    for label, scene in (("second scene", second_scene), ("unseen scene", unseen_scene)):
        yield _scripted(label, scene.DURATION_S, scene.frame, scene.primary_direction, store)
    for clip in [] if data is None else read_clips(data / "gt" / "subjects", data / "clips"):
        for turn in (drift, 0.0):
            yield _of_clip(clip, turn, store)


def _demo_frame(time_s: float) -> NDArray[np.uint8]:
    return democlip.frame(time_s, DEMO_HEIGHT)


def _demo_truth(time_s: float) -> tuple[float, float]:
    return democlip.scene_truth(time_s).primary_direction


def _scripted(
    name: str,
    seconds: float,
    frame: Callable[[float], NDArray[np.uint8]],
    truth: Callable[[float], tuple[float, float]],
    store: _Store,
) -> Case:
    times = np.arange(round(seconds * DEFAULT_RATE_HZ)) / DEFAULT_RATE_HZ

    def source(indices: Iterable[int]) -> Iterator[Picture]:
        for k in indices:
            yield Picture(float(times[k]), lambda t=float(times[k]): frame(t))

    module = {"second scene": second_scene, "unseen scene": unseen_scene}.get(name)
    script = _code("democlip") if module is None else Path(str(module.__file__)).read_bytes()
    key = hashlib.sha256(script).hexdigest()[:12]
    empty = SaliencyTrack(np.arange(len(times)), times, name, "")
    track, turn = store.track(f"{name} {key}", empty, source)
    dense = np.arange(round(seconds * 30)) / 30
    moments = [(float(t), dir_from_angles(*truth(float(t)))[None]) for t in dense]
    return Case(name, True, times, track, turn, moments, 30.0)


def _of_clip(clip: Any, drift: float, store: _Store) -> Case:
    with ClipReader(clip.path) as reader:

        def source(indices: Iterable[int]) -> Iterator[Picture]:
            for frame in reader.frames(indices):
                part = drift * frame.time_s / (2 * pi) % 1
                yield Picture(frame.time_s, lambda f=frame, p=part: _rolled(f.rgb(), p))

        label = f"{clip.name} {degrees(drift):g}"
        maps, turn = store.track(
            f"{label} {file_fingerprint(clip.path)}", grid_track(reader, ""), source
        )
        grid = grid_track(reader, "").time_s
        moments = []
        for frame in clip.frames:
            time_s = float(reader.times_s[frame.index])
            boxes = turned(frame.boxes, drift * time_s / (2 * pi) % 1)
            middles = np.array([((u0 + u1) / 2 % 1, (v0 + v1) / 2) for u0, v0, u1, v1 in boxes])
            moments.append((time_s, dir_from_uv(middles)))
        fps = (len(reader.times_s) - 1) / float(reader.times_s[-1])
    return Case(label, bool(drift), grid, maps, turn, moments, fps)


def _rolled(rgb: NDArray[np.uint8], part: float) -> NDArray[np.uint8]:
    return np.roll(rgb, round(part * rgb.shape[1]), axis=1)


def _code(folder: str = "") -> bytes:
    return b"".join(path.read_bytes() for path in sorted((CODE / folder).glob("*.py")))


class _Store:
    """Tracks on disk, known again by model, its weights, and what they were made from."""

    def __init__(self, folder: Path, name: str, refresh: bool) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        model = load_model(name, "auto")
        self._folder, self._predictor, self._refresh = folder, SaliencyPredictor(model), refresh
        weights = "".join(file_fingerprint(file) for file in model.files)
        self._prefix = f"{name} {hashlib.sha256(weights.encode()).hexdigest()[:12]}"

    def track(
        self,
        key: str,
        empty: SaliencyTrack,
        source: Callable[[Iterable[int]], Iterator[Picture]],
    ) -> tuple[NDArray[np.float32], NDArray[np.float64]]:
        file = self._folder / f"{self._prefix} {key}.npz".replace(" ", "_")
        if self._refresh or not file.exists():
            watched = Watched(source, [])
            analyse(watched, self._predictor, empty)
            turn = np.array(watched.turns)[:, 1:]
            # Appears whole: a second run may be reading.
            part = file.with_suffix(".part.npz")
            np.savez_compressed(part, maps=empty.arrays()[2].astype(np.float16), turn=turn)
            part.replace(file)
            print(json.dumps({"analysed": key, "maps": len(empty)}), flush=True)
        with np.load(file) as kept:
            return kept["maps"].astype(np.float32), kept["turn"]
