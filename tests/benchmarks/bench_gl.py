"""Milliseconds to upload and draw one frame, median and best; prints a table.

    python tests/benchmarks/bench_gl.py            (with a display, or under xvfb-run)
    python tests/benchmarks/bench_gl.py --rounds 50 --json out/bench_gl.json

Each draw ends with glFinish, so that its time is the GPU's (or the software rasteriser's) too.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PySide6.QtGui import QGuiApplication

from cubesal.camera import Camera
from cubesal.overlay import colormap_lut
from cubesal.video import ColourSpec, YuvPlanes
from cubesal_viewer.render import NO_OVERLAY, OverlayParams, ViewMark, Viewport
from cubesal_viewer.render.gl import GL
from cubesal_viewer.render.offscreen import OffscreenTarget
from cubesal_viewer.render.sphere_renderer import SphereRenderer

SOURCES = {"1920x960": 960, "3840x1920": 1920}
OVERLAY = OverlayParams(scale=1.0, opacity=0.7, threshold=0.15)
CAMERA = Camera(yaw=0.4, pitch=0.1)
MARK = ViewMark(CAMERA, 16 / 9)


def noise_planes(height: int) -> YuvPlanes:
    rng = np.random.default_rng(0)
    y = rng.integers(16, 235, (height, 2 * height), dtype=np.uint8)
    u, v = rng.integers(16, 240, (2, height // 2, height), dtype=np.uint8)
    return YuvPlanes(y, u, v, ColourSpec("bt709", full_range=False))


def timed_ms(step: Callable[[int], None], rounds: int) -> tuple[float, float]:
    """Median and best; the best is what a busy machine still tells truly."""
    for warm in range(3):
        step(-1 - warm)
    times = []
    for k in range(rounds):
        GL.glFinish()
        start = time.perf_counter()
        step(k)
        GL.glFinish()
        times.append(time.perf_counter() - start)
    return 1000 * statistics.median(times), 1000 * min(times)


def draws(renderer: SphereRenderer) -> dict[str, Callable[[], None]]:
    pane, net, flat = Viewport(0, 0, 900, 450), Viewport(0, 0, 800, 600), Viewport(0, 0, 1280, 720)
    return {
        "equirect 900x450": lambda: renderer.draw_equirect(pane),
        "equirect 900x450, overlay and outline": lambda: renderer.draw_equirect(
            pane, OVERLAY, MARK
        ),
        "cube net 800x600, overlay and outline": lambda: renderer.draw_cube_net(net, OVERLAY, MARK),
        "flat view 1280x720": lambda: renderer.draw_nfov(flat, CAMERA, NO_OVERLAY),
        "flat view 1280x720, overlay": lambda: renderer.draw_nfov(flat, CAMERA, OVERLAY),
    }


def measure(height: int, rounds: int) -> dict[str, tuple[float, float]]:
    """Milliseconds (median, best) per step for a frame of that height."""
    planes = noise_planes(height)
    saliency = np.random.default_rng(1).random((120, 240), dtype=np.float32)
    renderer = SphereRenderer()
    with OffscreenTarget(1280, 720) as target:
        renderer.initialise()
        renderer.set_colormap(colormap_lut("inferno"), 0)
        result = {
            "upload of three planes": timed_ms(lambda k: renderer.upload_frame(planes, k), rounds),
            "upload of a 240x120 map": timed_ms(
                lambda k: renderer.upload_saliency(saliency, k), rounds
            ),
        }
        for name, draw in draws(renderer).items():
            renderer.begin(1280, 720)
            result[f"draw {name}"] = timed_ms(lambda _, draw=draw: draw(), rounds)
        result["read back 1280x720"] = timed_ms(lambda _: target.read_rgb(), rounds)
        renderer.release()
        target.release()
    return result


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    application = QGuiApplication([])
    with OffscreenTarget(8, 8) as probe:
        device = GL.glGetString(GL.GL_RENDERER).decode()
        probe.release()
    results = {name: measure(height, arguments.rounds) for name, height in SOURCES.items()}
    print(f"{device}, median and best of {arguments.rounds}, ms")
    print(f"{'':44}" + "".join(f"{name:>18}" for name in SOURCES))
    for step in next(iter(results.values())):
        columns = (results[name][step] for name in SOURCES)
        print(f"{step:44}" + "".join(f"{median:10.2f}{best:8.2f}" for median, best in columns))
    if arguments.json:
        arguments.json.write_text(json.dumps({"device": device, "ms": results}, indent=2))
    application.quit()


if __name__ == "__main__":
    main()
