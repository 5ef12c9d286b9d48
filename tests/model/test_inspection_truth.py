"""Ground truth from files, the scores of moments, the worst of them, differences."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest

from cubesal import metrics
from cubesal.errors import EvaluationError
from cubesal.inspection import (
    GroundTruth,
    TrackScores,
    difference_map,
    open_ground_truth,
    score_moment,
)
from cubesal.track import SaliencyTrack

TIMES = np.arange(11) * 0.2
INDEX = np.arange(11) * 6


def blob(yaw_deg: float, pitch_deg: float = 0.0) -> np.ndarray:
    u, v = np.array([yaw_deg / 360 + 0.5]), np.array([0.5 - pitch_deg / 180])
    return metrics.fixation_density(u, v, 120, np.radians(12)).astype(np.float32)


def opened(path: Path, clip: str = "clip") -> GroundTruth:
    return open_ground_truth(path, clip, INDEX, TIMES)


def write(path: Path, *lines: str) -> Path:
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def test_fixations_of_a_csv_count_at_their_moments_and_where_they_lie(tmp_path):
    rows = ["time_s,yaw_deg,pitch_deg", "0.0,90,0", "0.1,90,0", "1.6,-90,30"]
    truth = opened(write(tmp_path / "eyes.csv", *rows))
    early, late = truth.at(0, 0.0), truth.at(48, 1.6)
    assert (truth.kind, truth.count) == ("fixations", 3)
    assert early is not None
    assert late is not None
    assert early.fixations is not None
    assert early.fixations.sum() == 2
    assert np.unravel_index(early.density.argmax(), (120, 240))[1] in (179, 180)
    assert np.unravel_index(late.density.argmax(), (120, 240)) == (40, 60)
    assert truth.at(24, 0.8) is None


def test_a_fixation_with_a_duration_holds_until_it_ends(tmp_path):
    truth = opened(write(tmp_path / "e.csv", "time_s,duration_s,u,v", "0.4,0.5,0.5,0.5"))
    assert [truth.at(0, t) is not None for t in (0.2, 0.4, 0.8, 1.0)] == [False, True, True, False]


def test_fixations_by_frame_or_without_time_and_from_npz(tmp_path):
    by_frame = opened(write(tmp_path / "f.csv", "frame_index,u,v", "30,0.25,0.5"))
    always = opened(write(tmp_path / "a.csv", "u,v", "0.25,0.5"))
    np.savez(tmp_path / "n.npz", u=[0.25], v=[0.5], time_s=[1.0])
    from_npz = opened(tmp_path / "n.npz")
    for truth, hit, missed in ((by_frame, 1.0, 0.0), (from_npz, 1.0, 0.0)):
        assert truth.at(0, hit) is not None
        assert truth.at(0, missed) is None
    assert always.at(0, 0.0) is not None
    assert always.at(0, 2.0) is not None


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        (["time_s,x,y", "0,1,2"], "needs the columns yaw_deg and pitch_deg"),
        (["time_s,u,v", "0,0.5,oops"], "line 2: v is 'oops', not a number"),
        (["time_s,u,v", "0,0.5"], "line 2: v is None"),
        (["u,v", "0.5,1.5"], "above or below the poles"),
        (["u,v", "0.5,nan"], "not finite"),
        (["u,v"], "no fixations"),
    ],
)
def test_a_csv_that_cannot_be_used_is_told_in_one_sentence(tmp_path, lines, said):
    with pytest.raises(EvaluationError, match=r"bad\.csv") as told:
        opened(write(tmp_path / "bad.csv", *lines))
    assert said in str(told.value)


def test_maps_of_an_npz_are_interpolated_between_their_moments(tmp_path):
    track = SaliencyTrack([0, 30], [0.0, 1.0], "clip", "people")
    track.set(0, blob(-60))
    track.set(1, blob(60))
    track.save_npz(tmp_path / "maps.npz")
    truth = opened(tmp_path / "maps.npz")
    assert truth.kind == "maps"
    half = truth.at(15, 0.5)
    assert half is not None
    assert half.fixations is None
    assert metrics.cc(half.density, blob(-60) + blob(60)) > 0.999
    assert truth.at(300, 9.0) is None


def test_a_wild360_folder_gives_each_frame_its_map_itself_or_by_the_clips_name(tmp_path):
    folder = tmp_path / "GT" / "clip.mp4"
    folder.mkdir(parents=True)
    for frame in (0, 6):
        np.save(folder / f"{frame:05d}.npy", np.repeat(blob(10 * frame), 2, 0).repeat(2, 1))
    for path in (folder, tmp_path / "GT"):
        truth = opened(path)
        at_6 = truth.at(6, 0.2)
        assert at_6 is not None
        assert metrics.cc(at_6.density, blob(60)) > 0.999
        assert truth.at(12, 0.4) is None


def test_folders_and_files_that_hold_no_truth_say_what_is_wanted(tmp_path):
    (tmp_path / "x.mp4").write_bytes(b"")
    with pytest.raises(EvaluationError, match="no numbered npy heat maps"):
        opened(tmp_path)
    with pytest.raises(EvaluationError, match="is no ground truth: open a CSV"):
        opened(tmp_path / "x.mp4")
    (tmp_path / "y.npz").write_bytes(b"no archive")
    with pytest.raises(EvaluationError, match=r"y\.npz is not a readable npz"):
        opened(tmp_path / "y.npz")
    np.save(tmp_path / "00000.npy", np.ones((10, 10)))
    with pytest.raises(EvaluationError, match="twice as wide"):
        opened(tmp_path).at(0, 0.0)


@pytest.fixture
def truth(tmp_path: Path) -> GroundTruth:
    rows = [f"{t:.1f},{-60 if t < 1.5 else 60},0" for t in TIMES]
    return opened(write(tmp_path / "eyes.csv", "time_s,yaw_deg,pitch_deg", *rows))


def test_scores_are_those_of_the_metrics_and_the_constant_map_has_none(truth):
    at = truth.at(0, 0.0)
    assert at is not None
    scores = score_moment(blob(-50), at)
    assert scores["cc"] == metrics.cc(blob(-50), at.density)
    assert scores["nss"] == metrics.nss(blob(-50), at.fixations)
    assert scores["auc"] == metrics.auc_judd(blob(-50), at.fixations)
    flat = score_moment(np.ones((120, 240)), at)
    assert np.isnan(flat["cc"])
    assert np.isfinite(flat["kld"])


def test_each_moment_is_scored_once_as_its_map_arrives(truth, monkeypatch):
    asked = []
    look = truth.at
    monkeypatch.setattr(truth, "at", lambda k, t: asked.append(k) or look(k, t))
    scores = TrackScores(INDEX, TIMES, truth)
    first = scores.add(3, blob(-60))
    assert scores.add(3, blob(60)) == first
    assert asked == [18]
    assert scores.has(3)
    assert np.flatnonzero(~np.isnan(scores.curve("cc"))).tolist() == [3]
    assert scores.mean("cc") == first["cc"]


def test_the_worst_moments_come_first_by_either_sense_and_keep_their_distance(truth):
    scores = TrackScores(INDEX, TIMES, truth)
    for k in range(len(TIMES)):
        scores.add(k, blob(-60 if k != 5 else 120))
    for metric in ("cc", "kld", "auc"):
        worst = scores.worst(metric)
        assert set(worst[:4]) == {5, 8, 9, 10}, metric
        assert len(worst) == len(TIMES)
    apart = scores.worst("cc", 0.5)
    assert {apart[0], apart[1]} & {8, 9, 10}
    gaps = np.diff(np.sort(TIMES[apart]))
    assert gaps.min() >= 0.5


def test_curves_become_a_table_with_holes_where_nobody_said(tmp_path):
    truth = opened(write(tmp_path / "e.csv", "time_s,u,v", "0,0.5,0.5"))
    scores = TrackScores(INDEX, TIMES, truth)
    scores.add(0, blob(0))
    scores.add(10, blob(0))
    scores.write_csv(tmp_path / "out.csv")
    rows = list(csv.DictReader((tmp_path / "out.csv").read_text().splitlines()))
    assert [row["frame_index"] for row in rows] == ["0", "60"]
    assert float(rows[0]["cc"]) == pytest.approx(scores.curve("cc")[0], abs=1e-6)
    assert rows[1]["cc"] == ""


def test_the_difference_is_signed_and_bounded_whatever_the_maps():
    found = difference_map(7 * blob(-90), 0.01 * blob(90))
    assert found.shape == (120, 240)
    assert found[60, 60] == pytest.approx(1, abs=0.02)
    assert found[60, 179] == pytest.approx(-1, abs=0.02)
    assert np.abs(found).max() <= 1
    assert not difference_map(blob(0), blob(0)).any()
    assert difference_map(np.zeros((60, 120)), blob(0)).min() == -1
    with pytest.raises(ValueError, match="equirect map"):
        difference_map(np.zeros((60, 60)), blob(0))


def column_deg(truth: GroundTruth, index: int = 0, time_s: float = 0.0) -> float:
    found = truth.at(index, time_s)
    assert found is not None
    return float((np.unravel_index(found.density.argmax(), (120, 240))[1] + 0.5) * 1.5 - 180)


def test_ground_truth_of_the_file_is_turned_to_a_new_front(tmp_path):
    eyes = write(tmp_path / "eyes.csv", "time_s,yaw_deg,pitch_deg", "0.0,120,20")
    folder = tmp_path / "maps"
    folder.mkdir()
    np.save(folder / "00000.npy", blob(120, 20))
    track = SaliencyTrack([0], [0.0], "clip", "people")
    track.set(0, blob(120, 20))
    track.save_npz(tmp_path / "maps.npz")
    for path in (eyes, folder, tmp_path / "maps.npz"):
        turned = open_ground_truth(path, "clip", INDEX, TIMES, "@-100,0,0")
        assert column_deg(turned) == pytest.approx(-140, abs=1.6)
        assert column_deg(opened(path)) == pytest.approx(120, abs=1.6)
    tilted = open_ground_truth(eyes, "clip", INDEX, TIMES, "@120,20,0").at(0, 0.0)
    assert tilted is not None
    assert np.abs(np.argwhere(tilted.fixations)[0] - (60, 120)).max() <= 1
