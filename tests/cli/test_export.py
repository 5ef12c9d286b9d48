"""``cubesal export``: each thing it can export, and what it refuses."""

from __future__ import annotations

import csv
import json
import os
from math import radians

import numpy as np
import pytest

from cubesal.overlay import OverlayStyle, blend_overlay
from cubesal.track import SaliencyTrack, load_npz
from cubesal.video import ClipReader
from cubesal.video.spherical import read_spherical_metadata
from tests.media import make_damaged, make_text

FAST = ("--model", "fast", "--device", "cpu", "--rate", "2")


def size_and_frames(path) -> tuple[int, int, int]:
    with ClipReader(path, projection="equirect") as reader:
        return reader.info.width, reader.info.height, reader.info.frame_count


def rows_of(path) -> list[dict[str, str]]:
    with open(path, newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture
def straight_path(tmp_path):
    file = tmp_path / "given.csv"
    file.write_text(
        "frame_index,time_s,yaw_deg,pitch_deg,roll_deg,hfov_deg\n0,0,0,0,0,90\n29,1,40,0,0,90\n"
    )
    return file


def test_an_overlay_video(cubesal, clip, tmp_path):
    out = tmp_path / "o.mp4"
    done = cubesal("export", clip, "--what", "overlay", "-o", out, "--colormap", "jet", *FAST)
    assert done.code == 0
    assert size_and_frames(out) == (256, 128, 30)
    assert read_spherical_metadata(out) is not None


def test_an_overlay_is_what_the_library_draws_with_the_same_style(cubesal, clip, tmp_path):
    maps, out = tmp_path / "maps.npz", tmp_path / "o.mov"
    cubesal("export", clip, "--what", "maps", "-o", maps, *FAST)
    style = ("--range", "0.5", "--contours", "0.3,0.6", "--smoothing", 10, "--inverted")
    looks = ("--colormap", "viridis", "--opacity", 0.8, "--to", 0.2, "--codec", "prores")
    made = ("--what", "overlay", "-o", out, "--maps", maps, *style, *looks)
    done = cubesal("export", clip, *made)
    assert done.code == 0, done.err
    expected = OverlayStyle(
        *("viridis", 0.8, 0.2, True, "manual", 0.5, (0.3, 0.6)), smoothing=radians(10)
    )
    saliency = expected.smoothed(load_npz(maps).at(0.0).saliency)
    with ClipReader(clip) as source, ClipReader(out) as written:
        drawn = blend_overlay(source.read(0).rgb(), saliency, 0.5, expected)
        difference = np.abs(written.read(0).rgb().astype(float) - drawn)
    assert difference.mean() < 4  # chroma has half the resolution


@pytest.mark.parametrize(
    ("option", "value", "words"),
    [
        ("--range", "0", "neither frame nor clip"),
        ("--range", "all", "all"),
        ("--contours", "0.5,1.5", "between 0 and 1"),
        ("--contours", ".1,.2,.3,.4,.5", "at most 4"),
        ("--smoothing", "90", "between 0 and 30"),
    ],
)
def test_a_style_that_cannot_be_is_refused(cubesal, clip, tmp_path, option, value, words):
    done = cubesal("export", clip, "--what", "overlay", "-o", tmp_path / "o.mp4", option, value)
    assert done.code == 2
    assert words in done.err


def test_a_cube_video_of_a_part(cubesal, clip, tmp_path):
    out = tmp_path / "c.mp4"
    part = ("--from", 0.2, "--to", 0.5)
    assert cubesal("export", clip, "--what", "cube", "-o", out, *part, *FAST).code == 0
    assert size_and_frames(out) == (256, 192, 9)


def test_several_aspects_give_a_file_each(cubesal, clip, tmp_path):
    out = tmp_path / "flat.mp4"
    aspects = ("--aspect", "16:9", "--aspect", "9:16")
    done = cubesal(
        "export", clip, "--what", "nfov", "-o", out, *aspects, "--to", 0.2, "--json", *FAST
    )
    assert done.code == 0
    assert size_and_frames(tmp_path / "flat_16x9.mp4") == (1280, 720, 6)
    assert size_and_frames(tmp_path / "flat_9x16.mp4") == (720, 1280, 6)
    assert len(json.loads(done.out)["outputs"]) == 2
    assert not out.exists()


def test_a_given_path_is_followed_without_any_model(cubesal, clip, tmp_path, straight_path):
    out = tmp_path / "flat.mp4"
    done = cubesal(
        *("export", clip, "--what", "nfov", "-o", out, "--path", straight_path),
        *("--size", "64x36", "--model", "there-is-no-such-model"),
    )
    assert done.code == 0
    assert size_and_frames(out) == (64, 36, 30)


def test_the_path_table_has_a_row_per_frame(cubesal, clip, tmp_path):
    out = tmp_path / "p.csv"
    assert cubesal("export", clip, "--what", "path", "-o", out, "--fov", 70, *FAST).code == 0
    rows = rows_of(out)
    assert [int(row["frame_index"]) for row in rows] == list(range(30))
    assert {row["hfov_deg"] for row in rows} == {"70.0000"}


def test_maps_of_a_part_are_those_around_it(cubesal, clip, tmp_path):
    out = tmp_path / "m.npz"
    part = ("--from", 0.5, "--to", 0.6)
    assert cubesal("export", clip, "--what", "maps", "-o", out, *part, *FAST).code == 0
    assert load_npz(out).frame_index.tolist() == [15]


def test_the_attention_table(cubesal, clip, tmp_path):
    out = tmp_path / "a.csv"
    assert cubesal("export", clip, "--what", "attention", "-o", out, *FAST).code == 0
    rows = rows_of(out)
    assert len(rows) == 2
    assert 0 < float(rows[0]["captured"]) <= 1


def test_a_snapshot_is_named_after_clip_frame_and_time(cubesal, clip, tmp_path):
    done = cubesal("export", clip, "--what", "snapshot", "-o", tmp_path, "--from", 0.5, *FAST)
    assert done.code == 0
    assert (tmp_path / "clip_000015_00-00-00.500.png").is_file()


@pytest.mark.parametrize(
    ("what", "name"),
    [
        ("overlay", "clip_overlay.mp4"),
        ("path", "clip_path.csv"),
        ("attention", "clip_attention.csv"),
        ("maps", "clip_maps.npz"),
        ("snapshot", "clip_000000_00-00-00.000.png"),
    ],
)
def test_without_a_name_the_output_is_called_after_the_clip(
    cubesal, clip, tmp_path, monkeypatch, what, name
):
    here = tmp_path / "here"
    here.mkdir()
    monkeypatch.chdir(here)
    assert cubesal("export", clip, "--what", what, *FAST).code == 0
    assert [entry.name for entry in here.iterdir()] == [name]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--what", "nfov", "--from", "2", "--to", "1"), "does not come after"),
        (("--what", "nfov", "--from", "50"), "no frame between 50 s and its end"),
        (("--what", "nfov", "--aspect", "16:9", "--aspect", "16:9"), "given twice"),
        (
            ("--what", "nfov", "--aspect", "1:1", "--aspect", "4:5", "--size", "64x64"),
            "single --aspect",
        ),
        (("--what", "nfov", "--aspect", "1:1", "--size", "64x36"), "is not 1:1"),
        (("--what", "nfov", "--aspect", "9:16", "--fov", "140"), "choose a smaller --fov"),
        (("--what", "nfov", "--size", "64x1000"), "give --fov, or a wider --size or --aspect"),
        (("--what", "overlay", "--quality", "99"), "quality must be in"),
        (("--what", "path"), "does not end in .csv"),
        (("--what", "attention"), "does not end in .csv"),
        (("--what", "maps"), "does not end in .npz"),
        (("--what", "maps", "--format", "npy"), "does not end in .npy"),
        (("--what", "snapshot"), "does not end in .png"),
        (("--what", "overlay", "--codec", "ffv1"), "name the output .mkv"),
        (("--what", "nfov", "--path", "absent.csv"), "absent.csv does not exist"),
    ],
)
def test_what_makes_no_sense_gets_one_line_and_leaves_nothing(
    cubesal, clip, tmp_path, arguments, words
):
    out = tmp_path / "out"
    done = cubesal("export", clip, *arguments, "-o", out / "x.mp4", *FAST)
    assert done.code == 2
    assert len(done.errors) == 1
    assert words in done.errors[0]
    assert not out.exists() or list(out.iterdir()) == []


def test_the_clip_itself_is_never_overwritten(cubesal, clip):
    before = clip.read_bytes()
    done = cubesal("export", clip, "--what", "overlay", "-o", clip, *FAST)
    assert done.code == 2
    assert "is the clip itself" in done.errors[0]
    assert clip.read_bytes() == before


def test_a_name_that_cannot_hold_the_codec_is_refused(cubesal, clip, tmp_path):
    done = cubesal("export", clip, "--what", "overlay", "-o", tmp_path / "o.avi", *FAST)
    assert done.code == 2
    assert "o.avi" in done.errors[0]
    assert not (tmp_path / "o.avi").exists()


def test_a_snapshot_beyond_the_end_is_one_line(cubesal, clip, tmp_path):
    done = cubesal("export", clip, "--what", "snapshot", "-o", tmp_path, "--from", 50, *FAST)
    assert done.code == 2
    assert "no frame at 50 s" in done.errors[0]


def test_the_path_that_is_followed_is_never_overwritten(cubesal, clip, straight_path):
    before = straight_path.read_bytes()
    arguments = ("--what", "path", "--path", straight_path, "-o", straight_path)
    done = cubesal("export", clip, *arguments)
    assert done.code == 2
    assert "is the path you follow" in done.errors[0]
    assert straight_path.read_bytes() == before


def test_a_path_too_wide_for_the_picture_is_told_before_the_clip_is_opened(cubesal, tmp_path):
    path = tmp_path / "wide.csv"
    path.write_text("frame_index,time_s,yaw_deg,pitch_deg,roll_deg,hfov_deg\n0,0,0,0,0,140\n")
    arguments = ("--what", "nfov", "--path", path, "--size", "40x400", "-o", tmp_path / "o.mp4")
    done = cubesal("export", tmp_path / "absent.mp4", *arguments)
    assert done.code == 2
    assert "wide.csv has a field of view of 140 degrees" in done.errors[0]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes there")
def test_what_is_no_ordinary_file_is_not_replaced(cubesal, clip, tmp_path):
    pipe = tmp_path / "pipe.csv"
    os.mkfifo(pipe)
    done = cubesal("export", clip, "--what", "path", "-o", pipe, *FAST)
    assert done.code == 2
    assert "pipe.csv is not an ordinary file; choose another name" in done.errors[0]
    assert pipe.is_fifo()


def test_a_clip_inside_the_folder_of_maps_is_not_deleted_with_it(cubesal, clip, tmp_path):
    folder = tmp_path / "000000_maps"
    maps = ("--what", "maps", "--format", "png")
    assert cubesal("export", clip, *maps, "-o", folder, *FAST).code == 0
    inside = folder / "000000.png"
    done = cubesal("export", inside, *maps, "-o", tmp_path, "--projection", "equirect", *FAST)
    assert done.code == 2
    assert "the clip itself" in done.errors[0]
    assert inside.exists()


@pytest.mark.parametrize("what", ["path", "overlay", "maps"])
def test_a_name_too_long_for_a_file_is_one_sentence(cubesal, clip, tmp_path, what):
    done = cubesal("export", clip, "--what", what, "-o", tmp_path / ("y" * 300 + ".csv"), *FAST)
    assert done.code == 2
    assert "yyy" in done.errors[0]
    assert "unexpected" not in done.errors[0]


def test_what_is_no_clip_gets_one_line(cubesal, tmp_path):
    fake = make_text(tmp_path / "fake.mp4")
    done = cubesal("export", fake, "--what", "overlay", "-o", tmp_path / "o.mp4", *FAST)
    assert done.code == 2
    assert "fake.mp4" in done.errors[0]


def test_a_damaged_clip_is_exported_and_named_as_partial(cubesal, tmp_path, straight_path):
    clip = make_damaged(tmp_path / "hurt.mp4", packets=[12, 13], frames=30, gop=10)
    out = tmp_path / "flat.mp4"
    done = cubesal(
        *("export", clip, "--what", "nfov", "-o", out, "--size", "64x36"),
        *("--path", straight_path),
    )
    assert done.code == 1
    assert "hurt.mp4 is damaged" in done.errors[0]
    assert size_and_frames(out) == (64, 36, 30)


# --- several outputs, and queues that survive -----------------------------------------------------

ASPECTS = ("--aspect", "16:9", "--aspect", "9:16", "--aspect", "1:1", "--aspect", "4:5")


def test_several_things_are_exported_into_a_folder_in_one_go(cubesal, clip, tmp_path):
    out = tmp_path / "all"
    whats = [
        word for what in ("overlay", "path", "attention", "snapshot") for word in ("--what", what)
    ]
    formats = ("--format", "json", "--format", "ffmpeg")
    done = cubesal("export", clip, *whats, *formats, "-o", out, "--to", 0.2, "--json", *FAST)
    assert done.code == 0
    names = ["clip_000000_00-00-00.000.png", "clip_attention.csv", "clip_overlay.mp4"]
    names += ["clip_path.ffmpeg", "clip_path.json"]
    assert sorted(entry.name for entry in out.iterdir()) == names
    assert sorted(json.loads(done.out)["outputs"]) == [str(out / name) for name in names]


def test_each_aspect_has_a_path_of_its_own_and_ninety_degrees_along_its_longer_side(
    cubesal, clip, tmp_path
):
    done = cubesal("export", clip, "--what", "path", *ASPECTS, "-o", tmp_path / "p.json", *FAST)
    assert done.code == 0
    views = {}
    for label in ("16x9", "9x16", "1x1", "4x5"):
        frames = json.loads((tmp_path / f"p_{label}.json").read_text())["frames"]
        views[label] = {frame["hfov_deg"] for frame in frames}
    assert {label: round(min(view), 1) for label, view in views.items()} == {
        "16x9": 90.0,
        "9x16": 58.7,
        "1x1": 90.0,
        "4x5": 77.3,
    }


def test_an_exported_json_path_is_followed_again(cubesal, clip, tmp_path, straight_path):
    again = tmp_path / "again.json"
    follow = ("export", clip, "--what", "path", "--path")
    assert cubesal(*follow, straight_path, "-o", again).code == 0
    assert cubesal(*follow, again, "-o", tmp_path / "third.csv").code == 0
    assert cubesal(*follow, straight_path, "-o", tmp_path / "direct.csv").code == 0
    assert (tmp_path / "third.csv").read_bytes() == (tmp_path / "direct.csv").read_bytes()


def test_a_queue_goes_on_with_what_an_interrupted_run_left(
    cubesal, clip, tmp_path, straight_path, monkeypatch
):
    from cubesal.cli import export_work

    out, journal = tmp_path / "out", tmp_path / "queue.json"
    given = ("--path", straight_path, "--size", "64x36", "--queue", journal, "-o", out)
    real = export_work.export_nfov

    def interrupted(*arguments, **options):
        raise KeyboardInterrupt

    monkeypatch.setattr(export_work, "export_nfov", interrupted)
    done = cubesal("export", clip, "--what", "path", "--what", "nfov", *given)
    assert done.code == 130
    assert [entry.name for entry in out.iterdir()] == ["clip_path.csv"]
    kept = (out / "clip_path.csv").stat().st_mtime_ns
    monkeypatch.setattr(export_work, "export_nfov", real)
    monkeypatch.chdir(out)  # from another folder
    done = cubesal("export", "--queue", journal)
    assert done.code == 0
    assert "kept" in done.err
    assert size_and_frames(out / "clip_nfov.mp4") == (64, 36, 30)
    assert (out / "clip_path.csv").stat().st_mtime_ns == kept
    assert cubesal("export", "--queue", journal).code == 0  # nothing is left to do


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((), "name a clip, or an unfinished queue"),
        (("--queue", "absent.json"), "absent.json does not exist"),
        (("CLIP",), "say what to export"),
        (("CLIP", "--what", "path", "--what", "path"), "the same --what is given twice"),
        (("CLIP", "--what", "path", "--what", "maps", "-o", "x.csv"), "the name of a folder"),
        (("CLIP", "--what", "path", "--format", "png"), "--format png is none of path"),
        (("CLIP", "--what", "overlay", "--quality", "superb"), "neither a number nor one of small"),
    ],
)
def test_queues_that_make_no_sense_get_one_line(cubesal, clip, tmp_path, arguments, words):
    done = cubesal("export", *(clip if word == "CLIP" else word for word in arguments))
    assert done.code == 2
    assert len(done.errors) == 1
    assert words in done.errors[0]


def test_one_failing_output_is_told_and_the_others_are_there(
    cubesal, clip, tmp_path, straight_path
):
    out = tmp_path / "out"
    given = ("--path", straight_path, "--from", 50, "--size", "64x36", "-o", out)
    done = cubesal("export", clip, "--what", "nfov", "--what", "path", *given)
    assert done.code == 2
    assert len(done.errors) == 1
    assert "no frame between 50 s" in done.errors[0]
    assert list(out.iterdir()) == []


def test_own_maps_lead_the_path_and_are_exported_without_any_model(
    cubesal, clip, tmp_path, monkeypatch
):
    def refuse(*_arguments):
        raise AssertionError("a model was loaded")

    monkeypatch.setattr("cubesal.cli.export_work.load_predictor", refuse)
    monkeypatch.setattr("cubesal.cli.path_report.load_predictor", refuse)
    track = SaliencyTrack(np.arange(6) * 5, np.arange(6) / 6, "clip.mp4", "mine")
    for k in range(6):
        saliency = np.zeros((60, 120), np.float32)
        saliency[25:35, 80:88] = 1.0  # about 72 degrees to the right
        track.set(k, saliency)
    maps, out, card = tmp_path / "mine.npz", tmp_path / "p.csv", tmp_path / "card.json"
    track.save_npz(maps)
    done = cubesal("export", clip, "--what", "path", "--maps", maps, "-o", out)
    assert done.code == 0, done.err
    assert all(abs(float(row["yaw_deg"]) - 72) < 10 for row in rows_of(out))
    assert cubesal("path-report", clip, "--maps", maps, "--json", card).code == 0
    assert json.loads(card.read_text())["rows"][0]["captured"] > 0.9
    wrong = tmp_path / "wrong.npz"
    wrong.write_bytes(b"PK nothing")
    done = cubesal("export", clip, "--what", "path", "--maps", wrong, "-o", tmp_path / "q.csv")
    assert done.code != 0
    assert any("wrong.npz" in line for line in done.errors)
