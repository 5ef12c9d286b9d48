"""What is in exported pictures: sampled planes, what is burnt in; and which encoder writes them."""

from __future__ import annotations

from math import pi, radians
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from cubesal.autopilot import still_path
from cubesal.camera import Camera
from cubesal.democlip import frame as demo_frame
from cubesal.errors import ExportError
from cubesal.exporting import Burn, Encoding, export_nfov, export_overlay
from cubesal.exporting.burn import burn_legend, burn_outline, burn_timecode
from cubesal.exporting.plane_sampling import FlatSampler
from cubesal.geometry import cube_net, equirect_to_cube, equirect_to_perspective
from cubesal.overlay import OverlayStyle, colormap_lut
from cubesal.track import SaliencyTrack
from cubesal.video import ColourSpec, YuvPlanes, hardware
from cubesal.video.encoders import ENCODERS, QUALITY_WORDS, Encoder
from tests.media import make_clip

CAMERAS = {
    "front": Camera(),
    "seam": Camera(yaw=pi - 0.05, pitch=radians(-5)),
    "other side of the seam": Camera(yaw=-pi, pitch=radians(15), hfov=radians(100)),
    "zenith": Camera(yaw=radians(30), pitch=radians(90)),
    "nadir": Camera(yaw=radians(-100), pitch=radians(-80)),
    "rolled": Camera(yaw=radians(-60), pitch=radians(20), roll=radians(35)),
    "narrow": Camera(yaw=radians(100), pitch=radians(10), hfov=radians(25)),
    "wide": Camera(yaw=radians(170), pitch=radians(-40), roll=radians(-15), hfov=radians(130)),
}
LIMITED = ColourSpec("bt709", full_range=False)


@pytest.fixture(scope="module")
def planes() -> YuvPlanes:
    return YuvPlanes.from_rgb(demo_frame(9.4, 480), LIMITED)


@pytest.mark.parametrize("size", [(320, 180), (180, 322), (20, 10), (2, 2)])
@pytest.mark.parametrize("name", CAMERAS)
def test_sampled_planes_are_those_that_the_exact_rays_meet(planes, name, size):
    camera = CAMERAS[name]
    flat = FlatSampler(*size)(planes, camera)
    assert flat.u.shape == (size[1] // 2, size[0] // 2)
    for sampled, source in ((flat.y, planes.y), (flat.u, planes.u), (flat.v, planes.v)):
        exact = equirect_to_perspective(source, camera, *sampled.shape[::-1])
        difference = np.abs(sampled.astype(int) - exact)
        # Rounding of places, a thirty-second of a pixel, shows on sharp edges only.
        assert difference.mean() < 0.1
        assert difference.max() <= 6


@pytest.mark.parametrize("name", CAMERAS)
def test_the_flat_picture_in_rgb_is_within_a_level_of_the_sampler_in_rgb(planes, name):
    flat = FlatSampler(480, 270)(planes, CAMERAS[name])
    expected = equirect_to_perspective(planes.rgb(), CAMERAS[name], 480, 270)
    assert np.abs(flat.rgb().astype(int) - expected).mean() <= 1.0


def test_odd_frames_are_sampled_over_the_seam():
    ramp = np.full((47, 93), 90, np.uint8)
    u, v = np.full((24, 47), 60, np.uint8), np.full((24, 47), 200, np.uint8)
    flat = FlatSampler(64, 36)(YuvPlanes(ramp, u, v, LIMITED), Camera(yaw=pi))
    assert set(np.unique(flat.y)) == {90}
    assert (set(np.unique(flat.u)), set(np.unique(flat.v))) == ({60}, {200})


# --- burnt in -------------------------------------------------------------------------------------


def test_the_time_code_lies_at_the_bottom_left_and_differs_from_frame_to_frame():
    pictures = []
    for index in (10, 11):
        picture = np.full((360, 640, 3), 100, np.uint8)
        burn_timecode(picture, index / 30, index)
        pictures.append(picture)
    assert np.abs(pictures[0].astype(int) - pictures[1]).max() > 100
    changed = np.argwhere((pictures[0] != 100).any(axis=2))
    assert changed[:, 0].min() > 300
    assert changed[:, 1].max() < 320


def test_the_legend_shows_the_whole_colour_map():
    picture, style = np.zeros((360, 720, 3), np.uint8), OverlayStyle("viridis", inverted=True)
    burn_legend(picture, style)
    bar = picture[:, 360:][np.any(picture[:, 360:] > 40, axis=2)]
    for colour in colormap_lut("viridis", True)[[0, 128, 255]].astype(int):
        assert np.abs(bar.astype(int) - colour).max(axis=1).min() <= 6


@pytest.mark.parametrize("yaw", [0.4, pi - 0.1])
def test_the_outline_encloses_what_the_view_holds(yaw):
    picture = np.zeros((360, 720, 3), np.uint8)
    camera = Camera(yaw, 0.2, hfov=radians(80))
    burn_outline(picture, camera, 16 / 9)
    seen = equirect_to_perspective(picture, camera, 640, 360)
    assert seen[:8].max(axis=(0, 2)).min() > 120  # the border is drawn along all of the top
    assert seen[:, :10].max(axis=(1, 2)).min() > 120
    inside = seen[20:-20, 20:-20].copy()
    inside[130:190, 270:330] = 0  # the cross in the middle
    assert inside.max() < 40
    # No line runs across the picture where the border steps over the seam.
    assert (picture.max(axis=2) > 0).mean(axis=1).max() < 0.4


def test_the_outline_on_the_net_is_that_on_the_equirect():
    camera = Camera(0.7, -0.3, hfov=radians(90))
    equirect, net = np.zeros((512, 1024, 3), np.uint8), np.zeros((768, 1024, 3), np.uint8)
    burn_outline(equirect, camera, 16 / 9)
    burn_outline(net, camera, 16 / 9, is_net=True)
    expected = cube_net(equirect_to_cube(equirect, 256))[..., 0] > 128
    near = cv2.dilate(expected.astype(np.uint8), np.ones((9, 9)))
    drawn = net[..., 0] > 128
    assert drawn.sum() > 500
    assert near[drawn].mean() > 0.97


def frames_of(file: Path) -> list[np.ndarray]:
    with av.open(str(file)) as container:
        return [picture.to_ndarray(format="rgb24") for picture in container.decode(video=0)]


def test_exports_carry_what_was_wished_for_and_nothing_else(tmp_path):
    clip = make_clip(tmp_path / "clip.mp4", frames=4, size=(512, 256))
    track = SaliencyTrack([0, 3], [0.0, 0.1], "clip.mp4", "made by hand")
    for k in range(2):
        track.set(k, np.ones((20, 40), np.float32))
    path, ffv1 = still_path(Camera(0.5)), Encoding("ffv1")
    plain, burnt = tmp_path / "plain.mkv", tmp_path / "burnt.mkv"
    export_overlay(clip, track, plain, encoding=ffv1)
    wish = Burn(timecode=True, legend=True, outline=True)
    export_overlay(clip, track, burnt, encoding=ffv1, burn=wish, path=path)
    for index, (before, after) in enumerate(zip(frames_of(plain), frames_of(burnt), strict=True)):
        expected = before.copy()
        burn_outline(expected, path.at(0), 16 / 9)
        burn_legend(expected, OverlayStyle())
        burn_timecode(expected, index / 30, index)
        assert np.abs(after.astype(int) - expected).max() <= 1
    with pytest.raises(ValueError, match="the path whose view"):
        export_overlay(clip, track, burnt, burn=Burn(outline=True))
    flat, stamped = tmp_path / "flat.mp4", tmp_path / "stamped.mp4"
    export_nfov(clip, path, flat, width=320, height=180)
    export_nfov(clip, path, stamped, width=320, height=180, burn=Burn(timecode=True))
    a, b = frames_of(flat)[2].astype(int), frames_of(stamped)[2]
    assert np.abs(a - b)[:140].mean() < 2
    assert np.abs(a - b)[160:, :100].mean() > 10


# --- encoders -------------------------------------------------------------------------------------


@pytest.mark.parametrize("codec", ["h264", "hevc", "av1", "prores"])
def test_words_of_quality_grow_from_small_to_best(codec):
    encoder = ENCODERS[codec]
    numbers = [encoder.quality_number(word) for word in QUALITY_WORDS]
    assert numbers == sorted(numbers, reverse=codec != "prores")
    assert len(set(numbers)) == len(QUALITY_WORDS)
    assert encoder.quality_number("2") == 2
    with pytest.raises(ValueError, match="neither a number nor one of small, good, high, best"):
        encoder.quality_number("superb")


def test_better_words_make_larger_files(tmp_path):
    clip = make_clip(tmp_path / "clip.mp4", frames=6)
    sizes = []
    for word in QUALITY_WORDS:
        out = tmp_path / f"{word}.mp4"
        export_nfov(clip, still_path(Camera()), out, encoding=Encoding("h264", word))
        sizes.append(out.stat().st_size)
    assert sizes == sorted(sizes)


BROKEN = Encoder("h264_of_a_machine_far_away", "yuv420p", (".mp4",))


def test_hardware_that_does_not_work_is_told_and_replaced(monkeypatch, tmp_path):
    monkeypatch.setattr(hardware, "HARDWARE", {"h264": (BROKEN,)})
    encoder, note = hardware.usable_encoder("h264", hardware=True)
    assert encoder is ENCODERS["h264"]
    assert note == f"{BROKEN.name} does not work on this machine; libx264 is used instead"
    assert hardware.usable_encoder("prores", hardware=True)[1].startswith("no hardware writes pro")
    clip = make_clip(tmp_path / "clip.mp4", frames=3)
    chosen = Encoding("h264", hardware=True)
    assert export_nfov(clip, still_path(Camera()), tmp_path / "o.mp4", encoding=chosen).frames == 3


def test_hardware_that_works_is_used(monkeypatch):
    # Whatever really codes pictures passes the probe: here one that every machine has.
    stand_in = Encoder("mpeg4", "yuv420p", (".mp4",))
    monkeypatch.setattr(hardware, "HARDWARE", {"h264": (BROKEN, stand_in)})
    assert hardware.usable_encoder("h264", hardware=True, size=(64, 36)) == (stand_in, "")


def test_an_encoder_that_is_missing_gets_a_sentence_with_those_that_are_there(monkeypatch):
    there = {encoder.name for encoder in ENCODERS.values()} - {"libx265"}
    monkeypatch.setattr(hardware.av, "codecs_available", there)
    with pytest.raises(ExportError, match=r"without libx265; .* h264, av1, prores, ffv1"):
        hardware.usable_encoder("hevc")
