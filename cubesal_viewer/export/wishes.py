"""What a person wishes to export, and the request that it becomes with the state of the window."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import numpy as np

from cubesal.autopilot import PathKey, PlannerOptions
from cubesal.camera import HFOV_DEFAULT, HFOV_MAX, HFOV_MIN
from cubesal.exporting import WHOLE_CLIP, Burn, Encoding, TimeRange, default_hfov
from cubesal_viewer.analysis.request import AnalysisRequest
from cubesal_viewer.export.job import NOTHING, USUAL, ExportKind, ExportRequest
from cubesal_viewer.state import ViewerState

__all__ = ["ASPECTS", "ExportWish", "request_for", "size_of"]

ASPECTS: Final = ((16, 9), (9, 16), (1, 1), (4, 5))


@dataclass(frozen=True)
class ExportWish:
    """One file; ``ranged``: only the A–B range, where there is one."""

    kind: ExportKind
    out: Path
    size: tuple[int, int] = (1280, 720)
    encoding: Encoding = USUAL
    burn: Burn = NOTHING
    path_format: str = "csv"
    ranged: bool = True


def size_of(aspect: tuple[int, int], short_side: int) -> tuple[int, int]:
    """(width, height), even, of a picture whose shorter side is that long."""
    long_side = 2 * round(short_side * max(aspect) / min(aspect) / 2)
    return (long_side, short_side) if aspect[0] >= aspect[1] else (short_side, long_side)


def request_for(
    wish: ExportWish, analysis: AnalysisRequest, state: ViewerState, options: PlannerOptions
) -> ExportRequest:
    """Everything that the wish depends on, frozen."""
    edits, aspect = state.edits, wish.size[0] / wish.size[1]
    # As wide as the window's view is, beside what is usual, in every aspect.
    share = default_hfov(aspect) / HFOV_DEFAULT
    hfov = _allowed(state.camera.hfov * share)
    is_ranged = wish.ranged and edits.span_s is not None
    return ExportRequest(
        kind=wish.kind,
        out=wish.out,
        analysis=replace(analysis, path=analysis.path.absolute()),
        track=None,
        style=state.overlay.style,
        planner=replace(options, hfov=hfov, aspect=aspect),
        keys=_fitted(edits.path, share),
        areas=edits.areas,
        span=TimeRange(*edits.span_s) if is_ranged and edits.span_s else WHOLE_CLIP,
        size=wish.size,
        encoding=wish.encoding,
        burn=wish.burn,
        path_format=wish.path_format,
    )


def _fitted(keys: Sequence[PathKey], share: float) -> tuple[PathKey, ...]:
    """Keys set in a 16:9 view, as wide for another aspect as they are for that one."""
    return tuple(replace(key, hfov=_allowed(key.hfov * share)) for key in keys)


def _allowed(hfov: float) -> float:
    return float(np.clip(hfov, HFOV_MIN, HFOV_MAX))
