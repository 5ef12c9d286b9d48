"""``--bench``: how soon the real window is there, how smooth it stays, how fast scrubbing is."""

from __future__ import annotations

from cubesal_viewer.bench.report import BenchReport
from cubesal_viewer.bench.run import Bench

__all__ = ["Bench", "BenchReport"]
