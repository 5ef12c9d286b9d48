"""Reading clips: exact frames, their true times, their own colours.

Everything here is blocking, single-threaded and free of torch and Qt; a thread that wants
pictures owns its own :class:`ClipReader`.
"""

from __future__ import annotations

from cubesal.video.colour import ColourSpec, YuvPlanes
from cubesal.video.info import ClipInfo, Eye, Frame, Layout
from cubesal.video.reader import ClipReader
from cubesal.video.sampling import neighbouring_runs, sample_indices

__all__ = [
    "ClipInfo",
    "ClipReader",
    "ColourSpec",
    "Eye",
    "Frame",
    "Layout",
    "YuvPlanes",
    "neighbouring_runs",
    "sample_indices",
]
