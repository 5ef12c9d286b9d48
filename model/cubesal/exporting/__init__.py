"""Exports: blocking jobs that report progress, can be cancelled, and leave nothing half-written."""

from __future__ import annotations

from cubesal.exporting.encoding import Encoding, Exported
from cubesal.exporting.files import check_maps_folder, save_png, timecode
from cubesal.exporting.ranges import (
    WHOLE_CLIP,
    TimeRange,
    frames_within,
    grid_points_for,
    require_maps,
)
from cubesal.exporting.tables import (
    FOLDER_FORMATS,
    MAP_FORMATS,
    export_attention,
    export_maps,
    export_path,
    export_snapshot,
    map_target,
    snapshot_name,
)
from cubesal.exporting.videos import (
    WIDEST_VFOV,
    default_hfov,
    default_size,
    equirect_size,
    export_nfov,
    export_overlay,
)

__all__ = [
    "FOLDER_FORMATS",
    "MAP_FORMATS",
    "WHOLE_CLIP",
    "WIDEST_VFOV",
    "Encoding",
    "Exported",
    "TimeRange",
    "check_maps_folder",
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
