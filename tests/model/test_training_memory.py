"""Teaching the memory: scenes, teachers, samples, and a whole small training."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from cubesal.cli import main
from cubesal.memory import MomentMemory
from cubesal.sphere_cells import SphereCells
from cubesal.sphere_grid import cell_directions
from cubesal.training.config import LossConfig
from cubesal.training.memory_task import MemoryTask, MomentWindows, teacher
from cubesal.training.moments import FLOW_ROWS, Moments
from cubesal.training.scenes import scene
from cubesal.weights import check_state, read_weights

CELLS = 5
DIRS = cell_directions(CELLS).reshape(-1, 3)


def panorama(seed: int) -> NDArray[np.uint8]:
    rng = np.random.default_rng(seed)
    coarse = rng.integers(0, 256, (16, 32, 3)).astype(np.uint8)
    return cv2.resize(coarse, (512, 256), interpolation=cv2.INTER_CUBIC)


def take(count: int = 14, movers: int = 1, seed: int = 0) -> Moments:
    rng = np.random.default_rng(seed)
    places = len(DIRS)
    mask = np.zeros((count, movers, places), np.float32)
    for k in range(movers):
        mask[:, k, 20 * k : 20 * k + 10] = 1
    return Moments(
        evidence=rng.standard_normal((count, places)).astype(np.float32),
        motion=rng.random((count, places)).astype(np.float32),
        saliency=rng.random((count, places)).astype(np.float32),
        turns=np.tile(np.eye(3, dtype=np.float32), (count, 1, 1)),
        flow=np.zeros((count, FLOW_ROWS, 2 * FLOW_ROWS, 2), np.float32),
        movers=mask,
    )


def test_a_scene_follows_from_its_number() -> None:
    pictures = [panorama(0), panorama(1)]
    once, again, other = (list(scene(pictures, DIRS, n)) for n in (3, 3, 4))
    for a, b in zip(once, again, strict=True):
        assert np.array_equal(a.frame, b.frame)
        assert np.array_equal(a.movers, b.movers)
    assert not np.array_equal(once[0].frame, other[0].frame)


def test_movers_are_where_the_scene_says() -> None:
    """Between two frames of a still camera, what changed lies on and around the movers."""
    rays = cell_directions(33).reshape(-1, 3)
    found = 0
    for number in range(6):
        before, after = list(scene([panorama(0), panorama(1)], rays, number))[:2]
        changed = np.abs(after.frame.astype(int) - before.frame).max(axis=2) > 40
        share = float(changed.mean())
        if not 0.0005 < share < 0.05:  # a camera that moved, or movers that stand
            continue
        v, u = np.nonzero(changed)
        lon, lat = (u + 0.5) / 960 * 2 * np.pi - np.pi, np.pi / 2 - (v + 0.5) / 480 * np.pi
        dirs = np.stack([np.cos(lat) * np.sin(lon), -np.sin(lat), np.cos(lat) * np.cos(lon)], -1)
        nearest = (dirs @ rays.T).argmax(axis=1)
        masks = np.maximum(before.movers.max(axis=0), after.movers.max(axis=0))
        assert np.mean(masks[nearest] > 0.2) > 0.8
        found += 1
    assert found


def test_the_teacher_keeps_a_mover_level_and_lets_others_fade() -> None:
    made = take()
    wanted = teacher(made, SphereCells(CELLS))
    on = wanted[:, :10]
    assert np.ptp(on) == pytest.approx(0, abs=1e-6)
    assert on.mean() == pytest.approx(made.saliency[:, :10].mean(), rel=0.2)
    assert wanted[:, 40:].mean() < 0.5 * made.saliency[:, 40:].mean()


def test_without_known_movers_the_teacher_is_a_mean_over_time() -> None:
    made = take(movers=0)
    wanted = teacher(made, SphereCells(CELLS))
    assert wanted.mean() == pytest.approx(made.saliency.mean(), rel=0.02)
    assert wanted.std(axis=0).mean() < 0.5 * made.saliency.std(axis=0).mean()


def test_samples_are_successive_windows_and_the_losses_teach() -> None:
    windows = MomentWindows([take(), take(seed=1)], window=4, cells=CELLS)
    assert len(windows) == 2 * (14 - 6 + 1)
    batch = windows.batch([0, 5, 9], torch.device("cpu"))
    assert batch.inputs.shape == (6, 3, 3, len(DIRS))
    assert batch.target.shape == (3, 3, len(DIRS))
    assert batch.flow.shape == (2, 3, FLOW_ROWS, 2 * FLOW_ROWS, 2)
    torch.manual_seed(0)
    task = MemoryTask(4, 4, CELLS, LossConfig(temporal=6.0, smooth=0.0, mask=0.0, anchor=1.0))
    optimiser = torch.optim.Adam(task.module.parameters(), 0.02)
    totals = []
    for _ in range(30):
        losses = task.losses(batch)
        optimiser.zero_grad()
        losses.total.backward()
        optimiser.step()
        totals.append(float(losses.total.detach()))
    assert totals[-1] < 0.9 * totals[0]


def test_takes_that_are_too_short_are_refused() -> None:
    from cubesal.errors import TrainingError

    with pytest.raises(TrainingError, match="a sample needs 10 moments"):
        MomentWindows([take(count=5)], window=8, cells=CELLS)


CONFIG = """
[data]
panoramas = "{panoramas}"
scenes = 1
rate_hz = 5
model = "fast"
[network]
kind = "memory"
input = 3
hidden = 3
[losses]
anchor = 1.0
[optimiser]
lr = 1e-3
[run]
window = 8
batch = 4
"""


def test_a_memory_is_trained_by_one_command(tmp_path: Path) -> None:
    pictures = tmp_path / "panoramas"
    pictures.mkdir()
    for seed in range(2):
        cv2.imwrite(str(pictures / f"{seed}.png"), panorama(seed))
    config = tmp_path / "memory.toml"
    config.write_text(CONFIG.format(panoramas=pictures), encoding="utf-8")
    cache, shas = tmp_path / "cache", []
    for run in ("a", "b"):
        out = tmp_path / run
        command = ["train", config, "--cache", cache, "--out", out, "-q"]
        # In a process of its own, as people run it: threads of other tests are not there.
        done = subprocess.run([sys.executable, "-m", "cubesal", *command], timeout=120, check=False)
        assert done.returncode == 0
        (weights,) = out.glob("CLSTM_*/*.safetensors")
        state = read_weights(weights)
        check_state(state, MomentMemory(3).state_dict(), weights)
        shas.append({name: tensor.numpy().tobytes() for name, tensor in state.items()})
    assert shas[0] == shas[1]
    assert float(np.abs(np.frombuffer(shas[0]["answer.weight"], np.float32)).max()) > 0


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ('kind = "memory"', 'kind = "lstm"'),
        ("input = 3", "input = 4"),
        ("rate_hz = 5", "rate_hz = 4"),
        ('model = "fast"', 'model = "cp360"'),
    ],
)
def test_what_does_not_fit_the_memory_is_said(
    change: str, says: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = tmp_path / "memory.toml"
    text = CONFIG.format(panoramas=tmp_path).replace(change, says)
    config.write_text(text, encoding="utf-8")
    assert main(["train", str(config), "--out", str(tmp_path / "out"), "-q"]) == 2
    assert capsys.readouterr().err.startswith("cubesal: error: ")
