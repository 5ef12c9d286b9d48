"""What the fidelity tests share: the recorded figures, and a table of how near we come to them.

The arrays under ``tests/data/reference`` are outputs of the code published with CP-360, recorded on
CPU; ``docs/cp360.md`` says how. The summary of a run has one line per recorded file: how many
comparisons, and the one that came nearest to its limit.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

REFERENCE = Path(__file__).resolve().parents[2] / "data" / "reference"

Arrays = dict[str, npt.NDArray[np.generic]]


@dataclass(frozen=True)
class Agreement:
    fixture: str
    what: str
    worst: float
    allowed: float

    @property
    def used(self) -> float:
        """Part of what is allowed that is used up."""
        return self.worst / self.allowed if self.allowed else float(self.worst > 0)


_LINES = pytest.StashKey[list[Agreement]]()


@pytest.fixture(scope="session")
def reference() -> Callable[[str], Arrays]:
    """``reference("cubepad")``: every array of that file."""
    cache: dict[str, Arrays] = {}

    def load(name: str) -> Arrays:
        if name not in cache:
            with np.load(REFERENCE / f"{name}.npz") as archive:
                cache[name] = {key: archive[key] for key in archive.files}
        return cache[name]

    return load


@pytest.fixture
def agree(request: pytest.FixtureRequest) -> Callable[..., None]:
    """``agree(fixture, what, ours, theirs, atol=..., rtol=0)``: assert it, and keep the deviation.

    ``rtol`` is relative to the largest magnitude of ``theirs``, as the tolerances of the recorded
    figures are.
    """
    lines = request.config.stash.setdefault(_LINES, [])

    def compare(
        fixture: str,
        what: str,
        ours: npt.ArrayLike,
        theirs: npt.ArrayLike,
        *,
        atol: float = 0.0,
        rtol: float = 0.0,
    ) -> None:
        got, want = np.asarray(ours, np.float64), np.asarray(theirs, np.float64)
        assert got.shape == want.shape, f"{fixture} {what}: {got.shape}, expected {want.shape}"
        worst = float(np.abs(got - want).max()) if want.size else 0.0
        scale = float(np.abs(want).max()) if rtol else 1.0
        allowed = atol + rtol * scale
        lines.append(Agreement(fixture, what, worst, allowed))
        assert worst <= allowed, f"{fixture} {what}: off by {worst:.3g}, allowed {allowed:.3g}"

    return compare


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    lines = config.stash.get(_LINES, [])
    if not lines:
        return
    terminalreporter.section("fidelity to the published code: the nearest to its limit")
    for fixture in sorted({line.fixture for line in lines}):
        of_it = [line for line in lines if line.fixture == fixture]
        nearest = max(of_it, key=lambda line: line.used)
        terminalreporter.line(
            f"{fixture:20} {len(of_it):4} comparisons, {nearest.what}:"
            f" off by {nearest.worst:.2g}, allowed {nearest.allowed:.2g}"
        )
