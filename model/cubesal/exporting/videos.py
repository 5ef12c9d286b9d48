"""Overlay video and flat video."""

from __future__ import annotations

from dataclasses import dataclass
from math import atan, pi, tan
from pathlib import Path
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from cubesal.autopilot import CameraPath
from cubesal.camera import HFOV_DEFAULT, Camera
from cubesal.exporting.burn import Burn, burn_legend, burn_outline, burn_timecode
from cubesal.exporting.encoding import Encoding, Exported, export_frames
from cubesal.exporting.plane_sampling import FlatSampler
from cubesal.exporting.ranges import WHOLE_CLIP, TimeRange, frames_within, require_maps
from cubesal.geometry import cube_net, equirect_to_cube, equirect_to_perspective
from cubesal.overlay import OverlayStyle, blend_scaled, saliency_on_equirect
from cubesal.progress import ProgressFn
from cubesal.track import SaliencyTrack
from cubesal.video import ClipInfo, ClipReader, Frame, YuvPlanes
from cubesal.video.coded_pictures import in_output_colour
from cubesal.video.encoders import ENCODERS

__all__ = [
    "WIDEST_VFOV",
    "default_hfov",
    "default_size",
    "equirect_size",
    "export_nfov",
    "export_overlay",
]

OverlayView = Literal["equirect", "cube"]
NO_BURN = Burn()
SPHERICAL_SUFFIXES = (".mp4", ".m4v", ".mov")
DEFAULT_PIXELS = 1280 * 720
WIDEST_VFOV = pi * 0.95
"""Beyond it a flat picture is all stretched border."""


def equirect_size(info: ClipInfo) -> tuple[int, int]:
    """(width, height) of an equirect export: exactly 2:1, both even, no fewer columns than now."""
    nearly_two_to_one = info.width >= 1.9 * info.height
    width = info.width if nearly_two_to_one else 2 * info.height
    half = max(2, 2 * round(width / 4))
    return 2 * half, half


def default_size(aspect: tuple[int, int]) -> tuple[int, int]:
    """(width, height), both even, of exactly that aspect and about as many pixels as 1280x720."""
    across, down = aspect
    if across < 1 or down < 1 or max(across, down) > 100:
        raise ValueError(f"an aspect is two whole numbers such as 16:9, not {across}:{down}")
    scale = 2 * max(1, round((DEFAULT_PIXELS / (across * down)) ** 0.5 / 2))
    return across * scale, down * scale


def default_hfov(aspect: float) -> float:
    """90 degrees along the longer side, as a horizontal field of view in radians."""
    return HFOV_DEFAULT if aspect >= 1 else 2 * atan(tan(HFOV_DEFAULT / 2) * aspect)


def export_overlay(
    clip: str | Path,
    track: SaliencyTrack,
    out: str | Path,
    *,
    view: OverlayView = "equirect",
    style: OverlayStyle | None = None,
    span: TimeRange = WHOLE_CLIP,
    projection: str | None = None,
    encoding: Encoding | None = None,
    burn: Burn = NO_BURN,
    path: CameraPath | None = None,
    aspect: float = 16 / 9,
    progress: ProgressFn | None = None,
) -> Exported:
    """Burn the saliency overlay into the clip, as equirect or as cube net.

    Drawn as the viewer's pane draws it with the same style; with its range mode "clip", colours
    mean the same in every frame. Equirect MP4 and MOV carry spherical metadata. An outline to
    ``burn`` is that of ``path``, for a flat picture of ``aspect``. MediaError, ExportError; these
    and Cancelled leave no file.
    """
    style = style or OverlayStyle()
    if burn.outline and path is None:
        raise ValueError("an outline needs the path whose view it shows")
    with ClipReader(clip, projection=projection) as reader:
        require_maps(track, reader.times_s[frames_within(reader, span)])
        drawing = _OverlayDrawing(
            track, style, equirect_size(reader.info), view, burn, path, aspect
        )
        return export_frames(
            reader,
            Path(out),
            drawing.size,
            drawing,
            span=span,
            encoding=encoding or Encoding(),
            # Matroska has no agreed place for it.
            spherical=view == "equirect" and Path(out).suffix.lower() in SPHERICAL_SUFFIXES,
            # The middle of a cube net is the front.
            camera_at=None if view == "equirect" else lambda _: Camera(),
            progress=progress,
        )


@dataclass(frozen=True, eq=False)
class _OverlayDrawing:
    """Draws frames of a clip with the overlay over them; ``equirect`` is (width, height)."""

    track: SaliencyTrack
    style: OverlayStyle
    equirect: tuple[int, int]
    view: OverlayView
    burn: Burn
    path: CameraPath | None
    aspect: float

    @property
    def face_w(self) -> int:
        return max(2, 2 * round(self.equirect[0] / 8))

    @property
    def size(self) -> tuple[int, int]:
        """(width, height) of the pictures."""
        return self.equirect if self.view == "equirect" else (4 * self.face_w, 3 * self.face_w)

    def __call__(self, frame: Frame) -> NDArray[np.uint8]:
        saliency = self.track.at(frame.time_s).saliency
        if saliency is None:
            raise ValueError(f"no map at {frame.time_s} s")
        saliency = self.style.smoothed(saliency)
        width, height = self.equirect
        rgb = _resized(frame.rgb(), width, height)
        top = self.style.scale_of(saliency, self.track.peak)
        values = saliency_on_equirect(saliency, height, width)
        if self.view == "equirect":
            picture = blend_scaled(rgb, values, top, self.style)
        else:
            picture = _overlaid_net(rgb, values, self.face_w, top, self.style)
        self._burn_into(picture, frame)
        return picture

    def _burn_into(self, picture: NDArray[np.uint8], frame: Frame) -> None:
        if self.burn.outline and self.path is not None:
            camera = self.path.at(frame.time_s)
            burn_outline(picture, camera, self.aspect, is_net=self.view == "cube")
        if self.burn.legend:
            burn_legend(picture, self.style)
        if self.burn.timecode:
            burn_timecode(picture, frame.time_s, frame.index)


def _resized(rgb: NDArray[np.uint8], width: int, height: int) -> NDArray[np.uint8]:
    if rgb.shape[:2] == (height, width):
        return rgb
    return np.asarray(cv2.resize(rgb, (width, height), interpolation=cv2.INTER_LINEAR), np.uint8)


def _overlaid_net(
    rgb: NDArray[np.uint8],
    values: NDArray[np.float32],
    face_w: int,
    scale: float,
    style: OverlayStyle,
) -> NDArray[np.uint8]:
    """Faces first, then the overlay, so that its threshold is as sharp as on the equirect frame."""
    net = cube_net(equirect_to_cube(rgb, face_w))
    cube_values = equirect_to_cube(values[..., None], face_w)
    return blend_scaled(net, _value_net(cube_values), scale, style)


def _value_net(cube_values: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.asarray(cube_net(cube_values), dtype=np.float32)[..., 0]


def export_nfov(
    clip: str | Path,
    path: CameraPath,
    out: str | Path,
    *,
    width: int = 1280,
    height: int = 720,
    span: TimeRange = WHOLE_CLIP,
    projection: str | None = None,
    encoding: Encoding | None = None,
    burn: Burn = NO_BURN,
    progress: ProgressFn | None = None,
) -> Exported:
    """What the camera of ``path`` sees, as a flat video.

    The path's times count from the clip's first frame. Of what can be burnt in only the time code
    has a place here. MediaError, ExportError; these and Cancelled leave no file.
    """
    encoding = encoding or Encoding()
    # Codecs of whole chroma deserve better than chroma of half the flat picture's size.
    is_halved = ENCODERS[encoding.codec].pix_fmt == "yuv420p"
    drawing = _FlatDrawing(path, FlatSampler(width, height), is_halved, burn.timecode)
    with ClipReader(clip, projection=projection) as reader:
        return export_frames(
            reader,
            Path(out),
            (width, height),
            drawing,
            span=span,
            encoding=encoding,
            spherical=False,
            camera_at=path.at,
            progress=progress,
        )


@dataclass(frozen=True, eq=False)
class _FlatDrawing:
    """Draws what the camera of a path sees of the frames of a clip."""

    path: CameraPath
    sampler: FlatSampler
    is_halved: bool
    is_stamped: bool

    def __call__(self, frame: Frame) -> NDArray[np.uint8] | YuvPlanes:
        camera, size = self.path.at(frame.time_s), (self.sampler.width, self.sampler.height)
        if camera.vfov(size[0] / size[1]) > WIDEST_VFOV:
            raise ValueError("the field of view is too wide for so tall a picture")
        if self.is_halved and not self.is_stamped:
            return in_output_colour(self.sampler(frame.planes, camera))
        if self.is_halved:
            flat = self.sampler(frame.planes, camera).rgb()
        else:
            flat = equirect_to_perspective(frame.rgb(), camera, *size)
        if self.is_stamped:
            burn_timecode(flat, frame.time_s, frame.index)
        return flat
