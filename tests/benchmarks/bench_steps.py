"""What one frame costs, stage by stage: decode, seek, predict, plan, draw.  Prints medians.

.venv/bin/python tests/benchmarks/bench_steps.py
"""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from cubesal.autopilot import plan_path
from cubesal.camera import Camera
from cubesal.democlip import frame, render_demo
from cubesal.geometry import cube_to_equirect, equirect_to_cube, equirect_to_perspective
from cubesal.overlay import OverlayStyle, blend_overlay
from cubesal.predictor import create_predictor
from cubesal.video import ClipReader

ROUNDS = 20


def median_ms(run: Callable[[], object], rounds: int = ROUNDS) -> float:
    """The median of some calls, after one that warms caches up."""
    run()
    times = []
    for _ in range(rounds):
        began = time.perf_counter()
        run()
        times.append((time.perf_counter() - began) * 1000)
    return statistics.median(times)


def row(name: str, ms: float) -> None:
    print(f"{name:<52}{ms:9.2f} ms")


def pictures() -> None:
    """Everything that needs one 1920x960 picture and no file."""
    rgb = frame(9.4)
    faces = equirect_to_cube(rgb, 480)
    camera = Camera(3.0, 0.2, 0.0, 1.5)
    for name in ("default", "fast"):
        predictor = create_predictor(name, "cpu")
        row(f"predict 1920x960, {name}, CPU", median_ms(lambda p=predictor: p.step(rgb, 0.0)))
    saliency = create_predictor("fast", "cpu").step(rgb, 0.0)
    scale = float(saliency.max())
    row("equirect 1920x960 -> cube 6x480", median_ms(lambda: equirect_to_cube(rgb, 480)))
    row("cube 6x480 -> equirect 1920x960", median_ms(lambda: cube_to_equirect(faces, 960)))
    views = iter(np.linspace(0, 1, 10_000))
    row(
        "flat view 1280x720",
        median_ms(
            lambda: equirect_to_perspective(rgb, camera.looking_at(next(views), 0), 1280, 720)
        ),
    )
    row(
        "overlay 1920x960",
        median_ms(lambda: blend_overlay(rgb, saliency, scale, OverlayStyle())),
    )
    maps = np.stack([np.roll(saliency, 2 * k, axis=1) for k in range(300)])
    times_s = np.arange(300) / 5
    row("plan a path, per map (300 maps)", median_ms(lambda: plan_path(maps, times_s), 5) / 300)


def clips() -> None:
    """Decoding and exact seeking in two seconds of the demo clip."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "clip.mp4"
        began = time.perf_counter()
        render_demo(path, seconds=2.0)
        row("render and encode the demo clip, per frame", (time.perf_counter() - began) / 60 * 1e3)
        with ClipReader(path) as reader:
            began = time.perf_counter()
            count = sum(1 for _ in reader.frames(range(60)))
            row("decode planes, per frame", (time.perf_counter() - began) / count * 1000)
            shown = reader.read(30)
            row("planes -> RGB", median_ms(shown.rgb))
        order = np.random.default_rng(0).permutation(60)[:ROUNDS]
        times = []
        for index in order:
            with ClipReader(path) as reader:  # anew, so that nothing decoded before helps
                began = time.perf_counter()
                reader.read(int(index))
                times.append((time.perf_counter() - began) * 1000)
        row("exact seek, keyframe distance 2 s", statistics.median(times))


if __name__ == "__main__":
    pictures()
    clips()
