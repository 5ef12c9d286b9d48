"""What a map costs: the stages of analysing a clip, timed one frame at a time."""

from __future__ import annotations

import platform
import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

import numpy as np
import torch

from cubesal.analysis import grid_track
from cubesal.models import load_model
from cubesal.predictor import SaliencyPredictor
from cubesal.progress import ProgressFn
from cubesal.stages import Stopwatch, stage, staged, stopwatch
from cubesal.video import ClipReader

__all__ = ["FrameCost", "gflop_per_map", "measure", "peak_memory_mb", "product_gflops"]

#: Stages in which the network computes.
_NETWORK_STAGES = ("backbone", "network", "cam", "temporal", "memory")


@dataclass(frozen=True)
class FrameCost:
    """Of the analysed frames of a clip, milliseconds.

    Attributes:
        stages: median of each stage, in the order of the work; "decode" leads to a decoded frame,
            the others from there to the finished map.
        precision: what the backbone multiplies.
        total_ms: median from decoded frame to finished map.
        quartiles_ms: of that.
    """

    model: str
    device: str
    precision: str
    size: tuple[int, int]
    frames: int
    stages: dict[str, float]
    total_ms: float
    quartiles_ms: tuple[float, float]

    @property
    def network_ms(self) -> float:
        """What of it the network takes, without what is made ready for it."""
        return sum(self.stages.get(name, 0.0) for name in _NETWORK_STAGES)


def measure(
    name: str, device: str, clip: Path, rate_hz: float, progress: ProgressFn | None = None
) -> FrameCost:
    """Analyse a clip as `predict` does and time every frame behind the model's warm-up.

    Raises:
        ModelError, DeviceError, MediaError: as the analysis itself.
        ValueError: the clip has fewer than two frames behind the warm-up.
    """
    predictor = SaliencyPredictor(load_model(name, device))
    watches: list[tuple[Stopwatch, float]] = []
    settle = _settling(predictor.device)
    with ClipReader(clip) as reader:
        size = (reader.info.width, reader.info.height)
        indices = [int(k) for k in grid_track(reader, name, rate_hz).frame_index]
        frames = staged(reader.frames(indices), "decode")
        for done in range(len(indices)):
            with stopwatch(settle) as watch:
                frame = next(frames)
                began = perf_counter()
                with stage("colour"):
                    rgb = frame.rgb(predictor.columns)
                predictor.step(rgb, frame.time_s)
                if settle is not None:
                    settle()
                watches.append((watch, 1000 * (perf_counter() - began)))
            if progress is not None:
                progress(done + 1, len(indices))
    timed = watches[predictor.warmup_frames + 1 :]
    if len(timed) < 2:
        raise ValueError(f"the clip has {len(indices)} frames, too few behind the warm-up")
    totals = [total for _, total in timed]
    low, _, high = statistics.quantiles(totals, n=4)
    return FrameCost(
        name,
        predictor.device,
        predictor.model.precision,
        size,
        len(timed),
        _medians([watch for watch, _ in timed]),
        statistics.median(totals),
        (low, high),
    )


def _settling(device: str) -> Callable[[], None] | None:
    return torch.cuda.synchronize if device.startswith("cuda") else None


def _medians(watches: Sequence[Stopwatch]) -> dict[str, float]:
    names = dict.fromkeys(name for watch in watches for name in watch.seconds)
    return {n: 1000 * statistics.median(w.seconds.get(n, 0.0) for w in watches) for n in names}


def product_gflops(device: str, size: int = 1024, rounds: int = 9) -> float:
    """How fast the machine multiplies square matrices of floats: median, in 10⁹ operations/s."""
    a = torch.rand(size, size, device=device)
    settle = _settling(device)
    times = []
    for _ in range(rounds):
        began = perf_counter()
        a @ a
        if settle is not None:
            settle()
        times.append(perf_counter() - began)
    return 2 * size**3 / statistics.median(times) / 1e9


def gflop_per_map(name: str, device: str) -> float:
    """10⁹ operations of a map's convolutions and products, multiplications and additions each one.

    ModelError, DeviceError: as `load_model`.
    """
    from torch.utils.flop_counter import FlopCounterMode  # takes 200 MB, which are not the model's

    model = load_model(name, device)
    picture = np.zeros((480, 960, 3), np.uint8)
    for _ in range(model.warmup_frames + 1):
        model.observe(picture)
    with FlopCounterMode(display=False) as counter:
        model.step(picture)
    return float(counter.get_total_flops()) / 1e9


def peak_memory_mb() -> float:
    """The most memory that this process has held so far."""
    import resource  # not there on Windows

    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most / (2**20 if platform.system() == "Darwin" else 2**10)
