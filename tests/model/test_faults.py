"""Disks that are full, folders that cannot be written, clips that change, clocks that jump."""

from __future__ import annotations

import errno
import os
import resource
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from pathlib import Path

import numpy as np
import pytest

from cubesal import whole_files
from cubesal.cli import main
from cubesal.document import (
    Document,
    DocumentError,
    MapReader,
    analyse_into,
    implicit_document,
    trim_cache,
)
from cubesal.document.cache import cache_folder
from cubesal.errors import CubesalError, ExportError
from cubesal.exporting import ExportJob, ExportQueue, journal
from cubesal.track import SaliencyTrack
from cubesal.video import ClipReader
from tests.documents import grid_of, key_of, map_of, new_document, put_maps
from tests.media import make_clip

MODEL = ("--model", "fast", "--device", "cpu", "-q")


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_clip(
        tmp_path_factory.mktemp("source") / "clip.mp4", frames=30, size=(256, 128), gop=10
    )


@pytest.fixture
def clip(source: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(source, tmp_path / "clip.mp4"))


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Callable[[str], Path]]:
    """Mounts a tmpfs of a size; skips the test where that is not allowed."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted: list[Path] = []

    def mount(size: str) -> Path:
        command = ["mount", "-t", "tmpfs", "-o", f"size={size}", "none", str(folder)]
        try:
            done = subprocess.run(command, capture_output=True, check=False)
        except OSError:
            pytest.skip("there is no command to mount a small disk with")
        if done.returncode:
            pytest.skip("mounting a small disk is not allowed here")
        mounted.append(folder)
        return folder

    yield mount
    for place in mounted:
        subprocess.run(["umount", str(place)], check=True)


def one_line(capsys: pytest.CaptureFixture[str]) -> str:
    said = [line for line in capsys.readouterr().err.splitlines() if "error:" in line]
    assert len(said) == 1, said
    return said[0]


# --- a disk that really is full ------------------------------------------------------------------

#: What is asked for, on a disk of which size, and what may be left there.
FULL = {
    "analyze": ("150k", ("analyze", "{clip}", "-o", "{disk}/a.cubesal"), {"a.cubesal"}),
    "export": ("4k", ("export", "{clip}", "--what", "overlay", "-o", "{disk}/o.mp4"), set()),
    "maps": ("16k", ("predict", "{clip}", "--out", "{disk}"), set()),
    "pictures": ("16k", ("predict", "{clip}", "--out", "{disk}", "--format", "png"), set()),
}


@pytest.mark.parametrize("what", FULL)
def test_on_a_full_disk_outputs_are_whole_or_absent(
    clip: Path,
    small_disk: Callable[[str], Path],
    capsys: pytest.CaptureFixture[str],
    what: str,
) -> None:
    size, words, may_be_left = FULL[what]
    disk = small_disk(size)
    arguments = [word.format(clip=clip, disk=disk) for word in words]
    assert main([*arguments, *MODEL]) == 2
    said = one_line(capsys)
    assert "disk is full" in said or "No space left" in said
    assert {file.name for file in disk.rglob("*")} <= may_be_left
    for file in disk.glob("*.cubesal"):
        with Document(file):
            pass


def test_a_document_on_a_full_disk_keeps_what_was_committed(
    small_disk: Callable[[str], Path], tmp_path: Path
) -> None:
    disk, key = small_disk("2m"), key_of(grid_of(500))
    with new_document(disk) as document:
        put_maps(document, key, range(3))
        document.commit()
        filler = disk / "filler"
        fill_up(filler)
        with pytest.raises(DocumentError, match="disk is full"):
            put_all(document, key, range(3, 200))
        with closing(MapReader(document.path, key)) as reader:
            assert reader.read(2) is not None
        filler.unlink()
        document.commit()  # what had no room waited for it
        with closing(MapReader(document.path, key)) as reader:
            assert all(reader.read(k) is not None for k in range(200))
    assert {file.name for file in disk.iterdir()} == {"clip.mp4", "d.cubesal"}


def fill_up(file: Path) -> None:
    with suppress(OSError), file.open("wb", buffering=0) as stream:
        while True:
            stream.write(bytes(4096))


def put_all(document: Document, key, points: range) -> None:
    """Put all of them, whatever is refused on the way; raises if some still wait at the end."""
    for k in points:
        with suppress(DocumentError):  # where time has passed, putting commits
            put_maps(document, key, range(k, k + 1))
    document.commit()


# --- the same where nothing can be mounted -------------------------------------------------------


@pytest.fixture
def short_files() -> Iterator[Callable[[int], None]]:
    """Limits the size of files of this process, which Python ignores the signal of."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    yield lambda size: resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_an_analysis_that_cannot_be_kept_ends_in_words_and_goes_on_later(
    clip: Path, tmp_path: Path, short_files, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Quick:
        warmup_frames, device = 0, "cpu"

        def reset(self) -> None: ...
        def observe(self, frame: np.ndarray, time_s: float) -> None: ...
        def step(self, frame: np.ndarray, time_s: float) -> np.ndarray:
            return map_of(round(30 * time_s))

    monkeypatch.setattr("cubesal.document.document._QUICK_S", -1.0)  # each map by itself
    with ClipReader(clip) as reader:
        grid = SaliencyTrack(np.arange(30), reader.times_s[:30], "clip.mp4", "fast")
        key = key_of(grid)
        with new_document(tmp_path) as document:
            short_files(120_000)
            with pytest.raises(DocumentError, match="disk"):
                analyse_into(document, key, grid, reader, Quick)
            with closing(MapReader(document.path, key)) as kept:
                done = int((kept.peaks >= 0).sum())
            assert 0 < done < 30
            short_files(resource.getrlimit(resource.RLIMIT_FSIZE)[1])
            analyse_into(document, key, grid, reader, Quick)
        with closing(MapReader(document.path, key)) as kept:
            assert all(kept.read(k) is not None for k in range(30))


def full(*_arguments: object, **_options: object) -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_a_job_whose_journal_cannot_be_written_is_not_added(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "q.json"
    queue = ExportQueue(file)
    queue.add(ExportJob("overlay", tmp_path / "clip.mp4", tmp_path / "a.mp4"))
    before = file.read_bytes()
    with monkeypatch.context() as wrong:
        wrong.setattr(journal.os, "fsync", full)
        with pytest.raises(ExportError, match="No space left"):
            queue.add(ExportJob("overlay", tmp_path / "clip.mp4", tmp_path / "b.mp4"))
    assert [entry.job.out.name for entry in queue.entries] == ["a.mp4"]
    assert file.read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["q.json"]
    queue.add(ExportJob("overlay", tmp_path / "clip.mp4", tmp_path / "c.mp4"))
    assert [entry.job.out.name for entry in ExportQueue(file).entries] == ["a.mp4", "c.mp4"]


@pytest.mark.parametrize("what", ["predict", "path"])
def test_a_disk_that_fills_at_the_last_step_leaves_the_earlier_output(
    clip: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    what: str,
) -> None:
    out = tmp_path / "out"
    out.mkdir()
    earlier = out / ("clip.npz" if what == "predict" else "p.csv")
    earlier.write_bytes(b"the earlier one")
    monkeypatch.setattr(whole_files.os, "replace", full)
    command = ["predict", str(clip), "--out", str(out)]
    if what == "path":
        command = ["export", str(clip), "--what", "path", "-o", str(earlier)]
    assert main([*command, *MODEL]) == 2
    assert "No space left" in one_line(capsys)
    assert [(file.name, file.read_bytes()) for file in out.iterdir()] == [
        (earlier.name, b"the earlier one")
    ]


# --- nothing can be written ----------------------------------------------------------------------


@pytest.fixture
def locked(clip: Path, tmp_path: Path) -> Iterator[Path]:
    """A folder of which nothing can be changed, with the clip in it."""
    folder = tmp_path / "locked"
    folder.mkdir()
    shutil.copy(clip, folder / "clip.mp4")
    folder.chmod(0o555)
    yield folder
    folder.chmod(0o755)


def test_a_folder_that_cannot_be_written_is_named(
    locked: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Root may write anywhere, so the system's answer is given in its place."""
    if os.geteuid() == 0:
        touch, opened = Path.touch, Path.open

        def refuse(self: Path, *arguments: object, **options: object) -> object:
            if self.parent == locked:
                raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(self))
            return touch(self, *arguments, **options)  # type: ignore[arg-type, func-returns-value]

        def refuse_writing(self: Path, mode: str = "r", *rest: object, **options: object) -> object:
            if self.parent == locked and set(mode) & set("wax+"):
                raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(self))
            return opened(self, mode, *rest, **options)  # type: ignore[call-overload]

        monkeypatch.setattr(Path, "touch", refuse)
        monkeypatch.setattr(Path, "open", refuse_writing)
    before = sorted(locked.iterdir())
    given = str(locked / "clip.mp4")
    for command in (
        ["analyze", given],
        ["export", given, "--what", "path", "-o", str(locked / "p.csv")],
        ["predict", given, "--out", str(locked)],
    ):
        assert main([*command, *MODEL]) == 2
        assert "Permission denied" in one_line(capsys)
    assert sorted(locked.iterdir()) == before


def test_a_cache_that_cannot_be_made_is_said(
    clip: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    in_the_way = tmp_path / "cache"
    in_the_way.write_text("a file where a folder should be")
    monkeypatch.setenv("XDG_CACHE_HOME", str(in_the_way))
    with pytest.raises(DocumentError, match="cannot write to") as refusal:
        implicit_document(clip, cache_folder())
    assert "\n" not in str(refusal.value)


# --- a clip that changes while it is read --------------------------------------------------------


def cut(clip: Path) -> None:
    os.truncate(clip, clip.stat().st_size // 2)


def replaced(clip: Path) -> None:
    other = make_clip(clip.with_name("other.mp4"), frames=5, size=(128, 64))
    os.replace(other, clip)


@pytest.mark.parametrize("change", [cut, replaced, Path.unlink])
def test_a_clip_that_changes_while_it_is_read_ends_in_frames_or_words(
    clip: Path, change: Callable[[Path], None]
) -> None:
    with ClipReader(clip) as reader:
        shape = reader.read(0).rgb().shape
        change(clip)
        began, said = time.perf_counter(), list[str]()
        for index in (29, 1, 15, 28):
            try:
                assert reader.read(index).rgb().shape == shape
            except CubesalError as error:
                said.append(str(error))
        assert time.perf_counter() - began < 10
    assert not said or change is cut  # an open file outlives its name
    assert all(sentence and "\n" not in sentence for sentence in said)


# --- clocks that jump ----------------------------------------------------------------------------


def test_a_clock_that_was_set_back_does_not_cost_the_document_in_use(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "cache"
    names = ("past.mp4", "future.mp4", "now.mp4")
    made = []
    for name in names:
        clip = tmp_path / name
        clip.write_bytes(name.encode() * 500)
        with implicit_document(clip, folder) as document:
            made.append(document.path)
    year = 365 * 86400.0
    os.utime(made[0], (time.time() - 30 * year,) * 2)
    os.utime(made[1], (time.time() + 30 * year,) * 2)
    monkeypatch.setattr(time, "time", lambda: 0.0)
    with Document(made[0]):  # of the year before computers, and open
        assert trim_cache(folder, 0) == [made[2], made[1]]
    assert made[0].exists()


def test_commits_follow_a_clock_that_nobody_sets(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    moments = iter([1e9, 0.0, -5.0, 2e9, 1e9] * 10)
    monkeypatch.setattr(time, "time", lambda: next(moments))
    key = key_of(grid_of(20))
    with new_document(tmp_path) as document:
        put_all(document, key, range(20))
    with closing(MapReader(document.path, key)) as reader:
        assert (reader.peaks >= 0).all()


def test_nothing_measures_time_by_a_clock_that_can_be_set() -> None:
    """But for the age of files in the cache, which is that of the file system."""
    checkout = Path(__file__).resolve().parents[2]
    users = [
        file.name
        for folder in ("model", "cubesal_viewer")
        for file in (checkout / folder).rglob("*.py")
        if any(words in file.read_text(encoding="utf-8") for words in ("time.time()", ".now("))
    ]
    assert users == ["cache.py"]
