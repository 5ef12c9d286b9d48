"""``cubesal flow``: files others can read, and nothing done twice."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.cli.conftest import Cubesal
from tests.media import make_clip


@pytest.fixture
def short(tmp_path: Path) -> Path:
    return make_clip(tmp_path / "short.mp4", frames=6, gop=3)


def test_one_file_per_clip_holds_flow_and_the_frames_it_lies_between(
    cubesal: Cubesal, short: Path, tmp_path: Path
) -> None:
    done = cubesal("flow", short, "--out", tmp_path / "out", "--every", 2, "--height", 60)
    assert done.code == 0, done.err
    with np.load(tmp_path / "out" / "short_flow.npz") as archive:
        assert archive["flow"].shape == (2, 60, 120, 2)
        assert archive["frame_index"].tolist() == [0, 2, 4]
        assert np.isfinite(archive["flow"]).all()


def test_a_file_of_the_same_settings_is_kept_and_any_other_made_again(
    cubesal: Cubesal, short: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out" / "short_flow.npz"
    options = ("--out", out.parent, "--every", 1)
    assert cubesal("flow", short, *options, "--height", 30).code == 0
    first = out.stat().st_mtime_ns
    assert "complete already" in cubesal("flow", short, *options, "--height", 30).err
    assert out.stat().st_mtime_ns == first
    out.write_bytes(out.read_bytes()[:-100])  # as a crash of another program leaves it
    assert cubesal("flow", short, *options, "--height", 30).code == 0
    assert cubesal("flow", short, *options, "--height", 40).code == 0
    with np.load(out) as archive:
        assert archive["flow"].shape == (5, 40, 80, 2)
        assert archive["flow"].dtype == np.float16


def test_the_published_layout_numbers_by_frame_plus_two(
    cubesal: Cubesal, short: Path, tmp_path: Path
) -> None:
    options = ("--out", tmp_path / "out", "--format", "wild360", "--convention", "cp360")
    done = cubesal("flow", short, *options)
    assert done.code == 0, done.err
    folder = tmp_path / "out" / "short_flow"
    names = sorted(path.name for path in folder.glob("*.npy"))
    assert names == [f"{k:06d}.npy" for k in range(2, 7)]
    first = np.load(folder / "000002.npy")
    assert first.shape == (480, 960, 2)
    assert first.dtype == np.float32


def test_what_is_done_is_kept_and_what_is_missing_is_made_the_same(
    cubesal: Cubesal, short: Path, tmp_path: Path
) -> None:
    options = ("--format", "wild360", "--height", 60)
    assert cubesal("flow", short, "--out", tmp_path / "whole", *options).code == 0
    whole = tmp_path / "whole" / "short_flow"
    assert cubesal("flow", short, "--out", tmp_path / "part", *options).code == 0
    done = tmp_path / "part" / "short_flow"
    # As a run that was stopped leaves it: hidden, with some of its files.
    unfinished = done.with_name(".short_flow.unfinished")
    done.rename(unfinished)
    (unfinished / "000004.npy").unlink()
    kept = (unfinished / "000003.npy").stat().st_mtime_ns
    again = cubesal("flow", short, "--out", tmp_path / "part", *options)
    assert again.code == 0, again.err
    assert "4 of 5 are done already" in again.err
    assert (done / "000003.npy").stat().st_mtime_ns == kept
    for path in whole.glob("*.npy"):
        np.testing.assert_array_equal(np.load(done / path.name), np.load(path))
    assert "complete already" in cubesal("flow", short, "--out", tmp_path / "part", *options).err


def test_flow_of_other_settings_is_not_mixed_in(
    cubesal: Cubesal, short: Path, tmp_path: Path
) -> None:
    options = ("--out", tmp_path / "out", "--format", "wild360")
    assert cubesal("flow", short, *options, "--height", 60).code == 0
    refused = cubesal("flow", short, *options, "--height", 30)
    assert refused.code == 2
    assert "other settings" in refused.err
    assert cubesal("flow", short, *options, "--height", 30, "--overwrite").code == 0


def test_a_bad_clip_does_not_stop_the_others(cubesal: Cubesal, short: Path, tmp_path: Path) -> None:
    broken = tmp_path / "broken.mp4"
    broken.write_bytes(b"no clip")
    options = ("--out", tmp_path / "out", "--height", 30, "--every", 1)
    done = cubesal("flow", broken, short, *options)
    assert done.code == 1
    assert len(done.errors) == 1
    assert "broken.mp4" in done.errors[0]
    assert (tmp_path / "out" / "short_flow.npz").is_file()


def test_a_clip_of_one_frame_has_no_flow(cubesal: Cubesal, tmp_path: Path) -> None:
    clip = make_clip(tmp_path / "one.mp4", frames=1)
    done = cubesal("flow", clip, "--out", tmp_path / "out")
    assert done.code == 2
    assert "no two frames" in done.err
    assert not list((tmp_path / "out").iterdir())
