"""Median milliseconds to an exact frame, to its key frame, and one step back; prints a table.

Run it as ``python tests/benchmarks/bench_seek.py [--seeks 15]``; its clips are made on the way.
"""

from __future__ import annotations

import argparse
import random
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import numpy as np

from cubesal.video import ClipReader
from tests.media import make_clip, picture

FRAMES = 300


@dataclass(frozen=True)
class Case:
    """One clip: how it is coded and timed."""

    name: str
    codec: str
    gop: int
    varies: bool
    size: tuple[int, int]

    def make(self, folder: Path) -> Path:
        rng = np.random.default_rng(1)
        noise = rng.integers(0, 60, (self.size[1], self.size[0], 3), dtype=np.uint8)
        shown = [np.roll(noise, 8 * k, axis=1) + picture(k, self.size) // 2 for k in range(24)]
        steps = rng.integers(256, 1024, FRAMES) if self.varies else np.full(FRAMES, 512)
        pts = [int(t) for t in np.cumsum(steps) - steps[0]]
        path = folder / f"{self.name}.mp4".replace(" ", "_")
        return make_clip(
            path,
            frames=FRAMES,
            size=self.size,
            codec=self.codec,
            gop=self.gop,
            b_frames=2,
            pts=pts,
            pictures=shown,
        )


def cases(size: tuple[int, int]) -> list[Case]:
    kinds = [("CFR", "libx264", False), ("VFR", "libx264", True), ("HEVC", "libx265", False)]
    name = f"{size[0]}x{size[1]}"
    return [
        Case(f"{name} {kind} {gop}", codec, gop, varies, size)
        for kind, codec, varies in kinds
        for gop in (30, 250)
    ]


def took_ms(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return (time.perf_counter() - start) * 1000


def measure(path: Path, seeks: int) -> tuple[float, float, float, float]:
    """Medians: exact frame, key frame, exact frame seen before, one step back."""
    rng = random.Random(3)
    places = [rng.randrange(FRAMES) for _ in range(seeks)]
    key: list[float] = []
    with ClipReader(path, kept_bytes=0) as reader:
        exact = [took_ms(lambda place=place: reader.read(place)) for place in places]
    with ClipReader(path, kept_bytes=0) as reader:
        for place in places:
            first = reader._decoder.key_before(place)
            reader.read((place + FRAMES // 2) % FRAMES)  # decoding stands elsewhere
            key.append(took_ms(lambda first=first: reader.read(first)))
    with ClipReader(path, kept_bytes=256 << 20) as reader:
        for place in places[:5]:
            reader.read(place)
        again = [took_ms(lambda place=place: reader.read(place)) for place in places[:4]]
        reader.read(FRAMES - 1)
        back = [took_ms(lambda k=k: reader.read(k)) for k in range(FRAMES - 2, FRAMES - 62, -1)]
    return median(exact), median(key), median(again), float(np.mean(back))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeks", type=int, default=15)
    parser.add_argument("--sizes", nargs="*", default=["1920x960", "3840x1920"])
    options = parser.parse_args()
    print("| clip, key frame distance | exact | key frame | seen before | step back (mean) |")
    print("| --- | --- | --- | --- | --- |")
    for text in options.sizes:
        width, height = map(int, text.split("x"))
        for case in cases((width, height)):
            with tempfile.TemporaryDirectory() as folder:
                figures = measure(case.make(Path(folder)), options.seeks)
            print(
                f"| {case.name} | " + " | ".join(f"{ms:.0f}" for ms in figures) + " |", flush=True
            )


if __name__ == "__main__":
    main()
