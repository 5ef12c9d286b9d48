"""A short stretch of ``make soak``: the monkey plays, and nothing breaks."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parents[2]


@pytest.mark.slow
@pytest.mark.gl
def test_random_actions_of_a_person_break_nothing(tmp_path):
    told = tmp_path / "told.json"
    command = [sys.executable, CHECKOUT / "tests/soak/run.py", "--minutes", "0.2", "--rest", "6"]
    command += ["--seed", "11", "--json", told]
    done = subprocess.run(command, capture_output=True, text=True, timeout=150, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    figures = json.loads(told.read_text())
    assert figures["actions"] > 20
    assert figures["found"] == []
