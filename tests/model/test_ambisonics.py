"""Ambisonic sound: stereo that turns with the camera in flat exports, itself in equirect ones."""

from __future__ import annotations

from itertools import islice
from math import radians
from pathlib import Path

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from cubesal.autopilot.path import CameraPath, still_path
from cubesal.camera import Camera
from cubesal.cli.main import main
from cubesal.exporting import TimeRange, export_nfov, export_overlay
from cubesal.track import SaliencyTrack
from cubesal.video import ClipReader
from cubesal.video.ambisonic_boxes import FIRST_ORDER_BOX, first_order_channels, read_sa3d
from cubesal.video.mp4_boxes import Box
from cubesal.video.sound import SoundReader
from cubesal.video.spherical import read_spherical_metadata
from tests.ambisonics import RATE, from_direction, levels, make_ambisonic_clip, sound_of, tone

LEFT = -90.0


def turning(times_s: list[float], yaws_deg: list[float], roll_deg: float = 0.0) -> CameraPath:
    flat = np.zeros(len(times_s))
    columns = (np.radians(yaws_deg), flat, flat + radians(80), flat + radians(roll_deg))
    return CameraPath(np.array(times_s), *columns)


def nfov(clip: Path, path: CameraPath, out: Path, **options: object) -> NDArray[np.float64]:
    export_nfov(clip, path, out, width=64, height=36, **options)  # type: ignore[arg-type]
    samples, layout = sound_of(out)
    assert layout == "stereo"
    return samples


@pytest.fixture(scope="module")
def steady(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two seconds of a tone from the left."""
    path = tmp_path_factory.mktemp("steady") / "left.mp4"
    return make_ambisonic_clip(path, from_direction(tone(2, steady=True), LEFT))


@pytest.fixture(scope="module")
def maps(steady: Path) -> SaliencyTrack:
    track = SaliencyTrack([0, 59], [0.0, 2.0], "left.mp4", "fast")
    for index in range(2):
        track.set(index, np.ones((120, 240), np.float32))
    return track


def test_a_sound_turns_with_the_camera(steady: Path, tmp_path: Path) -> None:
    """Ahead of whoever looks at it, to the right of who turned their back on where they began."""
    path = turning([0.0, 0.4, 1.6, 2.0], [0, 0, -180, -180])
    samples = nfov(steady, path, tmp_path / "flat.mp4")
    left, right = levels(samples, 0.1, 0.35)
    assert left > 0.25
    assert right < 0.02 * left
    left, right = levels(samples, 0.99, 1.01)
    assert left == pytest.approx(right, rel=0.1)
    left, right = levels(samples, 1.65, 1.9)
    assert right > 0.25
    assert left < 0.02 * right


def test_a_cut_of_the_camera_makes_no_click(steady: Path, tmp_path: Path) -> None:
    samples = nfov(steady, turning([0.0, 1.0, 1.001, 2.0], [0, 0, 180, 180]), tmp_path / "a.mkv")
    steps = np.abs(np.diff(samples[:, RATE // 2 : 3 * RATE // 2], axis=1)).max()
    assert steps < 1.2 * 0.4 * 2 * np.pi * 440 / RATE


def test_a_range_is_heard_from_where_the_camera_is_then(steady: Path, tmp_path: Path) -> None:
    path = turning([0.0, 0.9, 1.0, 2.0], [0, 0, 180, 180])
    samples = nfov(steady, path, tmp_path / "part.mp4", span=TimeRange(1.1, 1.9))
    left, right = levels(samples, 0.1, 0.6)
    assert right > 10 * left


def test_what_a_new_front_turns_is_heard_there(steady: Path, tmp_path: Path) -> None:
    """With the sound's direction as the front it is ahead; with it behind the left it is right."""
    for front, sides in (("@-90,0,0", (1, 1)), ("@180,0,0", (0, 2))):
        samples = nfov(steady, still_path(Camera()), tmp_path / "turned.mp4", projection=front)
        heard = levels(samples, 0.3, 1.7)
        assert heard / heard.sum() * 2 == pytest.approx(sides, abs=0.05)


def test_a_camera_that_rolls_hears_height(tmp_path: Path) -> None:
    clip = make_ambisonic_clip(
        tmp_path / "up.mp4", from_direction(tone(0.6, steady=True), 0, pitch_deg=90)
    )
    level = levels(nfov(clip, still_path(Camera()), tmp_path / "level.mp4"), 0.1, 0.5)
    assert level[0] == pytest.approx(level[1], rel=0.05)
    rolled = still_path(Camera(roll=radians(90)))  # clockwise: what is above is at the left
    left, right = levels(nfov(clip, rolled, tmp_path / "rolled.mp4"), 0.1, 0.5)
    assert left > 10 * right


@pytest.mark.parametrize("codec", ["aac", "libopus"])
def test_the_mix_is_in_sync_and_as_long(codec: str, tmp_path: Path) -> None:
    name = "a.mp4" if codec == "aac" else "a.mkv"
    clip = make_ambisonic_clip(
        tmp_path / name, from_direction(tone(1.2), LEFT), codec=codec, boxed=codec == "aac"
    )
    samples = nfov(clip, still_path(Camera()), tmp_path / "out.mp4", span=TimeRange(0.2, 1.0))
    # The last packet of each codec reaches a little beyond the end.
    assert samples.shape[1] == pytest.approx(0.8 * RATE, abs=2100)
    envelope = np.convolve(np.abs(samples[0]), np.ones(240) / 240, mode="same") > 0.08
    edges_s = np.flatnonzero(np.diff(envelope.astype(int))) / RATE
    for due_s in (0.1, 0.2, 0.3, 0.4, 0.5, 0.6):
        assert np.abs(edges_s - due_s).min() < 0.006


def packets(path: Path) -> list[bytes]:
    with av.open(str(path)) as container:
        return [bytes(packet) for packet in container.demux(audio=0) if packet.size]


def test_equirect_copies_the_sound_and_says_what_it_is(
    steady: Path, maps: SaliencyTrack, tmp_path: Path
) -> None:
    out = tmp_path / "overlay.mp4"
    export_overlay(steady, maps, out)
    assert packets(out) == packets(steady)
    assert read_sa3d(out) == FIRST_ORDER_BOX
    assert read_spherical_metadata(out) is not None
    with ClipReader(out) as reader:
        assert reader.info.frame_count == 60


@pytest.mark.parametrize("suffix", ["mp4", "mov"])
def test_equirect_with_a_new_front_turns_the_sound_too(
    suffix: str, steady: Path, maps: SaliencyTrack, tmp_path: Path
) -> None:
    out = tmp_path / f"overlay.{suffix}"
    export_overlay(steady, maps, out, projection="@-90,0,0", span=TimeRange(0.0, 1.0))
    w, y, z, x = levels(sound_of(out)[0], 0.2, 0.8)
    assert x == pytest.approx(w, rel=0.05)
    assert max(y, z) < 0.05 * w
    flat = nfov(out, still_path(Camera(yaw=radians(90))), tmp_path / "flat.mp4")
    left, right = levels(flat, 0.2, 0.8)
    assert left > 10 * right  # it is known for ambisonic again


def test_a_cube_net_hears_from_the_front(steady: Path, maps: SaliencyTrack, tmp_path: Path) -> None:
    export_overlay(steady, maps, tmp_path / "net.mp4", view="cube", span=TimeRange(0.0, 0.5))
    samples, layout = sound_of(tmp_path / "net.mp4")
    left, right = levels(samples, 0.1, 0.4)
    assert layout == "stereo"
    assert left > 10 * right


def test_four_loudspeakers_are_left_alone(tmp_path: Path) -> None:
    clip = make_ambisonic_clip(tmp_path / "quad.mp4", from_direction(tone(0.5), LEFT), boxed=False)
    export_nfov(clip, still_path(Camera()), tmp_path / "out.mp4", width=64, height=36)
    assert packets(tmp_path / "out.mp4") == packets(clip)


def test_playback_knows_it_by_the_box(steady: Path) -> None:
    with SoundReader(steady) as reader:
        stretch = np.concatenate(list(islice(reader.samples(0.5), 20)))
    left, right = np.abs(stretch.astype(float)).mean(axis=0)
    assert left > 10 * right


def test_the_command_mixes_it_down(steady: Path, tmp_path: Path) -> None:
    table = tmp_path / "path.csv"
    turning([0.0, 2.0], [180, 180]).save_csv(table, np.array([0.0, 2.0]))
    out = tmp_path / "flat.mp4"
    wish = ["export", str(steady), "--what", "nfov", "--size", "64x36", "--path", str(table)]
    assert main([*wish, "--to", "0.5", "-o", str(out)]) == 0
    samples, layout = sound_of(out)
    left, right = levels(samples, 0.1, 0.4)
    assert layout == "stereo"
    assert right > 10 * left


def sa3d(*components: int, order: int = 1, ordering: int = 0, scaling: int = 0) -> Box:
    count = len(components)
    head = bytes([0, 0]) + order.to_bytes(4, "big") + bytes([ordering, scaling])
    numbers = b"".join(number.to_bytes(4, "big") for number in (count, *components))
    return Box(b"SA3D", head + numbers)


def test_boxes_that_say_something_else() -> None:
    assert first_order_channels(sa3d(0, 1, 2, 3)) == (0, 1, 2, 3)
    assert first_order_channels(sa3d(3, 0, 1, 2)) == (1, 2, 3, 0)
    assert first_order_channels(sa3d(*range(9), order=2)) == (0, 1, 2, 3)
    for odd in (
        sa3d(0, 1, 2, 3, scaling=1),
        sa3d(0, 1, 2, 3, ordering=1),
        sa3d(0, 1, 2, 2),
        sa3d(0, 1, 2),
        sa3d(0, 1, 2, 3, order=0),
        Box(b"SA3D", sa3d(0, 1, 2, 3).prefix[:-2]),
        Box(b"SA3D", b"\0\0"),
    ):
        assert first_order_channels(odd) is None
