"""``cubesal train``: from clips to weights, through kills, processes and bad input."""

from __future__ import annotations

import csv
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import time
from importlib.util import find_spec
from pathlib import Path

import pytest
import torch

from cubesal.cli import main
from cubesal.convlstm import ConvLSTMCell, build_cell
from cubesal.weights import read_weights
from tests.cli.conftest import SMALL_TRAINING as CONFIG
from tests.cli.conftest import Cubesal
from tests.wild360 import Wild360Tree, make_tree

CHECKOUT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Wild360Tree:
    return make_tree(tmp_path_factory.mktemp("wild"), clips=2, frames=9)


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "training.toml"
    path.write_text(CONFIG, encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def whole(tree: Wild360Tree, cache: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of an uninterrupted run."""
    folder = tmp_path_factory.mktemp("whole")
    config = folder / "training.toml"
    config.write_text(CONFIG, encoding="utf-8")
    options = ["--clips", tree.root, "--cache", cache, "--out", folder, "--export-pth", "-q"]
    assert main(["train", *map(str, [config, *options])]) == 0
    return folder


def losses(out: Path, column: str = "total") -> list[float]:
    with (out / "log.csv").open(newline="") as file:
        return [float(row[column]) for row in csv.DictReader(file)]


def last_weights(out: Path) -> bytes:
    (state,) = out.glob("CLSTM_*/CLSTM_3_20.safetensors")
    return state.read_bytes()


def command(config: Path, tree: Wild360Tree, cache: Path, out: Path, *more: str) -> list[str]:
    words = ["train", config, "--clips", tree.root, "--cache", cache, "--out", out, *more]
    return [sys.executable, "-m", "cubesal", *map(str, words)]


def environment(**more: str) -> dict[str, str]:
    path = os.pathsep.join([str(CHECKOUT / "model"), str(CHECKOUT)])
    return {**os.environ, "PYTHONPATH": path, "OMP_NUM_THREADS": "1", **more}


def test_the_loss_falls_and_the_weights_load_where_published_ones_do(whole: Path) -> None:
    found = losses(whole)
    assert len(found) == 20
    assert sum(found[-5:]) < 0.5 * sum(found[:5])
    weights = read_weights(whole / "CLSTM_s_0.7_t_1.0_m_0.01" / "CLSTM_3_20.pth")
    assert weights.keys() == ConvLSTMCell(4, 4).state_dict().keys()
    cell = build_cell(weights)
    hidden, _ = cell(torch.rand(6, 4, 3, 3))
    assert torch.isfinite(hidden).all()


def test_a_finished_run_is_neither_overwritten_nor_changed(
    cubesal: Cubesal, config: Path, tree: Wild360Tree, cache: Path, whole: Path
) -> None:
    options = ("--clips", tree.root, "--cache", cache, "--out", whole)
    weights, found = last_weights(whole), losses(whole)
    refused = cubesal("train", config, *options)
    assert refused.code == 2
    assert "continue it with --resume" in refused.err
    again = cubesal("train", config, *options, "--resume")
    assert again.code == 0, again.err
    assert "20 steps over 4 epochs of 10 windows" in again.out
    assert (last_weights(whole), losses(whole)) == (weights, found)


def test_a_finished_run_still_writes_the_pth_that_is_asked_for(
    cubesal: Cubesal, config: Path, tree: Wild360Tree, cache: Path, whole: Path, tmp_path: Path
) -> None:
    out = tmp_path / "run"
    shutil.copytree(whole, out, ignore=shutil.ignore_patterns("*.pth"))
    options = ("--clips", tree.root, "--cache", cache, "--out", out, "--resume")
    assert cubesal("train", config, *options).code == 0
    assert not list(out.rglob("*.pth"))
    done = cubesal("train", config, *options, "--export-pth")
    assert done.code == 0, done.err
    (late,) = out.rglob("*.pth")
    theirs = read_weights(whole / late.relative_to(out))
    ours = read_weights(late)
    assert ours.keys() == theirs.keys()
    assert all(torch.equal(ours[name], theirs[name]) for name in theirs)


def test_killed_and_resumed_equals_uninterrupted(
    cubesal: Cubesal, config: Path, tree: Wild360Tree, cache: Path, whole: Path, tmp_path: Path
) -> None:
    parts = tmp_path / "parts"
    process = subprocess.Popen(
        command(config, tree, cache, parts, "-q"), env=environment(), stdout=subprocess.DEVNULL
    )
    try:
        deadline = time.monotonic() + 90
        while not list(parts.glob("CLSTM_*/*.state")):
            assert process.poll() is None, "it ended before it could be killed"
            assert time.monotonic() < deadline, "it never wrote a checkpoint"
            time.sleep(0.005)
        process.send_signal(signal.SIGKILL)
    finally:
        process.kill()
        process.wait()
    assert not list(parts.glob("CLSTM_*/CLSTM_3_20.state")), "it was killed too late"
    options = ("--clips", tree.root, "--cache", cache, "--out", parts, "--resume")
    done = cubesal("train", config, *options)
    assert done.code == 0, done.err
    assert last_weights(parts) == last_weights(whole)
    assert losses(parts) == losses(whole)


def free_port() -> int:
    """One that stays free until somebody asks for it: none that the system gives to others."""
    for port in random.SystemRandom().sample(range(10_000, 30_000), 100):
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise AssertionError("no free port")


def test_two_processes_find_the_losses_of_one(
    config: Path, tree: Wild360Tree, cache: Path, whole: Path, tmp_path: Path
) -> None:
    two = tmp_path / "two"
    config.write_text(CONFIG.replace("epochs = 4", "epochs = 1"), encoding="utf-8")
    group = {"WORLD_SIZE": "2", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(free_port())}
    processes = [
        subprocess.Popen(
            command(config, tree, cache, two, "-q", "--device", "cpu"),
            env=environment(RANK=str(rank), LOCAL_RANK=str(rank), **group),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )
        for rank in range(2)
    ]
    for process in processes:
        _, errors = process.communicate(timeout=120)
        assert process.returncode == 0, errors.decode()
    for column in ("smooth", "temporal", "mask", "total"):
        assert losses(two, column) == pytest.approx(losses(whole, column)[:5], rel=1e-5)


def test_preparing_alone_leaves_no_run(
    cubesal: Cubesal, config: Path, tree: Wild360Tree, tmp_path: Path
) -> None:
    cache, out = tmp_path / "cache", tmp_path / "run"
    done = cubesal(
        "train", config, "--clips", tree.root, "--cache", cache, "--out", out, "--prepare-only"
    )
    assert done.code == 0, done.err
    assert len(list(cache.glob("*/maps/*.npy"))) == 18
    assert not out.exists()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (("epochs = 4", "epoch = 4"), "unknown key run.epoch"),
        (("input = 4\nhidden = 4", "input = 5\nhidden = 5"), "have 4 channels"),
        (("input = 4", 'kind = "transformer"\ninput = 4'), "network.kind 'transformer' is unknown"),
        (("batch = 2", "batch = 64"), "10 windows, fewer than one step takes"),
        (("batch = 2", "batch = 2\nwindow = 20"), "no clip is long enough"),
        (("lr = 1e-2", "lr = 1e30"), "the losses became undefined"),
    ],
)
def test_what_is_wrong_is_one_sentence_and_nothing_half_written(
    cubesal: Cubesal,
    config: Path,
    tree: Wild360Tree,
    cache: Path,
    tmp_path: Path,
    change: tuple[str, str],
    words: str,
) -> None:
    config.write_text(CONFIG.replace(*change), encoding="utf-8")
    out = tmp_path / "run"
    done = cubesal("train", config, "--clips", tree.root, "--cache", cache, "--out", out)
    assert done.code == 2
    assert len(done.errors) == 1
    assert words in done.errors[0]
    assert not list(out.rglob("*.part"))


def test_a_training_goes_on_only_as_it_was_begun(
    cubesal: Cubesal, config: Path, tree: Wild360Tree, cache: Path, whole: Path
) -> None:
    options = ("--clips", tree.root, "--cache", cache, "--out", whole)
    other = config.with_name("other.toml")
    other.write_text(CONFIG.replace("lr = 1e-2", "lr = 2e-2"), encoding="utf-8")
    done = cubesal("train", other, *options, "--resume")
    assert done.code == 2
    assert "optimiser.lr was 0.01 and is now 0.02" in done.err
    one = tree.clip("train", tree.train_ids[0])
    done = cubesal("train", config, "--clips", one, "--cache", cache, "--out", whole, "--resume")
    assert done.code == 2
    assert "learned from other clips" in done.err


@pytest.mark.parametrize("more", [(), ("--resume",)])
def test_a_folder_holds_one_training_whose_log_stays(
    cubesal: Cubesal,
    config: Path,
    tree: Wild360Tree,
    whole: Path,
    tmp_path: Path,
    more: tuple[str, ...],
) -> None:
    before = (whole / "log.csv").read_bytes(), sorted(whole.rglob("*"))
    config.write_text(CONFIG.replace("[losses]", "[losses]\nsmooth = 0.5"), encoding="utf-8")
    cache = tmp_path / "unused"
    done = cubesal("train", config, "--clips", tree.root, "--cache", cache, "--out", whole, *more)
    assert done.code == 2
    assert len(done.errors) == 1
    assert "CLSTM_s_0.7_t_1.0_m_0.01 holds another training" in done.errors[0]
    assert ((whole / "log.csv").read_bytes(), sorted(whole.rglob("*"))) == before
    assert not cache.exists(), "it is said before the long work"


def test_junk_named_as_the_log_is_kept(
    cubesal: Cubesal, config: Path, tree: Wild360Tree, cache: Path, tmp_path: Path
) -> None:
    out = tmp_path / "run"
    out.mkdir()
    (out / "log.csv").write_bytes(b"\xff\x00")
    done = cubesal("train", config, "--clips", tree.root, "--cache", cache, "--out", out)
    assert done.code == 2
    assert "is not the log of a training: move it away" in done.err
    assert [p.name for p in out.iterdir()] == ["log.csv"]


def test_several_processes_without_numbers_are_refused(
    cubesal: Cubesal, config: Path, tree: Wild360Tree, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WORLD_SIZE", "2")
    monkeypatch.delenv("RANK", raising=False)
    done = cubesal("train", config, "--clips", tree.root)
    assert done.code == 2
    assert "start with torchrun" in done.err


@pytest.mark.skipif(find_spec("tensorboard") is not None, reason="TensorBoard is installed")
def test_tensorboard_that_is_not_installed_is_named(
    cubesal: Cubesal, config: Path, tree: Wild360Tree, cache: Path, tmp_path: Path
) -> None:
    config.write_text(CONFIG + "tensorboard = true\n", encoding="utf-8")
    out = tmp_path / "run"
    done = cubesal("train", config, "--clips", tree.root, "--cache", cache, "--out", out)
    assert done.code == 2
    assert "needs the package tensorboard" in done.err
    assert not out.exists()


def test_without_clips_it_says_where_to_name_them(
    cubesal: Cubesal, config: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CUBESAL_DATA", raising=False)
    done = cubesal("train", config, "--cache", tmp_path / "cache", "--out", tmp_path / "run")
    assert done.code == 2
    assert "--clips" in done.err
