"""What planning a two-hour clip does to the window: the event loop's gaps, and the time it takes.

.venv/bin/python tests/benchmarks/bench_long_plan.py [--maps 36000]
"""

from __future__ import annotations

import argparse
import resource
import time

import numpy as np
from PySide6.QtCore import QCoreApplication, QEventLoop, QTimer

from cubesal.autopilot import PlannerOptions
from cubesal.track import SaliencyTrack
from cubesal_viewer.autopilot.planner import Planner, PlanRequest
from cubesal_viewer.autopilot.stretch import stretch_around


def long_track(count: int) -> SaliencyTrack:
    """Attention that wanders; few different maps, shared, so that they fit into memory."""
    yaw = (np.arange(240) + 0.5) / 240 * 2 * np.pi
    pitch = np.pi / 2 - (np.arange(120) + 0.5) / 120 * np.pi
    kept = []
    for k in range(240):
        away = np.angle(np.exp(1j * (yaw - k / 240 * 2 * np.pi)))[None] ** 2 + pitch[:, None] ** 2
        kept.append(np.exp(-away / 0.1).astype(np.float32))
        kept[-1].flags.writeable = False
    track = SaliencyTrack(np.arange(count) * 6, np.arange(count) / 5, "clip", "model")
    for k in range(count):
        track.set(k, kept[(k // 7) % len(kept)])
    return track


def main() -> None:
    """Ask for a plan of everything, twice, and watch a 5 ms timer meanwhile."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--maps", type=int, default=36_000)
    count = parser.parse_args().maps
    application = QCoreApplication([])
    track, planner, loop = long_track(count), Planner(), QEventLoop()
    ticks: list[float] = []
    timer = QTimer(interval=5)
    timer.timeout.connect(lambda: ticks.append(time.perf_counter()))
    planner.planned.connect(lambda *_: loop.quit())
    planner.failed.connect(lambda _generation, message: print(message) or loop.quit())
    timer.start()
    for name in ("first plan", "again, nothing new"):
        ticks.clear()
        began = time.perf_counter()
        points = stretch_around(track, 10.0, from_now=False)
        planner.plan(PlanRequest(track.snapshot(points), PlannerOptions(), None))
        asked = time.perf_counter()
        loop.exec()
        gaps = 1000 * np.diff([began, *ticks])
        print(
            f"{name}, {len(points)} maps: asking {1000 * (asked - began):.1f} ms, plan "
            f"{time.perf_counter() - began:.1f} s, event-loop gap p99 {np.percentile(gaps, 99):.0f}"
            f" ms, max {gaps.max():.0f} ms"
        )
    planner.stop()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"peak memory {peak:.0f} MB")
    del application


if __name__ == "__main__":
    main()
