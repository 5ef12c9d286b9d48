"""Outputs have the source's frames, at the source's times, in the source's colours."""

from __future__ import annotations

import os
import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from cubesal.video import ClipReader
from cubesal.video.spherical import read_spherical_metadata
from cubesal.video.writer import VideoWriter
from tests.exports import SIZE, export, shown
from tests.media import frame_number, make_clip, picture

VFR_MS = [0, 100, 150, 400, 1000, 1001, 1500, 2000, 2600, 2700]

SOURCES: dict[str, dict[str, object]] = {
    "constant": {"frames": 40, "b_frames": 2},
    "ntsc": {"frames": 40, "fps": Fraction(30000, 1001), "time_base": Fraction(1, 30000)},
    "variable": {"frames": 10, "pts": VFR_MS, "time_base": Fraction(1, 1000)},
    "odd ticks": {"frames": 30, "fps": Fraction(917425, 30618), "time_base": Fraction(1, 917425)},
    "slow": {"frames": 5, "fps": 1, "time_base": Fraction(1, 8)},
    "one frame": {"frames": 1},
}


@pytest.mark.parametrize("suffix", ["mp4", "mov"])
@pytest.mark.parametrize("kind", SOURCES)
def test_frame_count_and_timestamps_equal_the_source(
    kind: str, suffix: str, tmp_path: Path
) -> None:
    source = make_clip(tmp_path / "source.mp4", **SOURCES[kind])
    due = export(source, tmp_path / f"out.{suffix}", spherical=True)
    numbers, times = shown(tmp_path / f"out.{suffix}")
    assert numbers == list(range(len(due)))
    assert times == due
    with ClipReader(source) as before, ClipReader(tmp_path / f"out.{suffix}") as after:
        assert after.info.time_base == before.info.time_base
        assert list(after.pts) == list(before.pts - before.pts[0])


@pytest.mark.parametrize("kind", ["constant", "ntsc", "variable"])
def test_a_range_starts_at_zero_and_keeps_its_rhythm(kind: str, tmp_path: Path) -> None:
    source = make_clip(tmp_path / "source.mp4", **SOURCES[kind])
    due = export(source, tmp_path / "out.mp4", 3, 9)
    numbers, times = shown(tmp_path / "out.mp4")
    assert numbers == [3, 4, 5, 6, 7, 8]
    assert times == due
    assert times[0] == 0


def test_matroska_times_are_right_to_the_millisecond(tmp_path: Path) -> None:
    source = make_clip(tmp_path / "source.mp4", frames=20, fps=24)
    due = export(source, tmp_path / "out.mkv")
    numbers, times = shown(tmp_path / "out.mkv")
    assert numbers == list(range(20))
    assert max(abs(a - b) for a, b in zip(times, due, strict=True)) <= Fraction(1, 2000)


def test_a_time_base_with_a_numerator_is_kept(tmp_path: Path) -> None:
    tick_s = Fraction(1001, 30000)
    with VideoWriter(tmp_path / "a.mp4", *SIZE, time_base=tick_s, fps=1 / tick_s) as writer:
        for number in range(10):
            writer.write(picture(number), number)
    assert shown(tmp_path / "a.mp4") == (list(range(10)), [n * tick_s for n in range(10)])


def test_frames_that_share_a_timestamp_are_kept(tmp_path: Path) -> None:
    tick_s = Fraction(1, 1000)
    with VideoWriter(tmp_path / "a.mp4", *SIZE, time_base=tick_s, fps=30) as writer:
        for number, pts in enumerate([0, 33, 33, 33, 100]):
            writer.write(picture(number), pts)
    assert shown(tmp_path / "a.mp4")[0] == [0, 1, 2, 3, 4]


@pytest.mark.parametrize(
    ("codec", "name", "decoder"),
    [
        ("h264", "a.mp4", "h264"),
        ("hevc", "a.mp4", "hevc"),
        ("av1", "a.mp4", "av1"),
        ("av1", "a.webm", "av1"),
        ("prores", "a.mov", "prores"),
        ("ffv1", "a.mkv", "ffv1"),
    ],
)
def test_every_codec_shows_the_pictures_that_went_in(
    codec: str, name: str, decoder: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    with VideoWriter(
        tmp_path / name, *SIZE, time_base=Fraction(1, 30), fps=30, codec=codec
    ) as writer:
        for number in range(12):
            writer.write(picture(number), number)
    with ClipReader(tmp_path / name) as reader:
        assert reader.info.codec == decoder
        assert reader.info.colour.matrix == "bt709"
        for frame in reader.frames():
            rgb = frame.rgb()
            assert frame_number(rgb) == frame.index
            # The lower part is smooth, so that what remains is the coding itself.
            assert np.abs(rgb[40:].astype(int) - picture(frame.index)[40:]).mean() < 2.0
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize("codec", ["h264", "hevc", "av1"])
@pytest.mark.parametrize("number", [1, 2, 3])
def test_very_short_clips_have_their_times_whatever_memory_holds(
    codec: str, number: int, tmp_path: Path
) -> None:
    script = (
        "import sys, numpy as np; from fractions import Fraction;"
        "from cubesal.video.writer import VideoWriter;"
        "path, codec, number = sys.argv[1:];"
        "picture = np.full((64, 128, 3), 90, np.uint8);"
        "tick_s = Fraction(1, 30);"
        "writer = VideoWriter(path, 128, 64, time_base=tick_s, fps=30, codec=codec);"
        "[writer.write(picture, pts) for pts in range(int(number))];"
        "writer.finish()"
    )
    path = tmp_path / "a.mp4"
    # The allocator fills memory with a pattern, so that what nobody has set shows (glibc).
    environment = {**os.environ, "MALLOC_PERTURB_": "165"}
    command = [sys.executable, "-c", script, str(path), codec, str(number)]
    done = subprocess.run(command, check=False, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    with av.open(str(path)) as container:
        times = [frame.time for frame in container.decode(video=0)]
    assert times == pytest.approx([index / 30 for index in range(number)], abs=1e-4)


def test_h264_is_tagged_bt709_limited_and_starts_fast(tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    with VideoWriter(path, *SIZE, time_base=Fraction(1, 30), fps=30, title="Tit le") as writer:
        writer.write(picture(0), 0)
    data = path.read_bytes()
    assert data.index(b"moov") < data.index(b"mdat")
    with av.open(str(path)) as container:
        frame = next(container.decode(video=0))
        assert container.metadata["title"] == "Tit le"
    assert frame.format.name == "yuv420p"
    assert (frame.colorspace, frame.color_range) == (1, 1)
    assert (int(frame.color_primaries), int(frame.color_trc)) == (1, 1)


def test_lower_quality_numbers_make_larger_files(tmp_path: Path) -> None:
    sizes = []
    for quality in (10, 45):
        path = tmp_path / f"{quality}.mp4"
        with VideoWriter(path, *SIZE, time_base=Fraction(1, 30), fps=30, quality=quality) as w:
            for number in range(10):
                w.write(picture(number), number)
        sizes.append(path.stat().st_size)
    assert sizes[0] > 2 * sizes[1]


def test_a_frame_an_hour_is_no_rate_of_zero(tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    with VideoWriter(path, *SIZE, time_base=Fraction(1), fps=Fraction(1, 3600)) as writer:
        for number in range(3):
            writer.write(picture(number), 3600 * number)
    assert shown(path) == ([0, 1, 2], [0, 3600, 7200])


def test_odd_sizes_become_even_and_ffv1_keeps_them(tmp_path: Path) -> None:
    for name, codec, size in (("a.mp4", "h264", (256, 128)), ("a.mkv", "ffv1", (255, 127))):
        with VideoWriter(
            tmp_path / name, 255, 127, time_base=Fraction(1, 30), fps=30, codec=codec
        ) as writer:
            writer.write(picture(5, (255, 127)), 0)
        with ClipReader(tmp_path / name) as reader:
            assert (reader.info.width, reader.info.height) == size
            assert frame_number(reader.read(0).rgb()) == 5


def test_equirect_outputs_carry_metadata_and_flat_ones_none(tmp_path: Path) -> None:
    for name, spherical in (("equirect.mp4", True), ("flat.mp4", False)):
        with VideoWriter(
            tmp_path / name, *SIZE, time_base=Fraction(1, 30), fps=30, spherical=spherical
        ) as writer:
            writer.write(picture(0), 0)
        assert (read_spherical_metadata(tmp_path / name) is not None) is spherical
