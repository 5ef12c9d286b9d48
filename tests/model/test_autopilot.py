"""The planner: optimal on its grid, within its limits, indifferent to where yaw 0 lies."""

from __future__ import annotations

from math import asin, atan, hypot, pi, radians, sqrt, tan

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cubesal.autopilot import (
    CameraPath,
    PlannerOptions,
    best_fixed_view,
    captured_attention,
    plan_path,
    share_volume,
    static_eye_level,
    still_path,
    upper_bound,
    view_share,
)
from cubesal.camera import Camera, view_contains, wrap_angle
from cubesal.democlip.paths import HANDOVERS_S, scene_truth
from cubesal.geometry import dir_from_angles, equirect_rays

ASPECT = 16 / 9
few = settings(max_examples=15, deadline=None)
seeds = st.integers(0, 2**32 - 1)


def blob(yaw: float, pitch: float, sigma: float = 0.15, height: int = 72) -> np.ndarray:
    rays = equirect_rays(height).astype(np.float64)
    cosine = rays @ dir_from_angles(yaw, pitch)
    return (np.exp((cosine - 1) / sigma**2) + 0.01).astype(np.float32)


def wandering(seed: int, count: int = 12, height: int = 72) -> np.ndarray:
    """Maps (count, H, 2H) with two blobs that jump about."""
    rng = np.random.default_rng(seed)
    yaw = rng.uniform(-pi, pi, (count, 2))
    pitch = rng.uniform(-1.2, 1.2, (count, 2))
    weight = rng.uniform(0.2, 1.0, (count, 2))
    return np.stack(
        [
            sum(weight[k, b] * blob(yaw[k, b], pitch[k, b], 0.25, height) for b in range(2))
            for k in range(count)
        ]
    )


def steps_on_sphere(path: CameraPath, times: np.ndarray) -> np.ndarray:
    cameras = [path.at(float(t)) for t in times]
    dirs = np.array([dir_from_angles(c.yaw, c.pitch) for c in cameras])
    # Chords: arccos of nearly equal directions has no precision.
    chords = np.linalg.norm(np.diff(dirs, axis=0), axis=1)
    return 2 * np.arcsin(np.clip(chords / 2, 0, 1))


def yaw_differences(path: CameraPath, expected: np.ndarray) -> np.ndarray:
    return np.array([wrap_angle(y - e) for y, e in zip(path.yaw, expected, strict=True)])


# --- the share of attention in a view -------------------------------------------------------


@pytest.mark.parametrize("camera", [Camera(), Camera(3.1, 0.8), Camera(-1, -1.5, 0.4, 1.0)])
def test_the_share_of_an_even_map_is_the_solid_angle_of_the_view(camera):
    a = tan(camera.hfov / 2)
    b = a / ASPECT
    solid_angle = 4 * asin(a * b / sqrt((1 + a * a) * (1 + b * b)))
    even = np.full((90, 180), 0.2, np.float32)
    assert view_share(even, camera, ASPECT) == pytest.approx(solid_angle / (4 * pi), rel=0.01)


def test_a_map_without_attention_counts_as_even():
    zero = np.zeros((90, 180), np.float32)
    assert view_share(zero, Camera(), ASPECT) == view_share(zero + 1, Camera(), ASPECT)


def test_a_subject_inside_is_captured_and_one_behind_is_not():
    subject = blob(0.2, 0.1, 0.05, 120) - 0.01
    assert view_share(subject, Camera(0.2, 0.1), ASPECT) > 0.99
    assert view_share(subject, Camera(0.2 + pi, -0.1), ASPECT) < 0.01


def test_every_cell_of_the_volume_is_the_share_of_that_view():
    maps = wandering(5, 3)
    pitches = np.radians([-50, 0, 20])
    volume = share_volume(maps, pitches, 24, radians(70), 1.0)
    for k, p, y in [(0, 0, 0), (1, 1, 7), (2, 2, 23), (0, 2, 12)]:
        camera = Camera(-pi + y * 2 * pi / 24, float(pitches[p]), 0.0, radians(70))
        assert volume[k, p, y] == pytest.approx(view_share(maps[k], camera, 1.0), abs=2e-4)


@few
@given(seeds, st.integers(0, 71))
def test_turning_the_maps_turns_the_volume(seed, cells):
    maps = wandering(seed, 2)
    pitches = np.radians([-20, 0, 40])
    turned = share_volume(np.roll(maps, 2 * cells, axis=2), pitches, 72, 1.5, ASPECT)
    still = share_volume(maps, pitches, 72, 1.5, ASPECT)
    np.testing.assert_allclose(turned, np.roll(still, cells, axis=2), atol=2e-5)


@few
@given(seeds)
def test_no_path_captures_more_than_the_bound_and_the_best_still_view_beats_eye_level(seed):
    maps, times = wandering(seed), np.arange(12) * 0.2
    path = plan_path(maps, times)
    bound, (_, fixed) = upper_bound(maps), best_fixed_view(maps)
    # Views of the bound stand on a 5 degree grid; the path may stand between its points.
    assert captured_attention(maps, times, path, ASPECT) <= bound + 0.01
    assert fixed <= bound
    assert static_eye_level(maps) <= fixed + 2e-4


# --- the finished path ----------------------------------------------------------------------


@few
@given(seeds, st.integers(0, 71))
def test_turning_the_maps_turns_the_path(seed, cells):
    maps, times = wandering(seed), np.arange(12) * 0.2
    still = plan_path(maps, times)
    turned = plan_path(np.roll(maps, 2 * cells, axis=2), times)
    np.testing.assert_allclose(turned.pitch, still.pitch, atol=1e-6)
    assert np.abs(yaw_differences(turned, still.yaw + cells * radians(5))).max() < 1e-6


@few
@given(
    seeds,
    st.floats(5, 90),
    st.floats(0, 1),
    st.floats(0, 90),
    st.none() | st.tuples(st.floats(-pi, pi), st.floats(-1.5, 1.5)),
    st.sampled_from([0.04, 0.2, 1.0]),
)
def test_the_view_never_moves_faster_than_allowed(seed, speed, calm, limit, start, spacing):
    options = PlannerOptions(radians(speed), calm, pitch_limit=radians(limit))
    path = plan_path(wandering(seed), np.arange(12) * spacing, options, start)
    times = np.linspace(path.times_s[0], path.times_s[-1], 5 * len(path.times_s) + 1)
    if len(path.times_s) > 1:
        moved = steps_on_sphere(path, times) / np.diff(times)
        assert moved.max() <= radians(speed) * (1 + 1e-6) + 1e-9


@few
@given(seeds, st.floats(0, 85))
def test_pitch_stays_within_its_limit_and_the_horizon_level(seed, limit):
    path = plan_path(
        wandering(seed), np.arange(12) * 0.5, PlannerOptions(pitch_limit=radians(limit))
    )
    assert np.abs(path.pitch).max() <= radians(limit) + 1e-9
    assert not path.roll.any()


@few
@given(seeds, st.floats(-pi, pi), st.floats(-pi / 2, pi / 2))
def test_a_path_begins_exactly_at_the_view_it_is_given(seed, yaw, pitch):
    path = plan_path(wandering(seed), np.arange(12) * 0.3, start=(yaw, pitch))
    assert wrap_angle(path.at(0.0).yaw - yaw) == pytest.approx(0, abs=1e-9)
    assert path.at(0.0).pitch == pytest.approx(pitch, abs=1e-9)


@pytest.mark.parametrize("value", [0.0, 0.3])
def test_constant_maps_leave_the_camera_still_at_eye_level_in_front(value):
    path = plan_path(np.full((20, 72, 144), value, np.float32), np.arange(20) * 0.2)
    assert np.abs(path.yaw).max() < 1e-9
    assert np.abs(path.pitch).max() < 1e-9


def test_a_subject_that_stays_is_framed_without_any_motion():
    path = plan_path(np.stack([blob(2.0, 0.3)] * 20), np.arange(20) * 0.2)
    assert np.ptp(path.yaw) < 1e-9
    assert hypot(wrap_angle(path.yaw[0] - 2.0), path.pitch[0] - 0.3) < radians(5)


@pytest.mark.parametrize("speed_deg", [-25, -8, 3, 15, 25])
def test_a_subject_is_followed_over_the_seam_the_short_way_round(speed_deg):
    times = np.arange(51) * 0.2
    yaw = pi + np.radians(speed_deg) * (times - 5)
    maps = np.stack([blob(y, 0.2) for y in yaw])
    path = plan_path(maps, times)
    seen = [
        view_contains(path.at(float(t)), ASPECT, dir_from_angles(y, 0.2))
        for t, y in zip(times, yaw, strict=True)
    ]
    assert all(seen)
    turned = path.yaw[-1] - path.yaw[0]
    assert turned == pytest.approx(yaw[-1] - yaw[0], abs=radians(70))
    # In the middle, away from where the camera may rest ahead of the subject, it is centred.
    middle = [abs(wrap_angle(path.at(float(t)).yaw - y)) for t, y in zip(times, yaw, strict=True)]
    assert max(middle[20:31]) < radians(6)


def test_with_perfect_maps_of_the_demo_clip_its_primary_subject_is_kept_in_view():
    times = np.arange(60) * 0.2
    truth = [scene_truth(float(t)).primary_direction for t in times]
    path = plan_path(np.stack([blob(*direction) for direction in truth]), times)
    seen = np.array(
        [
            view_contains(path.at(float(t)), ASPECT, dir_from_angles(*direction))
            for t, direction in zip(times, truth, strict=True)
        ]
    )
    # The script hands over twice, each time to a subject that takes seconds to turn to.
    away_from_handovers = np.min(np.abs(times[:, None] - HANDOVERS_S), axis=1) > 2.2
    assert seen[away_from_handovers].all()
    assert seen.mean() > 0.75


def test_motion_is_even_and_never_turns_back_on_a_steady_subject():
    times = np.arange(101) * 0.2
    maps = np.stack([blob(-2 + radians(7) * t, 0.0) for t in times])
    path = plan_path(maps, times)
    speed = np.degrees(np.diff(path.yaw) / np.diff(path.times_s))
    assert speed.min() > -0.01
    steady = speed[180:-180]  # away from where the camera waits for the subject
    assert abs(steady - 7).max() < 2
    assert np.abs(np.diff(speed)).max() * 30 < 30


def test_a_jump_of_attention_is_met_by_a_gentle_pan():
    times = np.arange(60) * 0.2
    maps = np.stack([blob(-0.9 if t < 6 else 0.9, 0.0) for t in times])
    path = plan_path(maps, times)
    assert abs(path.at(1.5).yaw + 0.9) < radians(9)
    assert abs(path.at(9.0).yaw - 0.9) < radians(9)
    speed = np.degrees(np.diff(path.yaw)) * 30
    assert speed.max() <= 31  # of yaw; on the sphere it is less
    assert np.abs(np.diff(speed)).max() * 30 < 62


def test_a_calm_camera_travels_less_than_an_eager_one():
    maps, times = wandering(3, 60), np.arange(60) * 0.5
    travel = [
        float(steps_on_sphere(path, path.times_s).sum())
        for path in (plan_path(maps, times, PlannerOptions(calm=calm)) for calm in (0.0, 1.0))
    ]
    assert travel[1] < 0.7 * travel[0]


def test_planning_captures_more_than_standing_still_where_attention_moves():
    times = np.arange(60) * 0.2
    maps = np.stack([blob(radians(20) * t, 0.3 * np.sin(t)) for t in times])
    captured = captured_attention(maps, times, plan_path(maps, times), ASPECT)
    assert captured > 1.5 * best_fixed_view(maps)[1]
    assert captured > 0.97 * upper_bound(maps)


def test_irregular_times_and_a_long_gap_are_planned_in_true_time():
    times = np.array([0.0, 0.2, 0.4, 0.41, 0.6, 5.6, 5.8])
    maps = np.stack([blob(0.0, 0.0)] * 5 + [blob(1.5, 0.0)] * 2)
    path = plan_path(maps, times)
    assert (path.times_s[0], path.times_s[-1]) == (0.0, 5.8)
    assert abs(path.at(0.2).yaw) < radians(25)
    assert abs(path.at(5.8).yaw - 1.5) < radians(25)  # shown for a fifth of a second only


@pytest.mark.parametrize("zoom", [False, True])
def test_a_gap_of_ten_hours_costs_no_more_than_a_short_one(zoom):
    scene = np.arange(25) * 0.2
    times = np.concatenate([scene, 36000.0 + scene])
    maps = np.stack([blob(0.0, 0.0)] * 25 + [blob(3.0, 0.0)] * 25)
    path = plan_path(maps, times, PlannerOptions(zoom=zoom))
    assert len(path.times_s) < 700
    assert (path.times_s[0], path.times_s[-1]) == (times[0], times[-1])
    assert abs(path.at(3.0).yaw) < radians(15)
    assert abs(wrap_angle(path.at(36002.0).yaw - 3.0)) < radians(15)
    moved = steps_on_sphere(path, path.times_s) / np.diff(path.times_s)
    assert moved.max() <= PlannerOptions().max_speed * (1 + 1e-6)


def test_a_gap_gives_a_slow_camera_the_time_for_a_half_turn():
    options = PlannerOptions(max_speed=radians(2))
    maps = np.stack([blob(0.0, 0.0)] * 2 + [blob(3.0, 0.0)] * 30)
    times = np.concatenate([[0.0, 0.2], 36000.0 + np.arange(30) * 10])
    path = plan_path(maps, times, options)
    assert abs(wrap_angle(path.at(36100.0).yaw - 3.0)) < radians(15)


def test_one_map_gives_a_still_path_and_two_maps_a_short_one():
    one = plan_path(blob(1.0, 0.0)[None], np.array([2.0]))
    assert one.times_s.tolist() == [2.0]
    assert abs(one.at(7.0).yaw - 1.0) < radians(5)
    assert plan_path(blob(1.0, 0.0)[None], np.array([2.0]), start=(0.5, 0.1)).at(0).yaw == 0.5
    two = plan_path(np.stack([blob(1.0, 0.0)] * 2), np.array([0.0, 0.2]))
    assert two.times_s[-1] == pytest.approx(0.2)
    assert abs(two.at(0.1).yaw - 1.0) < radians(5)


def test_zoom_narrows_on_a_small_subject_and_stays_wide_on_a_large_one():
    times = np.arange(20) * 0.2
    options = PlannerOptions(zoom=True)
    small = plan_path(np.stack([blob(0, 0, 0.05) - 0.01] * 20), times, options)
    large = plan_path(np.stack([blob(0, 0, 0.8)] * 20), times, options)
    assert np.degrees(small.hfov).max() < 65
    np.testing.assert_allclose(large.hfov, options.hfov)


def test_maps_of_any_size_are_planned_alike():
    times = np.arange(10) * 0.2
    yaws = [
        plan_path(np.stack([blob(1, 0, 0.3, height)] * 10), times).yaw[0]
        for height in (18, 72, 120)
    ]
    assert np.ptp(yaws) < radians(5.1)


@pytest.mark.parametrize(
    ("maps", "times"),
    [
        (np.ones((0, 4, 8)), []),
        (np.ones((4, 8)), [0.0]),
        (np.ones((2, 4, 8)), [0.0]),
        (np.ones((2, 4, 8)), [1.0, 1.0]),
    ],
)
def test_what_cannot_be_planned_is_refused(maps, times):
    with pytest.raises(ValueError, match=r"maps|times"):
        plan_path(maps, np.array(times))


@pytest.mark.parametrize(
    "wrong",
    [
        {"max_speed": 0},
        {"calm": 1.1},
        {"hfov": 3.0},
        {"aspect": 0},
        {"pitch_limit": 2},
        {"grid_step": 0.001},
    ],
)
def test_impossible_options_are_refused(wrong):
    with pytest.raises(ValueError, match=next(iter(wrong))):
        PlannerOptions(**wrong)


# --- CameraPath -----------------------------------------------------------------------------


def test_a_path_is_interpolated_over_the_seam():
    path = CameraPath(
        np.array([0.0, 1.0]),
        np.radians([170.0, 190.0]),
        np.zeros(2),
        np.full(2, radians(90)),
        np.zeros(2),
    )
    assert np.degrees(path.at(0.25).yaw) == pytest.approx(175)
    assert np.degrees(path.at(0.75).yaw) == pytest.approx(-175)
    assert path.at(-1) == path.at(0)
    assert path.at(9) == path.at(1)


def test_a_still_path_rests():
    camera = Camera(1.0, 0.2, 0.0, 1.2)
    assert still_path(camera).at(5.0) == camera


def test_a_view_narrower_than_wide_is_planned_with_its_own_frustum():
    maps, times = np.stack([blob(0.0, 0.6), blob(0.0, 0.6)]), np.array([0.0, 0.2])
    tall = PlannerOptions(hfov=2 * atan(9 / 16), aspect=9 / 16)
    assert captured_attention(maps, times, plan_path(maps, times, tall), 9 / 16) > 0.3
