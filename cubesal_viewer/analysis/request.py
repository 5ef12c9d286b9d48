"""What is to be analysed, and what was loaded for it: frozen values between the threads."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from cubesal.analysis import DEFAULT_RATE_HZ
from cubesal_viewer.document.keeper import MapStore
from cubesal_viewer.state import ModelChoice

__all__ = ["AnalysisRequest", "ModelLoaded"]


@dataclass(frozen=True)
class AnalysisRequest:
    """Which clip to analyse, with what, on which grid of file time (Hz); where maps are kept."""

    path: Path
    projection: str | None
    choice: ModelChoice
    rate_hz: float = DEFAULT_RATE_HZ
    store: MapStore | None = None


@dataclass(frozen=True)
class ModelLoaded:
    """What was loaded, where it runs, how long importing and loading took, and what maps need.

    ``warmup``: moments to look at before the first map of a run.
    """

    name: str
    device: str
    seconds: float
    devices: tuple[str, ...]
    warmup: int = 0
