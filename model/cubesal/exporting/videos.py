"""Overlay video and flat video."""

from __future__ import annotations

from math import atan, pi, tan
from pathlib import Path
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from cubesal.autopilot import CameraPath
from cubesal.camera import HFOV_DEFAULT
from cubesal.exporting.encoding import Encoding, Exported, export_frames
from cubesal.exporting.ranges import WHOLE_CLIP, TimeRange, frames_within, require_maps
from cubesal.geometry import cube_net, equirect_to_cube, equirect_to_perspective
from cubesal.overlay import OverlayStyle, blend_scaled, saliency_on_equirect
from cubesal.progress import ProgressFn
from cubesal.track import SaliencyTrack
from cubesal.video import ClipInfo, ClipReader, Frame

__all__ = [
    "WIDEST_VFOV",
    "default_hfov",
    "default_size",
    "equirect_size",
    "export_nfov",
    "export_overlay",
]

OverlayView = Literal["equirect", "cube"]
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
    progress: ProgressFn | None = None,
) -> Exported:
    """Burn the saliency overlay into the clip, as equirect or as cube net.

    Drawn as the viewer's pane draws it with the same style; with its range mode "clip", colours
    mean the same in every frame. Equirect MP4 and MOV carry spherical metadata. MediaError,
    ExportError; these and Cancelled leave no file.
    """
    style = style or OverlayStyle()
    with ClipReader(clip, projection=projection) as reader:
        require_maps(track, reader.times_s[frames_within(reader, span)])
        width, height = equirect_size(reader.info)
        face_w = max(2, 2 * round(width / 8))

        def draw(frame: Frame) -> NDArray[np.uint8]:
            saliency = track.at(frame.time_s).saliency
            rgb = _resized(frame.rgb(), width, height)
            if saliency is None:
                raise ValueError(f"no map at {frame.time_s} s")
            top = style.scale_of(saliency, track.peak)
            values = saliency_on_equirect(saliency, height, width)
            if view == "equirect":
                return blend_scaled(rgb, values, top, style)
            return _overlaid_net(rgb, values, face_w, top, style)

        return export_frames(
            reader,
            Path(out),
            (width, height) if view == "equirect" else (4 * face_w, 3 * face_w),
            draw,
            span=span,
            encoding=encoding or Encoding(),
            # Matroska has no agreed place for it.
            spherical=view == "equirect" and Path(out).suffix.lower() in SPHERICAL_SUFFIXES,
            progress=progress,
        )


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
    progress: ProgressFn | None = None,
) -> Exported:
    """What the camera of ``path`` sees, as a flat video.

    The path's times count from the clip's first frame. MediaError, ExportError; these and
    Cancelled leave no file.
    """
    if width < 2 or height < 2 or width % 2 or height % 2:
        raise ValueError(f"a video is an even number of pixels wide and high, not {width}x{height}")
    with ClipReader(clip, projection=projection) as reader:

        def draw(frame: Frame) -> NDArray[np.uint8]:
            camera = path.at(frame.time_s)
            if camera.vfov(width / height) > WIDEST_VFOV:
                raise ValueError("the field of view is too wide for so tall a picture")
            return equirect_to_perspective(frame.rgb(), camera, width, height)

        return export_frames(
            reader,
            Path(out),
            (width, height),
            draw,
            span=span,
            encoding=encoding or Encoding(),
            spherical=False,
            progress=progress,
        )
