"""One export as frozen values and blocking code: analyse what is missing, then write the video."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from cubesal.analysis import analyse, grid_track
from cubesal.autopilot import Area, CameraPath, PathKey, PlannerOptions, plan_path
from cubesal.exporting import (
    WHOLE_CLIP,
    Burn,
    Encoding,
    TimeRange,
    export_attention,
    export_nfov,
    export_overlay,
    export_path,
)
from cubesal.inspection import is_own_maps, named_track
from cubesal.overlay import OverlayStyle
from cubesal.predictor import create_predictor
from cubesal.progress import ProgressFn
from cubesal.track import SaliencyTrack
from cubesal.video import ClipReader
from cubesal_viewer.analysis.inference import AnalysisRequest

__all__ = ["ExportKind", "ExportRequest", "StageFn", "run_export"]

ExportKind = Literal["overlay", "cube", "nfov", "path", "attention"]
USUAL, NOTHING = Encoding(), Burn()
Stage = Literal["analysing", "writing"]
#: Called with the name of a stage; returns what reports that stage's progress.
StageFn = Callable[[Stage], ProgressFn]


@dataclass(frozen=True, eq=False)
class ExportRequest:
    """Everything an export depends on.  ``track`` is its own copy, complete or not, or None.

    ``size`` (width, height) is that of flat pictures, ``path_format`` one of `PATH_FORMATS`; the
    field of view and aspect are those of ``planner``.
    """

    kind: ExportKind
    out: Path
    analysis: AnalysisRequest
    track: SaliencyTrack | None
    style: OverlayStyle
    planner: PlannerOptions
    keys: tuple[PathKey, ...] = ()
    areas: tuple[Area, ...] = ()
    span: TimeRange = WHOLE_CLIP
    size: tuple[int, int] = (1280, 720)
    encoding: Encoding = USUAL
    burn: Burn = NOTHING
    path_format: str = "csv"


def run_export(request: ExportRequest, stage: StageFn) -> Path:
    """Run an export to its end and return the file.

    The result is the same whether the clip was analysed before or not: what is missing is computed
    here first.  CubesalError and Cancelled leave no file.
    """
    track = _completed_track(request, stage)
    progress = stage("writing")
    if request.kind in ("overlay", "cube"):
        _export_overlay(request, track, progress)
        return request.out
    path = planned_path(request, track)
    if request.kind == "nfov":
        _export_nfov(request, path, progress)
    elif request.kind == "path":
        export_path(
            request.analysis.path,
            path,
            request.out,
            kind=request.path_format,
            size=request.size,
            span=request.span,
            projection=request.analysis.projection,
        )
    else:
        export_attention(track, request.out, path, request.planner.aspect, request.span)
    return request.out


def planned_path(request: ExportRequest, track: SaliencyTrack) -> CameraPath:
    """The path of the whole clip, for the shape of this export."""
    _, times_s, maps = track.arrays()
    turn = track.known_turns()
    return plan_path(
        maps, times_s, request.planner, turn=turn, keys=request.keys, areas=request.areas
    )


def _export_overlay(request: ExportRequest, track: SaliencyTrack, progress: ProgressFn) -> None:
    export_overlay(
        request.analysis.path,
        track,
        request.out,
        view="cube" if request.kind == "cube" else "equirect",
        style=request.style,
        span=request.span,
        projection=request.analysis.projection,
        encoding=request.encoding,
        burn=request.burn,
        path=planned_path(request, track) if request.burn.outline else None,
        aspect=request.planner.aspect,
        progress=progress,
    )


def _export_nfov(request: ExportRequest, path: CameraPath, progress: ProgressFn) -> None:
    export_nfov(
        request.analysis.path,
        path,
        request.out,
        width=request.size[0],
        height=request.size[1],
        span=request.span,
        projection=request.analysis.projection,
        encoding=request.encoding,
        burn=request.burn,
        progress=progress,
    )


def _completed_track(request: ExportRequest, stage: StageFn) -> SaliencyTrack:
    track, analysis = request.track, request.analysis
    if track is not None and track.complete:
        return track
    choice = analysis.choice
    if is_own_maps(choice.model):
        with ClipReader(analysis.path, projection=analysis.projection) as reader:
            return named_track(choice.model, analysis.path, reader.times_s, analysis.projection)
    predictor = create_predictor(choice.model, choice.device, prior=choice.prior)
    with ClipReader(analysis.path, projection=analysis.projection) as reader:
        if track is None:
            track = grid_track(reader, choice.model, analysis.rate_hz)
        analyse(reader, predictor, track, progress=stage("analysing"))
    return track
