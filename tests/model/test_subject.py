"""Following one subject: found again where it is, over the seam, near a pole, until it is gone."""

from __future__ import annotations

from math import degrees, pi, radians
from pathlib import Path

import av
import numpy as np
import pytest

from cubesal.democlip import SUBJECTS, frame, scene_truth
from cubesal.geometry import dir_from_angles
from cubesal.subject import SubjectTracker, follow_subject, sightings_path
from cubesal.video import ClipReader

ROWS = 320


def textured(seed: int = 0) -> np.ndarray:
    """(H, W, 3) background that differs everywhere."""
    rng = np.random.default_rng(seed)
    coarse = rng.integers(40, 110, (ROWS // 16, ROWS // 8, 1))
    return np.repeat(np.repeat(coarse, 16, 0), 16, 1).astype(np.uint8).repeat(3, 2)


def with_disc(yaw: float, pitch: float, radius_deg: float = 6.0) -> np.ndarray:
    """The background with a ball of two colours at a direction, radians."""
    picture = textured()
    v = pi * (0.5 - (np.arange(ROWS) + 0.5) / ROWS)
    u = 2 * pi * ((np.arange(2 * ROWS) + 0.5) / (2 * ROWS) - 0.5)
    rays = dir_from_angles(u[None, :], v[:, None])
    away = np.degrees(np.arccos(np.clip(rays @ dir_from_angles(yaw, pitch), -1, 1)))
    picture[away < radius_deg] = 235
    picture[away < radius_deg / 2] = 20
    return picture


def written(path: Path, frames: list[np.ndarray]) -> Path:
    """Frames as a clip of 15 a second."""
    with av.open(str(path), "w") as output:
        stream = output.add_stream("libx264", rate=15)
        stream.width, stream.height, stream.pix_fmt = 2 * ROWS, ROWS, "yuv420p"
        for picture in frames:
            output.mux(stream.encode(av.VideoFrame.from_ndarray(picture, "rgb24")))
        output.mux(stream.encode(None))
    return path


def apart_deg(a: tuple[float, float], b: tuple[float, float]) -> float:
    return degrees(np.arccos(np.clip(dir_from_angles(*a) @ dir_from_angles(*b), -1, 1)))


@pytest.mark.parametrize(
    ("start", "speed"),
    [
        ((0.0, 0.0), (0.4, 0.05)),
        ((3.0, 0.2), (0.4, 0.0)),
        ((-3.0, -0.1), (-0.4, 0.0)),
        ((0.5, 1.2), (0.5, 0.05)),
    ],
)
def test_a_moving_ball_is_found_wherever_it_goes(start, speed) -> None:
    place = lambda t: (start[0] + speed[0] * t, start[1] + speed[1] * t)  # noqa: E731
    tracker = SubjectTracker(with_disc(*place(0)), 0.0, *place(0), radians(14))
    for k in range(1, 31):
        seen = tracker.step(with_disc(*place(k / 15)), k / 15)
        assert apart_deg((seen.yaw, seen.pitch), place(k / 15)) < 1.0
        assert seen.confidence > 0.8


def test_a_subject_that_is_gone_is_not_believed() -> None:
    tracker = SubjectTracker(with_disc(0, 0), 0.0, 0.0, 0.0, radians(14))
    seen = tracker.step(textured(), 1 / 15)
    assert seen.confidence < 0.45
    assert (seen.yaw, seen.pitch) == (0.0, 0.0)


def test_following_ends_where_the_subject_was_last_seen(tmp_path: Path) -> None:
    frames = [with_disc(0.3 * k / 15, 0.0) if k < 30 else textured() for k in range(75)]
    clip = written(tmp_path / "ball.mp4", frames)
    with ClipReader(clip) as reader:
        seen = list(follow_subject(reader, 0, 0.0, 0.0))
    assert seen[-1].time_s == pytest.approx(29 / 15, abs=0.01)
    path = sightings_path(seen, 1.2)
    assert degrees(path.at(1.0).yaw) == pytest.approx(degrees(0.3), abs=1.0)


@pytest.mark.parametrize("name", ["sailboat", "biplane"])
def test_a_subject_of_the_demo_scene_is_followed(name: str) -> None:
    assert name in SUBJECTS
    begin = 1.0
    truth = lambda t: scene_truth(t).directions[name]  # noqa: E731
    shown = lambda t: frame(t, 960)  # noqa: E731
    tracker = SubjectTracker(
        shown(begin), begin, *truth(begin), 2.5 * scene_truth(begin).radii[name]
    )
    errors = []
    for k in range(1, 16):
        t = begin + k / 7.5
        seen = tracker.step(shown(t), t)
        errors.append(apart_deg((seen.yaw, seen.pitch), truth(t)))
    assert np.median(errors) < 4.0


@pytest.mark.parametrize("size", [0.0, radians(80)])
def test_an_absurd_size_is_refused(size: float) -> None:
    with pytest.raises(ValueError, match="degrees wide"):
        SubjectTracker(textured(), 0.0, 0.0, 0.0, size)
