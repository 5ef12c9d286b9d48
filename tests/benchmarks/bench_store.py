"""What the store of maps costs: maps/s appended, ms per read, bytes per map, opening 10 h and 10 s.

    python tests/benchmarks/bench_store.py [--hours 10] [--model fast] [--json FILE]

The maps are real ones where a clip can be had (CUBESAL_DATA), else smooth ones that are made up.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

CHECKOUT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(CHECKOUT), str(CHECKOUT / "model")]

from cubesal.document import Document, MapReader, StoredTrack, decode_map, encode_map  # noqa: E402
from tests.documents import grid_of, key_of, map_of, new_document  # noqa: E402

REPEATS = 20


def real_maps(model: str) -> tuple[str, list[NDArray[np.float32]]]:
    """Maps of a real clip and its name, or made-up ones."""
    data = Path(os.environ.get("CUBESAL_DATA", CHECKOUT / ".." / "shared"))
    clips = sorted(data.glob("clips/*.mp4"))
    if not clips:
        return "made-up maps", [map_of(k) for k in range(60)]
    from cubesal.analysis import analyse, grid_track
    from cubesal.predictor import create_predictor
    from cubesal.video import ClipReader

    chosen = next((clip for clip in clips if "Nightlife" in clip.name), clips[0])
    with ClipReader(chosen) as reader:
        track = grid_track(reader, model, 3.0)
        analyse(reader, create_predictor(model, "cpu", prior=False), track)
    return f"maps of {model}, no prior, of {chosen.name}", list(track.arrays()[2])


def median_ms(work: Callable[[], object], repeats: int = REPEATS) -> float:
    """Milliseconds, median."""
    times = []
    for _ in range(repeats):
        began = time.perf_counter()
        work()
        times.append(time.perf_counter() - began)
    return 1000 * statistics.median(times)


def appended_per_s(folder: Path, maps: list[NDArray[np.float32]], count: int = 2000) -> float:
    """Maps a second, encoding and commits included."""
    with new_document(folder, "append.cubesal") as document:
        number = document.analysis(key_of(grid_of(count)))
        began = time.perf_counter()
        for k, saliency in zip(range(count), itertools.cycle(maps), strict=False):
            document.put(number, k, encode_map(saliency), float(saliency.max()))
        document.commit()
        return count / (time.perf_counter() - began)


def filled(folder: Path, name: str, points: int, maps: list[NDArray[np.float32]]) -> Path:
    """A document with the maps of a clip of ``points`` moments."""
    codes = [(encode_map(m), float(m.max())) for m in maps]
    with new_document(folder, name) as document:
        number = document.analysis(key_of(grid_of(points)))
        for k, (code, peak) in zip(range(points), itertools.cycle(codes), strict=False):
            document.put(number, k, code, peak)
    return document.path


def opened_ms(path: Path, points: int) -> float:
    """Opening the document and seeing which maps there are, ms."""
    key = key_of(grid_of(points))

    def work() -> None:
        with Document(path) as document:
            document.peaks(document.analysis(key))

    return median_ms(work)


def read_ms(path: Path, points: int, count: int = 400) -> tuple[float, float]:
    """Random reads, decoding included: median and 99th percentile, ms."""
    reader = MapReader(path, key_of(grid_of(points)))
    times = []
    for k in np.random.default_rng(0).integers(0, points, count):
        began = time.perf_counter()
        reader.read(int(k))
        times.append(1000 * (time.perf_counter() - began))
    reader.close()
    return float(np.median(times)), float(np.percentile(times, 99))


def memory_growth_mib(path: Path, points: int) -> float:
    """What looking at every tenth map of a track adds to the memory held, at most 64 MiB of maps.

    Negative figures mean that nothing was added; NaN where the system does not say.
    """
    track = StoredTrack(grid_of(points), path, key_of(grid_of(points)), budget=64 << 20)
    before = most = resident_mib()
    for k in range(0, points, 10):
        track.get(k)
        if k % 1000 == 0:
            most = max(most, resident_mib())
    track.close()
    return most - before


def resident_mib() -> float:
    """Memory of this process now, MiB."""
    facts = Path("/proc/self/statm")
    if not facts.exists():
        return float("nan")
    return int(facts.read_text().split()[1]) * resource.getpagesize() / 2**20


def measure(hours: float, model: str) -> dict[str, float | str]:
    """All figures."""
    words, maps = real_maps(model)
    codes = [encode_map(m) for m in maps]
    worst = max(
        float(np.abs(decode_map(code) - m).max() / m.max())
        for code, m in zip(codes, maps, strict=True)
    )
    long = round(hours * 3600 * 5)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        rate = appended_per_s(folder, maps)
        short_path = filled(folder, "short.cubesal", 50, maps)
        long_path = filled(folder, "long.cubesal", long, maps)
        median, p99 = read_ms(long_path, long)
        return {
            "maps": words,
            "error_levels": worst * 255,
            "bytes_per_map_code": statistics.mean(map(len, codes)),
            "bytes_per_map_on_disk": long_path.stat().st_size / long,
            "append_maps_per_s": rate,
            "read_ms_median": median,
            "read_ms_p99": p99,
            "open_ms_10_s": opened_ms(short_path, 50),
            "open_ms_long": opened_ms(long_path, long),
            "long_hours": hours,
            "memory_growth_mib": memory_growth_mib(long_path, long),
        }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--hours", type=float, default=10.0, help="of the long clip")
    parser.add_argument("--model", default="fast")
    parser.add_argument("--json", type=Path, metavar="FILE")
    arguments = parser.parse_args()
    figures = measure(arguments.hours, arguments.model)
    for name, value in figures.items():
        print(f"{name:24}", value if isinstance(value, str) else f"{value:.3f}")
    if arguments.json:
        arguments.json.write_text(json.dumps(figures, indent=1))


if __name__ == "__main__":
    main()
