"""The demo clip: its script is a usable ground truth, and its pixels agree with the script."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import av
import numpy as np
import pytest

from cubesal.democlip import DURATION_S, FPS, SUBJECTS, frame, render_demo, scene_truth
from cubesal.democlip.sound import SAMPLE_RATE, soundtrack
from cubesal.errors import Cancelled
from cubesal.geometry import dir_from_angles, equirect_rays, sphere_weights

HEIGHT = 240
DENSE_S = np.arange(0, DURATION_S, 1 / 120)


def _directions(name: str, times_s: np.ndarray) -> np.ndarray:
    return np.array([dir_from_angles(*scene_truth(t).directions[name]) for t in times_s])


def _angle(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return np.arccos(np.clip(np.sum(a * b, axis=-1), -1, 1))


def test_the_clip_is_long_enough_and_every_subject_has_a_truth_at_all_times():
    assert DURATION_S >= 10
    assert FPS == 30
    for time_s in (0.0, 3.99, 4.0, 11.99, 17.5):
        truth = scene_truth(time_s)
        assert set(truth.directions) == set(truth.radii) == set(SUBJECTS)
        assert truth.primary_direction == truth.directions[truth.primary]
        assert all(np.radians(2) < radius < np.radians(20) for radius in truth.radii.values())


def test_the_primary_never_moves_faster_than_25_degrees_per_second():
    truths = [scene_truth(t) for t in DENSE_S]
    dirs = np.array([dir_from_angles(*truth.primary_direction) for truth in truths])
    same = np.array([a.primary == b.primary for a, b in pairwise(truths)])
    speed_deg = np.degrees(_angle(dirs[1:], dirs[:-1])) / np.diff(DENSE_S)
    assert speed_deg[same].max() < 25
    assert speed_deg[same].min() > 1  # a camera has something to do at every moment


def test_primaries_take_turns_and_each_stays_for_seconds():
    names = [scene_truth(t).primary for t in DENSE_S]
    changes = [i for i in range(1, len(names)) if names[i] != names[i - 1]]
    assert len(set(names)) == len(changes) + 1 >= 3
    assert np.diff([0, *changes, len(names)]).min() / 120 > 3


def test_a_primary_crosses_the_seam_and_another_passes_near_the_zenith():
    truths = [scene_truth(t) for t in DENSE_S]
    yaw = np.array([truth.primary_direction[0] for truth in truths])
    pitch = np.array([truth.primary_direction[1] for truth in truths])
    same = np.array([a.primary == b.primary for a, b in pairwise(truths)])
    low = np.abs(pitch[1:]) < np.radians(45)
    assert np.any((np.abs(np.diff(yaw)) > np.pi) & same & low)
    assert np.degrees(pitch.max()) > 78


@pytest.mark.parametrize("name", SUBJECTS)
@pytest.mark.parametrize("time_s", [0.5, 2.0, 6.5, 9.6, 11.5])
def test_pixels_show_each_subject_at_its_true_direction(name: str, time_s: float):
    truth = scene_truth(time_s)
    empty = frame(time_s, HEIGHT, subjects=())
    alone = frame(time_s, HEIGHT, subjects=(name,))
    change = np.abs(alone.astype(float) - empty).sum(axis=-1)
    rays = equirect_rays(HEIGHT).astype(float)
    off = np.arccos(np.clip(rays @ dir_from_angles(*truth.directions[name]), -1, 1))
    radius = truth.radii[name]
    # Above the water nothing may change but the subject itself; below it has its reflection.
    above = rays[..., 1] < -0.01
    assert np.all(change[above & (off > radius + np.pi / HEIGHT)] == 0)
    inside = np.where(off <= radius, change, 0.0) * sphere_weights(HEIGHT)
    assert np.count_nonzero(inside) > 20
    centre = (inside[..., None] * rays).sum(axis=(0, 1))
    centre /= np.linalg.norm(centre)
    assert _angle(centre, dir_from_angles(*truth.directions[name])) < 0.5 * radius


def test_a_subject_on_the_seam_is_drawn_on_both_edges_of_the_picture():
    time_s = min(DENSE_S, key=lambda t: np.pi - abs(scene_truth(t).directions["sailboat"][0]))
    change = frame(time_s, HEIGHT).astype(int) - frame(time_s, HEIGHT, subjects=())
    changed = np.abs(change).sum(axis=(0, 2))
    assert changed[:3].min() > 0
    assert changed[-3:].min() > 0


def test_sky_land_and_water_are_seamless():
    picture = frame(0.0, HEIGHT, subjects=())[: HEIGHT * 11 // 16].astype(float)
    across = np.abs(picture[:, 0] - picture[:, -1]).mean()
    inside = np.abs(np.diff(picture, axis=1)).mean()
    assert across < 1.5 * inside


def test_frames_are_deterministic_and_free_of_history():
    first = frame(7.3, HEIGHT)
    frame(1.0, HEIGHT)
    assert np.array_equal(first, frame(7.3, HEIGHT))
    assert np.array_equal(first, frame(7.3 + DURATION_S, HEIGHT))


def test_water_moves_while_sky_and_camera_stand_still():
    one, two = (frame(t, HEIGHT, subjects=()).astype(int) for t in (1.0, 1.5))
    moved = np.abs(one - two).sum(axis=-1)
    assert not moved[: HEIGHT // 2].any()
    assert (moved[HEIGHT // 2 + 3 : HEIGHT * 11 // 16] > 0).mean() > 0.5
    assert not moved[-HEIGHT // 5 :].any()


def test_the_rendered_file_has_all_frames_with_these_pixels_and_stereo_sound(tmp_path: Path):
    path, reports = tmp_path / "demo.mp4", []
    render_demo(path, seconds=0.5, height=HEIGHT, progress=lambda *step: reports.append(step))
    with av.open(str(path)) as container:
        shown = [f.to_ndarray(format="rgb24") for f in container.decode(video=0)]
    with av.open(str(path)) as container:
        audio = container.streams.audio[0]
        sound = np.concatenate([f.to_ndarray() for f in container.decode(audio)], axis=1)
        layout = (audio.codec_context.name, audio.rate, audio.channels)
    assert len(shown) == 15
    assert reports == [(k + 1, 15) for k in range(15)]
    assert shown[0].shape == (HEIGHT, 2 * HEIGHT, 3)
    assert np.abs(shown[12].astype(float) - frame(12 / 30, HEIGHT)).mean() < 6
    assert layout == ("aac", SAMPLE_RATE, 2)
    assert abs(sound.shape[1] / SAMPLE_RATE - 0.5) < 0.1
    assert np.abs(sound).max() > 0.01


def test_a_cancelled_rendering_leaves_nothing_behind(tmp_path: Path):
    def stop(done: int, total: int) -> None:
        if done == 3:
            raise Cancelled("stopped")

    with pytest.raises(Cancelled):
        render_demo(tmp_path / "demo.mp4", seconds=0.5, height=HEIGHT, progress=stop)
    assert not list(tmp_path.iterdir())


def test_the_soundtrack_is_stereo_of_the_asked_length_and_never_clips():
    sound = soundtrack(DURATION_S)
    assert sound.shape == (2, DURATION_S * SAMPLE_RATE)
    assert 0.2 < np.abs(sound).max() <= 0.9
    assert np.array_equal(sound, soundtrack(DURATION_S))
    assert np.sqrt(np.mean((sound[0] - sound[1]) ** 2)) > 0.005


def test_bad_arguments_are_named():
    with pytest.raises(ValueError, match="even"):
        frame(0.0, 241)
    with pytest.raises(ValueError, match="kraken"):
        frame(0.0, HEIGHT, subjects=("kraken",))
    with pytest.raises(ValueError, match="no frame"):
        render_demo(Path("unused.mp4"), seconds=0.0)
