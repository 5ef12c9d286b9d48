"""``cubesal bench``: what a map costs on this machine, stage by stage."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Mapping
from dataclasses import asdict
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import torch
from rich.table import Table

from cubesal import __version__
from cubesal.analysis import DEFAULT_RATE_HZ
from cubesal.cli.arguments import Options
from cubesal.cli.console import Console
from cubesal.cli.exits import DONE
from cubesal.cli.outputs import check_file
from cubesal.democlip import render_demo
from cubesal.device import resolve_device
from cubesal.frame_cost import FrameCost, gflop_per_map, measure, peak_memory_mb, product_gflops
from cubesal.models import load_model
from cubesal.whole_files import written_whole

__all__ = ["run"]

#: What the code published with CP-360 takes for a frame on two cores of such a CPU.
_AUTHORS: Final = "the code published with CP-360, on two such cores: 12000 to 13700 ms per frame"


def run(options: Options, console: Console) -> int:
    """Render a clip, analyse it with each model, and print medians."""
    if options.json is not None:
        check_file(options.json, {}, "--json")
    device = str(resolve_device(options.device))
    names = options.models or ["default", "fast"]
    costs = []
    with TemporaryDirectory(prefix="cubesal-bench-") as folder:
        clip = Path(folder) / "demo.mp4"
        with console.progress("render a clip") as progress:
            render_demo(clip, seconds=_seconds(names, options.frames), progress=progress)
        for name in names:
            with console.progress(f"analyse with {name}") as progress:
                costs.append(measure(name, device, clip, DEFAULT_RATE_HZ, progress))
    facts = {**_machine(device), "peak_memory_mb": round(peak_memory_mb())}
    work = {name: gflop_per_map(name, device) for name in names}
    _show(facts, costs, work, console)
    if options.json is not None:
        report = {"machine": facts, "frames": [_report(cost, work) for cost in costs]}
        with written_whole(options.json) as part:
            part.write_text(json.dumps(report, indent=1), encoding="utf-8")
        console.note(f"wrote {options.json}")
    return DONE


def _gflops(cost: FrameCost, work: Mapping[str, float]) -> float:
    """What is achieved while the network computes, to be held against matrix products."""
    return 1000 * work[cost.model] / cost.network_ms


def _report(cost: FrameCost, work: Mapping[str, float]) -> dict[str, Any]:
    return {**asdict(cost), "gflop": work[cost.model], "achieved_gflops": _gflops(cost, work)}


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


def _show(
    facts: dict[str, Any], costs: list[FrameCost], work: Mapping[str, float], console: Console
) -> None:
    console.result("   ".join(f"{name.replace('_', ' ')} {value}" for name, value in facts.items()))
    stages = list(dict.fromkeys(name for cost in costs for name in cost.stages))
    table = Table()
    table.add_column("ms per analysed frame, median")
    for cost in costs:
        table.add_column(cost.model, justify="right")
    for name in stages:
        table.add_row(name, *(f"{cost.stages.get(name, 0.0):.1f}" for cost in costs))
    table.add_section()
    table.add_row("decoded frame to map", *(f"{cost.total_ms:.1f}" for cost in costs))
    table.add_row("  10⁹ operations in it", *(f"{work[cost.model]:.2f}" for cost in costs))
    table.add_row("  of them per second", *(f"{_gflops(cost, work):.0f}" for cost in costs))
    table.add_row("  backbone in", *(cost.precision for cost in costs))
    table.add_row("  quartiles", *("{:.1f} - {:.1f}".format(*cost.quartiles_ms) for cost in costs))
    width, height = costs[0].size
    console.table(f"{width}x{height}, {costs[0].frames} frames", table)
    console.result(_AUTHORS)
