"""The autopilot: from saliency maps to a smooth camera path, and what a path is worth.

Pure functions on arrays: no clip, no model, no window.
"""

from __future__ import annotations

from cubesal.autopilot.alternatives import Alternative, alternative_paths
from cubesal.autopilot.areas import Area, AreaKind, weighted
from cubesal.autopilot.coverage import (
    best_fixed_view,
    captured_attention,
    captured_shares,
    frustum_mask,
    lens_share,
    share_volume,
    static_eye_level,
    upper_bound,
    view_share,
)
from cubesal.autopilot.keys import EASES, Ease, PathKey, model_keys, simplified
from cubesal.autopilot.motion import MotionLimits, ViewState
from cubesal.autopilot.online import FollowState, OnlineFilter, Step, follow
from cubesal.autopilot.options import MANNERS, PlannerOptions
from cubesal.autopilot.path import CSV_COLUMNS, CameraPath, load_csv, spliced, still_path
from cubesal.autopilot.planner import Plan, grid_values, plan, plan_path, plan_values
from cubesal.autopilot.report import PathReport, path_report
from cubesal.autopilot.side_views import SideView, side_views
from cubesal.autopilot.value_volume import ValueVolume
from cubesal.autopilot.views import MissedView, missed_view

__all__ = [
    "CSV_COLUMNS",
    "EASES",
    "MANNERS",
    "Alternative",
    "Area",
    "AreaKind",
    "CameraPath",
    "Ease",
    "FollowState",
    "MissedView",
    "MotionLimits",
    "OnlineFilter",
    "PathKey",
    "PathReport",
    "Plan",
    "PlannerOptions",
    "SideView",
    "Step",
    "ValueVolume",
    "ViewState",
    "alternative_paths",
    "best_fixed_view",
    "captured_attention",
    "captured_shares",
    "follow",
    "frustum_mask",
    "grid_values",
    "lens_share",
    "load_csv",
    "missed_view",
    "model_keys",
    "path_report",
    "plan",
    "plan_path",
    "plan_values",
    "share_volume",
    "side_views",
    "simplified",
    "spliced",
    "static_eye_level",
    "still_path",
    "upper_bound",
    "view_share",
    "weighted",
]
