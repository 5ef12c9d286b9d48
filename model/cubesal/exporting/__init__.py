"""Exports: blocking jobs that report progress, can be cancelled, and leave nothing half-written."""

from __future__ import annotations

from cubesal.exporting.burn import BURNABLE, Burn
from cubesal.exporting.encoding import Encoding, Exported
from cubesal.exporting.files import check_maps_folder, save_png, timecode
from cubesal.exporting.journal import Entry, ExportJob
from cubesal.exporting.path_files import load_path
from cubesal.exporting.paths import PATH_FORMATS, export_path, path_format
from cubesal.exporting.queue import ExportQueue
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
    "BURNABLE",
    "FOLDER_FORMATS",
    "MAP_FORMATS",
    "PATH_FORMATS",
    "WHOLE_CLIP",
    "WIDEST_VFOV",
    "Burn",
    "Encoding",
    "Entry",
    "ExportJob",
    "ExportQueue",
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
    "load_path",
    "map_target",
    "path_format",
    "require_maps",
    "save_png",
    "snapshot_name",
    "timecode",
]
