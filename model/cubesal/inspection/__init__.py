"""Looking closely at maps: against where people looked, at the cube's edges, inside areas."""

from __future__ import annotations

from cubesal.inspection.difference import DIFFERENCE_RANGE, difference_map
from cubesal.inspection.scores import METRICS, Metric, TrackScores, score_moment
from cubesal.inspection.seams import QUANTITIES, Quantity, SeamReport, SeamSide, inspect_seams
from cubesal.inspection.truth import GroundTruth, TruthMap, open_ground_truth

__all__ = [
    "DIFFERENCE_RANGE",
    "METRICS",
    "QUANTITIES",
    "GroundTruth",
    "Metric",
    "Quantity",
    "SeamReport",
    "SeamSide",
    "TrackScores",
    "TruthMap",
    "difference_map",
    "inspect_seams",
    "open_ground_truth",
    "score_moment",
]
