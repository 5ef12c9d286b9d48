"""Broken and odd media through the real window, one after the other: part of `make torture`.

    xvfb-run -a python tests/torture/window.py [--files 30] [--json FILE] [-v]

Needs a display. A window in a process of its own opens files of every class. A fault is an end of
that process, a file neither shown nor refused after 10 s, anything said that is no sentence of
ours (an exception of any thread, a warning of Qt), or more than 2 GB. Exit code 1 if there is one.
"""

from __future__ import annotations

import argparse
import json
import os
import select
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(CHECKOUT), str(CHECKOUT / "model")]
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ["CUBESAL_AUDIO"] = "none"

LIMIT_S = 10.0
LIMIT_MB = 2048
#: What a window may take to start, and what a file may take before its window is killed.
PATIENCE_S = 90.0
#: A clip that is shown is looked at for so long: decoding goes on, analysis begins.
LOOK_S = 0.4


def opened_here(files: list[Path]) -> Iterator[dict[str, object]]:
    """Open each file in one window of this process and tell what became of it."""
    from PySide6.QtCore import QSettings
    from PySide6.QtWidgets import QApplication

    from cubesal_viewer.app import Viewer
    from cubesal_viewer.state import ModelChoice
    from tests.soak.complaints import Complaints
    from tests.soak.soak import application

    application()
    complaints = Complaints()
    folder = Path(os.environ["XDG_STATE_HOME"])
    viewer = Viewer(QSettings(str(folder / "settings.ini"), QSettings.Format.IniFormat))
    complaints.watch(viewer)
    answers: list[str] = []
    viewer.transport.frame_changed.connect(lambda *_: answers.append("shown"))
    viewer.failed.connect(lambda sentence: answers.append(f"refused: {sentence}"))
    viewer.state.set_model(ModelChoice("fast"))
    viewer.window.show()
    for file in files:
        answers.clear()
        began = time.perf_counter()
        viewer.open(file)
        while not answers and time.perf_counter() - began < LIMIT_S:
            _spin(0.02)
        seconds = time.perf_counter() - began
        _spin(LOOK_S)
        for box in QApplication.topLevelWidgets():
            if box is not viewer.window and box.isWindow() and box.isVisible():
                box.close()
        yield {
            "file": file.name,
            "state": answers[0] if answers else "nothing",
            "seconds": round(seconds, 2),
            "megabytes": _most_megabytes(),
            "faults": list(complaints.faults),
        }
        complaints.faults.clear()
    viewer.window.close()


def _most_megabytes() -> int:
    """The most memory since the last call; ru_maxrss would begin with that of our parent."""
    status = Path("/proc/self/status").read_text().split("VmHWM:")[1]
    with suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")
    return int(status.split()[0]) // 1024


def _spin(seconds: float) -> None:
    from PySide6.QtCore import QEventLoop, QTimer

    loop = QEventLoop()
    QTimer.singleShot(round(1000 * seconds), loop.quit)
    loop.exec()


def opened(files: list[Path], scratch: Path) -> Iterator[dict[str, object]]:
    """Open all files in windows of other processes: a new one after each that ended."""
    left = list(files)
    while left:
        child = _window(left, scratch)
        for line in _lines(child):
            yield json.loads(line)
            left.pop(0)
        if left:
            end = "was killed: it answered nothing" if child.poll() is None else "ended"
            child.kill()
            faults = [f"the window {end} ({child.wait()})"]
            facts = {"state": "nothing", "seconds": PATIENCE_S, "megabytes": 0, "faults": faults}
            yield {"file": left.pop(0).name, **facts}
        else:
            child.wait(PATIENCE_S)


def _window(files: list[Path], scratch: Path) -> subprocess.Popen[str]:
    listed = scratch / "files.json"
    listed.write_text(json.dumps([str(file) for file in files]))
    homes = ("CONFIG", "CACHE", "DATA", "STATE")
    own = {f"XDG_{name}_HOME": str(scratch / name.lower()) for name in homes}
    for folder in own.values():
        Path(folder).mkdir(exist_ok=True)
    return subprocess.Popen(
        [sys.executable, str(Path(__file__)), "--these", str(listed)],
        env=os.environ | own | {"QT_QPA_PLATFORM": "xcb"},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )


def _lines(child: subprocess.Popen[str]) -> Iterator[str]:
    """The answers of a window; they end with it, or when it has said nothing for too long."""
    assert child.stdout is not None
    while select.select([child.stdout], [], [], PATIENCE_S)[0]:
        line = child.stdout.readline()
        if not line:
            return
        if line.startswith("{"):
            yield line


def corpus(count: int, folder: Path) -> list[Path]:
    """``count`` broken and odd files, as many of each class as can be."""
    from tests.torture.damage import DAMAGE
    from tests.torture.oddities import ODDITIES

    classes = {**DAMAGE, **ODDITIES}
    each = -(-count // len(classes))
    found = []
    for name, make in classes.items():
        files, sources = folder / name.replace(" ", "-"), folder / "sources"
        for part in (files, sources):
            part.mkdir(parents=True, exist_ok=True)
        make(files, sources)
        made = sorted(files.iterdir())
        found += made[:: max(1, len(made) // each)][:each]
    return found


def fault_of(told: dict[str, object]) -> str:
    """What is wrong with an answer, or nothing."""
    faults = [str(fault) for fault in told["faults"]]  # type: ignore[attr-defined]
    if told["state"] == "nothing" and not faults:
        faults = [f"neither shown nor refused after {LIMIT_S:.0f} s"]
    if float(str(told["megabytes"])) > LIMIT_MB:
        faults.append(f"took {told['megabytes']} MB")
    return "; ".join(faults)


def run() -> int:
    """Print a line of counts, and the faults; returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, default=30)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--these", type=Path, help="used by the command itself")
    parser.add_argument("-v", action="store_true", help="what became of each file")
    chosen = parser.parse_args()
    if chosen.these:
        for told in opened_here([Path(file) for file in json.loads(chosen.these.read_text())]):
            print(json.dumps(told), flush=True)
        sys.stdout.flush()
        os._exit(0)  # what Python does at its end is no part of the window
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as scratch:
        answers = []
        for told in opened(corpus(chosen.files, Path(scratch)), Path(scratch)):
            answers.append(told)
            if chosen.v or fault_of(told):
                print(f"  {told['file']}: {fault_of(told) or told['state']}", flush=True)
    faults = [fault for fault in map(fault_of, answers) if fault]
    shown = sum(told["state"] == "shown" for told in answers)
    refused = sum(str(told["state"]).startswith("refused") for told in answers)
    print(f"{'files':>9}{'shown':>9}{'refused':>9}{'worst s':>9}{'worst MB':>9}{'faults':>9}")
    worst_s = max(float(str(told["seconds"])) for told in answers)
    worst_mb = max(int(str(told["megabytes"])) for told in answers)
    counts = "".join(f"{n:>9}" for n in (len(answers), shown, refused))
    print(f"{counts}{worst_s:>9.1f}{worst_mb:>9}{len(faults):>9}")
    if chosen.json:
        chosen.json.write_text(json.dumps({"answers": answers, "faults": faults}, indent=1))
    return int(bool(faults))


if __name__ == "__main__":
    raise SystemExit(run())
