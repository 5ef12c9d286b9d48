"""Flat video out of 3840x1920: our export against ``ffmpeg -vf v360`` on the same path, in one run.

Both decode the same clip, draw 1280x720 and code H.264 with one preset and CRF; ffmpeg is driven
by the script that we export for the path. Rounds alternate, the best of each counts (what else
runs on a machine only ever adds), wall and CPU time. Then peak memory over clip length, and what
each stage costs.

.venv/bin/python tests/benchmarks/bench_export.py [--seconds 6] [--rounds 3] [--clip FILE]
"""

from __future__ import annotations

import argparse
import os
import shlex
import subprocess
import sys
import tempfile
import time
from fractions import Fraction
from math import radians
from pathlib import Path

import cv2
import numpy as np

from cubesal.autopilot import CameraPath
from cubesal.democlip import frame
from cubesal.exporting import WHOLE_CLIP, Encoding, TimeRange, export_nfov, export_path
from cubesal.exporting.plane_sampling import FlatSampler
from cubesal.video import ClipReader
from cubesal.video.encoders import ENCODERS
from cubesal.video.writer import VideoWriter

SIZE, FPS, CRF = (1280, 720), 30, 20
PRESET = dict(ENCODERS["h264"].options)["preset"]
PATHS = ("static", "pan", "pan, tilt")


def source(path: Path, seconds: float) -> None:
    """The demo's bay at 3840x1920, drifting."""
    picture = cv2.resize(frame(9.4), (3840, 1920), interpolation=cv2.INTER_CUBIC)
    with VideoWriter(path, 3840, 1920, time_base=Fraction(1, FPS), fps=FPS, quality=23) as writer:
        for index in range(round(seconds * FPS)):
            writer.write(np.roll(picture, 4 * index, axis=1), index)


def camera_path(kind: str, seconds: float) -> CameraPath:
    """Away from the seam, where the script asks the least of ffmpeg."""
    t = np.linspace(0, seconds, round(seconds * FPS) + 1)
    yaw = radians(20) * np.sin(2 * np.pi * t / 8) if kind != "static" else 0 * t
    pitch = radians(10) * np.sin(2 * np.pi * t / 6) if "tilt" in kind else 0 * t
    return CameraPath(t, yaw, pitch, np.full(len(t), radians(90)), 0 * t)


def ours(clip: Path, path: CameraPath, out: Path, span: TimeRange = WHOLE_CLIP) -> None:
    export_nfov(clip, path, out, width=SIZE[0], height=SIZE[1], span=span, encoding=Encoding())


def theirs(clip: Path, path: CameraPath, out: Path) -> None:
    script = clip.with_suffix(".ffmpeg")
    export_path(clip, path, script, size=SIZE)
    (line,) = [k for k in script.read_text().splitlines() if k.startswith("# ffmpeg ")]
    *command, _ = shlex.split(line.removeprefix("# "))
    coding = ["-c:v", "libx264", "-preset", PRESET, "-crf", str(CRF), "-g", str(2 * FPS)]
    command += ["-v", "error", "-y", *coding, "-c:a", "copy", "-movflags", "+faststart", str(out)]
    subprocess.run(command, cwd=clip.parent, check=True, stdin=subprocess.DEVNULL)


def timed(run: object, *arguments: object) -> tuple[float, float]:
    """(wall, CPU) seconds, of this process and its children."""
    began, cpu = time.perf_counter(), sum(os.times()[:4])
    run(*arguments)  # type: ignore[operator]
    return time.perf_counter() - began, sum(os.times()[:4]) - cpu


def versus(clip: Path, seconds: float, rounds: int) -> None:
    print(f"{'path':<12}{'ours s':>9}{'v360 s':>9}{'speed-up':>10}{'ours CPU':>10}{'v360 CPU':>10}")
    for kind in PATHS:
        path = camera_path(kind, seconds)
        results: dict[str, list[tuple[float, float]]] = {"ours": [], "theirs": []}
        for _ in range(rounds):
            results["ours"].append(timed(ours, clip, path, clip.with_name("ours.mp4")))
            results["theirs"].append(timed(theirs, clip, path, clip.with_name("theirs.mp4")))
        best = {who: [min(column) for column in zip(*r, strict=True)] for who, r in results.items()}
        (wall, cpu), (wall_t, cpu_t) = best["ours"], best["theirs"]
        print(f"{kind:<12}{wall:9.2f}{wall_t:9.2f}{wall_t / wall:9.2f}x{cpu:10.2f}{cpu_t:10.2f}")
    sizes = [clip.with_name(name).stat().st_size / 1e6 for name in ("ours.mp4", "theirs.mp4")]
    print(f"size of the last pair: ours {sizes[0]:.2f} MB, v360 {sizes[1]:.2f} MB")


def memory(clip: Path, seconds: float) -> None:
    """Peak resident memory of exports of a part and of the whole, each in a process of its own."""
    peaks = []
    for part in (seconds / 4, seconds / 2, seconds):
        command = [sys.executable, __file__, "--peak", str(part), "--clip", str(clip)]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        peaks.append(f"{part:g} s {float(done.stdout):.0f} MB")
    print("peak memory: " + ", ".join(peaks))


def print_peak(clip: Path, seconds: float) -> None:
    ours(clip, camera_path("pan", seconds), clip.with_name("peak.mp4"), TimeRange(0, seconds))
    # Not getrusage: its peak begins with that of the process that started this one.
    (line,) = [k for k in Path("/proc/self/status").read_text().splitlines() if "VmHWM" in k]
    print(int(line.split()[1]) / 1024)


def stages(clip: Path, seconds: float) -> None:
    """CPU and wall milliseconds a frame, each stage alone."""
    path, sampler = camera_path("pan, tilt", seconds), FlatSampler(*SIZE)
    with ClipReader(clip) as reader:
        count = min(60, len(reader.pts))

        def decode() -> None:
            for _ in reader.frames(range(count)):
                pass

        decoding = timed(decode)
        planes = reader.read(0).planes
        views = [path.at(k / FPS) for k in range(count)]
        sampling = timed(lambda: [sampler(planes, view) for view in views])
        flat = [sampler(reader.read(k).planes, views[k]) for k in range(count)]

    def encode() -> None:
        out = clip.with_name("stage.mp4")
        with VideoWriter(out, *SIZE, time_base=Fraction(1, FPS), fps=FPS) as writer:
            for index, picture in enumerate(flat):
                writer.write(picture, index)

    for name, (wall, cpu) in (
        ("decode 3840x1920", decoding),
        ("sample 1280x720", sampling),
        ("encode 1280x720", timed(encode)),
    ):
        print(f"{name:<20}{wall / count * 1e3:8.1f} ms wall{cpu / count * 1e3:8.1f} ms CPU a frame")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=6.0)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--clip", type=Path, help="3840x1920, instead of the demo's bay")
    parser.add_argument("--peak", type=float, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.peak:
        print_peak(options.clip, options.peak)
        return
    with tempfile.TemporaryDirectory() as folder:
        clip = Path(folder) / "source.mp4"
        if options.clip:
            clip.symlink_to(options.clip.resolve())
        else:
            source(clip, options.seconds)
        versus(clip, options.seconds, options.rounds)
        stages(clip, options.seconds)
        memory(clip, options.seconds)


if __name__ == "__main__":
    main()
