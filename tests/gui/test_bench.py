"""``--bench`` measures what a person sees."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from cubesal_viewer.app import Viewer
from cubesal_viewer.bench import Bench, BenchReport

pytestmark = pytest.mark.gl


def test_a_short_run_counts_what_was_painted(
    qtbot: QtBot, viewer: Viewer, numbered_clip: Path
) -> None:
    bench = Bench(viewer, seconds=1.0, minutes=0.01)
    with qtbot.waitSignal(bench.done, timeout=90_000) as done:
        viewer.open(numbered_clip)
    (report,) = done.args
    assert isinstance(report, BenchReport)
    assert 0 < report.window_s < report.map_s
    assert report.picture_s <= report.map_s
    assert report.due >= 25
    assert 1 <= report.painted <= report.due + 2
    assert report.gap.p50 <= report.gap.p99 <= report.gap.max
    assert 0 < report.draw.p50 < 5000
    assert report.age.p50 > 0
    assert 0 < report.stand_in.p50 <= report.scrub.p50
    assert min(report.memory_mb) > 50
    told = json.loads(report.json())
    assert told["painted"] == report.painted
    for words in ("first map", "painted of", "scrubbing", "minutes of looping"):
        assert words in report.text()
