"""Every frame is the right one, wherever and in whatever order it is read."""

from __future__ import annotations

import random
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from cubesal.video import ClipReader, Eye, Frame, Layout
from cubesal.video import decoder as decoder_module
from cubesal.video.index import is_shown
from tests.media import (
    frame_number,
    make_clip,
    make_damaged,
    make_still,
    picture,
    remux,
    shorten_edit,
    truncated,
)

VFR_MS = [0, 100, 150, 400, 1000, 1001, 1500, 2000, 2600, 2700]
OPEN_GOP = {"x264-params": "open-gop=1"}

CLIPS: dict[str, tuple[str, dict[str, object]]] = {
    "constant rate": ("a.mp4", {"frames": 40, "gop": 10}),
    "b-frames": ("a.mp4", {"frames": 60, "gop": 20, "b_frames": 3}),
    "open groups": ("a.mp4", {"frames": 90, "gop": 20, "b_frames": 3, "options": OPEN_GOP}),
    "one long group": ("a.mp4", {"frames": 260, "gop": 250, "b_frames": 2}),
    "variable rate": (
        "a.mp4",
        {"frames": 10, "pts": VFR_MS, "time_base": Fraction(1, 1000), "b_frames": 2},
    ),
    "variable rate in mkv": (
        "a.mkv",
        {"frames": 10, "pts": VFR_MS, "time_base": Fraction(1, 1000), "b_frames": 2},
    ),
    "ntsc rate": ("a.mp4", {"fps": Fraction(30000, 1001), "frames": 40, "gop": 15}),
    "hevc": ("a.mp4", {"codec": "libx265", "frames": 50, "gop": 20, "b_frames": 2}),
    "vp8": ("a.webm", {"codec": "libvpx", "frames": 40, "options": {"deadline": "realtime"}}),
    "mpeg 2": (
        "a.ts",
        {
            "codec": "mpeg2video",
            "frames": 50,
            "gop": 15,
            "b_frames": 2,
            "time_base": Fraction(1, 30),
        },
    ),
    "transport stream": ("a.ts", {"frames": 90, "gop": 30, "b_frames": 2}),
    "prores": ("a.mov", {"codec": "prores_ks", "pix_fmt": "yuv422p10le", "frames": 20}),
    "10 bit": ("a.mp4", {"codec": "libx265", "pix_fmt": "yuv420p10le", "frames": 20}),
    "turned a quarter": ("a.mp4", {"size": (128, 256), "rotation": 90, "frames": 20}),
    "upside down": ("a.mp4", {"rotation": 180, "frames": 20}),
    "turned three quarters": ("a.mp4", {"size": (128, 256), "rotation": 270, "frames": 20}),
    "odd size": ("a.mkv", {"size": (255, 127), "codec": "ffv1", "frames": 20}),
}


def numbers_of(frames: list[Frame]) -> list[int]:
    return [frame_number(frame.rgb()) for frame in frames]


@pytest.fixture
def no_kept_pictures(monkeypatch: pytest.MonkeyPatch) -> None:
    """Reading then really seeks, instead of remembering short test clips as a whole."""
    monkeypatch.setattr(decoder_module, "_KEPT_BYTES", 0)


@pytest.mark.parametrize("kind", CLIPS)
def test_sequential_and_random_reading_find_the_numbered_frame(
    kind: str, tmp_path: Path, no_kept_pictures: None
) -> None:
    name, settings = CLIPS[kind]
    path = make_clip(tmp_path / name, **settings)
    count = settings["frames"]
    with ClipReader(path) as reader:
        assert reader.info.frame_count == count
        assert numbers_of(list(reader.frames())) == list(range(count))
    indices = [random.Random(kind).randrange(count) for _ in range(25)]
    with ClipReader(path) as reader:
        assert numbers_of([reader.read(i) for i in indices]) == indices
        assert reader.damaged == frozenset()


def test_variable_rate_times_are_those_of_the_file(tmp_path: Path) -> None:
    tick_s = Fraction(1, 1000)
    path = make_clip(tmp_path / "a.mp4", pts=VFR_MS, time_base=tick_s, b_frames=2)
    with ClipReader(path) as reader:
        assert np.allclose(reader.times_s, np.array(VFR_MS) / 1000, atol=1e-12)
        assert reader.read(4).time_s == pytest.approx(1.0)
        assert [reader.index_at(t) for t in (-1, 0, 0.099, 0.1, 0.999, 1.0005, 99)] == [
            *(0, 0, 0, 1, 3, 4, 9)
        ]
        assert not reader.times_s.flags.writeable


def test_times_count_from_the_first_frame_while_pts_stay_raw(tmp_path: Path) -> None:
    late = remux(make_clip(tmp_path / "a.mp4", frames=20), tmp_path / "late.mp4", shift=5120)
    with ClipReader(late) as reader:
        assert reader.pts[0] > 0
        assert reader.times_s[0] == 0.0
        assert reader.times_s[3] == pytest.approx(0.1)


@pytest.mark.parametrize("b_frames", [0, 2])
def test_frames_before_an_edit_list_do_not_count(
    b_frames: int, tmp_path: Path, no_kept_pictures: None
) -> None:
    source = make_clip(tmp_path / "a.mp4", frames=60, gop=20, b_frames=b_frames)
    cut = remux(source, tmp_path / "cut.mp4", shift=-512 * 27)
    with ClipReader(cut) as reader:
        assert (reader.info.frame_count, reader.info.lost_frames) == (33, 0)
        assert numbers_of(list(reader.frames())) == list(range(27, 60))
        assert frame_number(reader.read(0).rgb()) == 27
        assert frame_number(reader.read(30).rgb()) == 57


def test_frames_behind_an_edit_list_do_not_count(tmp_path: Path) -> None:
    path = shorten_edit(make_clip(tmp_path / "a.mp4", frames=60, gop=20, b_frames=2), 1.0)
    with ClipReader(path) as reader:
        assert (reader.info.frame_count, reader.info.lost_frames) == (30, 0)
        assert reader.info.duration_s == pytest.approx(1.0)
        assert numbers_of(list(reader.frames())) == list(range(30))
        assert reader.damaged == frozenset()


@pytest.mark.parametrize(
    ("codec", "first_byte", "shown"),
    [("vp8", 0x10, True), ("vp8", 0x01, False), ("vp9", 0x01, True)],
)
def test_vp8_packets_with_a_clear_show_frame_bit_are_no_frames(
    codec: str, first_byte: int, shown: bool
) -> None:
    assert is_shown(av.Packet(bytes([first_byte, 0, 0])), codec) is shown


def test_frames_sharing_a_timestamp_stay_apart(tmp_path: Path, no_kept_pictures: None) -> None:
    source = make_clip(tmp_path / "a.mp4", frames=30, gop=10)
    pts_ms = [0, 10, 20, 20, 20, 30, 40, *(50 + i // 4 * 10 for i in range(23))]
    path = remux(source, tmp_path / "same.mkv", pts_ms=pts_ms)
    with ClipReader(path) as reader:
        assert list(reader.pts) == pts_ms
        order = random.Random(1).sample(range(30), 30)
        assert numbers_of([reader.read(i) for i in order]) == order


def test_stepping_back_over_frames_just_passed_needs_no_decoding(tmp_path: Path) -> None:
    path = make_clip(tmp_path / "a.mp4", frames=60, gop=60)
    with ClipReader(path) as reader:
        reader.read(50)
        reader._decoder._container.close()  # from here on nothing can be decoded
        assert numbers_of([reader.read(i) for i in (49, 48, 47)]) == [49, 48, 47]


def test_frames_takes_ascending_indices_across_wide_gaps(tmp_path: Path) -> None:
    path = make_clip(tmp_path / "a.mp4", frames=200, gop=20, b_frames=2)
    wanted = [0, 1, 7, 90, 91, 150, 199]
    with ClipReader(path) as reader:
        frames = list(reader.frames(wanted))
    assert [frame.index for frame in frames] == wanted
    assert numbers_of(frames) == wanted


def test_frames_stay_valid_after_the_reader_is_closed(tmp_path: Path) -> None:
    with ClipReader(make_clip(tmp_path / "a.mp4", frames=5)) as reader:
        frames = list(reader.frames())
    assert numbers_of(frames) == [0, 1, 2, 3, 4]


def test_planes_are_read_only_contiguous_and_half_size_rounded_up(tmp_path: Path) -> None:
    path = make_clip(tmp_path / "a.mkv", size=(255, 127), codec="ffv1", frames=1)
    with ClipReader(path) as reader:
        planes = reader.read(0).planes
    assert planes.y.shape == (127, 255)
    assert planes.u.shape == planes.v.shape == (64, 128)
    for plane in (planes.y, planes.u, planes.v):
        assert plane.dtype == np.uint8
        assert plane.flags.c_contiguous
        assert not plane.flags.writeable


def test_an_index_outside_the_clip_is_an_index_error(tmp_path: Path) -> None:
    with ClipReader(make_clip(tmp_path / "a.mp4", frames=3)) as reader:
        for index in (-1, 3):
            with pytest.raises(IndexError, match="3 frames"):
                reader.read(index)


def test_the_facts_of_a_clip_are_stated(tmp_path: Path) -> None:
    path = make_clip(tmp_path / "a.mp4", fps=Fraction(30000, 1001), frames=30, audio="aac")
    with ClipReader(path) as reader:
        info = reader.info
    assert (info.width, info.height, info.codec) == (256, 128, "h264")
    assert info.fps == Fraction(30000, 1001)
    assert info.duration_s == pytest.approx(30 * 1001 / 30000, abs=1e-4)
    assert info.has_audio
    assert not info.is_still
    assert info.layout is Layout.MONO
    assert info.pixel_aspect == 1


@pytest.mark.parametrize("suffix", ["jpg", "png", "webp", "tif", "bmp"])
def test_a_still_is_a_clip_of_one_frame(suffix: str, tmp_path: Path) -> None:
    # The name looks like a numbered sequence, which FFmpeg would expand.
    path = make_still(tmp_path / f"still_%03d.{suffix}", number=77)
    with ClipReader(path) as reader:
        assert reader.info.is_still
        assert reader.info.frame_count == 1
        rgb = reader.read(0).rgb()
    assert frame_number(rgb) == 77
    assert np.abs(rgb.astype(int) - picture(77)).mean() < 2.0


def test_a_video_of_one_frame_is_no_still(tmp_path: Path) -> None:
    with ClipReader(make_clip(tmp_path / "a.mp4", frames=1)) as reader:
        assert reader.info.frame_count == 1
        assert not reader.info.is_still
        assert list(reader.times_s) == [0.0]
        assert reader.info.duration_s == pytest.approx(1 / 30, abs=1e-3)


@pytest.mark.parametrize(("eye", "first"), [(Eye.LEFT, 0), (Eye.RIGHT, 1000)])
@pytest.mark.parametrize(("name", "axis"), [("a_TB.mp4", 0), ("a_SBS.mp4", 1)])
def test_one_eye_of_a_stereo_clip_is_read(
    name: str, axis: int, eye: Eye, first: int, tmp_path: Path
) -> None:
    pairs = [np.concatenate([picture(n), picture(1000 + n)], axis=axis) for n in range(5)]
    height, width = pairs[0].shape[:2]
    path = make_clip(tmp_path / name, frames=5, size=(width, height), pictures=pairs)
    with ClipReader(path, eye=eye) as reader:
        assert (reader.info.width, reader.info.height) == (256, 128)
        assert reader.info.layout is (Layout.STEREO_SBS if axis else Layout.STEREO_TB)
        assert numbers_of(list(reader.frames())) == [first + n for n in range(5)]


@pytest.mark.parametrize("codec", ["libx264", "libx265"])
def test_a_damaged_packet_costs_frames_but_shifts_none(codec: str, tmp_path: Path) -> None:
    path = make_damaged(tmp_path / "a.mp4", packets=[25], frames=60, gop=20, codec=codec)
    with ClipReader(path) as reader:
        assert reader.info.frame_count == 60
        shown = numbers_of(list(reader.frames()))
        damaged = reader.damaged
    assert 25 in damaged
    assert damaged <= set(range(25, 40))
    for index, number in enumerate(shown):
        expected = index if index not in damaged else min(damaged) - 1
        assert number == expected, f"frame {index} shows {number}"
    with ClipReader(path) as reader:
        assert frame_number(reader.read(min(damaged)).rgb()) == min(damaged) - 1
        assert frame_number(reader.read(45).rgb()) == 45


def test_undecodable_leading_frames_do_not_count(tmp_path: Path) -> None:
    path = make_damaged(tmp_path / "a.mp4", packets=[0], frames=60, gop=20, codec="libx265")
    with ClipReader(path) as reader:
        assert (reader.info.frame_count, reader.info.lost_frames) == (40, 20)
        assert numbers_of(list(reader.frames())) == list(range(20, 60))
        assert reader.times_s[0] == 0.0


def test_a_truncated_file_plays_up_to_where_it_ends(tmp_path: Path) -> None:
    whole = make_clip(tmp_path / "a.mp4", frames=60, container={"movflags": "faststart"})
    with ClipReader(truncated(whole, tmp_path / "cut.mp4", 0.6)) as reader:
        count = reader.info.frame_count
        assert reader.info.lost_frames == 60 - count
        shown = numbers_of(list(reader.frames()))
        damaged = reader.damaged
    assert 10 < count < 60
    assert damaged <= {count - 1}
    assert shown[: count - 1] == list(range(count - 1))


@pytest.mark.parametrize("kept", [1.0, 0.6])
def test_fragments_are_not_listed_in_advance_and_so_not_missed(kept: float, tmp_path: Path) -> None:
    flags = {"movflags": "frag_keyframe+empty_moov"}
    whole = make_clip(tmp_path / "a.mp4", frames=60, gop=10, container=flags)
    with ClipReader(truncated(whole, tmp_path / "cut.mp4", kept)) as reader:
        assert reader.info.lost_frames == 0


def test_a_jump_of_ten_hours_does_not_make_the_rate_nonsense(tmp_path: Path) -> None:
    pts = [*range(15), *range(10**6, 10**6 + 15)]
    path = make_clip(tmp_path / "a.mp4", pts=pts, time_base=Fraction(1, 25), fps=25, frames=30)
    with ClipReader(path) as reader:
        assert reader.info.fps == 25
        assert reader.info.duration_s > 36000


def test_a_time_lapse_keeps_its_slow_rate(tmp_path: Path) -> None:
    pts = [20 * number for number in range(10)]
    path = make_clip(tmp_path / "a.mp4", pts=pts, time_base=Fraction(1, 10), fps=1, frames=10)
    with ClipReader(path) as reader:
        assert reader.info.fps == Fraction(1, 2)


def test_reading_damaged_files_writes_nothing_to_the_terminal(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    path = make_damaged(tmp_path / "a.mp4", packets=[3, 25], frames=40, gop=20)
    capfd.readouterr()
    with ClipReader(path) as reader:
        list(reader.frames())
    assert capfd.readouterr() == ("", "")
