"""``cubesal path-report``: the card of a clip, of maps and of a path."""

from __future__ import annotations

import json

import numpy as np
import pytest

from cubesal.geometry import dir_from_angles, equirect_rays
from cubesal.track import SaliencyTrack

ROWS = ["path", "static eye-level", "best fixed view", "greedy argmax", "upper bound"]
FAST = ("--model", "fast", "--device", "cpu", "--rate", "4")


@pytest.fixture
def moving_maps(tmp_path):
    """A place of interest that goes round at 20 degrees per second for 6 s."""
    times = np.arange(30) * 0.2
    rays = equirect_rays(36)
    file = tmp_path / "maps.npz"
    track = SaliencyTrack(np.arange(30) * 6, times, "a.mp4", "made up")
    for k, now in enumerate(times):
        near = rays @ dir_from_angles(float(np.radians(20 * now + 150)), 0.1)
        track.set(k, np.exp((near - 1) / 0.02).astype(np.float32) + 1e-3)
    track.save_npz(file)
    return file


def captured(card) -> dict[str, float]:
    return {row["name"]: row["captured"] for row in card["rows"]}


def test_maps_are_planned_for_and_every_row_is_there(cubesal, moving_maps, tmp_path):
    out = tmp_path / "card.json"
    done = cubesal("path-report", moving_maps, "--hfov", 65, "--json", out)
    assert done.code == 0
    assert all(name in done.out for name in [*ROWS, "°/s²", "MVD", "look-ahead"])
    card = json.loads(out.read_text())
    share = captured(card)
    assert list(share) == ROWS
    assert share["static eye-level"] < share["best fixed view"] < 0.6 * share["path"]
    assert share["path"] > 0.9 * share["upper bound"]
    assert card["motion"]["speed"]["max"] <= 30.1
    assert list(card["online"]) == ["0", "0.5", "1", "2"]
    assert card["online"]["2"] > 0.9


def test_a_given_path_is_judged_on_the_maps_of_its_clip(cubesal, moving_maps, tmp_path):
    path, out = tmp_path / "still.csv", tmp_path / "card.json"
    path.write_text(
        "frame_index,time_s,yaw_deg,pitch_deg,roll_deg,hfov_deg\n0,0,0,0,0,65\n179,5.9,0,0,0,65\n"
    )
    assert cubesal("path-report", path, "--clip", moving_maps, "--json", out).code == 0
    card = json.loads(out.read_text())
    assert captured(card)["path"] == pytest.approx(captured(card)["static eye-level"])
    assert card["motion"]["still_share"] == 1.0


def test_a_path_alone_has_its_motion_measured(cubesal, tmp_path):
    path, out = tmp_path / "pan.csv", tmp_path / "card.json"
    rows = [f"{k},{k / 30:.6f},{k * 0.5:.4f},0,0,90" for k in range(61)]
    rows[31:] = [f"{k},{k / 30:.6f},{100 + 15.0 - k * 0.25:.4f},0,0,90" for k in range(31, 61)]
    heading = "frame_index,time_s,yaw_deg,pitch_deg,roll_deg,hfov_deg\n"
    path.write_text(heading + "\n".join(rows) + "\n")
    done = cubesal("path-report", path, "--json", out)
    assert done.code == 0
    assert "motion alone" in done.err
    motion = json.loads(out.read_text())["motion"]
    assert motion["speed"]["p95"] == pytest.approx(15.0, abs=0.01)
    assert motion["cuts_per_min"] == pytest.approx(30)
    assert motion["shortest_shot_s"] == pytest.approx(29 / 30, abs=1e-3)
    assert motion["least_turn_gap_s"] is None


def test_a_clip_with_subject_boxes_has_hit_rates(cubesal, clip, tmp_path):
    boxes, out = tmp_path / "boxes.json", tmp_path / "card.json"
    subject = {"label": "ball", "box": [0.1, 0.4, 0.2, 0.6], "primary": True}
    frames = [{"frame_index": k, "subjects": [subject]} for k in (3, 20)]
    boxes.write_text(json.dumps({"clip": "any.mp4", "frames": frames}))
    done = cubesal("path-report", clip, "--gt", boxes, "--json", out, *FAST)
    assert done.code == 0
    hits = {row["name"]: row["hits"] for row in json.loads(out.read_text())["rows"]}
    assert hits["fixed view of most hits"] == 1.0
    assert hits["static eye-level"] == 0.0


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("MAPS", "--gt", "boxes.json"), "instead of its maps"),
        (("MAPS", "--clip", "x.mp4"), "judged on itself"),
        (("p.csv", "--gt", "boxes.json"), "--clip"),
        (("missing.csv",), "does not exist"),
        (("MAPS", "--json", "MAPS"), "input"),
    ],
)
def test_what_cannot_be_reported_is_refused_in_a_sentence(cubesal, moving_maps, words, said):
    done = cubesal("path-report", *(moving_maps if word == "MAPS" else word for word in words))
    assert done.code == 2
    assert said in done.err


@pytest.mark.parametrize(
    ("content", "said"),
    [(b"PK\x03\x04\xff" * 400, "it is not JSON"), (b'{"clip": "a.mp4"}', "'frames' is missing")],
)
def test_ground_truth_that_is_none_is_told_at_once_and_briefly(
    cubesal, clip, tmp_path, content, said
):
    wrong = tmp_path / "truth.npz"
    wrong.write_bytes(content)
    done = cubesal("path-report", clip, "--gt", wrong, *FAST)
    assert done.code == 2
    assert said in done.err
    assert len(done.err) < 400
    assert "analyse" not in done.err
