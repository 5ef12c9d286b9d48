"""Attention in numbers, on maps whose answers are known."""

from __future__ import annotations

import numpy as np
import pytest

from cubesal.attention import attention_stats, hot_spots, spread
from cubesal.geometry import dir_from_angles, equirect_rays, sphere_weights


def blob(yaw_deg: float, pitch_deg: float, sigma_deg: float = 8.0, height: int = 120) -> np.ndarray:
    centre = dir_from_angles(np.radians(yaw_deg), np.radians(pitch_deg))
    cosine = equirect_rays(height).astype(np.float64) @ centre
    return np.exp((cosine - 1) / np.radians(sigma_deg) ** 2).astype(np.float32)


def test_an_even_map_is_spread_over_the_whole_sphere():
    assert spread(np.full((60, 120), 0.3)) == pytest.approx(1.0)


@pytest.mark.parametrize("height", [60, 240])
def test_attention_on_part_of_the_sphere_has_that_share_at_any_resolution(height):
    cap = (equirect_rays(height)[..., 1] < -0.8).astype(np.float32)
    area = float((cap * sphere_weights(height)).sum())
    assert area == pytest.approx(0.1, abs=0.006)
    assert spread(cap) == pytest.approx(area, rel=1e-6)


def test_spread_does_not_depend_on_where_attention_is():
    values = [spread(blob(0, pitch)) for pitch in (0, 45, 85)]
    assert max(values) / min(values) < 1.02


def test_a_map_of_zeros_has_no_peak_and_no_spots():
    stats = attention_stats(np.zeros((60, 120), np.float32))
    assert (stats.peak, stats.spread, stats.hot_spots) == (0.0, 1.0, ())


def test_spots_are_found_where_they_are_strongest_first():
    found = hot_spots(blob(30, 10) + 0.7 * blob(-100, -20) + 0.6 * blob(150, 40))
    where = [(np.degrees(spot.yaw), np.degrees(spot.pitch)) for spot in found]
    for (yaw, pitch), expected in zip(where, [(30, 10), (-100, -20), (150, 40)], strict=True):
        assert (yaw, pitch) == pytest.approx(expected, abs=1.1)


def test_what_is_below_half_the_peak_is_no_hot_spot():
    assert len(hot_spots(blob(0, 0) + 0.45 * blob(120, 0))) == 1


def test_spots_closer_than_twenty_degrees_count_once():
    assert len(hot_spots(blob(0, 0, 3) + 0.9 * blob(16, 0, 3))) == 1
    assert len(hot_spots(blob(0, 0, 3) + 0.9 * blob(26, 0, 3))) == 2


def test_a_spot_on_the_seam_is_one_spot():
    assert len(hot_spots(blob(180, 0))) == 1


def test_a_spot_at_the_pole_is_one_spot():
    assert len(hot_spots(blob(0, 89))) == 1


def test_the_number_of_spots_can_be_limited():
    assert len(hot_spots(blob(0, 0) + blob(90, 0) + blob(-90, 0), limit=2)) == 2


def test_on_a_plateau_there_are_as_many_hot_spots_as_have_room() -> None:
    spots = hot_spots(np.ones((60, 120), np.float32))
    rays = dir_from_angles(np.array([p.yaw for p in spots]), np.array([p.pitch for p in spots]))
    apart = np.degrees(np.arccos(np.clip(rays @ rays.T, -1, 1)))
    np.fill_diagonal(apart, 180)
    assert 60 < len(spots) < 150
    assert apart.min() > 19.9
