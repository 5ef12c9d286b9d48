"""What is known about a clip, and one frame of it: frozen values that may cross threads."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from cubesal.video.colour import ColourSpec, YuvPlanes

if TYPE_CHECKING:  # a coverage depends on a reading, which names an eye
    from cubesal.video.coverage import Coverage

__all__ = ["VAST_PIXELS", "ClipInfo", "Eye", "Frame", "Layout"]

#: Frames of more take so much memory, 100 MB and more, that few may be held at once.
VAST_PIXELS: Final = 1 << 26


class Layout(Enum):
    """How the views of the two eyes are packed into one picture."""

    MONO = "mono"
    STEREO_TB = "stereo top-bottom"
    STEREO_SBS = "stereo side-by-side"


class Eye(Enum):
    """Whose view of a stereo clip is read; mono clips have only one."""

    LEFT = "left"
    RIGHT = "right"


@dataclass(frozen=True)
class ClipInfo:
    """The facts of an opened clip.

    ``width`` x ``height`` are the pixels of a frame: those of one eye after rotation, or where that
    is not equirect, of the equirect picture it is turned into; ``pixel_aspect`` is the
    width of one of them over its height.  ``rotation`` is how far the stored picture was turned
    counter-clockwise, in degrees: 0, 90, 180 or 270.  ``time_base`` is the duration of one pts
    tick in seconds, ``duration_s`` runs from the first frame's start to the last frame's end,
    ``fps`` is the average rate.  ``projection_source`` says what the projection was concluded
    from: "V2 metadata", "V1 metadata", "metadata", "aspect", "name" or "override".
    ``lost_frames`` are those before the first that can be decoded and, of an MP4 or MOV that was
    cut off, those behind its end; ``frame_count`` does not include them.
    ``is_cut_off`` is known of JPEG, Matroska, WebM and AVI: the file ends before it says so.
    ``projection`` is what one eye's stored picture is: "equirect", "vr180", "part" (another part of
    the sphere), "cube-3x2", "cube-6x1" or "eac"; ``coverage`` is None where it shows the whole
    sphere; ``reading`` is the text of how the clip was asked to be read, None: as the file says.
    ``is_second``: the eye's view is the lower or right half of the stored picture.
    ``transfer`` is "SDR", or the HDR that frames were brought to SDR from: "PQ" or "HLG".
    """

    path: Path
    codec: str
    width: int
    height: int
    frame_count: int
    duration_s: float
    fps: Fraction
    time_base: Fraction
    pixel_aspect: Fraction
    rotation: int
    colour: ColourSpec
    has_audio: bool
    layout: Layout
    projection_source: str
    is_still: bool
    lost_frames: int = 0
    is_cut_off: bool = False
    projection: str = "equirect"
    eye: Eye = Eye.LEFT
    is_second: bool = False
    reading: str | None = None
    coverage: Coverage | None = None
    transfer: str = "SDR"

    @property
    def is_vast(self) -> bool:
        """Whether each frame takes so much memory that few may be held at once."""
        return self.width * self.height > VAST_PIXELS


@dataclass(frozen=True, eq=False)
class Frame:
    """One decoded frame: ``time_s`` counts from the first frame, ``pts`` is the file's own.

    ``coverage``: the part of the sphere that it shows, None: all of it.  ``is_resized``: stored in
    another size than the first one, and scaled to that.  ``is_proxy``: its picture is that of a
    proxy, smaller than the clip's.
    """

    index: int
    time_s: float
    pts: int
    planes: YuvPlanes
    coverage: Coverage | None = None
    is_resized: bool = False
    is_proxy: bool = False

    def rgb(self, columns: int | None = None) -> NDArray[np.uint8]:
        """The picture as RGB (H, W, 3) uint8, converted on each call.

        At half its size, which takes a fraction of the time, where that has ``columns`` columns.
        """
        halves = columns is not None and self.planes.has_half
        if halves and self.planes.y.shape[1] // 2 >= columns:
            return self.planes.half_rgb()
        return self.planes.rgb()
