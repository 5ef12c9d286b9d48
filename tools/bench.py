"""``make bench``: every benchmark of speed in turn, each into a file of its own.

What needs footage is left out, saying so, where there is none; accuracy and camera paths have
commands of their own, which docs/benchmarks.md names.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Final

#: Name, and the command behind the interpreter or the commands beside it.
STEPS: Final[tuple[tuple[str, tuple[str, ...]], ...]] = (
    ("parts", ("cubesal", "bench", "--json", "{out}/parts.json")),
    ("steps", ("tests/benchmarks/bench_steps.py",)),
    ("planner", ("tests/benchmarks/bench_planner.py",)),
    ("export", ("tests/benchmarks/bench_export.py",)),
    ("batch", ("tests/benchmarks/bench_batch.py",)),
    ("gl", ("xvfb", "tests/benchmarks/bench_gl.py")),
    ("window", ("xvfb", "cubesal-viewer", "{out}/demo_clip.mp4", "--bench")),
)
SCREEN: Final = "-screen 0 1600x1000x24"


def command_of(words: tuple[str, ...], out: Path) -> list[str] | None:
    """What to run; None where it needs a screen and there is no Xvfb."""
    command: list[str] = []
    if words[0] == "xvfb":
        words = words[1:]
        if not os.environ.get("DISPLAY"):
            if not shutil.which("xvfb-run"):
                return None
            command = ["xvfb-run", "-a", "-s", SCREEN]
    program, *rest = (word.replace("{out}", str(out)) for word in words)
    if program.endswith(".py"):
        return [*command, sys.executable, program, *rest]
    return [*command, str(Path(sys.executable).parent / program), *rest]


def run(name: str, command: list[str], out: Path) -> int:
    """Run one benchmark, its output on the screen and in a file; its exit code."""
    print(f"\n== {name}: {' '.join(Path(word).name for word in command)}", flush=True)
    began = time.perf_counter()
    with (out / f"{name}.txt").open("w", encoding="utf-8") as kept:
        process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        assert process.stdout is not None
        for line in process.stdout:
            print(line, end="", flush=True)
            kept.write(line)
        code = process.wait()
    print(f"-- {name}: {'done' if code == 0 else f'exit {code}'} in", end=" ")
    print(f"{time.perf_counter() - began:.0f} s", flush=True)
    return code


def main() -> int:
    """Run all steps, or those named; the worst exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    names = [name for name, _ in STEPS]
    parser.add_argument("steps", nargs="*", metavar="STEP", help=f"of {', '.join(names)}")
    parser.add_argument("--out", type=Path, default=Path("out/bench"))
    options = parser.parse_args()
    if unknown := set(options.steps) - set(names):
        parser.error(f"no such step: {', '.join(sorted(unknown))}")
    options.out.mkdir(parents=True, exist_ok=True)
    chosen = options.steps or names
    if "window" in chosen and not (options.out / "demo_clip.mp4").is_file():
        render = ("cubesal", "demo", "--out", "{out}", "--clip-only")
        subprocess.run(command_of(render, options.out) or [], check=True)
    worst = 0
    for name, words in STEPS:
        if name not in chosen:
            continue
        command = command_of(words, options.out)
        if command is None:
            print(f"\n== {name}: left out, for there is neither a display nor xvfb-run")
            worst = max(worst, 1)
            continue
        worst = max(worst, run(name, command, options.out))
    print(f"\nall of it lies in {options.out}")
    return worst


if __name__ == "__main__":
    raise SystemExit(main())
