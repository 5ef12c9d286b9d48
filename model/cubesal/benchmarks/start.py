"""How long it takes until something happens: importing the library, the first words of `--help`."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass

from cubesal.benchmarks.timing import median_ms

__all__ = ["StartCost", "start_costs"]


#: Geometry, video, planning, overlays: a child that met torch on the way fails.
_WITHOUT_TORCH = """
import sys, cubesal.geometry, cubesal.video, cubesal.autopilot, cubesal.overlay, cubesal.track
assert "torch" not in sys.modules
"""


@dataclass(frozen=True)
class StartCost:
    """Of a new process with warm files, milliseconds, median; the interpreter's own start counts.

    Attributes:
        ms: with what is named.
        bare_ms: of an interpreter that does nothing.
    """

    what: str
    ms: float
    bare_ms: float


def start_costs(rounds: int = 7) -> list[StartCost]:
    """Of importing the library, of all of it that leaves torch alone, and of `cubesal --help`."""
    bare = _started_ms(["-c", "pass"], rounds)
    commands = {
        "import cubesal": ["-c", "import cubesal"],
        "import all that needs no torch": ["-c", _WITHOUT_TORCH],
        "cubesal --help": ["-m", "cubesal", "--help"],
    }
    return [StartCost(what, _started_ms(words, rounds), bare) for what, words in commands.items()]


def _started_ms(words: list[str], rounds: int) -> float:
    command = [sys.executable, *words]
    return median_ms(lambda: subprocess.run(command, check=True, stdout=subprocess.DEVNULL), rounds)
