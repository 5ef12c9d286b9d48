"""Torch's library is linked while other threads go on."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]

# Whether the library is there, told by the system, and whether torch runs on it.
PROBE = """
import sys
from pathlib import Path
from cubesal_viewer.analysis.linking import link_torch
assert link_torch() and "torch" not in sys.modules
maps = Path("/proc/self/maps")
assert not maps.exists() or "libtorch_cpu" in maps.read_text()
import torch
assert torch.ones(3).sum() == 3
assert not link_torch()
"""


def test_libtorch_is_there_before_torch_is_imported() -> None:
    path = os.pathsep.join([str(CHECKOUT), str(CHECKOUT / "model")])
    done = subprocess.run(
        [sys.executable, "-c", PROBE],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": path},
    )
    assert done.returncode == 0, done.stderr
