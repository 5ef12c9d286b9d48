"""``cubesal bench``: figures for people and for machines."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch

from cubesal.cli import main
from cubesal.precision import native

SMALL = ("--model", "fast", "--frames", "2")


def test_bench_prints_the_stages_of_a_frame_and_writes_them(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    report = tmp_path / "bench.json"
    assert main(["bench", "--only", "frames", *SMALL, "--json", str(report), "-q"]) == 0
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
    lower = native(torch.device("cpu"))  # what this processor multiplies natively, if anything
    assert cost["precision"] == str(lower or torch.float32).removeprefix("torch.")
    assert 1.0 < cost["gflop"] < 2.0
    assert cost["achieved_gflops"] > 1
    assert facts["machine"]["matrix_product_gflops"] > 0
    assert facts["machine"]["peak_memory_mb"] > 100


def test_bench_refuses_what_it_cannot_do(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bench", "--only", "frames", "--model", "none", "-q"]) == 2
    assert "unknown model 'none'" in capsys.readouterr().err
    assert main(["bench", "--device", "cuda:99", "-q"]) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_bench_measures_the_other_parts(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    report = tmp_path / "bench.json"
    parts = [word for part in ("seek", "store", "start") for word in ("--only", part)]
    small = ["--size", "128x64", "--seeks", "3", "--hours", "0.1", "--frames", "2"]
    assert main(["bench", *parts, *small, "--json", str(report), "-q"]) == 0
    printed = capsys.readouterr().out
    facts = json.loads(report.read_text(encoding="utf-8"))
    assert facts.keys() == {"machine", "seek", "store", "start"}
    cases = [cost["case"] for cost in facts["seek"]]
    assert "128x64 H.264, variable rate, 250" in cases
    assert "128x64 HEVC, constant rate, 30" in cases
    assert len(cases) == 6
    for case in cases:
        assert case in printed
    assert all(cost["again"] < cost["exact"] for cost in facts["seek"])
    store = facts["store"]
    assert store["error_levels"] <= 0.51
    assert 100 < store["bytes_per_map"] < 30_000
    assert {"import cubesal", "cubesal --help"} < {cost["what"] for cost in facts["start"]}
    assert all(cost["ms"] > 0 and cost["bare_ms"] > 0 for cost in facts["start"])
