"""Random actions of a person on the real window, for minutes: `make soak`.

    xvfb-run -a python tests/soak/run.py [--minutes 30] [--seed N] [--json FILE] [-v]

Needs a display. A monkey uses keys, mouse, menus, docks, dialogs, documents and exports; every
so often it rests on the same clip, and what the process holds is counted. A fault is an exception
of any thread, a warning of Qt, an error in the log, an event loop that stands still, or memory,
handles, threads or widgets that grow. Exit code 1 if there is a fault. The seed repeats the
actions, though not the moments at which threads answer.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from pathlib import Path
from random import Random

CHECKOUT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(CHECKOUT), str(CHECKOUT / "model")]
os.environ.setdefault("OMP_NUM_THREADS", "1")

LIMIT_GAP_S = 5.0
#: What memory may grow by from the first rest after the caches are full to the last one.
LIMIT_MB_PER_MINUTE = 4.0
LIMIT_HANDLES = 12
LIMIT_WIDGETS = 60


def arguments() -> argparse.Namespace:
    """The options of the command."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=30.0)
    parser.add_argument("--seed", type=int, default=int(time.time()) % 100_000)
    parser.add_argument("--rest", type=float, help="seconds between two rests")
    parser.add_argument("--json", type=Path)
    parser.add_argument("-v", action="store_true", help="every action, as it is taken")
    return parser.parse_args()


def _own_folders(scratch: Path) -> None:
    for variable in ("XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME"):
        os.environ[variable] = str(scratch / variable.lower())
    os.environ["CUBESAL_DATA_DIR"] = str(scratch / "models")
    os.environ["QT_QPA_PLATFORM"] = "xcb"


def run() -> int:
    """Let the monkey play and print what came of it; returns the exit code."""
    chosen = arguments()
    print(f"seed {chosen.seed}", flush=True)
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as scratch:
        _own_folders(Path(scratch))
        from tests.soak.soak import Soak, application

        application()
        soak = Soak(Path(scratch), Random(chosen.seed), chosen.v)
        rest_s = chosen.rest or min(60.0, chosen.minutes * 60 / 5)
        soak.play(chosen.minutes * 60, rest_s)
        figures = soak.figures()
    for name, value in figures.items():
        print(f"{name:<28}{value}")
    faults = soak.faults()
    for fault in faults:
        print(f"fault: {fault}", flush=True)
    if chosen.json:
        told = {"seed": chosen.seed, **figures, "found": faults, "sentences": soak.sentences}
        chosen.json.write_text(json.dumps(told, indent=1))
    return int(bool(faults))


if __name__ == "__main__":
    code = run()
    sys.stdout.flush()
    os._exit(code)  # what Python does at its end is no part of the window
