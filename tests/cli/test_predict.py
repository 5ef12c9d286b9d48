"""``cubesal predict`` on real files with a real model."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from cubesal.predictor import create_predictor
from cubesal.track import load_npz
from cubesal.video import ClipReader
from tests.media import (
    make_audio,
    make_clip,
    make_damaged,
    make_still,
    make_text,
    make_zero_byte,
    truncated,
)

FAST = ("--model", "fast", "--device", "cpu")


def test_a_clip_becomes_the_documented_npz(cubesal, clip, tmp_path):
    out = tmp_path / "out"
    done = cubesal("predict", clip, "--out", out, *FAST)
    assert (done.code, done.out) == (0, "")
    assert [entry.name for entry in out.iterdir()] == ["clip.npz"]
    with np.load(out / "clip.npz") as stored:
        assert set(stored) == {"saliency", "frame_index", "time_s", "model", "source", "turn"}
        assert list(stored["frame_index"]) == [0, 6, 12, 18, 24]
        assert stored["time_s"] == pytest.approx([0, 0.2, 0.4, 0.6, 0.8])
        assert stored["saliency"].dtype == np.float32
        assert stored["saliency"].shape == (5, 120, 240)
        assert stored["saliency"].min() >= 0
        assert stored["turn"].shape == (5,)
        assert (str(stored["model"]), str(stored["source"])) == ("fast", "clip.mp4")


def test_the_maps_are_those_of_the_predictor(cubesal, clip, tmp_path):
    cubesal("predict", clip, "--out", tmp_path / "out", "--every", 15, "--prior", "off", *FAST)
    track = load_npz(tmp_path / "out" / "clip.npz")
    predictor = create_predictor("fast", "cpu", prior=False)
    with ClipReader(clip) as reader:
        for k, index in enumerate((0, 15)):
            expected = predictor.step(reader.read(index).rgb(), index / 30)
            np.testing.assert_allclose(track.get(k), expected, atol=1e-5)


def test_stills_and_clips_can_be_mixed_and_get_their_overlay(cubesal, clip, tmp_path):
    still = make_still(tmp_path / "still.jpg")
    out = tmp_path / "out"
    done = cubesal("predict", clip, still, "--out", out, "--overlay", "--rate", 2, *FAST)
    assert done.code == 0
    assert sorted(entry.name for entry in out.iterdir()) == [
        "clip.npz",
        "clip_overlay.mp4",
        "still.npz",
        "still_overlay.png",
    ]
    assert load_npz(out / "still.npz").time_s.tolist() == [0.0]
    with ClipReader(out / "clip_overlay.mp4") as reader:
        assert reader.info.frame_count == 30


@pytest.mark.parametrize(
    ("kind", "entries"),
    [("npy", ["clip.npy"]), ("png", ["clip"]), ("wild360", ["clip.mp4"])],
)
def test_other_formats_go_where_they_belong(cubesal, clip, tmp_path, kind, entries):
    out = tmp_path / "out"
    assert cubesal("predict", clip, "--out", out, "--format", kind, "--rate", 2, *FAST).code == 0
    assert [entry.name for entry in out.iterdir()] == entries


def test_features_and_flow_lie_beside_the_maps(cubesal, clip, tmp_path):
    out = tmp_path / "out"
    assert cubesal("predict", clip, "--out", out, "--features", "--flow", *FAST).code == 0
    with np.load(out / "clip_features.npz") as stored:
        count, faces, channels, rows, columns = stored["features"].shape
        assert (count, faces, rows) == (5, 6, columns)
        assert channels >= 320
        assert stored["features"].astype(np.float32).std() > 0
    with np.load(out / "clip_flow.npz") as stored:
        assert stored["flow"].shape == (4, 240, 480, 2)
        assert list(stored["frame_index"]) == [0, 6, 12, 18, 24]


def test_the_report_for_machines_names_every_input(cubesal, clip, tmp_path):
    fake = make_text(tmp_path / "fake.mp4")
    done = cubesal("predict", clip, fake, "--out", tmp_path / "out", "--rate", 2, "--json", *FAST)
    good, bad = json.loads(done.out)
    assert (good["input"], good["maps"], good["error"]) == (str(clip), 2, None)
    assert Path(good["outputs"][0]).is_file()
    assert "fake.mp4" in bad["error"]
    assert bad["outputs"] == []
    assert done.code == 1


BROKEN = {
    "empty.mp4": make_zero_byte,
    "prose.mp4": make_text,
    "sound.mp4": make_audio,
    "folder.mp4": lambda path: path.mkdir(),
    "absent.mp4": lambda _path: None,
    "flat.mp4": lambda path: make_clip(path, size=(160, 90), frames=3),
    "cut.mp4": lambda path: truncated(make_clip(path.with_name("whole.mp4")), path, 0.3),
    "raw.insv": lambda path: make_clip(path.with_suffix(".mp4"), frames=3).rename(path),
}


@pytest.mark.parametrize("name", BROKEN)
def test_what_cannot_be_read_gets_one_line_code_two_and_no_output(cubesal, tmp_path, name):
    path = tmp_path / name
    BROKEN[name](path)
    done = cubesal("predict", path, "--out", tmp_path / "out", *FAST)
    assert done.code == 2
    assert len(done.errors) == 1
    assert name in done.errors[0]
    assert "Traceback" not in done.err
    assert list((tmp_path / "out").iterdir()) == []


def test_one_bad_input_does_not_stop_the_others(cubesal, clip, tmp_path):
    empty = make_zero_byte(tmp_path / "empty.mp4")
    done = cubesal("predict", empty, clip, "--out", tmp_path / "out", "--rate", 1, *FAST)
    assert done.code == 1
    assert len(done.errors) == 1
    assert (tmp_path / "out" / "clip.npz").is_file()


def test_a_damaged_clip_is_predicted_and_named_as_partial(cubesal, tmp_path):
    clip = make_damaged(tmp_path / "hurt.mp4", packets=[12, 13, 14], frames=30, gop=10)
    done = cubesal("predict", clip, "--out", tmp_path / "out", "--every", 5, *FAST)
    assert done.code == 1
    assert len(done.errors) == 1
    assert "hurt.mp4 is damaged" in done.errors[0]
    assert len(load_npz(tmp_path / "out" / "hurt.npz")) == 6


def test_two_inputs_of_one_name_are_refused_before_any_work(cubesal, clip, tmp_path):
    other = tmp_path / "other"
    other.mkdir()
    still = make_still(other / "clip.png")
    done = cubesal("predict", clip, still, "--out", tmp_path / "out", *FAST)
    assert done.code == 2
    assert "would both be written as clip" in done.errors[0]
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("second", "options"),
    [
        ("clip_overlay.mp4", ("--overlay",)),
        ("clip_overlay.png", ("--overlay",)),
        ("clip.part.mp4", ("--format", "wild360")),
    ],
)
def test_an_input_is_never_an_output(cubesal, clip, second, options):
    folder = clip.parent
    other = folder / second
    other.write_bytes(clip.read_bytes())
    before = other.read_bytes()
    done = cubesal("predict", clip, other, "--out", folder, *options, *FAST)
    assert done.code == 2
    assert "is one of the inputs; choose another --out" in done.errors[0]
    assert sorted(entry.name for entry in folder.iterdir()) == sorted([clip.name, second])
    assert other.read_bytes() == before


def test_outputs_of_two_inputs_may_not_be_one_file(cubesal, clip, tmp_path):
    other = tmp_path / "clip_flow.mp4"
    other.write_bytes(clip.read_bytes())
    done = cubesal("predict", clip, other, "--out", tmp_path / "out", "--flow", *FAST)
    assert done.code == 2
    assert "would both write" in done.errors[0]
    assert not (tmp_path / "out").exists()


def test_damage_that_only_the_overlay_meets_is_told_too(cubesal, tmp_path):
    clip = make_damaged(tmp_path / "hurt.mp4", packets=[12, 13], frames=30, gop=10)
    done = cubesal("predict", clip, "--out", tmp_path / "out", "--every", 30, "--overlay", *FAST)
    assert done.code == 1
    assert "hurt.mp4 is damaged" in done.errors[0]


def test_a_name_that_is_too_long_is_one_sentence_before_any_work(cubesal, clip, tmp_path):
    done = cubesal("predict", clip, "--out", tmp_path / ("x" * 300), *FAST)
    assert done.code == 2
    assert "xxx" in done.errors[0]
    assert "unexpected" not in done.errors[0]


def test_a_file_in_the_way_of_the_folder_is_named(cubesal, clip, tmp_path):
    (tmp_path / "taken").write_text("mine")
    done = cubesal("predict", clip, "--out", tmp_path / "taken", *FAST)
    assert "a file of that name is in the way" in done.errors[0]
    done = cubesal("predict", clip, "--out", tmp_path / "taken" / "below", *FAST)
    assert f"the file {tmp_path / 'taken'} is in the way" in done.errors[0]


def test_a_folder_that_cannot_be_written_is_said_before_any_work(cubesal, clip):
    done = cubesal("predict", clip, "--out", clip / "below", *FAST)
    assert done.code == 2
    assert "cannot write to the folder" in done.errors[0]


@pytest.mark.parametrize(
    ("choice", "words"),
    [
        (("--model", "magic"), "unknown model 'magic'"),
        (("--device", "cuda:99"), "cuda:99"),
        (("--device", "toaster"), "unknown device 'toaster'"),
        (("--model", "cp360"), "cubesal models add"),
    ],
)
def test_models_and_devices_that_are_not_there_are_said_in_words(
    cubesal, clip, tmp_path, choice, words
):
    done = cubesal("predict", clip, "--out", tmp_path / "out", *choice)
    assert done.code == 2
    assert words in done.errors[0]
    assert list((tmp_path / "out").iterdir()) == []


def test_quiet_says_nothing_when_all_is_well(cubesal, clip, tmp_path):
    done = cubesal("-q", "predict", clip, "--out", tmp_path / "out", "--rate", 1, *FAST)
    assert (done.code, done.out, done.err) == (0, "", "")


def test_a_real_clip_is_predicted(cubesal, shared_data, tmp_path):
    clip = shared_data / "clips" / "x360_Urban_Constructions_street.mp4"
    assert cubesal("predict", clip, "--out", tmp_path, "--rate", 0.5, *FAST).code == 0
    track = load_npz(tmp_path / "x360_Urban_Constructions_street.npz")
    assert track.time_s == pytest.approx([0, 2, 4, 6, 8], abs=0.05)
    assert track.peak > 0.1
