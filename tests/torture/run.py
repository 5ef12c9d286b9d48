"""Broken and odd media through `cubesal predict`, a process per file: `make torture`.

    python tests/torture/run.py [--only WORDS] [--keep DIR] [--json FILE]

For each class a line: how many files were done, partial or refused, the slowest, the hungriest. A
fault is a signal, a traceback, an error that is not of ours or not one line, more than 10 s, or
(named, with the figure) more than 2 GB. The processes are forked from one that has imported torch,
so that the time is that of the file alone. Exit code 1 if there is a fault.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import signal
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from importlib import import_module
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(CHECKOUT), str(CHECKOUT / "model")]
os.environ.setdefault("OMP_NUM_THREADS", "1")

from cubesal.cli import main  # noqa: E402
from tests.torture.damage import DAMAGE  # noqa: E402
from tests.torture.oddities import ODDITIES  # noqa: E402

import_module("cubesal.cli.predict")  # with everything that it brings, before the forks
CLASSES = {**DAMAGE, **ODDITIES}
QUICK = (*DAMAGE, "rotation", "no video", "edit lists")
LIMIT_S = 10.0
LIMIT_MB = 2048
#: The machine is protected; what is asked of the command is `LIMIT_MB`.
CEILING_BYTES = 12 << 30


@dataclass
class Verdict:
    """What one file did to the command."""

    file: str
    state: str
    seconds: float
    megabytes: int
    said: list[str]
    fault: str | None


def predict(file: Path, out: Path) -> Verdict:
    """Run the command on one file in a process of its own."""
    log = out / "stderr.txt"
    began = time.perf_counter()
    child = os.fork()
    if child == 0:
        _be_the_command(file, out, log)
    status, usage = _waited(child, began + 3 * LIMIT_S)
    seconds = time.perf_counter() - began
    said = log.read_text(errors="replace").splitlines() if log.exists() else []
    code = os.waitstatus_to_exitcode(status)
    state = {0: "done", 1: "partial", 2: "refused"}.get(code, "crashed")
    megabytes = usage.ru_maxrss // 1024
    fault = _fault(code, said, seconds, megabytes)
    return Verdict(file.name, state, round(seconds, 2), megabytes, said, fault)


def _be_the_command(file: Path, out: Path, log: Path) -> None:
    code = 99
    try:
        resource.setrlimit(resource.RLIMIT_AS, (CEILING_BYTES, CEILING_BYTES))
        with log.open("wb") as sink:
            os.dup2(sink.fileno(), 2)
        arguments = ("--out", str(out), "--model", "fast", "--device", "cpu", "--rate", "1", "-q")
        code = main(["predict", str(file), *arguments])
        sys.stderr.flush()
    finally:
        os._exit(code)


def _waited(child: int, deadline: float) -> tuple[int, resource.struct_rusage]:
    while True:
        done, status, usage = os.wait4(child, os.WNOHANG)
        if done:
            return status, usage
        if time.perf_counter() > deadline:
            os.kill(child, signal.SIGKILL)
            return os.wait4(child, 0)[1:]
        time.sleep(0.005)


def _fault(code: int, said: list[str], seconds: float, megabytes: int) -> str | None:
    if seconds > LIMIT_S:
        return f"took {seconds:.0f} s"
    if code not in (0, 1, 2):
        return f"ended with {code}"
    if len(said) != (code != 0):
        return f"said {len(said)} lines: {said[-1] if said else ''}"
    if said and (not said[0].startswith("cubesal: error: ") or "unexpected" in said[0]):
        return f"said: {said[0]}"
    return f"took {megabytes} MB" if megabytes > LIMIT_MB else None


def verdicts(name: str, folder: Path, sources: Path, most: int | None) -> Iterator[Verdict]:
    """Make the files of a class and put the command through each, or through ``most`` of them."""
    files, out = folder / "files", folder / "out"
    for part in (files, sources, out):
        part.mkdir(parents=True, exist_ok=True)
    CLASSES[name](files, sources)
    made = sorted(files.iterdir())
    for file in made[:: max(1, len(made) // most)][:most] if most else made:
        yield predict(file, out)


def _line(name: str, found: list[Verdict]) -> str:
    counts = [sum(v.state == state for v in found) for state in ("done", "partial", "refused")]
    slowest, largest = max(v.seconds for v in found), max(v.megabytes for v in found)
    faults = sum(v.fault is not None for v in found)
    numbers = "".join(f"{n:>9}" for n in (len(found), *counts))
    return f"{name:<22}{numbers}{slowest:>9.1f}{largest:>9}{faults:>9}"


def run() -> int:
    """Print the table; returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default="", help="classes with these words in their name")
    parser.add_argument("--keep", type=Path, help="leave the files there")
    parser.add_argument("--sample", type=int, help="this many files, of the classes made quickly")
    parser.add_argument("--json", type=Path)
    parser.add_argument("-v", action="store_true", help="what was said of each file")
    chosen = parser.parse_args()
    heads = ("files", "done", "partial", "refused", "worst s", "worst MB", "faults")
    print(f"{'class':<22}{''.join(f'{head:>9}' for head in heads)}")
    told: dict[str, list[Verdict]] = {}
    with tempfile.TemporaryDirectory() as scratch:
        names = [n for n in (QUICK if chosen.sample else CLASSES) if chosen.only in n]
        sources = (chosen.keep or Path(scratch)) / "sources"
        most = -(-chosen.sample // len(names)) if chosen.sample else None
        for name in names:
            folder = (chosen.keep or Path(scratch)) / name.replace(" ", "-")
            told[name] = list(verdicts(name, folder, sources, most))
            print(_line(name, told[name]), flush=True)
            for verdict in told[name]:
                if verdict.fault or chosen.v:
                    words = verdict.fault or f"{verdict.state} {' '.join(verdict.said)}"
                    print(f"  {verdict.file}: {words}", flush=True)
    if chosen.json:
        tables = {name: [asdict(v) for v in found] for name, found in told.items()}
        chosen.json.write_text(json.dumps(tables, indent=1))
    return int(any(v.fault for found in told.values() for v in found))


if __name__ == "__main__":
    raise SystemExit(run())
