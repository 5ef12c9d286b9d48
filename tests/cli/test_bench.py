"""``cubesal bench``: figures for people and for machines."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cubesal.cli import main


def test_bench_prints_the_stages_of_a_frame_and_writes_them(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    report = tmp_path / "bench.json"
    assert main(["bench", "--model", "fast", "--frames", "2", "--json", str(report), "-q"]) == 0
    printed = capsys.readouterr().out
    facts = json.loads(report.read_text(encoding="utf-8"))
    (cost,) = facts["frames"]
    assert cost["model"] == "fast"
    assert cost["size"] == [1920, 960]
    assert cost["frames"] == 2
    stages = cost["stages"]
    assert {"decode", "colour", "motion", "faces", "backbone", "memory"} <= stages.keys()
    for name in stages:
        assert name in printed
    # What is timed inside a frame is part of it; nothing is counted twice.
    within = sum(ms for name, ms in stages.items() if name != "decode")
    assert 0.5 * cost["total_ms"] < within < 1.5 * cost["total_ms"]
    assert cost["precision"] == "float32"
    assert 1.0 < cost["gflop"] < 2.0
    assert cost["achieved_gflops"] > 1
    assert facts["machine"]["matrix_product_gflops"] > 0
    assert facts["machine"]["peak_memory_mb"] > 100


def test_bench_refuses_what_it_cannot_do(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bench", "--model", "none", "-q"]) == 2
    assert "unknown model 'none'" in capsys.readouterr().err
    assert main(["bench", "--device", "cuda:99", "-q"]) == 2
    assert capsys.readouterr().err.count("\n") == 1
