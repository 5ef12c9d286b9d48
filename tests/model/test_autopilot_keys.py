"""Keys and areas: what a person insists on, met by the planned path."""

from __future__ import annotations

from math import degrees, pi, radians

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cubesal.autopilot import (
    Area,
    CameraPath,
    PathKey,
    PlannerOptions,
    ViewState,
    model_keys,
    plan,
    plan_path,
    simplified,
    spliced,
    weighted,
)
from cubesal.camera import wrap_angle
from cubesal.geometry import dir_from_angles

OPTIONS = PlannerOptions(hfov=radians(65))
TIMES = np.arange(0, 12.01, 0.2)


def spots(*yaws_deg: float, pitch_deg: float = 0.0, rows: int = 60) -> np.ndarray:
    """(H, W) map with one round spot per yaw."""
    pitch = pi * (0.5 - (np.arange(rows) + 0.5) / rows)
    yaw = 2 * pi * ((np.arange(2 * rows) + 0.5) / (2 * rows) - 0.5)
    rays = dir_from_angles(yaw[None, :], pitch[:, None])
    total = np.zeros((rows, 2 * rows), np.float32)
    for angle in yaws_deg:
        away = np.arccos(np.clip(rays @ dir_from_angles(radians(angle), radians(pitch_deg)), -1, 1))
        total += np.exp(-0.5 * (away / radians(8)) ** 2).astype(np.float32)
    return total


def steady(*yaws_deg: float) -> np.ndarray:
    return np.repeat(spots(*yaws_deg)[None], len(TIMES), axis=0)


def key(time_s: float, yaw_deg: float, pitch_deg: float = 0.0, **more) -> PathKey:
    return PathKey(time_s, radians(yaw_deg), radians(pitch_deg), 0.0, OPTIONS.hfov, True, **more)


def off_deg(path: CameraPath, pathkey: PathKey) -> float:
    camera = path.at(pathkey.time_s)
    rays = [dir_from_angles(c.yaw, c.pitch) for c in (camera, pathkey)]
    return degrees(np.arccos(np.clip(rays[0] @ rays[1], -1, 1)))


def top_speed(path: CameraPath, start_s: float, end_s: float) -> float:
    times = np.arange(start_s, end_s, 1 / 30)
    yaw, pitch = (np.interp(times, path.times_s, c) for c in (path.yaw, path.pitch))
    return degrees(np.hypot(np.diff(yaw) * np.cos(pitch[1:]), np.diff(pitch)).max() * 30)


def test_without_keys_the_path_is_the_one_it_was() -> None:
    maps = steady(40)
    plain, keyed = plan_path(maps, TIMES, OPTIONS), plan_path(maps, TIMES, OPTIONS, keys=())
    assert np.array_equal(plain.yaw, keyed.yaw)
    assert np.array_equal(plain.times_s, keyed.times_s)


def test_a_key_is_met_and_elsewhere_the_camera_looks_where_attention_is() -> None:
    wanted = key(6.07, -60, 10)
    path = plan_path(steady(40), TIMES, OPTIONS, keys=[wanted])
    assert off_deg(path, wanted) < 0.01
    assert abs(degrees(path.at(0.5).yaw) - 40) < 8
    assert abs(degrees(path.at(11.8).yaw) - 40) < 8
    assert top_speed(path, 0, 12) <= 31


@settings(max_examples=25, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.floats(0, 12),
            st.floats(-180, 180),
            st.floats(-70, 70),
            st.sampled_from(["planned", "direct", "cut"]),
        ),
        min_size=1,
        max_size=5,
        unique_by=lambda item: round(item[0] * 4),
    )
)
def test_every_key_is_met_whatever_is_asked(asked) -> None:
    keys = [key(t, yaw, pitch, ease=ease) for t, yaw, pitch, ease in sorted(asked)]
    path = plan_path(steady(40, -120), TIMES, OPTIONS, keys=keys)
    for wanted in keys:
        # At a cut the key is the first view of the new shot.
        assert off_deg(path, wanted) < 0.05
        assert path.at(wanted.time_s).hfov == pytest.approx(wanted.hfov, abs=1e-6)
    assert path.times_s[0] == 0
    assert path.times_s[-1] == pytest.approx(12.0)
    assert np.abs(path.pitch).max() <= pi / 2


def test_the_direct_way_ignores_attention_and_the_planned_way_does_not() -> None:
    # From the front to the front, with all attention 80 degrees to the right.
    ends = {ease: [key(2, 0, ease=ease), key(10, 0)] for ease in ("direct", "planned")}
    direct = plan_path(steady(80), TIMES, OPTIONS, keys=ends["direct"])
    planned = plan_path(steady(80), TIMES, OPTIONS, keys=ends["planned"])
    assert abs(degrees(direct.at(6).yaw)) < 2
    assert abs(degrees(planned.at(6).yaw) - 80) < 10


def test_the_direct_way_crosses_the_seam_where_that_is_shorter() -> None:
    keys = [key(2, 160, ease="direct"), key(8, -160)]
    path = plan_path(steady(0), TIMES, OPTIONS, keys=keys)
    assert abs(degrees(wrap_angle(path.at(5).yaw - pi))) < 6
    assert top_speed(path, 2.1, 7.9) < 15


def test_a_cut_holds_the_view_and_then_jumps() -> None:
    keys = [key(3, -90, ease="cut"), key(7, 100, 20)]
    path = plan_path(steady(0), TIMES, OPTIONS, keys=keys)
    assert abs(degrees(path.at(6.9).yaw) + 90) < 1
    assert abs(degrees(path.at(7.0).yaw) - 100) < 0.1
    assert abs(degrees(path.at(7.0).pitch) - 20) < 0.1


def test_keys_too_far_apart_for_the_limits_are_met_all_the_same() -> None:
    keys = [key(5.0, -90), key(5.4, 90)]
    path = plan_path(steady(0), TIMES, OPTIONS, keys=keys)
    assert max(off_deg(path, k) for k in keys) < 0.01


def test_roll_and_field_of_view_of_a_key_are_kept() -> None:
    wanted = PathKey(6, 0.3, 0.1, radians(12), radians(40), True)
    path = plan_path(steady(40), TIMES, OPTIONS, keys=[wanted])
    camera = path.at(6)
    assert camera.roll == pytest.approx(radians(12), abs=1e-6)
    assert camera.hfov == pytest.approx(radians(40), abs=1e-6)
    assert path.at(1).roll == pytest.approx(0)  # level again where nobody asked for a roll
    assert path.at(11).hfov == pytest.approx(radians(40), abs=1e-6)  # until somebody widens it


def test_keys_outside_the_stretch_are_left_out() -> None:
    maps = steady(40)
    path = plan_path(maps, TIMES, OPTIONS, keys=[key(30, -90)])
    assert np.array_equal(path.yaw, plan_path(maps, TIMES, OPTIONS).yaw)


def test_keys_that_do_not_ascend_are_refused() -> None:
    with pytest.raises(ValueError, match="ascend"):
        plan(steady(0), TIMES, OPTIONS, keys=[key(3, 0), key(3, 10)])


@pytest.mark.parametrize("wrong", [{"ease": "soon"}, {"locked": 1}])
def test_a_key_that_is_none_is_refused(wrong) -> None:
    with pytest.raises(ValueError, match="a key"):
        PathKey(0, 0, 0, 0, 1.0, **wrong)


def test_the_way_on_from_another_view_leads_through_the_keys_to_come() -> None:
    wanted = key(8, -60)
    planned = plan(steady(40), TIMES, OPTIONS, keys=[key(2, 100), wanted])
    path = planned.onward(4.0, ViewState(radians(0), 0.0))
    assert abs(degrees(path.at(4.0).yaw)) < 0.01
    assert off_deg(path, wanted) < 0.05


def test_model_keys_tell_the_path_in_few_points() -> None:
    maps = np.where(TIMES[:, None, None] < 6, spots(0), spots(90)).astype(np.float32)
    path = plan_path(maps, TIMES, OPTIONS)
    keys = model_keys(path)
    assert 2 <= len(keys) <= 8
    assert not any(k.locked for k in keys)
    assert max(off_deg(path, k) for k in keys) < 1e-6


@given(st.integers(3, 200), st.integers(0, 2**31))
def test_a_simplified_path_stays_within_its_tolerance(count, seed) -> None:
    rng = np.random.default_rng(seed)
    yaw, pitch = np.cumsum(rng.normal(0, 0.05, (2, count)), axis=1)
    zero = np.zeros(count)
    path = CameraPath(np.arange(count) / 5, yaw, np.clip(pitch, -1, 1), zero + 1.0, zero)
    kept = simplified(path, 0.1)
    assert kept[0] == 0
    assert kept[-1] == count - 1
    scaled = path.yaw * np.cos(path.pitch)
    for column in (scaled, path.pitch):
        straight = np.interp(path.times_s, path.times_s[kept], column[kept])
        assert np.abs(straight - column).max() <= 0.1 + 1e-9


def test_an_area_to_avoid_is_left_alone() -> None:
    maps = steady(40, -100) + 0.5 * steady(40)
    free = plan_path(maps, TIMES, OPTIONS)
    assert abs(degrees(free.at(6).yaw) - 40) < 8
    elsewhere = plan_path(maps, TIMES, OPTIONS, areas=[Area("avoid", radians(40), 0, radians(30))])
    assert abs(degrees(elsewhere.at(6).yaw) + 100) < 8


def test_what_flanks_an_area_to_avoid_does_not_hold_the_camera_on_it() -> None:
    maps = steady(5) + steady(30) + steady(55)
    free = plan_path(maps, TIMES, OPTIONS)
    assert abs(degrees(free.at(6).yaw) - 30) < 8
    path = plan_path(maps, TIMES, OPTIONS, areas=[Area("avoid", radians(30), 0, radians(15))])
    assert abs(degrees(path.at(6).yaw) - 30) > 15


def test_an_area_to_prefer_draws_the_camera_while_it_holds() -> None:
    area = Area("prefer", radians(120), 0, radians(15), 3, 9)
    path = plan_path(steady(60), TIMES, OPTIONS, areas=[area])
    assert abs(degrees(wrap_angle(path.at(6).yaw - radians(120)))) < 20
    assert abs(degrees(path.at(0.5).yaw) - 60) < 10
    assert abs(degrees(path.at(11.9).yaw) - 60) < 10


def test_areas_leave_the_maps_of_the_caller_alone() -> None:
    maps = steady(0)
    before = maps.copy()
    seen = weighted(maps, TIMES, [Area("avoid", 0, 0, pi)])
    assert seen.max() < 0.05 * maps.max()
    assert np.array_equal(maps, before)
    assert weighted(maps, TIMES, []) is maps


@pytest.mark.parametrize(
    "wrong",
    [
        {"kind": "love", "yaw": 0, "pitch": 0},
        {"kind": "avoid", "yaw": float("nan"), "pitch": 0},
        {"kind": "avoid", "yaw": 0, "pitch": 2},
        {"kind": "avoid", "yaw": 0, "pitch": 0, "radius": 0},
        {"kind": "avoid", "yaw": 0, "pitch": 0, "start_s": 2, "end_s": 2},
        {"kind": "avoid", "yaw": "x", "pitch": 0},
    ],
)
def test_an_area_that_is_none_is_refused(wrong) -> None:
    with pytest.raises(ValueError, match="area"):
        Area(**wrong)


def test_a_way_joined_in_flight_has_no_jump_of_place_or_speed() -> None:
    flown = plan_path(steady(40, -120), TIMES, OPTIONS, keys=[key(2, 0), key(8, 150)])
    moment = 4.3  # in the middle of the pan
    other = plan(steady(-60), TIMES, OPTIONS)
    joined = spliced(flown, other.onward(moment, ViewState.on_path(flown, moment), None))
    times = np.arange(3.5, 6.0, 1 / 60)
    yaw = np.interp(times, joined.times_s, joined.yaw)
    speed = np.degrees(np.diff(yaw)) * 60
    assert np.abs(np.diff(yaw)).max() < radians(31) / 60
    assert np.abs(np.diff(speed)).max() < 6  # degrees per second, from one sixtieth to the next
    assert joined.at(3.6).yaw == pytest.approx(flown.at(3.6).yaw)
    assert abs(degrees(joined.at(11.9).yaw) + 60) < 8


@pytest.mark.parametrize("seed", range(6))
def test_the_times_of_a_path_ascend_wherever_keys_and_joins_lie(seed) -> None:
    """Keys at the very samples of a path, or a rounding beside them, and joins just before cuts."""
    chance = np.random.default_rng(seed)
    fps = float(chance.choice([12, 24, 25, 29.97, 30]))
    frames = np.sort(chance.choice(int(4 * fps), 6, replace=False))
    eases = chance.choice(["planned", "direct", "cut"], 6)
    keys = [key(f / fps, 20 * k, ease=str(eases[k])) for k, f in enumerate(frames)]
    made = plan(steady(40)[:21], TIMES[:21], OPTIONS, keys=keys)
    assert (np.diff(made.path.times_s) > 0).all()
    joins = [*np.arange(0, int(4 * fps), 5) / fps, *(k.time_s - 2e-4 for k in keys[1:])]
    for join in joins:
        onward = made.onward(float(join), ViewState(0.3, 0.1))
        assert (np.diff(onward.times_s) > 0).all()
