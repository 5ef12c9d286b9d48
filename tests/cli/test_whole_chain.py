"""From a Wild-360 tree to scores, to a memory trained on it, to that memory's scores."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from tests.cli.conftest import SMALL_TRAINING, Cubesal
from tests.wild360 import Wild360Tree, make_tree

STATIC = 'backbone = "lite0"\nweights = "download"\nface_w = 65\n'


@pytest.fixture
def tree(tmp_path: Path) -> Wild360Tree:
    return make_tree(tmp_path / "wild", clips=2, frames=9)


def add(cubesal: Cubesal, folder: Path, name: str, text: str) -> None:
    file = folder / f"{name}.toml"
    file.write_text(text, encoding="utf-8")
    done = cubesal("models", "add", name, file)
    assert done.code == 0, done.err


def scores(
    cubesal: Cubesal, tree: Wild360Tree, maps: Path, protocol: str
) -> dict[str, dict[str, float]]:
    """Mean scores of every row."""
    report = maps.parent / f"{maps.name}_{protocol}.json"
    done = cubesal(
        "evaluate", "--pred", maps, "--gt", tree.gt, "--protocol", protocol, "--json", report
    )
    assert done.code == 0, done.err
    (section,) = json.loads(report.read_text())["sections"]
    return {name: row["mean"] for name, row in section["rows"].items()}


def predicted(cubesal: Cubesal, tree: Wild360Tree, model: str, out: Path) -> Path:
    how = ("--format", "wild360", "--ids", tree.test_list, "--out", out)
    done = cubesal("predict", tree.root, "--model", model, *how)
    assert done.code == 0, done.err
    return out


def test_predict_evaluate_train_evaluate(
    cubesal: Cubesal, tree: Wild360Tree, tmp_path: Path
) -> None:
    add(cubesal, tmp_path, "still", STATIC)
    static = predicted(cubesal, tree, "still", tmp_path / "static")
    for protocol in ("cp360", "sphere"):
        rows = scores(cubesal, tree, static, protocol)
        assert np.isfinite([row["cc"] for row in rows.values()]).all()

    config = tmp_path / "training.toml"
    config.write_text(SMALL_TRAINING, encoding="utf-8")
    trained = tmp_path / "trained"
    clips = tree.root / "360_Discovery" / "train"
    options = ("--clips", clips, "--out", trained, "--cache", tmp_path / "cache", "--export-pth")
    done = cubesal("train", config, *options)
    assert done.code == 0, done.err

    checkpoint = max(trained.rglob("*.pth"), key=lambda p: p.stat().st_mtime_ns)
    add(cubesal, tmp_path, "mine", STATIC + f"temporal = {str(checkpoint)!r}\n")
    temporal = predicted(cubesal, tree, "mine", tmp_path / "temporal")
    before = scores(cubesal, tree, static, "cp360")["static"]
    after = scores(cubesal, tree, temporal, "cp360")["temporal"]
    assert np.isfinite(list(after.values())).all()
    assert after["cc"] != before["cc"]


def test_the_truth_itself_scores_best(cubesal: Cubesal, tree: Wild360Tree, tmp_path: Path) -> None:
    """The chain measures what it says: nothing lies between a map and its frame."""
    maps = tmp_path / "truth"
    for clip_id in tree.test_ids:
        folder = maps / clip_id
        folder.mkdir(parents=True)
        for file in sorted((tree.gt / f"{clip_id}.mp4").glob("*.npy")):
            np.save(folder / f"{int(file.stem):06d}.npy", np.load(file).astype(np.float32))
    rows = scores(cubesal, tree, maps, "sphere")
    assert rows["truth"]["cc"] == pytest.approx(1, abs=1e-3)
    assert rows["truth"]["auc_judd"] > 0.9


def test_a_memory_that_is_gone_or_has_no_use_is_refused(cubesal: Cubesal, tmp_path: Path) -> None:
    missing = tmp_path / "mine.toml"
    missing.write_text(STATIC + 'temporal = "gone.pth"\n', encoding="utf-8")
    refused = cubesal("models", "add", "mine", missing)
    assert refused.code == 2
    assert "gone.pth" in refused.err
    both = tmp_path / "both.toml"
    both.write_text(STATIC + 'terms = ["class"]\ntemporal = "a.pth"\n', encoding="utf-8")
    refused = cubesal("models", "add", "both", both)
    assert (refused.code, "leave out temporal" in refused.err) == (2, True)
