"""Alternative paths: they look elsewhere, in the order of what they are worth."""

from __future__ import annotations

from math import degrees, radians

import numpy as np
import pytest

from cubesal.autopilot import Area, PlannerOptions, alternative_paths, plan_path
from tests.model.test_autopilot_keys import TIMES, spots

OPTIONS = PlannerOptions(hfov=radians(65))


def three_spots() -> np.ndarray:
    one = 1.0 * spots(0) + 0.7 * spots(120) + 0.4 * spots(-120)
    return np.repeat(one[None].astype(np.float32), len(TIMES), axis=0)


def test_each_looks_where_those_before_it_did_not() -> None:
    found = alternative_paths(three_spots(), TIMES, OPTIONS, 3)
    yaws = [degrees(one.path.at(6.0).yaw) for one in found]
    assert yaws == [pytest.approx(want, abs=8) for want in (0, 120, -120)]
    assert found[0].share > found[1].share > found[2].share > 0.1


def test_the_first_is_the_planned_path() -> None:
    (first,) = alternative_paths(three_spots(), TIMES, OPTIONS, 1)
    assert np.array_equal(first.path.yaw, plan_path(three_spots(), TIMES, OPTIONS).yaw)


def test_the_callers_maps_stay_and_areas_count() -> None:
    maps = three_spots()
    before = maps.copy()
    (first,) = alternative_paths(maps, TIMES, OPTIONS, 1, [Area("avoid", 0.0, 0.0, radians(40))])
    assert degrees(first.path.at(6.0).yaw) == pytest.approx(120, abs=8)
    assert np.array_equal(maps, before)


def test_none_cannot_be_asked_for() -> None:
    with pytest.raises(ValueError, match="at least one"):
        alternative_paths(three_spots(), TIMES, OPTIONS, 0)
