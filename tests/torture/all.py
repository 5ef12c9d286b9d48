"""Everything that may go wrong, in one go with one table at the end: `make torture`.

    xvfb-run -a python tests/torture/all.py [--only WORDS] [--json FILE]

Broken and odd media through the command and through the window, kill -9 at random moments, the
tests of faults (full disks, folders that cannot be written, clips that change), and the tests that
feed anything to our parsers with many more examples than `make test` does. Exit code 1 if any of
them found a fault.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]
HERE = Path(__file__).resolve().parent
#: Times the examples of `make test`.
FUZZ = "8"
PYTEST = ("-m", "pytest", "-q", "-p", "no:cacheprovider", "--tb=short", "-rs")
_FUZZED = (
    "tests/model/test_fuzzed_files.py",
    "tests/model/test_fuzzed_more.py",
    "tests/model/test_mp4_boxes.py",
    "tests/viewer/test_fuzzed_settings.py",
)
_FAULTS = (
    "tests/model/test_faults.py",
    "tests/model/test_hostile.py",
    "tests/model/test_document_store.py",
    "tests/model/test_documents.py",
    "tests/model/test_relief.py",
    "tests/model/test_array_files.py",
    "tests/model/test_bad_files.py",
    "tests/model/test_video_writer_failures.py",
    "tests/gui/test_without_gl.py",
    "tests/gui/test_faults.py",
)


def commands() -> dict[str, list[str]]:
    """The parts, each as what python is to run."""
    return {
        "media, command": [str(HERE / "run.py")],
        "media, window": [str(HERE / "window.py"), "--files", "30"],
        "kill -9": [str(HERE / "kills.py"), "--rounds", "17"],  # of each of three kinds
        "faults": [*PYTEST, *_FAULTS],
        "fuzz": [*PYTEST, *_FUZZED],
    }


@dataclass(frozen=True)
class Part:
    """What one part came to: its last line says how much was done."""

    name: str
    seconds: float
    is_sound: bool
    summary: str


def done(name: str, command: list[str]) -> Part:
    """Run one part, show what it says as it says it, and keep its summary."""
    print(f"\n== {name}", flush=True)
    began = time.perf_counter()
    environment = os.environ | {"CUBESAL_FUZZ": FUZZ, "PYTHONUNBUFFERED": "1"}
    environment["PYTHONPATH"] = os.pathsep.join([str(CHECKOUT / "model"), str(CHECKOUT)])
    with tempfile.TemporaryDirectory() as scratch:
        told = Path(scratch) / "told.json"
        writes_json = command[0].endswith(".py")
        if writes_json:
            command = [*command, "--json", str(told)]
        child = subprocess.Popen(
            [sys.executable, *command],
            cwd=CHECKOUT,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        assert child.stdout is not None
        last = ""
        for line in child.stdout:
            print(line, end="", flush=True)
            last = line.strip() or last
        code = child.wait()
        facts = json.loads(told.read_text()) if told.exists() else None
    seconds = round(time.perf_counter() - began, 1)
    return Part(name, seconds, code == 0, last if facts is None else _summary(name, facts))


def _summary(name: str, facts: dict[str, object]) -> str:
    """How much a part of ours did, from what it has written down."""
    if name == "media, window":
        return f"{len(facts['answers'])} files"  # type: ignore[arg-type]
    if name == "kill -9":
        kills = {kind: told.get("killed", 0) for kind, told in facts.items()}  # type: ignore[attr-defined]
        each = ", ".join(f"{count} during {kind}" for kind, count in kills.items())
        return f"{sum(kills.values())} kills: {each}"
    counts = [len(found) for found in facts.values()]  # type: ignore[arg-type]
    return f"{sum(counts)} files, {min(counts)} or more in each of {len(counts)} classes"


def run() -> int:
    """Run the parts and print the table; returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default="", help="parts with these words in their name")
    parser.add_argument("--json", type=Path)
    chosen = parser.parse_args()
    parts = [done(*part) for part in commands().items() if chosen.only in part[0]]
    print(f"\n{'part':<18}{'seconds':>9}  {'verdict':<9}what was done")
    for part in parts:
        verdict = "sound" if part.is_sound else "FAULTS"
        print(f"{part.name:<18}{part.seconds:>9.0f}  {verdict:<9}{part.summary}")
    if chosen.json:
        chosen.json.write_text(json.dumps([asdict(part) for part in parts], indent=1))
    return int(not all(part.is_sound for part in parts))


if __name__ == "__main__":
    raise SystemExit(run())
