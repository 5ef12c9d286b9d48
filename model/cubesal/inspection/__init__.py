"""Looking closely at maps: against where people looked, at the cube's edges, inside areas."""

from __future__ import annotations

from cubesal.inspection.area_statistics import (
    AreaStatistics,
    measure_area,
    write_area_curves,
    write_area_table,
)
from cubesal.inspection.areas import Area, Circle, Polygon
from cubesal.inspection.difference import DIFFERENCE_RANGE, difference_map
from cubesal.inspection.own_maps import (
    is_own_maps,
    named_track,
    open_own_maps,
    own_maps_path,
    own_maps_word,
)
from cubesal.inspection.scores import METRICS, Metric, TrackScores, score_moment
from cubesal.inspection.seams import QUANTITIES, Quantity, SeamReport, SeamSide, inspect_seams
from cubesal.inspection.truth import GroundTruth, TruthMap, open_ground_truth

__all__ = [
    "DIFFERENCE_RANGE",
    "METRICS",
    "QUANTITIES",
    "Area",
    "AreaStatistics",
    "Circle",
    "GroundTruth",
    "Metric",
    "Polygon",
    "Quantity",
    "SeamReport",
    "SeamSide",
    "TrackScores",
    "TruthMap",
    "difference_map",
    "inspect_seams",
    "is_own_maps",
    "measure_area",
    "named_track",
    "open_ground_truth",
    "open_own_maps",
    "own_maps_path",
    "own_maps_word",
    "score_moment",
    "write_area_curves",
    "write_area_table",
]
