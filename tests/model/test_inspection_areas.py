"""Areas on the sphere: what lies inside, over the seam and the poles too, and what they hold."""

from __future__ import annotations

import csv
from math import cos, pi, radians

import numpy as np
import pytest

from cubesal.geometry import dir_from_angles, equirect_rays, rotation, sphere_weights
from cubesal.inspection import (
    AreaStatistics,
    Circle,
    Polygon,
    measure_area,
    write_area_curves,
    write_area_table,
)
from cubesal.metrics import fixation_density


def polygon(*corners_deg: tuple[float, float]) -> Polygon:
    return Polygon(tuple((radians(yaw), radians(pitch)) for yaw, pitch in corners_deg))


def has(area, yaw_deg: float, pitch_deg: float) -> bool:
    return bool(area.contains(dir_from_angles(radians(yaw_deg), radians(pitch_deg))))


def part(area, height: int = 90) -> float:
    weights = np.broadcast_to(sphere_weights(height), (height, 2 * height))
    return float((area.coverage(height) * weights).sum() / weights.sum())


OCTANT = ((0, 0), (90, 0), (0, 90))


@pytest.mark.parametrize("turn", [0.0, 0.7, 2.5])
def test_a_polygon_of_great_circles_covers_its_part_wherever_it_is_turned(turn):
    """Three right angles enclose an eighth of the sphere."""
    matrix = rotation(yaw=3 * turn, pitch=turn, roll=-turn)
    dirs = np.array([dir_from_angles(radians(y), radians(p)) for y, p in OCTANT]) @ matrix.T
    corners = tuple((float(np.arctan2(d[0], d[2])), float(np.arcsin(-d[1]))) for d in dirs)
    area = Polygon(corners)
    assert part(area) == pytest.approx(1 / 8, abs=0.001)
    middle = dirs.mean(axis=0)
    middle /= np.linalg.norm(middle)
    assert area.contains(middle)
    assert not area.contains(-middle)


def test_a_polygon_over_the_seam_is_one_piece():
    area = polygon((170, -10), (-170, -10), (-170, 10), (170, 10))
    assert has(area, 180, 0)
    assert has(area, -175, 5)
    assert has(area, 175, -5)
    assert not has(area, 0, 0)
    assert not has(area, 160, 0)


def test_edges_are_great_circles_and_no_lines_of_the_map():
    """Between two places at 40° north the shortest way goes farther north."""
    area = polygon((-45, 40), (45, 40), (0, 0))
    assert has(area, 0, 48)
    assert not has(area, 0, 51)


def test_a_hollow_polygon_leaves_out_its_hollow():
    area = polygon((-30, -30), (30, -30), (30, 30), (0, -20), (-30, 30))
    assert has(area, -25, 0)
    assert has(area, 25, 0)
    assert not has(area, 0, 15)


def test_a_polygon_may_hold_a_pole():
    area = polygon((0, 60), (120, 60), (-120, 60))
    assert has(area, 77, 90)
    assert has(area, 0, 70)
    assert not has(area, 60, 60)  # between corners the edges come nearer to the pole
    assert not has(area, 0, -80)


@pytest.mark.parametrize("radius_deg", [5, 40, 90, 150])
def test_a_circle_covers_the_part_of_its_cap(radius_deg):
    area = Circle((radians(179), radians(-70)), radians(radius_deg))
    assert part(area) == pytest.approx((1 - cos(radians(radius_deg))) / 2, abs=0.002)


@pytest.mark.parametrize(
    ("corners", "said"),
    [
        (((0, 0), (10, 0)), "at least 3 corners"),
        (((0, 0), (120, 0), (-120, 0)), "half a sphere"),
        (((0, 0), (10, 0), (20, 0)), "enclose nothing"),
    ],
)
def test_what_is_no_polygon_is_refused_in_words(corners, said):
    with pytest.raises(ValueError, match=said):
        polygon(*corners)
    with pytest.raises(ValueError, match="radius"):
        Circle((0.0, 0.0), pi)


def test_the_outline_closes_and_lies_on_the_edge():
    for area in (polygon((170, -10), (-170, -10), (180, 30)), Circle((3.0, 1.2), 0.4)):
        line = area.outline()
        assert line[0] == pytest.approx(line[-1])
        assert np.linalg.norm(line, axis=1) == pytest.approx(np.ones(len(line)))
        assert np.abs(np.diff(line, axis=0)).max() < 0.05
        middle = dir_from_angles(*area.middle)
        for k, inside in ((0.999, False), (1.001, True)):
            moved = middle + (line - middle) / k
            moved /= np.linalg.norm(moved, axis=1, keepdims=True)
            assert (area.contains(moved) == inside).mean() > 0.97


def test_shares_count_by_area_on_the_sphere_and_the_peak_is_where_it_is():
    even = np.ones((120, 240), np.float32)
    cap = Circle((0.0, radians(90)), radians(60))
    assert measure_area(cap, even)[0] == pytest.approx(0.25, abs=0.001)
    spot = fixation_density([0.75], [0.5], 120, radians(3)).astype(np.float32)
    share, held = measure_area(Circle((radians(90), 0.0), radians(20)), spot)
    assert share > 0.99
    assert held
    assert measure_area(Circle((radians(-90), 0.0), radians(20)), spot) == (
        pytest.approx(0, abs=1e-6),
        False,
    )
    assert measure_area(cap, 0 * even) == (0.0, False)
    with pytest.raises(ValueError, match="equirect"):
        measure_area(cap, even[:, :100])


def test_shares_dwell_and_the_first_peak_over_a_clip(tmp_path):
    times = [0.0, 0.2, 0.4, 1.0, 1.2]
    found = AreaStatistics(Circle((0.0, 0.0), 0.5), times)
    assert np.isnan(found.clip_share)
    assert found.first_peak_s is None
    for k, (share, held) in enumerate([(0.0, 0), (0.5, 1), (1.0, 1), (0.0, 0)]):
        found.put(k, share, bool(held))
    assert found.dwell_s == pytest.approx(0.2 + 0.6)
    assert found.first_peak_s == 0.2
    assert found.clip_share == pytest.approx((0.5 * 0.2 + 1.0 * 0.6) / 1.2)
    write_area_table(tmp_path / "a.csv", {"stage": found})
    write_area_curves(tmp_path / "c.csv", [0, 6, 12, 30, 36], {"stage": found})
    table = list(csv.DictReader((tmp_path / "a.csv").read_text().splitlines()))
    assert table[0]["area"] == "stage"
    assert table[0]["dwell_s"] == "0.800"
    assert table[0]["shape_deg"] == "circle 0.00 0.00 28.65"
    curves = list(csv.DictReader((tmp_path / "c.csv").read_text().splitlines()))
    assert [row["frame_index"] for row in curves] == ["0", "6", "12", "30"]
    assert [row["holds_peak"] for row in curves] == ["0", "1", "1", "0"]


def test_rays_are_on_the_map_what_areas_are_asked_about():
    """The pixel of a map counts as inside if its middle and its corners are."""
    area = Circle((radians(30), radians(10)), radians(25))
    sure = area.contains(equirect_rays(60))
    cover = area.coverage(60)
    assert (cover[sure] > 0.3).all()
    assert cover.max() == 1
    assert not cover.flags.writeable
