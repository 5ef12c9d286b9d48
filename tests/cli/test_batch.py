"""``cubesal batch``: many clips, real worker processes, some of which are killed."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import psutil
import pytest

from tests.media import make_clip, make_text, truncated

FAST = ("--model", "fast", "--device", "cpu")
CHECKOUT = Path(__file__).resolve().parents[2]
PATIENCE_S = 90


def environment() -> dict[str, str]:
    path = os.pathsep.join((str(CHECKOUT / "model"), str(CHECKOUT)))
    return {**os.environ, "PYTHONPATH": path, "OMP_NUM_THREADS": "1"}


def started(*arguments: object) -> subprocess.Popen[str]:
    """``cubesal batch`` as a terminal starts it: a group of processes of its own."""
    command = [sys.executable, "-m", "cubesal", "batch", *map(str, arguments), *FAST]
    return subprocess.Popen(
        command,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def until(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < deadline, "it never happened"
        time.sleep(0.01)


def work_folders(out: Path) -> set[Path]:
    """The folders in which workers are making something at this moment."""
    return set(out.glob(".cubesal-batch/runs/*/tmp*"))


def outputs(out: Path) -> list[str]:
    """What a user sees, without the records."""
    files = (file.relative_to(out) for file in out.rglob("*") if file.is_file())
    return sorted(file.as_posix() for file in files if file.parts[0] != ".cubesal-batch")


def leftovers(out: Path) -> list[Path]:
    return list(out.rglob("*.part")) + list(out.glob(".cubesal-batch/runs/*"))


@pytest.fixture
def clips(tmp_path: Path) -> Path:
    """A tree: two clips, a text that is called mp4, and a clip that was cut off."""
    folder = tmp_path / "clips"
    (folder / "sub").mkdir(parents=True)
    first = make_clip(folder / "a.mp4", frames=30)
    make_clip(folder / "sub" / "a.mp4", frames=30, first_number=100)
    make_text(folder / "text.mp4")
    whole = make_clip(tmp_path / "whole.mp4", frames=60, gop=5, container={"movflags": "faststart"})
    truncated(whole, folder / "cut.mp4", 0.7)
    assert first.exists()
    return folder


def test_a_tree_of_clips_is_done_once_and_known_again(cubesal, clips, tmp_path):
    out = tmp_path / "out"
    arguments = ("batch", clips, "--out", out, "--jobs", 1, "--json", *FAST)
    first = cubesal(*arguments)
    told = json.loads(first.out)
    assert (first.code, told["done"], told["failed"], told["partial"]) == (1, 3, 1, 1)
    assert outputs(out) == ["a.npz", "cut.npz", "sub/a.npz"]
    failed = [clip for clip in told["clips"] if clip["state"] == "failed"]
    assert [Path(clip["input"]).name for clip in failed] == ["text.mp4"]
    assert len(first.errors) == 2
    assert any("text.mp4 is not a video file" in line for line in first.errors)
    assert any("cut.mp4 is damaged" in line and "lost" in line for line in first.errors)
    cubesal("predict", clips / "a.mp4", "--out", tmp_path / "alone", *FAST)
    with np.load(tmp_path / "alone" / "a.npz") as alone, np.load(out / "a.npz") as batch:
        np.testing.assert_allclose(batch["saliency"], alone["saliency"], atol=1e-6)
        assert str(batch["source"]) == "a.mp4"
    assert not leftovers(out)

    made = {name: (out / name).stat().st_mtime_ns for name in outputs(out)}
    make_clip(clips / "sub" / "a.mp4", frames=30, first_number=200)
    shutil.rmtree(out / "sub")  # an output that is gone does not count as done either
    again = json.loads(cubesal(*arguments).out)
    states = {Path(clip["input"]).name: clip["state"] for clip in again["clips"]}
    assert (again["skipped"], again["done"], states["text.mp4"]) == (2, 1, "failed")
    assert again["partial"] == 1, "what was partial is named again"
    assert (out / "a.npz").stat().st_mtime_ns == made["a.npz"]
    other = json.loads(cubesal(*arguments, "--rate", 2).out)
    assert (other["skipped"], other["done"]) == (0, 3), "other settings make other outputs"


def test_a_list_in_parts_covers_every_clip_once(cubesal, clips, tmp_path):
    names = tmp_path / "list.txt"
    make_clip(clips / "b.mp4", frames=3)
    names.write_text(f"# mine\nclips/a.mp4\n{clips / 'b.mp4'}\n\nclips/absent.mp4\n")
    out = tmp_path / "out"
    codes, seen = [], []
    for part in ("1/2", "2/2"):
        done = cubesal("batch", names, "--out", out, "--part", part, "--json", "--jobs", 1, *FAST)
        codes.append(done.code)
        seen += [Path(clip["input"]).name for clip in json.loads(done.out)["clips"]]
    assert sorted(seen) == ["a.mp4", "absent.mp4", "b.mp4"]
    assert codes == [1, 0]
    assert outputs(out) == ["a.npz", "b.npz"]


def test_what_cannot_be_is_said_before_any_work(cubesal, clips, tmp_path, monkeypatch):
    out = tmp_path / "out"
    make_clip(clips / "a.mov", frames=3)
    clash = cubesal("batch", clips, "--out", out, *FAST)
    assert (clash.code, len(clash.errors)) == (2, 1)
    assert "would both be written as a" in clash.err
    assert "choose another --out" in cubesal("batch", clips, "--out", clips, *FAST).err
    (clips / "a.mov").unlink()
    wrong = cubesal("batch", clips / "a.mp4", "--out", out, *FAST)
    assert (wrong.code, "no readable list" in wrong.err) == (2, True)
    assert cubesal("batch", tmp_path / "absent", "--out", out, *FAST).code == 2
    assert cubesal("batch", clips, "--out", out, "--model", "nothing").code == 2
    assert cubesal("batch", clips, "--out", out, "--part", "3/2", *FAST).code == 2
    assert not out.exists()
    hopeless = cubesal("batch", clips, "--out", out, "--window", 3, "--jobs", 1, *FAST)
    assert (hopeless.code, len(hopeless.errors)) == (2, 1), "said once, not for every clip"
    monkeypatch.setitem(sys.modules, "distributed", None)
    without = cubesal("batch", clips, "--out", out, "--cluster", "tcp://127.0.0.1:1", *FAST)
    assert (without.code, "install cubesal-viewer[cluster]" in without.err) == (2, True)


@pytest.mark.parametrize("kills", [1, 2])
def test_the_clip_of_a_killed_worker_is_tried_once_more(tmp_path, kills):
    folder, out = tmp_path / "clips", tmp_path / "out"
    folder.mkdir()
    make_clip(folder / "a.mp4", frames=90)
    make_clip(folder / "b.mp4", frames=3)
    batch = started(folder, "--out", out, "--jobs", 1, "--json", "--every", 3)
    seen: set[Path] = set()
    for _ in range(kills):
        until(lambda: work_folders(out) - seen)  # noqa: B023
        seen |= work_folders(out)
        for child in psutil.Process(batch.pid).children():
            if "spawn_main" in " ".join(child.cmdline()):
                child.kill()
    told, errors = batch.communicate(timeout=PATIENCE_S)
    states = [clip["state"] for clip in json.loads(told)["clips"]]
    if kills == 1:
        assert (batch.returncode, states) == (0, ["done", "done"])
        assert outputs(out) == ["a.npz", "b.npz"]
    else:
        assert (batch.returncode, sorted(states)) == (1, ["done", "failed"])
        assert "a.mp4: the process working on it was killed 2 times" in errors
        assert outputs(out) == ["b.npz"]
    assert not leftovers(out)
    assert "Traceback" not in errors


def test_ctrl_c_ends_cleanly_and_the_same_command_goes_on(tmp_path):
    folder, out = tmp_path / "clips", tmp_path / "out"
    folder.mkdir()
    for name in "abc":
        make_clip(folder / f"{name}.mp4", frames=60)
    arguments = (folder, "--out", out, "--jobs", 1, "--every", 3)
    batch = started(*arguments)
    until(lambda: outputs(out) and work_folders(out))
    os.killpg(batch.pid, signal.SIGINT)  # a terminal sends it to the workers too
    _, errors = batch.communicate(timeout=PATIENCE_S)
    assert batch.returncode == 130
    assert "Traceback" not in errors
    assert "interrupted" in errors
    assert not leftovers(out)
    assert 1 <= len(outputs(out)) < 3
    done = len(outputs(out))
    (out / ".cubesal-batch" / "runs" / f"{os.uname().nodename}-999999999-aa" / "tmpx").mkdir(
        parents=True
    )
    batch = started(*arguments, "--json")
    told, _ = batch.communicate(timeout=PATIENCE_S)
    assert batch.returncode == 0
    assert json.loads(told)["skipped"] == done
    assert outputs(out) == ["a.npz", "b.npz", "c.npz"]
    assert not leftovers(out), "what a run left that was killed goes as well"


def test_workers_end_when_their_parent_is_killed(tmp_path):
    folder, out = tmp_path / "clips", tmp_path / "out"
    folder.mkdir()
    make_clip(folder / "a.mp4", frames=200)
    batch = started(folder, "--out", out, "--jobs", 1, "--every", 1)
    until(lambda: work_folders(out))
    workers = psutil.Process(batch.pid).children()
    batch.kill()
    batch.communicate(timeout=PATIENCE_S)
    _, alive = psutil.wait_procs(workers, timeout=20)
    assert not alive
    assert outputs(out) == []


def dask(*arguments: object, log: Path) -> subprocess.Popen[bytes]:
    program = Path(sys.executable).parent / "dask"
    with log.open("wb") as output:
        return subprocess.Popen(
            [str(program), *map(str, arguments)], env=environment(), stdout=output, stderr=output
        )


@pytest.mark.slow
def test_on_a_dask_cluster_of_which_a_worker_is_killed_every_clip_is_there_once(tmp_path):
    pytest.importorskip("dask")
    folder, out = tmp_path / "clips", tmp_path / "out"
    folder.mkdir()
    for number in range(5):
        make_clip(folder / f"c{number}.mp4", frames=30, first_number=number)
    make_text(folder / "text.mp4")
    processes, place = [], tmp_path / "scheduler.json"
    common = ("--scheduler-file", place)
    try:
        scheduler = ("scheduler", "--host", "127.0.0.1", "--port", 0, "--no-dashboard", *common)
        processes.append(dask(*scheduler, log=tmp_path / "scheduler.log"))
        until(place.exists)
        for number in range(2):
            worker = ("worker", "--nthreads", 1, "--no-nanny", "--no-dashboard", *common)
            folders = ("--local-directory", tmp_path / f"w{number}")
            processes.append(dask(*worker, *folders, log=tmp_path / f"w{number}.log"))
        address = json.loads(place.read_text())["address"]
        batch = started(folder, "--out", out, "--cluster", address, "--json", "--every", 2)
        until(lambda: outputs(out) and work_folders(out))
        until(lambda: len(work_folders(out)) == 2)  # both are at work, one of them dies at it
        processes[1].kill()
        told, errors = batch.communicate(timeout=PATIENCE_S)
    finally:
        # Killed, not asked: a worker whose scheduler goes at the same moment waits long for it.
        for process in processes:
            process.kill()
            process.wait(20)
    summary = json.loads(told)
    assert (batch.returncode, summary["done"], summary["failed"]) == (1, 5, 1), errors
    names = sorted(Path(clip["input"]).name for clip in summary["clips"])
    assert names == [*(f"c{number}.mp4" for number in range(5)), "text.mp4"]
    assert outputs(out) == [f"c{number}.npz" for number in range(5)]
    assert not leftovers(out)
    assert "Traceback" not in errors


def test_an_address_where_nobody_answers(cubesal, clips, tmp_path):
    pytest.importorskip("distributed")
    none = cubesal("batch", clips, "--out", tmp_path / "out", "--cluster", "nonsense", *FAST)
    assert (none.code, len(none.errors)) == (2, 1)
    assert "no address of a Dask scheduler" in none.err
    batch = started(clips, "--out", tmp_path / "out", "--cluster", "tcp://127.0.0.1:1")
    _, errors = batch.communicate(timeout=PATIENCE_S)
    assert batch.returncode == 2
    lines = [line for line in errors.splitlines() if line]
    assert len(lines) == 1, errors
    assert "no Dask scheduler answers at tcp://127.0.0.1:1" in lines[0]
