"""One export as frozen values and blocking code: analyse what is missing, then write the video."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from cubesal.analysis import analyse, grid_track
from cubesal.autopilot import Area, PathKey, PlannerOptions, plan_path
from cubesal.exporting import WHOLE_CLIP, TimeRange, export_nfov, export_overlay
from cubesal.overlay import OverlayStyle
from cubesal.predictor import create_predictor
from cubesal.progress import ProgressFn
from cubesal.track import SaliencyTrack
from cubesal.video import ClipReader
from cubesal_viewer.analysis.inference import AnalysisRequest

__all__ = ["ExportKind", "ExportRequest", "StageFn", "run_export"]

ExportKind = Literal["overlay", "cube", "nfov"]
Stage = Literal["analysing", "writing"]
#: Called with the name of a stage; returns what reports that stage's progress.
StageFn = Callable[[Stage], ProgressFn]


@dataclass(frozen=True, eq=False)
class ExportRequest:
    """Everything an export depends on.  ``track`` is its own copy, complete or not, or None."""

    kind: ExportKind
    out: Path
    analysis: AnalysisRequest
    track: SaliencyTrack | None
    style: OverlayStyle
    planner: PlannerOptions
    keys: tuple[PathKey, ...] = ()
    areas: tuple[Area, ...] = ()
    span: TimeRange = WHOLE_CLIP


def run_export(request: ExportRequest, stage: StageFn) -> Path:
    """Run an export to its end and return the file.

    The result is the same whether the clip was analysed before or not: what is missing is computed
    here first.  CubesalError and Cancelled leave no file.
    """
    clip, projection = request.analysis.path, request.analysis.projection
    track = _completed_track(request, stage)
    progress = stage("writing")
    if request.kind == "nfov":
        _, times_s, maps = track.arrays()
        path = plan_path(maps, times_s, request.planner, keys=request.keys, areas=request.areas)
        export_nfov(
            clip, path, request.out, span=request.span, projection=projection, progress=progress
        )
    else:
        export_overlay(
            clip,
            track,
            request.out,
            view="cube" if request.kind == "cube" else "equirect",
            style=request.style,
            span=request.span,
            projection=projection,
            progress=progress,
        )
    return request.out


def _completed_track(request: ExportRequest, stage: StageFn) -> SaliencyTrack:
    track, analysis = request.track, request.analysis
    if track is not None and track.complete:
        return track
    choice = analysis.choice
    predictor = create_predictor(choice.model, choice.device, prior=choice.prior)
    with ClipReader(analysis.path, projection=analysis.projection) as reader:
        if track is None:
            track = grid_track(reader, choice.model, analysis.rate_hz)
        analyse(reader, predictor, track, progress=stage("analysing"))
    return track
