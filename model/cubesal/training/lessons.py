"""What there is to learn, by the kind of network: its samples, prepared, and its task."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from os.path import expandvars
from pathlib import Path
from typing import Any

from cubesal.errors import TrainingError
from cubesal.memory import INPUTS
from cubesal.progress import ProgressFn
from cubesal.training.config import TrainingConfig
from cubesal.training.memory_task import MemoryTask, MomentWindows
from cubesal.training.moments import (
    MomentMaker,
    Moments,
    load_panoramas,
    read_panorama,
    scene_rate_fits,
)
from cubesal.training.preparation import Preparation
from cubesal.training.prepared import PreparedClip
from cubesal.training.processes import Processes
from cubesal.training.sources import find_clips
from cubesal.training.static_maps import StaticMaps
from cubesal.training.tasks import Task, build_task
from cubesal.training.windows import ClipWindows, SampleSource

__all__ = ["ClipFn", "Lesson", "prepare"]

#: How many clips or scenes there are, and the number and name of the one that follows.
ClipFn = Callable[[int, int, str], ProgressFn | None]


@dataclass(frozen=True)
class Lesson:
    """Samples, and the task that learns from them. They understand each other's batches.

    Attributes:
        make_task: with fresh random weights.
        sources: how many clips and scenes the samples come from.
    """

    samples: Callable[[], SampleSource[Any]]
    make_task: Callable[[], Task[Any]]
    sources: int


def prepare(
    config: TrainingConfig,
    clips: list[Path],
    cache: Path,
    processes: Processes,
    begins: ClipFn | None = None,
) -> Lesson:
    """Prepare what is missing of all clips, each process its share.

    Raises:
        TrainingError: there is no such network, nothing to learn from, or the two do not fit.
        ModelError, MediaError, ExportError: weights, a clip, or the cache.
    """
    kind = config.network.kind
    lesson = _LESSONS.get(kind)
    if lesson is None:
        raise TrainingError(f"network.kind {kind!r} is unknown; there is {', '.join(_LESSONS)}")
    return lesson(config, clips, cache, processes, begins)


def _class_maps(
    config: TrainingConfig,
    clips: list[Path],
    cache: Path,
    processes: Processes,
    begins: ClipFn | None,
) -> Lesson:
    """The ConvLSTM of CP-360: windows of class activation maps and flow."""
    ids = Path(config.data.ids) if config.data.ids else None
    found = find_clips(clips, ids)
    maps = StaticMaps(config.data, config.convention, processes.device)
    preparation = Preparation(config.data, config.convention, maps, cache)
    prepared: dict[int, PreparedClip] = {}
    for number in range(processes.rank, len(found), processes.count):
        told = begins(len(found), number, found[number].name) if begins else None
        prepared[number] = preparation.of(found[number], told)
    processes.wait()
    # Now all is there: what other processes made is only looked at.
    for number in set(range(len(found))) - set(prepared):
        prepared[number] = preparation.of(found[number])
    ready = [prepared[number] for number in range(len(found))]
    run = config.run
    return Lesson(
        lambda: ClipWindows(ready, run.window, run.stride, config.convention),
        lambda: build_task(config, maps.channels),
        len(ready),
    )


def _moments(
    config: TrainingConfig,
    clips: list[Path],
    cache: Path,
    processes: Processes,
    begins: ClipFn | None,
) -> Lesson:
    """The memory of the video models: windows of evidence and motion."""
    data = config.data
    if config.network.input != INPUTS:
        raise TrainingError(
            f"the memory sees {INPUTS} values of each moment: set network.input to {INPUTS}"
        )
    if not scene_rate_fits(data.rate_hz):
        raise TrainingError(f"the memory learns at 5 moments per second, not {data.rate_hz:g}")
    maker = MomentMaker(data, cache, processes.device)
    works = _works(config, clips, maker)
    takes: dict[int, list[Moments]] = {}
    for number in range(processes.rank, len(works), processes.count):
        name, work = works[number]
        told = begins(len(works), number, name) if begins else None
        takes[number] = work()
        if told:
            told(1, 1)
    processes.wait()
    for number in set(range(len(works))) - set(takes):
        takes[number] = works[number][1]()
    flat = [take for number in range(len(works)) for take in takes[number]]
    hidden, window = config.network.hidden, config.run.window
    return Lesson(
        lambda: MomentWindows(flat, window, maker.cells),
        lambda: MemoryTask(hidden, window, maker.cells, config.losses),
        len(works),
    )


Work = tuple[str, Callable[[], list[Moments]]]


def _works(config: TrainingConfig, clips: list[Path], maker: MomentMaker) -> list[Work]:
    """What is to be prepared, by name."""
    data = config.data
    found = find_clips(clips) if clips or not data.scenes else []
    works: list[Work] = [(clip.name, partial(maker.of_clip, clip)) for clip in found]
    if data.scenes:
        paths, content = load_panoramas(Path(expandvars(data.panoramas)))
        pictures = [read_panorama(path) for path in paths]
        works += [
            (f"scene {number}", partial(maker.of_scene, number, pictures, content))
            for number in range(data.scenes)
        ]
    return works


_LESSONS: dict[str, Callable[..., Lesson]] = {"convlstm": _class_maps, "memory": _moments}
