"""The export queue: order, pause, cancel, failures, and what a crash leaves behind."""

from __future__ import annotations

import errno
import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from cubesal.errors import Cancelled, ExportError
from cubesal.exporting import ExportJob, ExportQueue
from cubesal.exporting.journal import held, load_journal, sweep_parts
from cubesal.whole_files import new_part, written_whole


def job(folder: Path, name: str) -> ExportJob:
    return ExportJob("nfov", folder / "clip.mp4", folder / name, {"calm": 0.5})


def write(task: ExportJob, progress) -> Path:
    """A job of ten steps that writes its own name."""
    with written_whole(task.out) as part:
        for step in range(10):
            part.write_text(task.out.name)
            progress(step + 1, 10)
    return task.out


def states(queue: ExportQueue) -> list[str]:
    return [entry.state for entry in queue.entries]


def test_jobs_are_done_in_order_and_every_change_is_on_disk(tmp_path):
    journal, seen = tmp_path / "q.json", []

    def watch(task: ExportJob, progress) -> Path:
        seen.append((task.out.name, [entry.state for entry in load_journal(journal)]))
        return write(task, progress)

    queue = ExportQueue(journal)
    assert queue.add(*(job(tmp_path, name) for name in ("a", "b", "c"))) == [1, 2, 3]
    queue.run(watch)
    assert seen == [
        ("a", ["running", "waiting", "waiting"]),
        ("b", ["done", "running", "waiting"]),
        ("c", ["done", "done", "running"]),
    ]
    again = ExportQueue(journal)
    assert again.entries == queue.entries
    assert again.entries[0].job == job(tmp_path, "a")
    assert again.entries[0].written == tmp_path / "a"
    assert sorted(e.name for e in tmp_path.iterdir()) == ["a", "b", "c", "q.json"]


def test_a_job_that_fails_is_told_and_the_next_one_follows(tmp_path):
    def work(task: ExportJob, progress) -> Path:
        if task.out.name == "a":
            raise ExportError("no such codec")
        return write(task, progress)

    queue = ExportQueue(tmp_path / "q.json")
    queue.add(job(tmp_path, "a"), job(tmp_path, "b"))
    queue.run(work)
    assert [(e.state, e.message) for e in queue.entries] == [
        ("failed", "no such codec"),
        ("done", ""),
    ]
    queue.retry(1)
    queue.run(write)
    assert states(queue) == ["done", "done"]


def test_a_full_disk_fails_its_job_keeps_what_is_valid_and_lets_the_rest_wait(tmp_path):
    def work(task: ExportJob, progress) -> Path:
        if task.out.name == "b":
            with written_whole(task.out):
                raise OSError(errno.ENOSPC, "No space left on device")
        return write(task, progress)

    queue = ExportQueue(tmp_path / "q.json")
    queue.add(*(job(tmp_path, name) for name in ("a", "b", "c")))
    queue.run(work)
    assert states(queue) == ["done", "failed", "waiting"]
    assert "No space left" in queue.entries[1].message
    assert sorted(e.name for e in tmp_path.iterdir()) == ["a", "q.json"]


def run_in_thread(queue: ExportQueue, work=write) -> threading.Thread:
    thread = threading.Thread(target=queue.run, args=(work,))
    thread.start()
    return thread


def wait_until(condition) -> None:
    end = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < end, "it never happened"
        time.sleep(0.005)


def test_a_pause_holds_a_job_in_the_middle_and_it_goes_on_where_it_was(tmp_path):
    steps: list[int] = []
    queue = ExportQueue(progress=lambda _entry, done, _total: steps.append(done))

    def work(task: ExportJob, progress) -> Path:
        def report(done: int, total: int) -> None:
            if done == 4:
                queue.pause()
            progress(done, total)

        return write(task, report)

    queue.add(job(tmp_path, "a"))
    thread = run_in_thread(queue, work)
    wait_until(lambda: queue.paused)
    time.sleep(0.05)
    assert steps == [1, 2, 3]
    assert states(queue) == ["running"]
    queue.go_on()
    thread.join(10)
    assert steps == list(range(1, 11))
    assert states(queue) == ["done"]


@pytest.mark.parametrize("is_paused", [False, True])
def test_cancelling_leaves_nothing_half_written_and_the_rest_goes_on(tmp_path, is_paused):
    queue = ExportQueue(tmp_path / "q.json")
    begun = threading.Event()

    def work(task: ExportJob, progress) -> Path:
        def report(done: int, total: int) -> None:
            if done == 4 and task.out.name == "a":
                if is_paused:
                    queue.pause()
                begun.set()
                wait_until(lambda: is_paused or 1 in queue._unwanted)
            progress(done, total)

        return write(task, report)

    queue.add(*(job(tmp_path, name) for name in ("a", "b", "c")))
    thread = run_in_thread(queue, work)
    assert begun.wait(10)
    queue.cancel(1)
    queue.cancel(2)
    queue.go_on()
    thread.join(10)
    assert states(queue) == ["cancelled", "cancelled", "done"]
    assert sorted(e.name for e in tmp_path.iterdir()) == ["c", "q.json"]


def test_stopping_breaks_the_job_off_and_it_waits_for_the_next_run(tmp_path):
    queue = ExportQueue(tmp_path / "q.json")
    begun = threading.Event()

    def work(task: ExportJob, progress) -> Path:
        begun.set()
        for _ in range(2000):
            progress(1, 2000)
            time.sleep(0.005)
        return task.out

    queue.add(job(tmp_path, "a"), job(tmp_path, "b"))
    thread = run_in_thread(queue, work)
    assert begun.wait(10)
    queue.stop()
    thread.join(10)
    assert states(queue) == ["waiting", "waiting"]
    queue.run(write)
    assert states(queue) == ["done", "done"]


@pytest.mark.parametrize("interruption", [KeyboardInterrupt, Cancelled, ZeroDivisionError])
def test_whatever_interrupts_a_run_leaves_its_job_waiting(tmp_path, interruption):
    def work(task: ExportJob, progress) -> Path:
        raise interruption

    queue = ExportQueue(tmp_path / "q.json")
    queue.add(job(tmp_path, "a"))
    with pytest.raises(interruption):
        queue.run(work)
    assert [entry.state for entry in load_journal(tmp_path / "q.json")] == ["waiting"]
    assert [e.name for e in tmp_path.iterdir()] == ["q.json"]


def test_two_processes_do_not_work_on_one_journal(tmp_path):
    journal = tmp_path / "q.json"
    queue = ExportQueue(journal)
    queue.add(job(tmp_path, "a"))
    with held(journal), pytest.raises(ExportError, match="by another process"):
        queue.run(write)
    queue.run(write)
    assert states(queue) == ["done"]


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"format": "cubesal export queue", "version": 1, "jobs": [{}]}']
)
def test_what_is_no_journal_gets_one_sentence(tmp_path, text):
    (tmp_path / "q.json").write_text(text)
    with pytest.raises(ExportError, match=r"q\.json is not the journal of an export queue"):
        ExportQueue(tmp_path / "q.json")


def test_only_the_parts_of_an_output_itself_are_swept(tmp_path):
    for name in ("out.mp4", "x" * 80 + ".mp4"):
        new_part(tmp_path / name)
    folder = tmp_path / ".maps.ab12_xyz.part"
    (folder / "maps").mkdir(parents=True)
    mine = [".out.mp4.backup.part", ".other.mp4.0123456789abcdef.part", "out.mp4.part"]
    for name in mine:
        (tmp_path / name).write_text("mine")
    for name in ("out.mp4", "x" * 80 + ".mp4", "maps"):
        sweep_parts(tmp_path / name)
    assert sorted(e.name for e in tmp_path.iterdir()) == sorted(mine)


KILLED = """
import sys, time
from pathlib import Path
from cubesal.exporting import ExportQueue, ExportJob, export_nfov
from cubesal.autopilot import still_path
from cubesal.camera import Camera
folder = Path(sys.argv[1])

def work(job, progress):
    def slowly(done, total):
        if job.out.name == "2.mp4" and sys.argv[2] == "slow":
            if done == 5:
                (folder / "middle").touch()
            time.sleep(0.05)
        progress(done, total)
    export_nfov(job.clip, still_path(Camera()), job.out, width=64, height=36, progress=slowly)
    return job.out

queue = ExportQueue(folder / "q.json")
if not queue.entries:
    queue.add(*(ExportJob("nfov", folder / "clip.mp4", folder / f"{k}.mp4") for k in (1, 2, 3)))
queue.run(work)
"""


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="no kill -9 there")
def test_after_kill_9_in_the_middle_of_three_the_finished_one_is_kept_and_no_part_remains(tmp_path):
    from tests.media import make_clip

    make_clip(tmp_path / "clip.mp4", frames=60)
    command = [sys.executable, "-c", KILLED, str(tmp_path)]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    process = subprocess.Popen([*command, "slow"], env=environment)
    wait_until_slow((tmp_path / "middle").exists, process)
    process.kill()
    process.wait()
    entries = json.loads((tmp_path / "q.json").read_text())["jobs"]
    assert [entry["state"] for entry in entries] == ["done", "running", "waiting"]
    assert list(tmp_path.glob(".2.mp4.*.part"))
    assert not (tmp_path / "2.mp4").exists()
    first = (tmp_path / "1.mp4").stat()
    subprocess.run([*command, "fast"], env=environment, check=True)
    assert states(ExportQueue(tmp_path / "q.json")) == ["done", "done", "done"]
    after = (tmp_path / "1.mp4").stat()
    assert (after.st_mtime_ns, after.st_ino) == (first.st_mtime_ns, first.st_ino)
    (tmp_path / "middle").unlink()
    names = ["1.mp4", "2.mp4", "3.mp4", "clip.mp4", "q.json"]
    assert sorted(e.name for e in tmp_path.iterdir()) == names
    # Frame for frame the same as an export that nobody disturbed.
    assert (tmp_path / "2.mp4").read_bytes() == (tmp_path / "1.mp4").read_bytes()


def wait_until_slow(condition, process: subprocess.Popen) -> None:
    end = time.monotonic() + 60
    while not condition():
        assert process.poll() is None, "it ended by itself"
        assert time.monotonic() < end, "it never came that far"
        time.sleep(0.01)
