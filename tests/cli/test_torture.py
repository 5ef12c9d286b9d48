"""A sample of the broken and odd files of ``make torture``, and what they have taught."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from cubesal.video import ClipReader
from tests.media import make_clip, make_still, truncated

CHECKOUT = Path(__file__).resolve().parents[2]


@pytest.mark.slow
def test_thirty_broken_files_are_refused_in_words_or_done_as_far_as_they_go(tmp_path):
    told = tmp_path / "told.json"
    command = [sys.executable, CHECKOUT / "tests/torture/run.py", "--sample", "30", "--json", told]
    done = subprocess.run(command, capture_output=True, text=True, timeout=150, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    classes = json.loads(told.read_text())
    assert sum(map(len, classes.values())) >= 30
    assert {v["state"] for found in classes.values() for v in found} >= {"done", "refused"}


@pytest.mark.slow
def test_a_kill_during_analysis_and_one_during_autosave_lose_nothing(tmp_path):
    told = tmp_path / "told.json"
    command = [sys.executable, CHECKOUT / "tests/torture/kills.py", "--rounds", "1", "--json", told]
    command += ["--only", "a", "--seed", "7"]  # the names of both have an "a", "export" has none
    done = subprocess.run(command, capture_output=True, text=True, timeout=150, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    kinds = json.loads(told.read_text())
    assert [(name, kind["faults"]) for name, kind in kinds.items()] == [
        ("analysis", []),
        ("autosave", []),
    ]


@pytest.mark.parametrize("name", ["still.jpg", "clip.mkv", "clip.webm", "clip.avi", "clip.ts"])
def test_half_a_file_is_marked_as_partial(cubesal, tmp_path, name):
    whole = tmp_path / name
    codec = {".webm": "libvpx-vp9", ".avi": "mpeg4"}.get(whole.suffix, "libx264")
    if whole.suffix == ".jpg":
        make_still(whole)
    else:
        make_clip(whole, frames=12, gop=4, codec=codec, b_frames=0)
    with ClipReader(whole) as reader:
        assert not reader.info.is_cut_off
    half = truncated(whole, tmp_path / f"half{whole.suffix}", 0.7)
    arguments = ("--out", tmp_path / "out", "--model", "fast", "--device", "cpu")
    done = cubesal("predict", half, *arguments)
    assert (done.code, len(done.errors)) == (1, 1)
    assert "cut off" in done.err


def test_names_in_a_clip_that_are_not_text_do_not_matter(tmp_path):
    clip = make_clip(tmp_path / "clip.mp4", frames=4, container={"movflags": "faststart"})
    data = bytearray(clip.read_bytes())
    brand = data.index(b"avc1")  # in the list of brands, which FFmpeg hands on as text
    data[brand : brand + 4] = b"\x7f\xff\xff\xff"
    clip.write_bytes(bytes(data))
    with ClipReader(clip) as reader:
        assert reader.info.frame_count == 4
