"""Proxies: frame for frame, whole or absent, known again, within their budget."""

from __future__ import annotations

import multiprocessing
import os
import signal
import time
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from cubesal.errors import Cancelled, ExportError, MediaError
from cubesal.video import ClipReader
from cubesal.video.proxy import ProxyReader, find_proxy, make_proxy, needs_proxy, proxy_size
from tests.media import frame_number, make_clip

_UNEVEN = [0, 40, 100, 120, 121, 300]


def _made(clip: Path, folder: Path, projection: str | None = None) -> Path:
    return make_proxy(clip, projection=projection, folder=folder)


def test_a_proxy_shows_every_frame_at_its_uneven_time(tmp_path: Path) -> None:
    source = tmp_path / "vfr.mp4"
    make_clip(source, pts=_UNEVEN, time_base=Fraction(1, 1000), size=(2048, 1024), fps=20)
    path = _made(source, tmp_path / "p")
    with ClipReader(source) as clip, ClipReader(path) as made:
        assert (made.info.width, made.info.height) == (1920, 960)
        np.testing.assert_allclose(made.times_s, clip.times_s, atol=1e-6)
        proxy = ProxyReader(path, clip)
        for index in (4, 0, 2, 5):
            frame = proxy.read(index)
            assert frame.is_proxy
            assert frame.time_s == clip.times_s[index]
            assert frame_number(frame.rgb()) == index
        proxy.close()


def test_colours_are_those_of_the_clip(tmp_path: Path) -> None:
    source = make_clip(tmp_path / "a.mp4", frames=2, size=(512, 256), colorspace=5, full_range=True)
    path = _made(source, tmp_path / "p")
    with ClipReader(source) as clip, ClipReader(path) as made:
        error = np.abs(clip.read(1).rgb().astype(int) - made.read(1).rgb())
        assert error.mean() < 4


@pytest.mark.parametrize("size", [(2050, 1026), (514, 258), (256, 128)])
def test_odd_sizes_become_even_ones(tmp_path: Path, size: tuple[int, int]) -> None:
    source = make_clip(tmp_path / "odd.mp4", frames=2, size=size)
    path = _made(source, tmp_path / "p")
    with ClipReader(path) as made:
        assert (made.info.width, made.info.height) == proxy_size(*size)
        assert made.info.width % 2 == made.info.height % 2 == 0


def test_the_right_eye_and_another_front_are_read_from_the_proxy(tmp_path: Path) -> None:
    source = make_clip(tmp_path / "a_tb.mp4", frames=3, size=(256, 256))
    reading = "equirect-tb:right@90,0,0"
    path = _made(source, tmp_path / "p", reading)
    assert path == find_proxy(source, "equirect-tb:right", tmp_path / "p")
    assert path != find_proxy(source, "equirect-tb", tmp_path / "p")
    with ClipReader(source, projection=reading) as clip:
        proxy = ProxyReader(path, clip)
        error = np.abs(clip.read(2).rgb().astype(int) - proxy.read(2).rgb())
        proxy.close()
    assert error.mean() < 4


def test_a_source_that_was_cut_off_has_a_proxy_of_what_is_left(tmp_path: Path) -> None:
    whole = make_clip(
        tmp_path / "a.mp4", frames=30, gop=5, container={"movflags": "+faststart"}
    ).read_bytes()
    source = tmp_path / "cut.mp4"
    source.write_bytes(whole[: len(whole) * 2 // 3])
    with ClipReader(source) as clip:
        assert 0 < clip.info.frame_count < 30
        proxy = ProxyReader(_made(source, tmp_path / "p"), clip)
        last = clip.info.frame_count - 1
        assert frame_number(proxy.read(last).rgb()) == frame_number(clip.read(last).rgb())
        proxy.close()


def test_cancelling_leaves_nothing(tmp_path: Path) -> None:
    source = make_clip(tmp_path / "a.mp4", frames=10)

    def stop(done: int, total: int) -> None:
        assert total == 10
        if done == 4:
            raise Cancelled("enough")

    with pytest.raises(Cancelled):
        make_proxy(source, folder=tmp_path / "p", progress=stop)
    assert list((tmp_path / "p").iterdir()) == []


def _hang(source: Path, folder: Path) -> None:
    make_proxy(source, folder=folder, progress=lambda done, total: time.sleep(60))


def test_what_a_killed_process_left_is_removed_by_the_next(tmp_path: Path) -> None:
    source, folder = make_clip(tmp_path / "a.mp4", frames=4), tmp_path / "p"
    process = multiprocessing.get_context("spawn").Process(target=_hang, args=(source, folder))
    process.start()
    deadline = time.monotonic() + 30
    while not list(folder.glob(".*.part")) and time.monotonic() < deadline:
        time.sleep(0.02)
    _made(make_clip(tmp_path / "b.mp4", frames=5), folder)
    assert len(list(folder.glob(".*.part"))) == 1, "a part that is being made was removed"
    os.kill(process.pid or 0, signal.SIGKILL)
    process.join(10)
    assert not find_proxy(source, folder=folder).exists()
    assert _made(source, folder).exists()
    assert not list(folder.glob(".*.part"))


def test_a_proxy_is_made_once_and_anew_when_it_does_not_fit(tmp_path: Path) -> None:
    source, folder = make_clip(tmp_path / "a.mp4", frames=6), tmp_path / "p"
    path = _made(source, folder)
    made = path.stat().st_ino
    assert _made(source, folder).stat().st_ino == made
    path.write_bytes(make_clip(tmp_path / "other.mp4", frames=5).read_bytes())
    with ClipReader(source) as clip, pytest.raises(MediaError, match="does not belong"):
        ProxyReader(path, clip)
    with ClipReader(source) as clip:
        ProxyReader(_made(source, folder), clip).close()
    path.write_bytes(b"damaged")
    with ClipReader(source) as clip:
        ProxyReader(_made(source, folder), clip).close()


def test_those_not_used_for_longest_make_room(tmp_path: Path) -> None:
    folder = tmp_path / "p"
    clips = [make_clip(tmp_path / f"{n}.mp4", frames=3 + n) for n in range(3)]
    first, second = (_made(clip, folder) for clip in clips[:2])
    os.utime(first, (1, 1))
    os.utime(second, (2, 2))
    _made(clips[0], folder)  # is used, and so stays
    budget = first.stat().st_size + second.stat().st_size * 3 // 2
    third = make_proxy(clips[2], folder=folder, budget=budget)
    assert first.exists()
    assert third.exists()
    assert not second.exists()


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "p").write_text("a file")
    with pytest.raises(ExportError, match="cannot write"):
        _made(make_clip(tmp_path / "a.mp4", frames=2), tmp_path / "p")


def test_only_clips_above_4k_need_one(tmp_path: Path) -> None:
    with ClipReader(make_clip(tmp_path / "a.mp4", frames=2)) as clip:
        assert not needs_proxy(replace(clip.info, width=4096))
        assert needs_proxy(replace(clip.info, width=4098))
        assert not needs_proxy(replace(clip.info, width=4098, frame_count=1))
