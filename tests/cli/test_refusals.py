"""Commands that would lose something in silence say so instead, and touch nothing."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from cubesal.backbone import expected_state
from cubesal.cli import models as models_command
from cubesal.models import verify_model
from tests.cli.conftest import Cubesal
from tests.wild360 import Wild360Tree, ground_truth, make_tree

BAND = "band (-5°, 10°)"
FRAMES = 12


@pytest.fixture
def tree(tmp_path: Path) -> Wild360Tree:
    return make_tree(tmp_path / "wild", clips=1, frames=FRAMES, size=(64, 32))


def predictions(folder: Path, name: str, frames: range) -> Path:
    (folder / f"{name}.mp4").mkdir(parents=True, exist_ok=True)
    for frame in frames:
        np.save(folder / f"{name}.mp4" / f"{frame:06d}.npy", ground_truth(0, frame))
    return folder


# --- evaluate ------------------------------------------------------------------------------------


def test_a_model_without_its_clips_is_not_left_out(cubesal: Cubesal, tree: Wild360Tree) -> None:
    outcome = cubesal("evaluate", "--model", "fast", "--gt", tree.gt)
    assert (outcome.code, len(outcome.errors)) == (2, 1)
    assert "needs the clips themselves: say where with --clips" in outcome.errors[0]
    absent = cubesal("evaluate", "--model", "fast", "--gt", tree.gt, "--clips", "absent")
    assert "there is no folder of clips absent" in absent.errors[0]


def test_rows_that_need_the_clips_are_named_where_they_are_left_out(
    cubesal: Cubesal, tree: Wild360Tree, tmp_path: Path
) -> None:
    maps = predictions(tmp_path / "maps", tree.test_ids[0], range(FRAMES))
    outcome = cubesal("evaluate", "--pred", maps, "--gt", tree.gt, "--baselines")
    assert outcome.code == 0, outcome.err
    assert "without --clips there is no row of" in outcome.err


@pytest.mark.parametrize("protocol", ["sphere", "cp360"])
def test_maps_that_stop_early_are_named(
    cubesal: Cubesal, tree: Wild360Tree, tmp_path: Path, protocol: str
) -> None:
    maps = predictions(tmp_path / "maps", tree.test_ids[0], range(FRAMES - 3))
    how = ("evaluate", "--pred", maps, "--gt", tree.gt, "--protocol", protocol)
    outcome = cubesal(*how)
    assert outcome.code == 2
    assert "last map is that of frame 8, but the ground truth goes on to frame 11" in outcome.err
    predictions(maps, tree.test_ids[0], range(FRAMES - 2))
    assert cubesal(*how).code == 0


@pytest.mark.parametrize("protocol", ["sphere", "cp360"])
def test_gains_compare_the_same_frames(
    cubesal: Cubesal, tree: Wild360Tree, tmp_path: Path, protocol: str
) -> None:
    (name,) = tree.test_ids
    report = tmp_path / "report.json"

    def band(frames: range) -> float:
        maps = predictions(tmp_path / f"maps{frames.start}", name, frames)
        how = ("--pred", maps, "--gt", tree.gt, "--protocol", protocol, "--json", report)
        assert cubesal("evaluate", *how).code == 0
        (section,) = json.loads(report.read_text())["sections"]
        return section["rows"][BAND]["items"][name]["cc"]

    whole, tail = band(range(FRAMES)), band(range(4, FRAMES))
    assert whole != tail
    for path in sorted((tree.gt / f"{name}.mp4").glob("*.npy"))[:4]:
        np.save(path, ground_truth(0, 4) + np.eye(32, 64, dtype=np.float32))
    assert band(range(4, FRAMES)) == pytest.approx(tail)


def test_an_empty_clip_of_the_ground_truth_is_named(cubesal: Cubesal, tree: Wild360Tree) -> None:
    (tree.gt / "zz.mp4").mkdir()
    outcome = cubesal("evaluate", "--pred", tree.gt, "--gt", tree.gt)
    assert outcome.code == 2
    assert "zz.mp4 holds no numbered npy files" in outcome.errors[0]


def test_a_report_never_replaces_what_is_read(
    cubesal: Cubesal, tree: Wild360Tree, tmp_path: Path
) -> None:
    (name,) = tree.test_ids
    maps = predictions(tmp_path / "maps", name, range(FRAMES))
    ids = tmp_path / "ids.txt"
    ids.write_text(name)
    linked = tmp_path / "link.json"
    linked.symlink_to(maps / f"{name}.mp4" / "000000.npy")
    for out in (tree.gt / f"{name}.mp4" / "00000.npy", linked, ids, tree.clip("test", name)):
        before = out.read_bytes()
        how = ("--pred", maps, "--gt", tree.gt, "--clips", tree.root, "--ids", ids)
        outcome = cubesal("evaluate", *how, "--json", out)
        assert (outcome.code, len(outcome.errors)) == (2, 1)
        assert "choose another --json" in outcome.errors[0]
        assert out.read_bytes() == before
    report = maps / "report.json"
    for _ in range(2):
        again = cubesal("evaluate", "--pred", maps, "--gt", tree.gt, "--json", report)
        assert again.code == 0, again.err


# --- the parser ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("evaluate", "--gt", "x", "--drift", "nan"), "not a finite number"),
        (("evaluate", "--gt", "x", "--drift", "inf"), "not a finite number"),
        (("flow", "x", "--out", "y", "--height", "99999999999"), "whole number of 16 to 4096 rows"),
        (("flow", "x", "--out", "y", "--height", "8"), "whole number of 16 to 4096 rows"),
        (("flow", "x", "--out", "y", "--height", "9" * 5000), "16 to 4096 rows"),
        (("predict", "x", "--out", "y", "--window", "99999"), "whole number of 1 to 100 frames"),
        (("predict", "x", "--out", "y", "--window", "0"), "whole number of 1 to 100 frames"),
    ],
)
def test_numbers_out_of_range_are_refused_with_the_range(
    cubesal: Cubesal, arguments: tuple[str, ...], words: str
) -> None:
    outcome = cubesal(*arguments)
    assert outcome.code == 2
    assert words in outcome.err


# --- models --------------------------------------------------------------------------------------


def test_verifying_goes_on_after_a_model_that_fails_in_a_new_way(
    cubesal: Cubesal, monkeypatch: pytest.MonkeyPatch
) -> None:
    def verify(name: str):
        if name == "default":
            raise RuntimeError("no kernel")
        return verify_model(name, "cpu")

    monkeypatch.setattr(models_command, "verify_model", verify)
    outcome = cubesal("models", "verify", "default", "fast")
    assert outcome.code == 1
    assert "model 'default' fails unexpectedly: RuntimeError: no kernel" in outcome.errors[0]
    assert "fast: sound" in outcome.out


@pytest.mark.parametrize("kind", ["npz", "wild360"])
def test_undefined_maps_are_not_written(
    cubesal: Cubesal,
    tree: Wild360Tree,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    kind: str,
) -> None:
    monkeypatch.setenv("CUBESAL_DATA_DIR", str(tmp_path / "data"))
    folder = tmp_path / "data" / "models"
    folder.mkdir(parents=True)
    state = {k: torch.full(v.shape, 1e37) for k, v in expected_state("resnet18").items()}
    save_file({k: v for k, v in state.items() if v.ndim}, folder / "bad.safetensors")
    text = 'backbone = "resnet18"\nweights = "bad.safetensors"\nface_w = 64'
    (folder / "bad.toml").write_text(text, encoding="utf-8")
    clip = tree.clip("test", tree.test_ids[0])
    how = ("--model", "bad", "--device", "cpu", "--out", tmp_path / "out", "--format", kind)
    outcome = cubesal("predict", clip, *how, "--features")
    assert outcome.code == 2
    assert "model 'bad' predicts undefined values" in outcome.err
    assert not list((tmp_path / "out").rglob("*.np[yz]"))


def test_a_figure_looks_for_all_models_before_it_runs_one(
    cubesal: Cubesal, tree: Wild360Tree, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CUBESAL_DATA_DIR", str(tmp_path / "data"))
    analysed: list[object] = []
    monkeypatch.setattr("cubesal.cli.figure.analyse", lambda *a, **_: analysed.append(a))
    clip = tree.clip("test", tree.test_ids[0])
    how = ("-o", tmp_path / "b.png", "--count", 2, "--model", "fast,cp360", "--device", "cpu")
    outcome = cubesal("figure", clip, *how)
    assert outcome.code == 2
    assert "cubesal models add resnet50" in outcome.errors[0]
    assert not analysed
