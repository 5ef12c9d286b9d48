"""``cubesal predict --format wild360``: a Wild-360 tree in, a folder of files per frame out."""

from __future__ import annotations

import json
import os
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

from cubesal.backbone import build
from cubesal.class_map_model import ClassMapModel, ClassMaps
from cubesal.cli import frame_work, work
from cubesal.convlstm import random_cell
from cubesal.exporting.frame_folder import FrameFolder
from cubesal.flow import FlowMeter
from cubesal.predictor import create_predictor
from cubesal.track import load_npz
from cubesal.video import ClipReader
from tests.media import make_clip
from tests.wild360 import make_tree

FRAMES = 7
FAST = ("--model", "fast", "--device", "cpu")
WILD = ("--format", "wild360")
TINY = ("--model", "cp360", "--device", "cpu", *WILD)


@pytest.fixture
def tree(tmp_path):
    return make_tree(tmp_path / "wild", clips=1, frames=FRAMES, size=(64, 32))


@pytest.fixture
def tiny(monkeypatch):
    """``cubesal predict --model cp360`` then runs a temporal model of eight classes."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(3)
        classifier = build("lite0", "cp360", weights=None)
    keep = classifier.class_weight[:8]
    monkeypatch.setattr(type(classifier), "class_weight", property(lambda _self: keep))

    def load(_name: str, _device: str, _weights: object = None) -> ClassMapModel:
        return ClassMapModel("cp360", ClassMaps(classifier, 64), random_cell(8, 8, "cp360"))

    monkeypatch.setattr(work, "load_model", load)
    return load


def names(folder: Path) -> list[str]:
    return sorted(entry.name for entry in folder.iterdir())


def facts_of(folder: Path) -> dict:
    return json.loads((folder / "maps.json").read_text())


def contents(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


# --- inputs ---------------------------------------------------------------------------------


def test_a_tree_stands_for_its_test_and_train_clips(cubesal, tree, tmp_path):
    out = tmp_path / "out"
    done = cubesal("predict", tree.root, "--out", out, "--rate", 2, *FAST)
    assert (done.code, done.errors) == (0, [])
    assert names(out) == ["testClip0_1.npz", "trainClip0_1.npz"]


def test_a_list_of_ids_is_done_once_each_with_a_note(cubesal, tree, tmp_path):
    out = tmp_path / "out"
    done = cubesal(
        "predict", tree.root, "--ids", tree.test_list, "--out", out, "--rate", 2, *FAST, *WILD
    )
    assert done.code == 0
    assert "names testClip0_1 2 times; it is predicted once" in done.err
    assert names(out) == ["testClip0_1.mp4"]


def test_ids_without_a_clip_are_named_and_the_others_done(cubesal, tree, tmp_path):
    tree.test_list.write_text("testClip0_1\n\n# more\ngone_1.mp4\ngone_2\n")
    out = tmp_path / "out"
    done = cubesal("predict", tree.root, "--ids", tree.test_list, "--out", out, "--rate", 2, *FAST)
    assert done.code == 1
    assert len(done.errors) == 1
    assert "2 of the 3 ids" in done.errors[0]
    assert "gone_1, gone_2" in done.errors[0]
    assert names(out) == ["testClip0_1.npz"]


@pytest.mark.parametrize(
    ("text", "words"),
    [(None, "not a readable list of ids"), ("\n# none\n", "names no clip"), (b"\xff\xfe\xfa", "")],
)
def test_a_list_that_cannot_be_used_is_one_sentence(cubesal, tree, tmp_path, text, words):
    listing = tmp_path / "list.txt"
    if text is not None:
        listing.write_bytes(text if isinstance(text, bytes) else text.encode())
    done = cubesal("predict", tree.root, "--ids", listing, "--out", tmp_path / "out", *FAST)
    assert done.code == 2
    assert len(done.errors) == 1
    assert words in done.errors[0]
    assert "unexpected" not in done.err
    assert not (tmp_path / "out").exists()


def test_a_plain_folder_stands_for_the_clips_in_it(cubesal, tree, tmp_path):
    folder = tree.root / "360_Discovery" / "test"
    (folder / "notes.txt").write_text("not a clip")
    done = cubesal("predict", folder, "--out", tmp_path / "out", "--rate", 2, *FAST)
    assert done.code == 0
    assert names(tmp_path / "out") == ["testClip0_1.npz"]


def test_an_empty_folder_does_not_stop_the_others(cubesal, tree, tmp_path):
    (tmp_path / "empty").mkdir()
    clip = tree.clip("test", "testClip0_1")
    done = cubesal(
        "predict", tmp_path / "empty", clip, "--out", tmp_path / "out", "--rate", 2, *FAST
    )
    assert done.code == 1
    assert "without clips or pictures" in done.errors[0]


# --- files and numbers ----------------------------------------------------------------------


def test_every_frame_has_a_map_under_its_true_number(cubesal, tree, tmp_path):
    clip, out = tree.clip("test", "testClip0_1"), tmp_path / "out"
    done = cubesal("predict", clip, "--out", out, *WILD, *FAST)
    assert done.code == 0
    assert "numbered by frame, from 0" in done.err
    folder = out / "testClip0_1.mp4"
    assert names(folder) == [*(f"{k:05d}.npy" for k in range(FRAMES)), "maps.json"]
    predictor = create_predictor("fast", "cpu")
    with ClipReader(clip) as reader:
        *_, expected = [predictor.step(reader.read(k).rgb(), k / 30) for k in range(6)]
    stored = np.load(folder / "00005.npy")
    assert (stored.dtype, stored.shape) == (np.float32, (120, 240))
    np.testing.assert_allclose(stored, expected, atol=1e-5)
    assert names(out) == ["testClip0_1.mp4"]


def test_published_numbers_are_two_more_and_leave_out_the_last_frame(cubesal, tree, tmp_path):
    clip, out = tree.clip("test", "testClip0_1"), tmp_path / "out"
    options = ("--numbering", "published", "--overlay", "--features", "--flow")
    done = cubesal("predict", clip, "--out", out, *options, *WILD, *FAST)
    assert "frame + 2" in done.err
    folder = out / "testClip0_1.mp4"
    numbers = [f"{k + 2:06d}" for k in range(FRAMES - 1)]
    assert names(folder / "overlay") == [f"{n}.jpg" for n in numbers]
    assert names(folder / "features") == names(folder / "flow") == [f"{n}.npy" for n in numbers]
    facts = facts_of(folder)
    assert facts["frame_index"] == list(range(FRAMES - 1))
    assert (facts["numbering"], facts["first_number"]) == ("published", 2)
    flow = np.load(folder / "flow" / "000005.npy")
    assert (flow.shape, flow.dtype) == ((480, 960, 2), np.float32)
    meter = FlowMeter(480)
    with ClipReader(clip) as reader:
        _, expected = [meter.step(reader.read(k).rgb()) for k in (3, 4)]
    np.testing.assert_array_equal(flow, expected)


def test_the_maps_are_those_of_the_frames_that_their_numbers_mean(cubesal, tree, tmp_path):
    clip = tree.clip("test", "testClip0_1")
    for numbering in ("true", "published"):
        options = ("--numbering", numbering, *WILD, *FAST)
        cubesal("predict", clip, "--out", tmp_path / numbering, *options)
    true, published = (tmp_path / n / "testClip0_1.mp4" for n in ("true", "published"))
    for k in range(FRAMES - 1):
        one, other = np.load(true / f"{k:05d}.npy"), np.load(published / f"{k + 2:06d}.npy")
        np.testing.assert_array_equal(one, other)


def test_a_temporal_model_stores_its_raw_maps_from_its_first_whole_window_on(
    cubesal, tree, tmp_path, tiny
):
    clip = tree.clip("test", "testClip0_1")
    for numbering in ("true", "published"):
        done = cubesal(
            "predict", clip, "--out", tmp_path / numbering, "--numbering", numbering, *TINY
        )
        assert done.code == 0, done.err
    true, published = (tmp_path / n / "testClip0_1.mp4" for n in ("true", "published"))
    assert names(true) == [*(f"{k:05d}.npy" for k in range(4, FRAMES)), "maps.json"]
    # The published temporal stage has neither the last frame's features nor its last window.
    assert names(published) == [*(f"{k:06d}.npy" for k in range(4, FRAMES - 2)), "maps.json"]
    assert np.load(true / "00004.npy").shape == (4, 8)
    assert facts_of(true)["settings"]["memory"] == "window of 5 frames"


def test_with_published_numbers_every_frame_of_the_static_stage_has_features_and_flow(
    cubesal, tree, tmp_path, tiny
):
    clip = tree.clip("test", "testClip0_1")
    options = ("--numbering", "published", "--features", "--flow", *TINY)
    done = cubesal("predict", clip, "--out", tmp_path / "out", *options)
    assert done.code == 0, done.err
    folder = tmp_path / "out" / "testClip0_1.mp4"
    static = [f"{k + 2:06d}.npy" for k in range(FRAMES - 1)]
    assert names(folder / "features") == names(folder / "flow") == static
    assert [n for n in names(folder) if n.endswith("npy")] == ["000004.npy"]
    with ClipReader(clip) as reader:
        frames = [reader.read(k).rgb() for k in range(FRAMES)]
    model = tiny("cp360", "cpu")
    for k in (0, 4, FRAMES - 2):
        stored = np.load(folder / "features" / f"{k + 2:06d}.npy")
        np.testing.assert_allclose(stored, model.class_maps(frames[k]), atol=1e-4)
    theirs = FlowMeter(480, convention="cp360")
    flows = [theirs.step(frame) for frame in frames]
    for k in (0, FRAMES - 2):
        stored = np.load(folder / "flow" / f"{k + 2:06d}.npy")
        np.testing.assert_array_equal(stored, flows[k + 1])


def test_features_of_frames_without_a_map_leave_the_maps_as_they_are(cubesal, tree, tmp_path, tiny):
    clip = tree.clip("test", "testClip0_1")
    for name, options in (("with", ("--features",)), ("without", ())):
        cubesal("predict", clip, "--out", tmp_path / name, *options, *TINY)
    one, other = (tmp_path / n / "testClip0_1.mp4" for n in ("with", "without"))
    assert len(names(one / "features")) == FRAMES
    for k in range(4, FRAMES):
        np.testing.assert_array_equal(
            np.load(one / f"{k:05d}.npy"), np.load(other / f"{k:05d}.npy")
        )


def test_class_maps_are_the_features_and_are_computed_once(
    cubesal, tree, tmp_path, tiny, monkeypatch
):
    calls = []
    once = ClassMaps.__call__
    monkeypatch.setattr(ClassMaps, "__call__", lambda self, rgb: calls.append(1) or once(self, rgb))
    cubesal("predict", tree.clip("test", "testClip0_1"), "--out", tmp_path, "--features", *TINY)
    features = np.load(tmp_path / "testClip0_1.mp4" / "features" / "00004.npy")
    assert (features.shape, features.dtype) == ((6, 8, 2, 2), np.float32)
    assert len(calls) == FRAMES


def test_memory_is_chosen_said_and_refused_where_there_is_none(cubesal, tree, tmp_path, tiny):
    clip = tree.clip("test", "testClip0_1")
    words = {
        ("--window", 3): "window of 3 frames",
        ("--carried",): "state carried from frame to frame",
        ("--static",): "none",
    }
    for k, (options, memory) in enumerate(words.items()):
        done = cubesal("predict", clip, "--out", tmp_path / str(k), *options, *TINY)
        assert done.code == 0, done.err
        assert facts_of(tmp_path / str(k) / "testClip0_1.mp4")["settings"]["memory"] == memory


def test_files_and_reports_say_when_the_state_is_carried(cubesal, tree, tmp_path, tiny):
    clip = tree.clip("test", "testClip0_1")
    options = ("--every", 1, "--json", "--model", "cp360", "--device", "cpu")
    done = cubesal("predict", clip, "--out", tmp_path / "window", *options)
    assert json.loads(done.out)[0]["memory"] == "window of 5 frames"
    done = cubesal("predict", clip, "--out", tmp_path / "carried", "--carried", *options)
    assert json.loads(done.out)[0]["memory"] == "state carried from frame to frame"
    tracks = [load_npz(tmp_path / n / "testClip0_1.npz") for n in ("window", "carried")]
    assert tracks[0].model == "cp360"
    assert tracks[1].model == "cp360 (state carried from frame to frame)"
    assert np.abs(tracks[0].arrays()[2] - tracks[1].arrays()[2]).max() > 1e-3


def test_options_of_a_memory_need_one(cubesal, clip, tmp_path):
    done = cubesal("predict", clip, "--out", tmp_path / "out", "--carried", *FAST)
    assert done.code == 2
    assert "fast has none" in done.errors[0]


def test_a_clip_shorter_than_a_window_is_one_sentence_and_leaves_nothing(cubesal, tmp_path, tiny):
    clip = make_clip(tmp_path / "short.mp4", frames=4, size=(64, 32))
    done = cubesal("predict", clip, "--out", tmp_path / "out", *TINY)
    assert done.code == 2
    assert "too short" in done.errors[0]
    assert names(tmp_path / "out") == []


# --- going on where it was ------------------------------------------------------------------


class Killed(BaseException):
    """As sudden as a power cut: nothing of ours catches it."""


@pytest.mark.parametrize(
    ("memory", "written"),
    [
        (("--window", 5), 1),
        (("--window", 5, "--numbering", "published"), 3),
        (("--window", 5), 14),
        (("--window", 5, "--numbering", "published"), 12),
        (("--carried",), 7),
        (("--static",), 4),
    ],
)
def test_a_run_that_was_killed_goes_on_and_ends_with_the_same_files(
    cubesal, tree, tmp_path, tiny, monkeypatch, memory, written
):
    options = (*TINY, *memory, "--overlay", "--features", "--flow")
    clip = tree.clip("test", "testClip0_1")
    assert cubesal("predict", clip, "--out", tmp_path / "whole", *options).code == 0
    out = tmp_path / "out"
    with monkeypatch.context() as killing:
        count, save = [0], FrameFolder.save_array

        def save_some(self, name, values):
            if count[0] == written:
                raise Killed
            count[0] += 1
            save(self, name, values)

        killing.setattr(FrameFolder, "save_array", save_some)
        with pytest.raises(Killed):
            cubesal("predict", clip, "--out", out, *options)
    assert [n for n in names(out) if not n.startswith(".")] == []
    (out / ".testClip0_1.mp4.unfinished" / ".scrap.part").write_text("half a file")
    done = cubesal("predict", clip, "--out", out, *options)
    assert done.code == 0, done.err
    assert names(out) == ["testClip0_1.mp4"]
    assert contents(out) == contents(tmp_path / "whole")


def test_what_is_complete_is_not_computed_again(cubesal, tree, tmp_path, monkeypatch):
    clip, out = tree.clip("test", "testClip0_1"), tmp_path / "out"
    cubesal("predict", clip, "--out", out, *WILD, *FAST)
    before = {p: os.stat(p).st_mtime_ns for p in out.rglob("*")}
    monkeypatch.setattr(frame_work.FrameWork, "_save", lambda *_: pytest.fail("computed again"))
    done = cubesal("predict", clip, "--out", out, "--json", *WILD, *FAST)
    (report,) = json.loads(done.out)
    assert (report["maps"], report["kept"], report["frames_shown"]) == (FRAMES, FRAMES, 0)
    assert "is complete already" in done.err
    assert {p: os.stat(p).st_mtime_ns for p in out.rglob("*")} == before


def test_other_settings_do_not_mix_with_what_is_there(cubesal, tree, tmp_path):
    clip, out = tree.clip("test", "testClip0_1"), tmp_path / "out"
    cubesal("predict", clip, "--out", out, *WILD, *FAST)
    before = contents(out)
    done = cubesal("predict", clip, "--out", out, "--prior", "off", *WILD, *FAST)
    assert done.code == 2
    assert "prior: on, now off" in done.errors[0]
    assert "--overwrite" in done.errors[0]
    assert contents(out) == before
    assert (
        cubesal("predict", clip, "--out", out, "--prior", "off", "--overwrite", *WILD, *FAST).code
        == 0
    )
    assert facts_of(out / "testClip0_1.mp4")["settings"]["prior"] == "off"


def test_another_clip_of_the_same_name_is_not_taken_for_done(cubesal, tree, tmp_path):
    clip, out = tree.clip("test", "testClip0_1"), tmp_path / "out"
    cubesal("predict", clip, "--out", out, *WILD, *FAST)
    make_clip(clip, frames=3, size=(64, 32))
    done = cubesal("predict", clip, "--out", out, *WILD, *FAST)
    assert done.code == 2
    assert "clip: testClip0_1.mp4" in done.errors[0]


def test_the_ground_truth_is_never_taken_for_an_old_output(cubesal, tree):
    before = contents(tree.gt)
    clip = tree.clip("test", "testClip0_1")
    done = cubesal("predict", clip, "--out", tree.gt, "--overwrite", *WILD, *FAST)
    assert done.code == 2
    assert "holds other things" in done.errors[0]
    assert contents(tree.gt) == before


@pytest.mark.parametrize("options", [("--numbering", "true"), ("--overwrite",)])
def test_options_of_wild360_are_refused_elsewhere(cubesal, clip, tmp_path, options):
    done = cubesal("predict", clip, "--out", tmp_path / "out", *options, *FAST)
    assert done.code == 2
    assert "goes with --format wild360" in done.errors[0]


# --- pictures, timings, debugging -------------------------------------------------------------


def test_overlays_show_the_subject_of_their_frame(cubesal, tree, tmp_path):
    cubesal(
        "predict", tree.clip("test", "testClip0_1"), "--out", tmp_path, "--overlay", *WILD, *FAST
    )
    picture = cv2.imread(str(tmp_path / "testClip0_1.mp4" / "overlay" / "00003.jpg"))
    assert picture.shape == (32, 64, 3)
    assert picture.astype(float).std() > 10


def test_timings_name_the_stages_and_add_up(cubesal, clip, tmp_path):
    options = ("--rate", 2, "--timings", "--json", *FAST)
    done = cubesal("predict", clip, "--out", tmp_path, *options)
    (report,) = json.loads(done.out)
    assert {"decode", "faces", "backbone", "write"} <= set(report["ms_per_frame"])
    assert sum(report["ms_per_frame"].values()) * report["frames_shown"] <= 1000 * report["seconds"]
    assert "ms per frame on cpu" in done.err


def test_random_weights_are_a_stated_debugging_option(cubesal, clip, tmp_path):
    done = cubesal("predict", clip, "--out", tmp_path, "--rate", 1, "--weights", "random", *FAST)
    assert done.code == 0
    assert "random weights" in done.err
    assert "mean nothing" in done.err
