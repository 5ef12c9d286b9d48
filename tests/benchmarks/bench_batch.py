"""What `cubesal batch` gains from more processes: clips/s beside one process, in the same run.

    python tests/benchmarks/bench_batch.py [--clips 40] [--jobs 1 2] [--seconds 4] [--json FILE]

The clips are rendered on the spot, 960x480. `predict` over the same folder is the one process that
loads its model once and has no pool around it. Each figure includes the start of all processes.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(CHECKOUT), str(CHECKOUT / "model")]

from tests.media import make_clip  # noqa: E402


def seconds_of(command: str, folder: Path, out: Path, *more: str) -> float:
    """Wall-clock seconds of one command over the folder, which must succeed."""
    environment = {**os.environ, "PYTHONPATH": str(CHECKOUT / "model")}
    began = time.perf_counter()
    subprocess.run(
        [sys.executable, "-m", "cubesal", command, str(folder), "--out", str(out), "-q", *more],
        check=True,
        env=environment,
    )
    return time.perf_counter() - began


def main() -> None:
    """Render, measure each way once, print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clips", type=int, default=40)
    parser.add_argument("--seconds", type=int, default=4, help="length of each clip")
    parser.add_argument("--jobs", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--model", default="fast")
    parser.add_argument("--json", type=Path)
    chosen = parser.parse_args()
    rows = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "clips"
        folder.mkdir()
        for number in range(chosen.clips):
            clip = folder / f"{number:04}.mp4"
            make_clip(clip, frames=30 * chosen.seconds, size=(960, 480), first_number=number)
        model = ("--model", chosen.model, "--device", "cpu")
        ways = [("predict", ("predict",), ())]
        ways += [(f"batch --jobs {n}", ("batch",), ("--jobs", str(n))) for n in chosen.jobs]
        for label, (command,), more in ways:
            took = seconds_of(command, folder, Path(name) / label, *model, *more)
            rows.append({"way": label, "seconds": took, "clips_per_s": chosen.clips / took})
        again = seconds_of("batch", folder, Path(name) / label, *model, *more)
        rows.append({"way": "the same again", "seconds": again, "clips_per_s": None})
    print(f"{chosen.clips} clips of {chosen.seconds} s, {chosen.model}, {os.cpu_count()} cores")
    for row in rows:
        rate = f"{row['clips_per_s']:.2f}" if row["clips_per_s"] else "all known, none done"
        print(f"{row['way']:<16} {row['seconds']:7.1f} s   {rate}")
    if chosen.json:
        chosen.json.write_text(json.dumps(rows, indent=1))


if __name__ == "__main__":
    main()
