"""Exports of real small clips, probed with PyAV: nothing lost, shifted or left over."""

from __future__ import annotations

import csv
import json
from fractions import Fraction
from functools import partial
from math import radians
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from cubesal.autopilot import CameraPath, still_path
from cubesal.camera import Camera
from cubesal.errors import Cancelled, ExportError, MediaError
from cubesal.exporting import (
    Encoding,
    TimeRange,
    default_hfov,
    default_size,
    equirect_size,
    export_attention,
    export_maps,
    export_nfov,
    export_overlay,
    export_path,
    export_snapshot,
    grid_points_for,
    map_target,
)
from cubesal.exporting.encoding import draw_in_order
from cubesal.exporting.frame_folder import FrameFolder
from cubesal.exporting.published import FrameNumbers, jet_overlay
from cubesal.geometry import cube_net, equirect_to_cube, equirect_to_perspective
from cubesal.overlay import OverlayStyle, blend_overlay
from cubesal.track import SaliencyTrack, load_npz
from cubesal.video import ClipReader
from cubesal.video.spherical import read_spherical_metadata
from tests.media import frame_number, make_clip, make_damaged, make_still, make_text

LOSSLESS = Encoding("ffv1")
VARIABLE_PTS = [0, 512, 1100, 1500, 2600, 2700, 4000, 4512, 5024, 7000, 7512, 8024]


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    """One second of numbered frames with a tone."""
    return make_clip(tmp_path / "clip.mp4", frames=30, gop=10, audio="aac")


def track_of(clip: Path, every: int = 6) -> SaliencyTrack:
    """Maps that brighten from grid point to grid point, strongest in the middle of the picture."""
    with ClipReader(clip) as reader:
        index = np.arange(0, len(reader.times_s), every)
        track = SaliencyTrack(index, reader.times_s[index], clip.name, "made by hand")
    yy, xx = np.mgrid[0:20, 0:40]
    bump = np.exp(-((yy - 10) ** 2 + (xx - 20) ** 2) / 30.0)
    for k in range(len(track)):
        track.set(k, (0.2 + 0.1 * k) * bump)
    return track


def panning() -> CameraPath:
    times = np.linspace(0, 1, 31)
    columns = (radians(150) + times, 0.3 * times, np.full(31, radians(80)), np.zeros(31))
    return CameraPath(times, *columns)


def probe(path: Path) -> tuple[list[Fraction], tuple[int, int], float]:
    """(times of all frames, picture size, seconds of sound)."""
    with av.open(str(path)) as container:
        video = container.streams.video[0]
        times = [frame.pts * video.time_base for frame in container.decode(video)]
        size = (video.width, video.height)
    with av.open(str(path)) as container:
        sound = 0.0
        if container.streams.audio:
            frames = container.decode(container.streams.audio[0])
            sound = sum(frame.samples / frame.sample_rate for frame in frames)
    return times, size, sound


def source_times(clip: Path, first: int = 0, stop: int | None = None) -> list[Fraction]:
    with ClipReader(clip) as reader:
        pts = reader.pts[first:stop]
        return [int(p - pts[0]) * reader.info.time_base for p in pts]


def rgb_of(path: Path, index: int) -> np.ndarray:
    with ClipReader(path, projection="equirect") as reader:
        return reader.read(index).rgb()


def exact_rgb(path: Path, index: int) -> np.ndarray:
    """A frame of a lossless RGB file; a ClipReader would hand it out in 4:2:0."""
    with av.open(str(path)) as container:
        return list(container.decode(video=0))[index].to_ndarray(format="rgb24")


# --- videos ---------------------------------------------------------------------------------


def test_an_overlay_video_keeps_every_frame_its_time_the_sound_and_says_it_is_spherical(
    clip, tmp_path
):
    out = tmp_path / "overlay.mp4"
    assert export_overlay(clip, track_of(clip), out) == (30, 0)
    times, size, sound = probe(out)
    assert times == source_times(clip)
    assert size == (256, 128)
    assert sound == pytest.approx(1.0, abs=0.1)
    tags = read_spherical_metadata(out)
    assert (tags.version, tags.projection) == (2, "equirectangular")
    assert b"<GSpherical:Spherical>true" in out.read_bytes()
    assert ClipReader(out).info.projection_source == "V2 metadata"


@pytest.mark.parametrize("what", ["overlay", "nfov"])
def test_variable_frame_rates_stay_as_they_are(tmp_path, what):
    clip = make_clip(tmp_path / "vfr.mp4", pts=VARIABLE_PTS, time_base=Fraction(1, 15360))
    out = tmp_path / "out.mp4"
    if what == "overlay":
        export_overlay(clip, track_of(clip, 3), out)
    else:
        export_nfov(clip, panning(), out, width=64, height=36)
    times, _, _ = probe(out)
    assert times == [Fraction(pts, 15360) for pts in VARIABLE_PTS]


@pytest.mark.parametrize("range_mode", ["frame", "clip"])
def test_the_overlay_is_the_documented_blend_with_the_scale_of_its_style(
    clip, tmp_path, range_mode
):
    track, style = track_of(clip), OverlayStyle(range_mode=range_mode)
    export_overlay(clip, track, tmp_path / "overlay.mkv", style=style, encoding=LOSSLESS)
    for index in (0, 3, 29):
        shown = exact_rgb(tmp_path / "overlay.mkv", index)
        saliency = track.at(index / 30).saliency
        scale = float(saliency.max()) if range_mode == "frame" else track.peak
        expected = blend_overlay(rgb_of(clip, index), saliency, scale, style)
        assert np.abs(shown.astype(int) - expected).max() <= 1


def test_a_cube_net_shows_the_same_and_carries_no_spherical_tags(clip, tmp_path):
    track = track_of(clip)
    export_overlay(clip, track, tmp_path / "cube.mp4", view="cube")
    assert read_spherical_metadata(tmp_path / "cube.mp4") is None
    times, size, sound = probe(tmp_path / "cube.mp4")
    assert (size, len(times)) == ((256, 192), 30)
    assert sound > 0.9
    export_overlay(clip, track, tmp_path / "cube.mkv", view="cube", encoding=LOSSLESS)
    shown = exact_rgb(tmp_path / "cube.mkv", 12)
    blended = blend_overlay(
        rgb_of(clip, 12),
        track.at(0.4).saliency,
        float(track.at(0.4).saliency.max()),
        OverlayStyle(),
    )
    expected = cube_net(equirect_to_cube(blended, 64))
    # The overlay's soft edge is not linear, so blending before or after resampling differs a bit.
    assert np.abs(shown.astype(int) - expected).mean() < 1.0
    assert not shown[:64, :64].any()


def test_a_flat_video_shows_what_the_camera_of_the_path_sees(clip, tmp_path):
    path = panning()
    export_nfov(clip, path, tmp_path / "nfov.mkv", width=160, height=90, encoding=LOSSLESS)
    for index in (0, 17, 29):
        shown = exact_rgb(tmp_path / "nfov.mkv", index)
        expected = equirect_to_perspective(rgb_of(clip, index), path.at(index / 30), 160, 90)
        assert np.abs(shown.astype(int) - expected).max() <= 2


def test_a_flat_video_is_1280x720_keeps_times_and_sound_and_is_not_spherical(clip, tmp_path):
    out = tmp_path / "nfov.mp4"
    export_nfov(clip, still_path(Camera()), out)
    times, size, sound = probe(out)
    assert size == (1280, 720)
    assert times == source_times(clip)
    assert sound == pytest.approx(1.0, abs=0.1)
    assert read_spherical_metadata(out) is None


@pytest.mark.parametrize(
    ("span", "frames"),
    [
        (TimeRange(0.2, 0.5), range(6, 15)),
        (TimeRange(0.21, 0.5), range(7, 15)),
        (TimeRange(0.9), range(27, 30)),
        (TimeRange(0.0, 99.0), range(30)),
    ],
)
def test_a_range_holds_the_frames_shown_in_it_from_time_zero(clip, tmp_path, span, frames):
    out = tmp_path / "part.mp4"
    invisible = OverlayStyle(opacity=0.0)
    assert export_overlay(clip, track_of(clip), out, style=invisible, span=span).frames == len(
        frames
    )
    times, _, sound = probe(out)
    assert times == source_times(clip, frames.start, frames.stop)
    assert sound == pytest.approx(len(frames) / 30, abs=0.08)
    assert [frame_number(rgb_of(out, k)) for k in range(len(frames))] == list(frames)


def test_a_range_without_frames_is_said_in_words(clip, tmp_path):
    with pytest.raises(ExportError, match=r"clip.mp4 has no frame between 5 s and its end: it la"):
        export_nfov(clip, panning(), tmp_path / "out.mp4", span=TimeRange(5.0))
    assert not (tmp_path / "out.mp4").exists()


@pytest.mark.parametrize("arguments", [(-1.0, None), (2.0, 2.0), (2.0, 1.0), (float("nan"), None)])
def test_impossible_ranges_are_refused(arguments):
    with pytest.raises(ValueError, match="from_s"):
        TimeRange(*arguments)


def test_maps_that_are_not_computed_yet_are_asked_for_not_guessed(clip, tmp_path):
    track = track_of(clip)
    half = SaliencyTrack(track.frame_index, track.time_s, track.source, track.model)
    for k in (0, 1, 2):
        half.set(k, track.get(k))
    with pytest.raises(ExportError, match=r"not analysed yet at 0.60 s \(2 maps are missing\)"):
        export_overlay(clip, half, tmp_path / "out.mp4")
    assert export_overlay(clip, half, tmp_path / "out.mp4", span=TimeRange(0.1, 0.4)).frames == 9


@pytest.mark.parametrize(
    ("times", "points"),
    [([0.0], [0]), ([0.1, 0.3], [0, 1, 2]), ([0.2, 0.4], [1, 2]), ([0.85, 0.95], [4])],
)
def test_only_the_grid_points_around_a_range_are_needed(clip, times, points):
    assert list(grid_points_for(track_of(clip), np.array(times))) == points


@pytest.mark.parametrize("at", [1, 15, 30])
@pytest.mark.parametrize("what", ["overlay", "cube", "nfov"])
def test_cancelling_leaves_no_file_and_an_older_one_untouched(clip, tmp_path, what, at):
    def stop(done: int, total: int) -> None:
        assert total == 30
        if done == at:
            raise Cancelled

    folder = tmp_path / "out"
    folder.mkdir()
    (folder / "old.mp4").write_text("older")
    for name in ("new.mp4", "old.mp4"):
        if what == "nfov":
            job = partial(export_nfov, clip, panning(), width=64, height=36)
        else:
            job = partial(export_overlay, clip, track_of(clip), view=what)
        with pytest.raises(Cancelled):
            job(out=folder / name, progress=stop)
    assert [entry.name for entry in folder.iterdir()] == ["old.mp4"]
    assert (folder / "old.mp4").read_text() == "older"


def test_a_camera_too_wide_for_a_tall_picture_leaves_no_file(clip, tmp_path):
    wide = still_path(Camera(hfov=radians(140)))
    with pytest.raises(ValueError, match="too wide"):
        export_nfov(clip, wide, tmp_path / "out.mp4", width=32, height=400)
    assert list(tmp_path.glob("out*")) == []


@pytest.mark.parametrize("size", [(1281, 720), (1280, 719), (0, 0)])
def test_sizes_that_no_codec_takes_are_refused(clip, tmp_path, size):
    with pytest.raises(ValueError, match="even"):
        export_nfov(clip, panning(), tmp_path / "out.mp4", width=size[0], height=size[1])


def test_frames_that_could_not_be_decoded_are_counted_within_the_range(tmp_path):
    clip = make_damaged(tmp_path / "hurt.mp4", packets=[12, 13], frames=30, gop=10)
    small = {"width": 64, "height": 36}
    frames, damaged = export_nfov(clip, panning(), tmp_path / "all.mp4", **small)
    assert (frames, damaged > 0) == (30, True)
    rest = export_nfov(clip, panning(), tmp_path / "b.mp4", span=TimeRange(0.68), **small)
    assert rest == (9, 0)


def test_what_is_no_clip_is_a_media_error(tmp_path):
    with pytest.raises(MediaError, match=r"fake\.mp4"):
        export_nfov(make_text(tmp_path / "fake.mp4"), panning(), tmp_path / "out.mp4")


def test_a_folder_that_does_not_exist_is_an_export_error(clip, tmp_path):
    with pytest.raises(ExportError, match="absent"):
        export_nfov(clip, panning(), tmp_path / "absent" / "out.mp4", width=64, height=36)


def test_drawing_on_threads_keeps_the_order_and_passes_errors_on(clip):
    with ClipReader(clip) as reader:
        drawn = draw_in_order(reader.frames(), lambda frame: frame.rgb())
        order = [(frame.index, frame_number(picture)) for frame, picture in drawn]
    assert order == [(k, k) for k in range(30)]

    def failing(frame):
        if frame.index == 7:
            raise RuntimeError("seven")
        return frame.rgb()

    with ClipReader(clip) as reader, pytest.raises(RuntimeError, match="seven"):
        list(draw_in_order(reader.frames(), failing))


# --- sizes and cameras ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("width", "height", "expected"),
    [
        (1920, 960, (1920, 960)),
        (640, 322, (640, 320)),
        (1920, 540, (1920, 960)),
        (960, 960, (1920, 960)),
        (1023, 511, (1024, 512)),
        (2, 1, (4, 2)),
    ],
)
def test_equirect_outputs_are_two_to_one_and_even(tmp_path, width, height, expected):
    still = make_still(tmp_path / "still.png", (max(width, 16), max(height, 8)))
    info = ClipReader(still, projection="equirect").info
    info = type(info)(**{**vars(info), "width": width, "height": height})
    assert equirect_size(info) == expected


@pytest.mark.parametrize(
    ("aspect", "size"),
    [((16, 9), (1280, 720)), ((9, 16), (720, 1280)), ((1, 1), (960, 960)), ((4, 5), (856, 1070))],
)
def test_each_aspect_has_its_size_with_as_many_pixels(aspect, size):
    assert default_size(aspect) == size


def test_the_field_of_view_is_ninety_degrees_along_the_longer_side():
    assert np.degrees(default_hfov(16 / 9)) == pytest.approx(90)
    assert np.degrees(Camera(hfov=default_hfov(9 / 16)).vfov(9 / 16)) == pytest.approx(90)


# --- maps and tables ------------------------------------------------------------------------


def test_maps_are_written_in_every_format(clip, tmp_path):
    track = track_of(clip)
    folder = tmp_path / "maps"
    folder.mkdir()
    for kind in ("npz", "npy", "png", "wild360"):
        export_maps(track, map_target(folder, "clip", kind), kind)
    assert sorted(entry.name for entry in folder.iterdir()) == [
        "clip",
        "clip.mp4",
        "clip.npy",
        "clip.npz",
    ]
    maps = track.arrays()[2]
    np.testing.assert_array_equal(load_npz(folder / "clip.npz").arrays()[2], maps)
    np.testing.assert_array_equal(np.load(folder / "clip.npy"), maps)
    names = sorted(entry.name for entry in (folder / "clip.mp4").iterdir())
    assert names == ["00000.npy", "00006.npy", "00012.npy", "00018.npy", "00024.npy", "maps.json"]
    np.testing.assert_array_equal(np.load(folder / "clip.mp4" / "00018.npy"), maps[3])
    grey = cv2.imread(str(folder / "clip" / "000024.png"), cv2.IMREAD_UNCHANGED)
    assert (grey.dtype, grey.max()) == (np.uint16, 65535)
    facts = json.loads((folder / "clip" / "maps.json").read_text())
    np.testing.assert_allclose(grey / 65535 * facts["value_at_65535"], maps[4], atol=2e-5)


def test_a_folder_of_maps_replaces_an_older_one_but_nothing_foreign(clip, tmp_path):
    track, folder = track_of(clip), tmp_path / "maps"
    export_maps(track_of(clip, 3), folder, "wild360")
    export_maps(track, folder, "wild360")
    assert len(list(folder.glob("*.npy"))) == 5
    (folder / "holiday.jpg").write_text("mine")
    with pytest.raises(ExportError, match=r"holiday\.jpg"):
        export_maps(track, folder, "wild360")
    assert (folder / "holiday.jpg").exists()
    (tmp_path / "file").write_text("mine")
    with pytest.raises(ExportError, match="in the way"):
        export_maps(track, tmp_path / "file", "png")
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["clip.mp4", "file", "maps"]


@pytest.mark.parametrize("name", ["0001.jpg", "overlay/diary.txt", "holiday/0001.jpg", "mine/"])
def test_what_a_user_puts_into_an_export_keeps_it_from_being_replaced(clip, tmp_path, name):
    track, folder = track_of(clip), tmp_path / "maps"
    export_maps(track, folder, "wild360")
    (folder / "overlay").mkdir()
    (folder / "overlay" / "00000.jpg").write_text("ours")
    export_maps(track, folder, "wild360")
    mine = folder / name
    mine.parent.mkdir(exist_ok=True)
    mine.mkdir() if name.endswith("/") else mine.write_text("mine")
    with pytest.raises(ExportError, match="holds other things"):
        export_maps(track, folder, "wild360")
    assert mine.exists()


# --- frame by frame, as published -----------------------------------------------------------


def test_frames_are_numbered_as_they_are_or_as_published():
    true, static = FrameNumbers(), FrameNumbers("published")
    temporal = FrameNumbers("published", temporal=True, warmup=4)
    assert [true.map_name(7), static.map_name(7)] == ["00007.npy", "000009.npy"]
    assert [temporal.map_name(7, ".jpg"), temporal.feature_name(7)] == ["000007.jpg", "000009.npy"]
    chosen = [[k for k in range(10) if n.has_map(k, 10)] for n in (true, static, temporal)]
    # Nine frames have features; a window of five over them misses its last place.
    assert chosen == [list(range(10)), list(range(9)), list(range(4, 8))]
    assert "+ 2" in static.in_words()


def test_a_constant_map_colours_a_frame_evenly():
    rgb = np.full((16, 32, 3), 100, np.uint8)
    for value in (0.0, 3.0):
        picture = jet_overlay(rgb, np.full((4, 8), value, np.float32))
        assert (picture == picture[0, 0]).all()
        assert picture[0, 0].tolist() == [50, 50, 113]  # half of the frame, half of jet's dark blue


def test_an_overlay_is_reddest_where_the_map_is_highest():
    saliency = np.zeros((7, 14), np.float32)
    saliency[2, 9] = 5
    picture = jet_overlay(np.zeros((70, 140, 3), np.uint8), saliency).astype(int)
    row, column = np.unravel_index((picture[..., 0] - picture[..., 2]).argmax(), (70, 140))
    assert (row // 10, column // 10) == (2, 9)


def test_a_folder_of_frames_appears_only_when_it_is_finished(tmp_path):
    folder = FrameFolder(tmp_path / "out", {"model": "m"})
    folder.save_array("00000.npy", np.ones((2, 4), np.float32))
    folder.save_jpeg("overlay/00000.jpg", np.zeros((4, 8, 3), np.uint8))
    assert not (tmp_path / "out").exists()
    again = FrameFolder(tmp_path / "out", {"model": "m"})
    assert (again.has("00000.npy"), again.has("00001.npy"), again.complete) == (True, False, False)
    facts = {"source": "s", "model": "m", "frame_index": [0], "time_s": [0.0]}
    again.finish(facts)
    assert [entry.name for entry in tmp_path.iterdir()] == ["out"]
    assert json.loads((tmp_path / "out" / "maps.json").read_text())["settings"] == {"model": "m"}
    assert FrameFolder(tmp_path / "out", {"model": "m"}).complete
    with pytest.raises(ExportError, match="model: m, now other"):
        FrameFolder(tmp_path / "out", {"model": "other"})
    anew = FrameFolder(tmp_path / "out", {"model": "other"}, begin_anew=True)
    assert not anew.has("00000.npy")


def test_unfinished_frames_of_other_settings_are_neither_used_nor_lost(tmp_path):
    folder = FrameFolder(tmp_path / "out", {"prior": "on"})
    folder.save_array("00000.npy", np.ones((2, 4), np.float32))
    with pytest.raises(ExportError, match="prior: on, now off"):
        FrameFolder(tmp_path / "out", {"prior": "off"})
    assert FrameFolder(tmp_path / "out", {"prior": "on"}).has("00000.npy")


def test_numbered_files_that_are_not_our_export_are_left_alone(clip, tmp_path):
    track, folder = track_of(clip), tmp_path / "holiday"
    folder.mkdir()
    (folder / "000.png").write_text("mine")
    for text in (None, "{}", "no json"):
        if text is not None:
            (folder / "maps.json").write_text(text)
        with pytest.raises(ExportError, match=r"other things \(000\.png\)"):
            export_maps(track, folder, "png")
    assert (folder / "000.png").read_text() == "mine"
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["clip.mp4", "holiday"]


def test_a_part_folder_of_the_users_own_is_left_alone(clip, tmp_path):
    mine = tmp_path / "maps.part"
    mine.mkdir()
    (mine / "diary.txt").write_text("mine")
    (tmp_path / "maps").mkdir()
    export_maps(track_of(clip), tmp_path / "maps", "png")
    assert (mine / "diary.txt").read_text() == "mine"
    assert len(list((tmp_path / "maps").glob("*.png"))) == 5
    names = sorted(entry.name for entry in tmp_path.iterdir())
    assert names == ["clip.mp4", "maps", "maps.part"]
    assert (tmp_path / "maps").stat().st_mode == mine.stat().st_mode


def test_the_path_table_has_a_row_per_source_frame(clip, tmp_path):
    assert export_path(clip, panning(), tmp_path / "all.csv") == 30
    assert export_path(clip, panning(), tmp_path / "part.csv", span=TimeRange(0.5, 0.6)) == 3
    with open(tmp_path / "part.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["frame_index"] for row in rows] == ["15", "16", "17"]
    assert float(rows[0]["time_s"]) == pytest.approx(0.5)


def test_the_attention_table_has_a_row_per_map(clip, tmp_path):
    path = still_path(Camera())
    assert export_attention(track_of(clip), tmp_path / "a.csv", path) == 5
    with open(tmp_path / "a.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == [
        *("frame_index", "time_s", "peak", "peak_yaw_deg", "peak_pitch_deg", "spread"),
        *("hot_spots", "captured"),
    ]
    assert float(rows[4]["peak"]) == pytest.approx(0.6)
    assert abs(float(rows[0]["peak_yaw_deg"])) < 10
    assert 0.3 < float(rows[0]["captured"]) <= 1


@pytest.mark.parametrize(
    ("span", "frames"),
    [
        (TimeRange(0.2, 0.6), [6, 12]),
        (TimeRange(0.35), [12, 18, 24]),
        (TimeRange(0.5, 0.55), [12]),  # what is shown between two analysed moments
        (TimeRange(0.9), [24]),
    ],
)
def test_the_attention_table_of_a_range(clip, tmp_path, span, frames):
    out = tmp_path / "a.csv"
    path = still_path(Camera())
    assert export_attention(track_of(clip), out, path, span=span) == len(frames)
    with open(out, newline="") as file:
        assert [int(row["frame_index"]) for row in csv.DictReader(file)] == frames


def test_a_map_without_attention_leaves_its_direction_empty(tmp_path):
    track = SaliencyTrack([0], [0.0], "clip", "model")
    track.set(0, np.zeros((4, 8)))
    export_attention(track, tmp_path / "a.csv")
    assert (tmp_path / "a.csv").read_text().splitlines()[1] == "0,0.000000,0,,,1.00000,0"


def test_a_snapshot_is_named_by_clip_frame_and_time(clip, tmp_path):
    out = export_snapshot(clip, tmp_path, 0.41)
    assert out.name == "clip_000012_00-00-00.400.png"
    picture = cv2.imread(str(out))[..., ::-1]
    np.testing.assert_array_equal(picture, rgb_of(clip, 12))


def test_a_snapshot_shows_the_overlay_of_its_moment(clip, tmp_path):
    track = track_of(clip)
    out = export_snapshot(clip, tmp_path / "mine.png", 0.5, track=track)
    expected = blend_overlay(
        rgb_of(clip, 15),
        track.at(0.5).saliency,
        float(track.at(0.5).saliency.max()),
        OverlayStyle(),
    )
    np.testing.assert_array_equal(cv2.imread(str(out))[..., ::-1], expected)


def test_a_snapshot_beyond_the_clip_is_said_in_words(clip, tmp_path):
    with pytest.raises(ExportError, match="no frame at 7 s"):
        export_snapshot(clip, tmp_path, 7.0)
