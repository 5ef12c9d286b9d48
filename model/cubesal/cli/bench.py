"""``cubesal bench``: what the parts cost on this machine, medians, with peak memory."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import torch

from cubesal import __version__
from cubesal.analysis import DEFAULT_RATE_HZ, analyse, grid_track
from cubesal.benchmarks.frames import (
    gflop_per_map,
    measure,
    peak_memory_mb,
    product_gflops,
)
from cubesal.benchmarks.padding import padding_costs
from cubesal.benchmarks.seeking import make_clip, seek_cases, seek_cost
from cubesal.benchmarks.start import start_costs
from cubesal.benchmarks.store import store_cost
from cubesal.cli import bench_tables
from cubesal.cli.arguments import Options
from cubesal.cli.console import Console
from cubesal.cli.exits import DONE
from cubesal.cli.outputs import check_file
from cubesal.democlip import render_demo
from cubesal.device import resolve_device
from cubesal.models import load_model
from cubesal.predictor import create_predictor
from cubesal.video import ClipReader
from cubesal.whole_files import written_whole

__all__ = ["run"]

_SEEK_SIZES: Final = ((1920, 960), (3840, 1920))


@dataclass(frozen=True)
class _Bench:
    """What every part is given."""

    options: Options
    console: Console
    device: str
    folder: Path


def run(options: Options, console: Console) -> int:
    """Measure the parts that were asked for, print each as soon as it is known."""
    if options.json is not None:
        check_file(options.json, {}, "--json")
    device = str(resolve_device(options.device))
    report: dict[str, Any] = {}
    with TemporaryDirectory(prefix="cubesal-bench-") as name:
        bench = _Bench(options, console, device, Path(name))
        for part in options.only or _PARTS:
            report[part] = _PARTS[part](bench)
    facts = {**_machine(device), "peak_memory_mb": round(peak_memory_mb())}
    console.result("   ".join(f"{name.replace('_', ' ')} {value}" for name, value in facts.items()))
    if options.json is not None:
        with written_whole(options.json) as file:
            file.write_text(json.dumps({"machine": facts, **report}, indent=1), encoding="utf-8")
        console.note(f"wrote {options.json}")
    return DONE


def _frames(bench: _Bench) -> list[dict[str, Any]]:
    """Analyse a rendered clip with each model."""
    names = bench.options.models or ["default", "fast"]
    clip = _demo_clip(bench, _seconds(names, bench.options.frames))
    costs = []
    for name in names:
        with bench.console.progress(f"analyse with {name}") as progress:
            costs.append(measure(name, bench.device, clip, DEFAULT_RATE_HZ, progress))
    peak = peak_memory_mb()
    work = {name: gflop_per_map(name, bench.device) for name in names}
    gflops = {cost.model: 1000 * work[cost.model] / cost.network_ms for cost in costs}
    bench_tables.frames(costs, work, gflops, peak, bench.console)
    return [
        {**asdict(cost), "gflop": work[cost.model], "achieved_gflops": gflops[cost.model]}
        for cost in costs
    ]


def _padding(bench: _Bench) -> list[dict[str, Any]]:
    costs = padding_costs(bench.device, bench.options.frames)
    table = bench_tables.table(
        f"6 faces, ms, median of {bench.options.frames}, in turns",
        ["zero padding", "cube padding", "ratio"],
        [
            (f"{c.network} {c.face_w}", f"{c.zero_ms:.1f}", f"{c.cube_ms:.1f}", f"{c.ratio:.2f}")
            for c in costs
        ],
    )
    bench.console.table("cube padding and native zero padding", table)
    return [{**asdict(cost), "ratio": cost.ratio} for cost in costs]


def _seek(bench: _Bench) -> list[dict[str, Any]]:
    costs = []
    for case in seek_cases(bench.options.sizes or _SEEK_SIZES):
        clip = bench.folder / "seek.mp4"
        with bench.console.progress(f"encode {case.name}") as progress:
            make_clip(case, clip, progress)
        costs.append(seek_cost(case.name, clip, bench.options.seeks))
    table = bench_tables.table(
        "clip, key frame distance",
        ["exact", "key frame meanwhile", "seen before", "a step back"],
        [(c.case, *(f"{ms:.0f}" for ms in (c.exact, c.key, c.again, c.back))) for c in costs],
    )
    bench.console.table(f"seeking, ms, {bench.options.seeks} places", table)
    return [asdict(cost) for cost in costs]


def _store(bench: _Bench) -> dict[str, Any]:
    with ClipReader(_demo_clip(bench, 2.0)) as reader:
        track = grid_track(reader, "fast", DEFAULT_RATE_HZ)
        analyse(reader, create_predictor("fast", bench.device), track)
    cost = store_cost(bench.folder, list(track.arrays()[2]), bench.options.hours)
    bench_tables.store(cost, bench.console)
    return asdict(cost)


def _start(bench: _Bench) -> list[dict[str, Any]]:
    costs = start_costs(min(bench.options.frames, 7))
    table = bench_tables.table(
        "a new process, ms",
        ["all", "without python's own start"],
        [(c.what, f"{c.ms:.0f}", f"{max(c.ms - c.bare_ms, 0):.0f}") for c in costs],
    )
    bench.console.table("start", table)
    return [asdict(cost) for cost in costs]


_PARTS: Final[Mapping[str, Callable[[_Bench], Any]]] = {
    "frames": _frames,
    "padding": _padding,
    "seek": _seek,
    "store": _store,
    "start": _start,
}


def _demo_clip(bench: _Bench, seconds: float) -> Path:
    clip = bench.folder / f"demo_{seconds:.1f}.mp4"
    if not clip.exists():
        with bench.console.progress("render a clip") as progress:
            render_demo(clip, seconds=seconds, progress=progress)
    return clip


def _seconds(names: list[str], frames: int) -> float:
    """Of clip, for so many frames behind the longest warm-up."""
    warmup = max(load_model(name, "cpu").warmup_frames for name in names)
    return (frames + warmup + 1) / DEFAULT_RATE_HZ


def _machine(device: str) -> dict[str, Any]:
    return {
        "date": date.today().isoformat(),
        "cubesal": __version__,
        "torch": torch.__version__,
        "system": platform.platform(terse=True),
        "processor": _processor(),
        "cores": os.cpu_count(),
        "threads": torch.get_num_threads(),
        "device": torch.cuda.get_device_name(device) if device.startswith("cuda") else device,
        "matrix_product_gflops": round(product_gflops(device)),
    }


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:  # no Linux
        return platform.processor() or platform.machine()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()
