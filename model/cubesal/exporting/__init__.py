"""Exports: blocking jobs that report progress, can be cancelled, and leave nothing half-written."""

from __future__ import annotations

from cubesal.exporting.encoding import Encoding, Exported
from cubesal.exporting.files import save_png, timecode
from cubesal.exporting.ranges import (
    WHOLE_CLIP,
    TimeRange,
    frames_within,
    grid_points_for,
    require_maps,
)
from cubesal.exporting.tables import (
    MAP_FORMATS,
    export_attention,
    export_maps,
    export_path,
    export_snapshot,
    map_target,
    snapshot_name,
)
from cubesal.exporting.videos import (
    default_hfov,
    default_size,
    equirect_size,
    export_nfov,
    export_overlay,
)

__all__ = [
    "MAP_FORMATS",
    "WHOLE_CLIP",
    "Encoding",
    "Exported",
    "TimeRange",
    "default_hfov",
    "default_size",
    "equirect_size",
    "export_attention",
    "export_maps",
    "export_nfov",
    "export_overlay",
    "export_path",
    "export_snapshot",
    "frames_within",
    "grid_points_for",
    "map_target",
    "require_maps",
    "save_png",
    "snapshot_name",
    "timecode",
]
