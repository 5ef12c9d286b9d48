"""The tables of ``cubesal bench``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from rich.table import Table

from cubesal.benchmarks.frames import FrameCost
from cubesal.benchmarks.store import StoreCost
from cubesal.cli.console import Console

__all__ = ["frames", "store", "table"]

#: What the code published with CP-360 takes for a frame on two cores of such a CPU.
_AUTHORS: Final = "the code published with CP-360, on two such cores: 12000 to 13700 ms per frame"


def table(first: str, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> Table:
    """Names on the left, figures on the right."""
    made = Table()
    made.add_column(first)
    for column in columns:
        made.add_column(column, justify="right")
    for row in rows:
        made.add_row(*row)
    return made


def frames(
    costs: Sequence[FrameCost],
    gflop: Mapping[str, float],
    gflops: Mapping[str, float],
    peak_mb: float,
    console: Console,
) -> None:
    """What a map costs by stage; operations in it, and how many a second are achieved, by model."""
    stages = list(dict.fromkeys(name for cost in costs for name in cost.stages))
    made = table(
        "ms per analysed frame, median",
        [cost.model for cost in costs],
        [[name, *(f"{cost.stages.get(name, 0.0):.1f}" for cost in costs)] for name in stages],
    )
    made.add_section()
    made.add_row("decoded frame to map", *(f"{cost.total_ms:.1f}" for cost in costs))
    made.add_row("  10⁹ operations in it", *(f"{gflop[cost.model]:.2f}" for cost in costs))
    made.add_row("  of them per second", *(f"{gflops[cost.model]:.0f}" for cost in costs))
    made.add_row("  backbone in", *(cost.precision for cost in costs))
    made.add_row("  quartiles", *("{:.1f} - {:.1f}".format(*cost.quartiles_ms) for cost in costs))
    width, height = costs[0].size
    console.table(f"{width}x{height}, {costs[0].frames} frames", made)
    console.result(_AUTHORS)
    console.result(f"peak memory while analysing: {peak_mb:.0f} MB")


def store(cost: StoreCost, console: Console) -> None:
    """The analysis store's figures, one a line."""
    rows = [
        ("bytes per map on disk", f"{cost.bytes_per_map:.0f}"),
        ("largest error, of 255 levels", f"{cost.error_levels:.3f}"),
        ("maps appended per second", f"{cost.appended_per_s:.0f}"),
        ("a map read anywhere, ms", f"{cost.read_ms:.2f}"),
        ("  99th percentile", f"{cost.read_p99_ms:.2f}"),
        ("opening ten seconds, ms", f"{cost.open_short_ms:.1f}"),
        (f"opening {cost.hours:g} hours, ms", f"{cost.open_long_ms:.1f}"),
    ]
    console.table("store of maps, 120x240", table("", ["figure"], rows))
