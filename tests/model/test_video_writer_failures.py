"""What cannot be written is said in words, and nothing half-written stays behind."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from cubesal.errors import Cancelled, ExportError, MediaError
from cubesal.video import writer as writer_module
from cubesal.video.writer import VideoWriter
from cubesal.whole_files import written_whole
from tests.exports import SIZE, shown, write_numbered
from tests.media import make_text, picture


def leftovers(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def write_then_raise(path: Path, after: int, error: BaseException) -> None:
    with VideoWriter(path, *SIZE, time_base=Fraction(1, 30), fps=30) as writer:
        for number in range(after):
            writer.write(picture(number), number)
        raise error


@pytest.mark.parametrize("error", [Cancelled("stopped"), ValueError("a bug"), KeyboardInterrupt()])
@pytest.mark.parametrize("after", [0, 40])
def test_an_exception_in_the_block_leaves_nothing(
    error: BaseException, after: int, tmp_path: Path
) -> None:
    with pytest.raises(type(error)):
        write_then_raise(tmp_path / "a.mp4", after, error)
    assert leftovers(tmp_path) == []


def test_an_older_file_survives_a_cancelled_export_and_is_replaced_by_a_whole_one(
    tmp_path: Path,
) -> None:
    path = make_text(tmp_path / "a.mp4")
    old = path.read_bytes()
    with pytest.raises(Cancelled):
        write_then_raise(path, 40, Cancelled("stopped"))
    assert path.read_bytes() == old
    write_numbered(path, 3)
    assert shown(path)[0] == [0, 1, 2]
    assert leftovers(tmp_path) == ["a.mp4"]


@pytest.mark.parametrize("interrupted", [False, True])
def test_a_file_of_the_user_that_is_named_like_a_part_is_never_touched(
    interrupted: bool, tmp_path: Path
) -> None:
    (tmp_path / "a.mp4.part").write_bytes(b"a download")
    (tmp_path / "b.csv.part").write_bytes(b"a download")
    if interrupted:
        with pytest.raises(Cancelled):
            write_then_raise(tmp_path / "a.mp4", 40, Cancelled("stopped"))
        with pytest.raises(Cancelled), written_whole(tmp_path / "b.csv"):
            raise Cancelled("stopped")
    else:
        write_numbered(tmp_path / "a.mp4", 3)
        with written_whole(tmp_path / "b.csv") as part:
            part.write_bytes(b"new")
    done = [] if interrupted else ["a.mp4", "b.csv"]
    assert leftovers(tmp_path) == sorted([*done, "a.mp4.part", "b.csv.part"])
    for name in ("a.mp4.part", "b.csv.part"):
        assert (tmp_path / name).read_bytes() == b"a download"


@pytest.mark.skipif(os.name == "nt", reason="permissions are a Unix thing")
def test_an_output_has_the_permissions_of_any_new_file(tmp_path: Path) -> None:
    (tmp_path / "plain").touch()
    write_numbered(tmp_path / "a.mp4", 3)
    with written_whole(tmp_path / "b.csv") as part:
        part.write_bytes(b"new")
    modes = {path.stat().st_mode for path in tmp_path.iterdir()}
    assert len(modes) == 1


def test_a_name_that_is_too_long_is_said_at_once_and_a_long_one_works(tmp_path: Path) -> None:
    with pytest.raises(ExportError) as caught:
        VideoWriter(tmp_path / ("é" * 150 + ".mp4"), *SIZE, time_base=Fraction(1, 30), fps=30)
    sentence(caught)
    assert leftovers(tmp_path) == []
    long = tmp_path / ("é" * 125 + ".mp4")
    write_numbered(long, 3)
    assert leftovers(tmp_path) == [long.name]


def sentence(caught: pytest.ExceptionInfo[ExportError]) -> str:
    text = str(caught.value)
    assert "\n" not in text
    assert "Errno" not in text
    return text


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full (Linux)")
def test_a_full_disk_is_said_in_words_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def part_on_a_full_disk(path: Path) -> Path:
        part = path.with_name(".a.mp4.part")
        part.symlink_to("/dev/full")
        return part

    monkeypatch.setattr(writer_module, "new_part", part_on_a_full_disk)
    with pytest.raises(ExportError) as caught:
        write_numbered(tmp_path / "a.mp4", 60)
    assert "a.mp4 cannot be completed: the disk is full" in sentence(caught)
    assert leftovers(tmp_path) == []


@pytest.fixture
def small_files_only() -> Iterator[None]:
    """The system refuses to let files grow beyond 60 kB."""
    resource = pytest.importorskip("resource", reason="file size limits are a Unix thing")
    old_limit = resource.getrlimit(resource.RLIMIT_FSIZE)
    old_handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (60_000, old_limit[1]))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, old_limit)
    signal.signal(signal.SIGXFSZ, old_handler)


def test_a_file_that_cannot_grow_any_further_leaves_nothing(
    tmp_path: Path, small_files_only: None
) -> None:
    with pytest.raises(ExportError) as caught:
        write_numbered(tmp_path / "a.mp4", 100, quality=0)
    assert "a.mp4 cannot be completed" in sentence(caught)
    assert leftovers(tmp_path) == []


def test_a_folder_without_write_permission_is_said_at_once(tmp_path: Path) -> None:
    folder = tmp_path / "locked"
    folder.mkdir()
    folder.chmod(0o500)
    if os.access(folder, os.W_OK):  # root may write anywhere but here
        folder = Path("/sys")
        if not folder.is_dir():
            pytest.skip("running as a user whom no folder keeps out")
    with pytest.raises(ExportError) as caught:
        VideoWriter(folder / "a.mp4", *SIZE, time_base=Fraction(1, 30), fps=30)
    assert "no permission" in sentence(caught)


@pytest.mark.parametrize(
    ("name", "options", "words"),
    [
        ("absent/a.mp4", {}, "does not exist"),
        ("a.webm", {}, "cannot hold h264"),
        ("a.txt", {}, "name the output .mp4"),
        ("a.mp4", {"codec": "prores"}, ".mov or .mkv"),
        ("a.mkv", {"spherical": True}, "spherical metadata"),
        ("folder.mp4", {}, "a folder has this name"),
    ],
)
def test_impossible_outputs_are_named(
    name: str, options: dict[str, object], words: str, tmp_path: Path
) -> None:
    (tmp_path / "folder.mp4").mkdir()
    with pytest.raises(ExportError, match=words) as caught:
        VideoWriter(tmp_path / name, *SIZE, time_base=Fraction(1, 30), fps=30, **options)
    sentence(caught)
    assert leftovers(tmp_path) == ["folder.mp4"]


def test_an_export_without_frames_is_an_error_and_no_file(tmp_path: Path) -> None:
    with (
        pytest.raises(ExportError, match="no frame"),
        VideoWriter(tmp_path / "a.mp4", *SIZE, time_base=Fraction(1, 30), fps=30),
    ):
        pass
    assert leftovers(tmp_path) == []


def test_unreadable_sound_is_named_and_leaves_nothing(tmp_path: Path) -> None:
    source = make_text(tmp_path / "a.wav")
    with pytest.raises(MediaError, match=r"a\.wav"):
        VideoWriter(tmp_path / "b.mp4", *SIZE, time_base=Fraction(1, 30), fps=30, audio_from=source)
    assert leftovers(tmp_path) == ["a.wav"]


@pytest.mark.parametrize(
    "options",
    [{"codec": "h266"}, {"quality": 52}, {"quality": -1}, {"fps": 0}, {"time_base": Fraction(0)}],
)
def test_arguments_out_of_range_are_the_callers_mistake(
    options: dict[str, object], tmp_path: Path
) -> None:
    settings = {"time_base": Fraction(1, 30), "fps": 30, **options}
    with pytest.raises(ValueError, match=r"codec|quality|positive"):
        VideoWriter(tmp_path / "a.mp4", *SIZE, **settings)
    assert leftovers(tmp_path) == []


def test_pictures_of_another_size_or_type_are_refused(tmp_path: Path) -> None:
    with VideoWriter(tmp_path / "a.mp4", *SIZE, time_base=Fraction(1, 30), fps=30) as writer:
        writer.write(picture(0), 0)
        for wrong in (picture(0, (128, 64)), picture(0).astype(np.float32)):
            with pytest.raises(ValueError, match="expected a picture"):
                writer.write(wrong, 1)
