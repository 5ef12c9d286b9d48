"""Export requests of the window as jobs that a journal keeps, and back again."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any, cast

import platformdirs

from cubesal.autopilot import Area, PathKey, PlannerOptions
from cubesal.errors import ExportError
from cubesal.exporting import Burn, Encoding, ExportJob, TimeRange
from cubesal.overlay import OverlayStyle
from cubesal.track import SaliencyTrack
from cubesal_viewer.analysis.inference import AnalysisRequest
from cubesal_viewer.export.job import ExportKind, ExportRequest
from cubesal_viewer.state import ModelChoice

__all__ = ["job_of", "journal_file", "request_of"]

_KINDS = ("overlay", "cube", "nfov", "path", "attention")


def journal_file() -> Path:
    """Where unfinished exports are remembered from one start to the next."""
    folder = platformdirs.user_state_path("cubesal-viewer", appauthor=False)
    return folder / "exports.json"


def job_of(request: ExportRequest) -> ExportJob:
    """Everything about a request but its track, which is computed anew after a crash."""
    analysis = request.analysis
    settings = {
        "projection": analysis.projection,
        "rate_hz": analysis.rate_hz,
        "choice": asdict(analysis.choice),
        "style": asdict(request.style),
        "planner": asdict(request.planner),
        "keys": [asdict(key) for key in request.keys],
        "areas": [asdict(area) for area in request.areas],
        "span": asdict(request.span),
        "size": list(request.size),
        "encoding": asdict(request.encoding),
        "burn": asdict(request.burn),
        "path_format": request.path_format,
    }
    return ExportJob(request.kind, analysis.path, request.out, settings)


def request_of(job: ExportJob, track: SaliencyTrack | None) -> ExportRequest:
    """The request that a job was. ExportError for a job of another version."""
    settings: dict[str, Any] = dict(job.settings)
    try:
        if job.what not in _KINDS:
            raise ValueError(job.what)
        choice = ModelChoice(**settings["choice"])
        analysis = AnalysisRequest(job.clip, settings["projection"], choice, settings["rate_hz"])
        style = OverlayStyle(**settings["style"])
        planner = PlannerOptions(**settings["planner"])
        keys = tuple(PathKey(**key) for key in settings.get("keys", []))
        areas = tuple(Area(**area) for area in settings.get("areas", []))
        span = TimeRange(**settings.get("span", {}))
        width, height = settings.get("size", (1280, 720))
        shape: dict[str, Any] = {
            "size": (int(width), int(height)),
            "encoding": Encoding(**settings.get("encoding", {})),
            "burn": Burn(**settings.get("burn", {})),
            "path_format": str(settings.get("path_format", "csv")),
        }
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise ExportError(
            f"{job.out.name} was asked for in another version; remove it and export again"
        ) from error
    kind = cast(ExportKind, job.what)
    return ExportRequest(kind, job.out, analysis, track, style, planner, keys, areas, span, **shape)
