"""``cubesal evaluate``: what it prints, what it writes, and what it says when it cannot."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from tests.cli.conftest import Cubesal
from tests.wild360 import ground_truth, make_tree, scene, subject_at

SIZE = (256, 128)
BAND = "band (-5°, 10°)"


@pytest.fixture
def gt(tmp_path: Path) -> Path:
    """Two stills, one with fixations and one with a density."""
    folder = tmp_path / "gt"
    folder.mkdir()
    for name in ("points_1", "maps_1"):
        cv2.imwrite(str(folder / f"{name}.jpg"), scene(1, 0, SIZE)[..., ::-1])
    yaw, pitch = subject_at(1, 0)
    draws = np.random.default_rng(0).normal(0, 0.01, (2, 60))
    u, v = yaw / (2 * np.pi) + 0.5 + draws[0], 0.5 - pitch / np.pi + draws[1]
    np.savez(folder / "points_1.npz", u=u, v=v, participant=np.arange(60) % 6)
    cv2.imwrite(str(folder / "maps_1_map.png"), np.uint8(255 * ground_truth(1, 0, 64)))
    return folder


def test_a_model_is_scored_beside_all_rows_and_sets_stay_apart(
    cubesal: Cubesal, gt: Path, tmp_path: Path
) -> None:
    report = tmp_path / "report.json"
    outcome = cubesal("evaluate", "--model", "fast", "--gt", gt, "--baselines", "--json", report)
    assert outcome.code == 0, outcome.err
    for words in ("points (n = 1; fixation points", "maps (n = 1; density maps", "paired gain"):
        assert words in outcome.out
    facts = json.loads(report.read_text())
    assert [s["set"] for s in facts["sections"]] == ["maps", "points"]
    rows = facts["sections"][1]["rows"]
    expected = {"uniform", "equator prior (20°)", BAND, "centre prior", "spectral residual"}
    expected |= {"fast", "fast, 5°", "fast x prior", "fast, 5° x prior", "fast, zero padding"}
    assert expected <= set(rows)
    assert "half the observers" in rows
    assert rows["uniform"]["mean"]["auc_judd"] == 0.5
    gain = rows["fast x prior"][f"gain over {BAND}"]["nss"]
    mine, theirs = (rows[r]["items"]["points_1"]["nss"] for r in ("fast x prior", BAND))
    assert gain["items"]["points_1"] == pytest.approx(mine - theirs)
    assert gain["interval"] is None


def test_the_prior_may_be_off_or_on_alone(cubesal: Cubesal, gt: Path) -> None:
    off = cubesal("evaluate", "--model", "fast", "--gt", gt, "--prior", "off")
    assert off.code == 0
    assert "x prior" not in off.out
    on = cubesal("evaluate", "--model", "fast", "--gt", gt, "--prior", "on")
    assert "fast x prior" in on.out
    assert "│ fast  " not in on.out


def test_the_checks_compare_both_paddings(cubesal: Cubesal, gt: Path, tmp_path: Path) -> None:
    (gt / "maps_1.jpg").unlink()
    report = tmp_path / "report.json"
    outcome = cubesal("evaluate", "--model", "fast", "--gt", gt, "--checks", "--json", report)
    assert outcome.code == 0, outcome.err
    cube, zeros = json.loads(report.read_text())["checks"]
    assert (cube["row"], zeros["row"]) == ("fast", "fast, zero padding")
    assert cube["feature_seam"] > 0
    assert cube["rotations"] != zeros["rotations"]
    assert set(cube["rotations"]) == {
        "yaw 15°",
        "yaw 30°",
        "yaw 45°",
        "tilt 15°",
        "random",
        "yaw mean",
    }
    assert "both smoothed by 5°" in outcome.out


def test_stored_maps_are_scored_on_stills(cubesal: Cubesal, gt: Path, tmp_path: Path) -> None:
    maps = tmp_path / "mine"
    for name in ("points_1", "maps_1"):
        maps.mkdir(exist_ok=True)
        np.save(maps / f"{name}.npy", ground_truth(1, 0, 60))
    outcome = cubesal("evaluate", "--pred", maps, "--gt", gt)
    assert outcome.code == 0, outcome.err
    assert "mine" in outcome.out
    (maps / "maps_1.npy").unlink()
    partial = cubesal("evaluate", "--pred", maps, "--gt", gt)
    assert partial.code == 1
    assert len(partial.errors) == 1
    assert "no prediction of maps_1" in partial.errors[0]
    np.save(maps / "points_1.npy", np.ones((60, 120)))
    nothing = cubesal("evaluate", "--pred", maps, "--gt", gt)
    assert nothing.code == 2
    assert len(nothing.errors) == 2


def test_what_predict_wrote_for_a_wild_360_tree_can_be_scored(
    cubesal: Cubesal, tmp_path: Path
) -> None:
    tree = make_tree(tmp_path / "wild", clips=1, frames=6)
    clip = tree.clip("test", tree.test_ids[0])
    maps = tmp_path / "maps"
    how = ("--format", "wild360", "--numbering", "published")
    assert cubesal("predict", clip, "--model", "fast", "--out", maps, *how).code == 0
    assert sorted(p.name for p in maps.glob("*/*.npy"))[0] == "000002.npy"
    report = tmp_path / "report.json"
    options = ("--ids", tree.test_list, "--protocol", "cp360", "--json", report)
    outcome = cubesal("evaluate", "--pred", maps, "--gt", tree.gt, *options)
    assert outcome.code == 0, outcome.err
    assert "weighted by feature files" in outcome.out
    (stored,) = json.loads(report.read_text())["sections"]
    assert stored["weights"] == {tree.test_ids[0]: 10.0}
    run = cubesal(
        *("evaluate", "--model", "fast", "--gt", tree.gt, "--clips", tree.root, *options),
    )
    assert run.code == 0, run.err
    (live,) = json.loads(report.read_text())["sections"]
    assert live["rows"]["fast x prior"]["mean"]["cc"] == pytest.approx(
        stored["rows"]["maps"]["mean"]["cc"], abs=1e-5
    )


def test_annotated_clips_are_scored_with_an_interval_only_where_there_are_enough(
    cubesal: Cubesal, tmp_path: Path
) -> None:
    tree = make_tree(tmp_path / "wild", clips=1, frames=12, fps=6)
    yaw, pitch = subject_at(0, 4)
    u, v = yaw / (2 * np.pi) + 0.5, 0.5 - pitch / np.pi
    box = [u - 0.04, v - 0.05, u + 0.04, v + 0.05]
    subject = {"label": "ball", "box": box, "primary": True}
    facts = {
        "clip": f"{tree.test_ids[0]}.mp4",
        "frames": [{"frame_index": 4, "subjects": [subject]}],
    }
    subjects = tmp_path / "gt" / "subjects"
    subjects.mkdir(parents=True)
    (subjects / "ball.json").write_text(json.dumps(facts))
    folder = tree.clip("test", "x").parent
    outcome = cubesal("evaluate", "--model", "fast", "--gt", subjects.parent, "--clips", folder)
    assert outcome.code == 0, outcome.err
    assert "clips (n = 1; boxes of primary subjects)" in outcome.out
    assert "[" not in outcome.out.split("paired gain")[0].split("NSS")[1].split("│ fast")[0]
    drifted = cubesal(
        *("evaluate", "--model", "fast", "--gt", subjects.parent, "--clips", folder),
        *("--drift", 12),
    )
    assert drifted.code == 0, drifted.err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--gt", "absent"), "there is no folder absent"),
        (("--gt", "empty"), "holds no ground truth"),
        (("--gt", "gt", "--pred", "absent"), "no folder of predictions"),
        (("--gt", "gt", "--pred", "empty", "--checks"), "--checks needs a --model"),
        (("--gt", "gt", "--pred", "empty", "--drift", "12"), "--drift needs a --model"),
        (("--gt", "gt", "--model", "nonsense"), "nonsense"),
        (("--gt", "gt", "--ids", "absent.txt"), "not a readable list of ids"),
        (("--gt", "gt", "--protocol", "flat"), "invalid choice"),
        (("--gt", "gt", "--pred", "empty", "--model", "fast"), "not allowed with"),
        (("--gt", "boxes", "--clips", "absent"), "no folder of clips"),
    ],
)
def test_bad_input_is_one_sentence_and_code_2(
    arguments: tuple[str, ...],
    words: str,
    cubesal: Cubesal,
    gt: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty").mkdir()
    (tmp_path / "boxes" / "subjects").mkdir(parents=True)
    outcome = cubesal("evaluate", *arguments)
    assert outcome.code == 2
    assert len(outcome.errors) == 1
    assert words in outcome.errors[0]
    assert not outcome.out
