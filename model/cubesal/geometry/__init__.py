"""Geometry of the sphere: equirect ↔ cube ↔ perspective, on pixel centres, with wrap at the seam.

``axes`` states the conventions, ``rays`` holds the cached grids, ``sampling`` and ``cube`` move
pictures, ``net`` unfolds the cube; ``published`` knows where the CP-360 code samples.  Needs numpy
and OpenCV only.
"""

from __future__ import annotations

from cubesal.geometry.axes import (
    FACE_BASES,
    Face,
    angles_from_dir,
    angles_from_rotation,
    dir_from_angles,
    dir_from_uv,
    face_coords_from_dir,
    rotation,
    uv_from_dir,
)
from cubesal.geometry.cube import cube_to_equirect, equirect_to_cube
from cubesal.geometry.net import (
    NET_COLUMNS,
    NET_LAYOUT,
    NET_ROWS,
    cube_net,
    dir_from_net,
    net_from_dir,
)
from cubesal.geometry.published import shrink_as_published
from cubesal.geometry.rays import (
    cube_rays,
    equirect_rays,
    perspective_rays,
    pixel_angles,
    sphere_weights,
)
from cubesal.geometry.sampling import (
    equirect_to_perspective,
    pad_equirect,
    rotate_equirect,
    sample_equirect,
    wrap_columns,
)

__all__ = [
    "FACE_BASES",
    "NET_COLUMNS",
    "NET_LAYOUT",
    "NET_ROWS",
    "Face",
    "angles_from_dir",
    "angles_from_rotation",
    "cube_net",
    "cube_rays",
    "cube_to_equirect",
    "dir_from_angles",
    "dir_from_net",
    "dir_from_uv",
    "equirect_rays",
    "equirect_to_cube",
    "equirect_to_perspective",
    "face_coords_from_dir",
    "net_from_dir",
    "pad_equirect",
    "perspective_rays",
    "pixel_angles",
    "rotate_equirect",
    "rotation",
    "sample_equirect",
    "shrink_as_published",
    "sphere_weights",
    "uv_from_dir",
    "wrap_columns",
]
