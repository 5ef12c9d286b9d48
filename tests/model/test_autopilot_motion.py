"""Smooth curves keep their bounds; live steps and look-ups join without a jump."""

from __future__ import annotations

from dataclasses import replace
from math import degrees, pi, radians

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize

from cubesal.autopilot import (
    MANNERS,
    FollowState,
    MotionLimits,
    OnlineFilter,
    PlannerOptions,
    ViewState,
    captured_attention,
    follow,
    plan,
    plan_path,
)
from cubesal.autopilot.interior_point import Quadratic, Rule, cheapest
from cubesal.autopilot.planner import grid_values
from cubesal.autopilot.report_motion import motion_report
from cubesal.autopilot.smooth_path import Manner, smooth_directions
from cubesal.autopilot.spline import Spline, begun
from cubesal.geometry import dir_from_angles, equirect_rays

few = settings(max_examples=10, deadline=None)
seeds = st.integers(0, 2**32 - 1)
LIMITS = PlannerOptions().limits


def blobs(yaws, pitch: float = 0.0) -> np.ndarray:
    rays = equirect_rays(36).astype(np.float64)
    cosine = np.stack([rays @ dir_from_angles(float(yaw), pitch) for yaw in yaws])
    return (np.exp((cosine - 1) / 0.2**2) + 0.01).astype(np.float32)


def jumpy(seed: int, count: int = 40) -> np.ndarray:
    rng = np.random.default_rng(seed)
    places = rng.uniform(-pi, pi, 6)
    return blobs(places[np.sort(rng.integers(0, 6, count))] + rng.normal(0, 0.1, count), 0.4)


def cost(x, quadratics, rules) -> float:
    total = 0.0
    for part in quadratics:
        values = np.convolve(x, part.stencil[::-1], "valid") - part.target
        total += 0.5 * part.weight * float(values @ values)
    for rule in rules:
        values = np.convolve(x, rule.stencil[::-1], "valid")
        outside = np.maximum(values - rule.high, 0) + np.maximum(rule.low - values, 0)
        total += float((rule.weight * outside).sum())
    return total


@few
@given(seeds)
def test_the_cheapest_sequence_is_cheaper_than_a_general_method_finds(seed):
    rng = np.random.default_rng(seed)
    target = rng.normal(0, 5, 12)
    quadratics = [Quadratic((1.0,), 0.3, target), Quadratic((1.0, -2.0, 1.0), 0.5)]
    rules = [Rule((-1.0, 1.0), 0.0, 0.0, 0.4), Rule((1.0,), target - 1, target + 1, 2.0)]
    found = cheapest(np.zeros(12), quadratics, rules)
    best = cost(found, quadratics, rules)
    other = minimize(cost, target, (quadratics, rules), method="Powell")
    assert best <= other.fun + 1e-4
    for _ in range(30):
        assert cost(found + rng.normal(0, 0.01, 12), quadratics, rules) >= best - 1e-5


@given(st.floats(-3, 3), st.floats(-2, 2), st.floats(-2, 2), st.floats(0.05, 1))
def test_a_spline_begins_in_the_given_state(value, speed, bend, step):
    controls = np.append(begun(value, speed, bend, step), 7.0)
    curve = Spline(2.0, step, controls)
    there = [float(curve.at(np.array([2.0]), order)[0]) for order in range(3)]
    assert there == pytest.approx([value, speed, bend], abs=1e-9)


@few
@given(seeds, st.integers(1, 60), st.floats(5, 60), st.floats(10, 120), st.floats(40, 400))
def test_the_whole_curve_keeps_the_bounds_of_speed_acceleration_and_jerk(
    seed, spans, speed, bend, jerk
):
    rng = np.random.default_rng(seed)
    yaw = np.cumsum(rng.normal(0, 0.6, spans + 1))
    pitch = rng.uniform(-1.4, 1.4, spans + 1)
    limits = MotionLimits(radians(speed), radians(bend), radians(jerk))
    pan, tilt = smooth_directions(yaw, pitch, 0.2, limits, Manner(), radians(70))
    times = np.linspace(0, 0.2 * spans, 20 * spans + 1)
    scale = np.maximum(np.cos(tilt.at(times)), 0.5)
    bounds = (limits.speed, limits.acceleration, limits.jerk)
    for order, bound in enumerate(bounds, start=1):
        moved = np.hypot(scale * pan.at(times, order), tilt.at(times, order))
        assert moved.max() <= bound * (1 + 1e-5)
    assert np.abs(tilt.at(times)).max() <= radians(70) + 1e-6


@few
@given(seeds, st.sampled_from(list(MANNERS)))
def test_a_planned_path_keeps_its_bounds_and_never_turns_back_within_a_second(seed, manner):
    path = plan_path(jumpy(seed), np.arange(40) * 0.2, PlannerOptions.in_words(manner))
    motion = motion_report(path, 30)
    assert motion.speed.max <= degrees(LIMITS.speed) * 1.001
    assert motion.acceleration.max <= degrees(LIMITS.acceleration) * 1.02
    assert motion.jerk.max <= degrees(LIMITS.jerk) * 1.05
    assert motion.least_turn_gap_s >= 1.0


def test_a_place_that_swings_to_and_fro_does_not_shake_the_camera():
    swing = np.where(np.arange(60) // 3 % 2, 0.7, -0.7)
    path = plan_path(blobs(swing), np.arange(60) * 0.2, PlannerOptions(calm=0.0))
    assert motion_report(path, 30).least_turn_gap_s >= 1.0


def test_a_drifting_picture_is_followed_at_its_own_speed_when_its_turn_is_known():
    times = np.arange(50) * 0.2
    rate = radians(12)
    maps = np.ones((50, 36, 72), np.float32)  # nothing stands out: only the turn tells
    turn = np.tile([rate, 0.0], (50, 1))
    with_picture = plan_path(maps, times, turn=turn)
    assert np.abs(np.diff(with_picture.yaw)[30:-30] * 30 - rate).max() < radians(4)
    assert np.ptp(plan_path(maps, times).yaw) < 1e-6
    with pytest.raises(ValueError, match="turn"):
        plan_path(maps, times, turn=turn[:3])


def test_cuts_jump_far_and_shots_between_them_last():
    places = np.repeat([-1.5, 1.5, -1.5, 0.0], 15)
    options = PlannerOptions(cuts=True, calm=0.0, min_shot_s=2.0)
    path = plan_path(blobs(places), np.arange(60) * 0.2, options)
    motion = motion_report(path, 30)
    assert motion.cuts_per_min >= 10
    assert motion.shortest_shot_s >= 1.9
    assert motion.speed.max <= 30.1
    seen = captured_attention(blobs(places), np.arange(60) * 0.2, path, 16 / 9)
    without = plan_path(blobs(places), np.arange(60) * 0.2, replace(options, cuts=False))
    assert seen > captured_attention(blobs(places), np.arange(60) * 0.2, without, 16 / 9)


@few
@given(seeds, st.floats(0.2, 7), st.floats(-pi, pi), st.floats(-0.9, 0.9), st.floats(-15, 15))
def test_the_way_on_begins_in_the_very_state_and_keeps_the_bounds(seed, now, yaw, pitch, pan):
    made = plan(jumpy(seed), np.arange(40) * 0.2)
    state = ViewState(yaw, pitch, radians(pan))
    path = made.onward(now, state)
    assert path.times_s[0] == pytest.approx(now)
    assert (path.yaw[0], path.pitch[0]) == pytest.approx((yaw, pitch), abs=1e-9)
    if len(path.times_s) > 2:
        begun_at = (path.yaw[1] - path.yaw[0]) / (path.times_s[1] - path.times_s[0])
        assert begun_at == pytest.approx(state.yaw_speed, abs=radians(60) / 30)
        assert motion_report(path, 30).speed.max <= 30.1


def test_the_way_on_from_the_planned_path_stays_near_it():
    made = plan(jumpy(5), np.arange(40) * 0.2)
    state = ViewState.on_path(made.path, 3.0)
    onward = made.onward(3.0, state)
    maps, times = jumpy(5)[16:], np.arange(16, 40) * 0.2
    kept = captured_attention(maps, times, onward, 16 / 9)
    assert kept >= captured_attention(maps, times, made.path, 16 / 9) - 0.03
    with pytest.raises(ValueError, match="covers"):
        made.onward(9.0, state)


@settings(max_examples=4, deadline=None)
@given(seeds, st.sampled_from([0.0, 0.5, 1.0]))
def test_the_live_camera_keeps_the_bounds_and_never_turns_back_within_a_second(seed, ahead):
    path = follow(jumpy(seed), np.arange(40) * 0.2, look_ahead_s=ahead)
    motion = motion_report(path, 30)
    assert motion.speed.max <= 30.1
    assert motion.acceleration.max <= 61.5
    assert motion.least_turn_gap_s >= 1.0


def test_the_live_camera_knows_nothing_beyond_its_look_ahead():
    maps, times = jumpy(3), np.arange(40) * 0.2
    other = maps.copy()
    other[21:] = other[0]
    for ahead in (0.0, 1.0):
        one, two = (follow(m, times, look_ahead_s=ahead) for m in (maps, other))
        same = one.times_s <= 4.2 - ahead - 0.2 + 1e-6
        np.testing.assert_array_equal(one.yaw[same], two.yaw[same])


def test_the_live_camera_rests_while_the_subject_moves_in_the_dead_zone_and_sets_out_beyond():
    times = np.arange(50) * 0.2
    options = PlannerOptions(hfov=radians(65))
    wobble = follow(blobs(radians(4) * np.sin(times)), times, options)
    assert np.ptp(wobble.yaw) < radians(0.5)
    gone = follow(blobs(np.where(times < 3, 0.0, 1.2)), times, options)
    assert abs(gone.at(9.8).yaw - 1.2) < radians(12)


def test_the_live_camera_begins_where_what_it_knows_lies_ahead_will_be():
    times = np.arange(30) * 0.2
    maps = blobs(np.where(times < 0.2, -2.0, 1.0))  # the first map knows no motion yet
    assert abs(follow(maps, times, look_ahead_s=1.0).yaw[0] - 1.0) < radians(6)
    assert abs(follow(maps, times).yaw[0] + 2.0) < radians(6)


def test_the_live_camera_thinks_that_a_picture_that_turns_turns_on():
    times, rate = np.arange(40) * 0.2, radians(12)
    maps = blobs(rate * times - 1)
    turn = np.stack([np.full(40, rate), np.zeros(40)], axis=1)
    late, along = (
        np.mean([abs(path.at(t).yaw - (rate * t - 1)) for t in times[15:]])
        for path in (follow(maps, times), follow(maps, times, turn=turn))
    )
    assert along < 0.6 * late
    assert along < radians(4)


def test_taking_over_from_a_path_and_handing_back_makes_no_jump():
    times = np.arange(50) * 0.2
    maps = blobs(radians(15) * times - 1.5)
    made = plan(maps, times)
    online = OnlineFilter()
    values = grid_values(maps, online.options)[:, 0]
    state = FollowState.on_path(made.path, 4.0)
    assert state.moving
    assert state.view.yaw == pytest.approx(made.path.at(4.0).yaw)
    yaws = [float(np.interp(t, made.path.times_s, made.path.yaw)) for t in (3.8, 3.9, 4.0)]
    for k in range(20, 30):
        step = online.step(state, values[k : k + 1], times[k : k + 1], 0.2)
        yaws += [step.view(times[k] + 0.1)[0], step.view(times[k] + 0.2)[0]]
        state = step.state
    back = made.onward(state.time_s, state.view)
    yaws += [float(np.interp(6 + t, back.times_s, back.yaw)) for t in (0.1, 0.2, 0.3)]
    speeds = np.diff(yaws) / 0.1
    assert np.abs(speeds).max() <= radians(30.1)
    assert np.abs(np.diff(speeds)).max() / 0.1 <= radians(61.5)


def test_zones_and_words_that_make_no_sense_are_refused():
    with pytest.raises(ValueError, match="zone"):
        OnlineFilter(start_zone=0.1, stop_zone=0.2)
    with pytest.raises(ValueError, match="manner"):
        PlannerOptions.in_words("wild")
    with pytest.raises(ValueError, match="jerk"):
        MotionLimits(jerk=0)
    with pytest.raises(ValueError, match="values"):
        OnlineFilter().step(FollowState(0.0, ViewState(0, 0)), np.zeros((0, 3, 4)), np.zeros(0), 1)
