"""How good maps are: truth from files, rows to compare, scores, and checks that need no truth.

A *row* of a table is a name and a predictor (`rows`); what it is scored on (`stills`, `clips`,
never pooled, and neither are scores against densities with scores against fixations.
"""

from __future__ import annotations

from cubesal.evaluation.baselines import (
    baseline_rows,
    centre_prior,
    equator_prior,
    latitude_band,
)
from cubesal.evaluation.checks import CheckReport, check_row, seam_ratio
from cubesal.evaluation.clips import ClipTruth, Flickering, read_clips, score_clips
from cubesal.evaluation.flicker import flicker, still_share
from cubesal.evaluation.ids import read_ids
from cubesal.evaluation.networks import model_rows
from cubesal.evaluation.predictions import PredictedMaps
from cubesal.evaluation.rows import Row, Variant
from cubesal.evaluation.section import Section
from cubesal.evaluation.statistics import bootstrap_interval
from cubesal.evaluation.stills import Still, Truth, read_stills, score_stills
from cubesal.evaluation.wild360 import WildClip, read_wild360, score_wild360

__all__ = [
    "CheckReport",
    "ClipTruth",
    "Flickering",
    "PredictedMaps",
    "Row",
    "Section",
    "Still",
    "Truth",
    "Variant",
    "WildClip",
    "baseline_rows",
    "bootstrap_interval",
    "centre_prior",
    "check_row",
    "equator_prior",
    "flicker",
    "latitude_band",
    "model_rows",
    "read_clips",
    "read_ids",
    "read_stills",
    "read_wild360",
    "score_clips",
    "score_stills",
    "score_wild360",
    "seam_ratio",
    "still_share",
]
