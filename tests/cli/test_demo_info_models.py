"""``cubesal demo``, ``info`` and ``models``."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from cubesal.autopilot import CameraPath, still_path
from cubesal.camera import Camera
from cubesal.cli.demo import primary_hit_rate
from cubesal.democlip import scene_truth
from cubesal.video import ClipReader
from tests.media import make_clip, make_still, make_text

FAST = ("--model", "fast", "--device", "cpu")


def test_the_demo_leaves_its_files_and_a_table(cubesal, clip, tmp_path):
    out = tmp_path / "out"
    done = cubesal("demo", "--out", out, "--clip", clip, *FAST)
    assert done.code == 0
    names = ["demo_nfov.mp4", "demo_overlay.mp4", "demo_path.csv"]
    assert sorted(entry.name for entry in out.iterdir()) == names
    for words in ("frames, maps", "ms to analyse", "planned path", "static, eye level", *names):
        assert words in done.out
    with ClipReader(out / "demo_nfov.mp4", projection="equirect") as reader:
        info = reader.info
        assert (info.codec, info.width, info.height) == ("h264", 1280, 720)
        assert (info.frame_count, info.has_audio) == (30, True)


def test_the_demo_for_machines(cubesal, clip, tmp_path):
    done = cubesal("demo", "--out", tmp_path, "--clip", clip, "--json", *FAST)
    report = json.loads(done.out)
    assert report["frames"] == 30
    shares = report["attention_in_view"]
    assert all(0 < share < 1 for share in shares.values())
    assert shares["best fixed view, in hindsight"] <= shares["upper bound, no speed limit"]
    assert "primary_subject_in_view" not in report


def test_the_hit_rate_knows_a_perfect_path_from_a_blind_one():
    times = np.arange(0, 12, 0.1)
    where = np.array([scene_truth(float(t)).primary_direction for t in times])
    flat = np.zeros(len(times))
    perfect = CameraPath(times, where[:, 0], where[:, 1], flat + np.radians(60), flat)
    assert primary_hit_rate(perfect, times, 16 / 9) == 1.0
    assert primary_hit_rate(still_path(Camera(pitch=-1.5)), times, 16 / 9) < 0.5


def test_a_demo_of_a_broken_clip_is_one_line(cubesal, tmp_path):
    done = cubesal("demo", "--out", tmp_path, "--clip", make_text(tmp_path / "x.mp4"), *FAST)
    assert done.code == 2
    assert "x.mp4" in done.errors[0]


@pytest.mark.parametrize("name", ["demo_overlay.mp4", "demo_nfov.mp4"])
def test_the_demo_never_writes_over_the_clip_it_is_given(cubesal, clip, tmp_path, name):
    given = clip.rename(tmp_path / name)
    before = given.read_bytes()
    done = cubesal("demo", "--out", tmp_path, "--clip", given, *FAST)
    assert done.code == 2
    assert f"{name} is the clip itself; choose another --out" in done.errors[0]
    assert given.read_bytes() == before


def test_info_describes_the_installation(cubesal):
    done = cubesal("info")
    assert done.code == 0
    for words in ("torch", "devices", "h264", "default", "ffmpeg"):
        assert words in done.out
    facts = json.loads(cubesal("info", "--json").out)
    assert "cpu" in facts["devices"]
    assert "h264" in facts["codecs"]


def test_info_describes_clips(cubesal, tmp_path):
    clip = make_clip(tmp_path / "a.mp4", frames=12, fps=24, audio="aac")
    still = make_still(tmp_path / "b.png")
    first, second = json.loads(cubesal("info", clip, still, "--json").out)
    assert (first["frames"], first["fps"], first["audio"]) == (12, 24.0, True)
    assert first["size"] == "256x128"
    assert second["still"] is True
    assert "mono" in cubesal("info", clip).out


def test_info_names_what_it_cannot_read(cubesal, clip, tmp_path):
    fake = make_text(tmp_path / "fake.mp4")
    done = cubesal("info", fake, clip)
    assert done.code == 1
    assert "fake.mp4" in done.errors[0]
    assert cubesal("info", fake).code == 2


def test_models_are_listed_with_what_they_lack(cubesal):
    done = cubesal("models", "list")
    assert done.code == 0
    for words in ("default", "fast", "cp360", "not usable yet"):
        assert words in done.out
    listed = {model["name"]: model for model in json.loads(cubesal("models", "list", "--json").out)}
    assert listed["fast"]["available"] is True
    assert listed["cp360"]["available"] is False


def test_models_say_where_their_weights_are(cubesal):
    line = next(x for x in cubesal("models", "where").out.splitlines() if x.startswith("fast"))
    assert Path(line.split(maxsplit=1)[1]).is_file()


def test_a_sound_model_is_verified(cubesal):
    done = cubesal("models", "verify", "fast")
    assert done.code == 0
    assert "fast: sound" in done.out


def test_verifying_names_each_model_that_fails(cubesal):
    done = cubesal("models", "verify", "fast", "magic")
    assert done.code == 1
    assert "magic" in done.errors[0]
    assert cubesal("models", "verify", "magic").code == 2


def test_a_model_of_ones_own_is_added_listed_and_found(cubesal, tmp_path):
    file = tmp_path / "light.toml"
    file.write_text('backbone = "lite0"\nweights = "download"\nface_w = 64\n', encoding="utf-8")
    done = cubesal("models", "add", "light", file)
    assert done.code == 0
    assert "light.toml" in done.out
    assert "light" in cubesal("models", "list").out
    assert "light" in cubesal("models", "where").out
    assert "light: sound" in cubesal("models", "verify", "light").out


def test_a_description_with_a_slip_is_one_sentence(cubesal, tmp_path):
    file = tmp_path / "light.toml"
    file.write_text('backbone = "lite0"\nweights = "download"\nfacew = 64\n', encoding="utf-8")
    done = cubesal("models", "add", "light", file)
    assert done.code == 2
    assert len(done.errors) == 1
    assert "unknown key 'facew'" in done.errors[0]


def test_temporal_weights_cannot_be_downloaded(cubesal):
    done = cubesal("models", "add", "cp360-temporal")
    assert done.code == 2
    assert "no address to download from" in done.errors[0]


@pytest.mark.parametrize("name", ["resnet50", "cp360-temporal", "magic"])
def test_what_is_no_checkpoint_is_not_added(cubesal, tmp_path, name):
    done = cubesal("models", "add", name, make_text(tmp_path / "w.pth"))
    assert done.code == 2
    assert len(done.errors) == 1
