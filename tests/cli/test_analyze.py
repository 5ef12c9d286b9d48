"""``cubesal analyze``: resumable, killed at any moment, and always the same document."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from cubesal.document import Document, decode_map
from tests.cli.conftest import Cubesal
from tests.media import make_clip

CHECKOUT = Path(__file__).resolve().parents[2]


def maps_of(path: Path) -> dict[int, np.ndarray]:
    """What a document holds, whatever state its writer left it in."""
    with closing(sqlite3.connect(path)) as connection:
        rows = connection.execute("SELECT id & 4294967295, code FROM maps").fetchall()
    return {k: decode_map(code) for k, code in rows}


def start(*arguments: object) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "cubesal", "analyze", *map(str, arguments)]
    environment = {**os.environ, "PYTHONPATH": str(CHECKOUT / "model")}
    return subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL)


def test_a_clip_becomes_a_document_beside_it_and_is_not_analysed_twice(cubesal: Cubesal, clip):
    done = cubesal("analyze", clip, "--model", "fast", "--rate", "5", "--json")
    assert done.code == 0, done.err
    report = json.loads(done.out)
    path = clip.with_suffix(".cubesal")
    assert report["document"] == str(path)
    assert (report["maps"], report["kept"]) == (5, 0)
    assert len(maps_of(path)) == 5
    again = cubesal("analyze", clip, "--model", "fast", "--rate", "5", "--json")
    assert json.loads(again.out)["kept"] == 5
    other = cubesal("analyze", clip, "--model", "fast", "--rate", "5", "--prior", "off")
    assert other.code == 0
    with Document(path) as document:
        assert document.clip.name == "clip.mp4"


def test_killed_in_the_middle_it_goes_on_and_ends_like_one_that_was_not(cubesal, tmp_path):
    clip = make_clip(tmp_path / "long.mp4", frames=120, size=(256, 128), gop=10)
    arguments = (clip, "--model", "fast", "--device", "cpu", "--every", "3")
    part = tmp_path / "part.cubesal"
    child = start(*arguments, "-o", part)
    deadline = time.monotonic() + 90
    while len(maps_of(part) if part.exists() else ()) < 12:  # more than the model remembers
        assert time.monotonic() < deadline
        assert child.poll() is None
        time.sleep(0.05)
    child.send_signal(signal.SIGKILL)
    child.wait()
    kept = maps_of(part)
    assert 12 <= len(kept) < 40
    for path in (part, tmp_path / "whole.cubesal"):
        assert cubesal("analyze", *arguments, "-o", path).code == 0
    resumed, whole = maps_of(part), maps_of(tmp_path / "whole.cubesal")
    assert list(resumed) == list(whole) == list(range(40))
    for k, saliency in kept.items():
        np.testing.assert_array_equal(resumed[k], saliency)  # not made again
    for k, saliency in whole.items():
        level = float(saliency.max()) / 255
        np.testing.assert_allclose(resumed[k], saliency, atol=1.01 * level)


def test_ctrl_c_keeps_what_is_done(tmp_path):
    clip = make_clip(tmp_path / "long.mp4", frames=150, size=(256, 128), gop=10)
    part = tmp_path / "part.cubesal"
    child = start(clip, "--model", "fast", "--every", "1", "-o", part)
    deadline = time.monotonic() + 90
    while len(maps_of(part) if part.exists() else ()) < 1:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    child.send_signal(signal.SIGINT)
    assert child.wait(60) == 130
    assert sorted(p.name for p in tmp_path.iterdir()) == ["long.mp4", "part.cubesal"]
    assert maps_of(part)


def test_the_document_of_another_clip_is_left_alone(cubesal: Cubesal, clip, tmp_path):
    other = make_clip(tmp_path / "other.mp4", frames=10, gop=5)
    out = tmp_path / "d.cubesal"
    assert cubesal("analyze", clip, "-o", out, "--model", "fast", "--rate", "1").code == 0
    before = maps_of(out)
    refused = cubesal("analyze", other, "-o", out, "--model", "fast")
    assert refused.code == 2
    assert "document of another clip (clip.mp4)" in refused.errors[0]
    assert maps_of(out).keys() == before.keys()
    with Document(out) as document:
        assert document.clip.name == "clip.mp4"


def test_what_is_no_document_is_not_overwritten(cubesal: Cubesal, clip, tmp_path):
    out = tmp_path / "diary.txt"
    out.write_text("dear diary")
    refused = cubesal("analyze", clip, "-o", out, "--model", "fast")
    assert refused.code == 2
    assert "diary.txt is not a cubesal document" in refused.errors[0]
    assert out.read_text() == "dear diary"
    itself = cubesal("analyze", clip, "-o", clip)
    assert itself.code == 2
    assert "is the clip itself" in itself.errors[0]


def test_a_document_that_is_open_elsewhere_is_named(cubesal: Cubesal, clip):
    assert cubesal("analyze", clip, "--model", "fast", "--rate", "1").code == 0
    with Document(clip.with_suffix(".cubesal")):
        refused = cubesal("analyze", clip, "--model", "fast")
    assert refused.code == 2
    assert "open in another window or command; close it there first" in refused.errors[0]


@pytest.mark.parametrize("arguments", [("--model", "nope"), ("--rate", "0"), ("--device", "gpu")])
def test_bad_arguments_leave_nothing(cubesal: Cubesal, clip, arguments):
    assert cubesal("analyze", clip, *arguments).code == 2
    left = clip.with_suffix(".cubesal")
    assert not left.exists() or not maps_of(left)
