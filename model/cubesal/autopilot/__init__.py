"""The autopilot: from saliency maps to a smooth camera path, and what a path is worth.

Pure functions on arrays: no clip, no model, no window.
"""

from __future__ import annotations

from cubesal.autopilot.coverage import (
    best_fixed_view,
    captured_attention,
    captured_shares,
    frustum_mask,
    share_volume,
    static_eye_level,
    upper_bound,
    view_share,
)
from cubesal.autopilot.path import CSV_COLUMNS, CameraPath, load_csv, still_path
from cubesal.autopilot.planner import PlannerOptions, plan_path

__all__ = [
    "CSV_COLUMNS",
    "CameraPath",
    "PlannerOptions",
    "best_fixed_view",
    "captured_attention",
    "captured_shares",
    "frustum_mask",
    "load_csv",
    "plan_path",
    "share_volume",
    "static_eye_level",
    "still_path",
    "upper_bound",
    "view_share",
]
