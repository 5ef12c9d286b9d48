"""Draws a picture on the sphere without OpenGL: what the shaders show, by the library's samplers.

Planes are resampled before they become RGB, as the shaders do, so that colours are computed for the
pixels shown only.  All of it is numpy and OpenCV and may run on any thread.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from cubesal import geometry
from cubesal.camera import Camera
from cubesal.contours import blend_contours
from cubesal.exporting.plane_sampling import FlatSampler, sample_map
from cubesal.geometry.sampling import PAD, equirect_grid, pad_equirect, remap
from cubesal.lens import Lens
from cubesal.overlay import OverlayStyle, overlay_alpha, saliency_on_equirect
from cubesal.video import ColourSpec, YuvPlanes
from cubesal_viewer.render.content import OverlayParams, RenderContent
from cubesal_viewer.render.drawing import PictureRequest

__all__ = ["draw_on_cpu"]

Rgb = NDArray[np.uint8]
Plane = NDArray[np.uint8]
Grid = tuple[NDArray[np.float32], NDArray[np.float32]]
Values = Callable[[NDArray[np.float32]], NDArray[np.float32]]
_MOST_SHRINK = 8


def draw_on_cpu(request: PictureRequest, background: tuple[int, int, int] = (0, 0, 0)) -> Rgb:
    """The picture that ``request`` describes, (height, width, 3) uint8 of its viewport.

    ``background`` fills the cells of a cube net beside the faces.  What lies beside the picture is
    drawn by a call of its own.  ValueError without a frame.
    """
    if request.content.planes is None:
        raise ValueError("there is no frame to draw")
    if request.kind == "equirect":
        return _equirect(request)
    return _flat(request) if request.kind == "nfov" else _cube_net(request, background)


# ---- the three pictures ----------------------------------------------------------------------


def _equirect(request: PictureRequest) -> Rgb:
    planes, box = request.content.planes, request.viewport
    assert planes is not None
    size = (box.width, box.height)
    y, u, v = (_resized(plane, size) for plane in _even(planes))
    rgb = _rgb(y, u, v, planes.colour)

    if _is_plain(request):
        levels = saliency_on_equirect(_levels(request).astype(np.float32), box.height, box.width)
        return _heated(rgb, np.asarray(cv2.convertScaleAbs(levels), np.uint8), request)

    def values(saliency: NDArray[np.float32]) -> NDArray[np.float32]:
        return saliency_on_equirect(saliency, box.height, box.width)

    across = (np.arange(box.width, dtype=np.float32) + 0.5) / box.width
    return _covered(rgb, request, values, np.broadcast_to(across, (box.height, box.width)))


def _flat(request: PictureRequest) -> Rgb:
    planes, box, camera = request.content.planes, request.viewport, request.camera
    assert planes is not None
    assert camera is not None
    if request.lens.is_stereographic:
        return _through_lens(request, camera)
    # Half as much chroma needs even sides; a pane is at most one pixel larger.
    width, height = max(box.width // 2 * 2, 2), max(box.height // 2 * 2, 2)
    rgb = FlatSampler(width, height)(planes, camera).rgb()
    if (width, height) != (box.width, box.height):
        rgb = _resized(rgb, (box.width, box.height))
    if request.overlay.scale <= 0:
        return rgb
    if _is_plain(request):
        return _heated(rgb, sample_map(_levels(request), camera, box.width, box.height), request)
    return _covered_along(rgb, request, _camera_rays(camera, box.width, box.height))


def _through_lens(request: PictureRequest, camera: Camera) -> Rgb:
    planes, box = request.content.planes, request.viewport
    assert planes is not None
    rays = _lens_rays(request.lens, camera, box.width, box.height)
    y, u, v = (remap(pad_equirect(p), equirect_grid(rays, *p.shape)) for p in _even(planes))
    rgb = _rgb(y, u, v, planes.colour)
    return rgb if request.overlay.scale <= 0 else _covered_along(rgb, request, rays)


def _cube_net(request: PictureRequest, background: tuple[int, int, int]) -> Rgb:
    planes, box = request.content.planes, request.viewport
    assert planes is not None
    face_w = max(round(box.width / geometry.NET_COLUMNS), 1)
    small = _averaged(planes, planes.y.shape[1] / 4 / face_w)
    y, u, v = (
        remap(pad_equirect(plane), _face_grid(face_w, *plane.shape)) for plane in _even(small)
    )
    tower = _rgb(y, u, v, planes.colour)
    if _is_plain(request):
        levels = pad_equirect(_levels(request))
        grid = _face_grid(face_w, levels.shape[0] - 2 * PAD, levels.shape[1] - 2 * PAD)
        tower = _heated(tower, remap(levels, grid), request)
    elif request.overlay.scale > 0:
        tower = _covered_along(tower, request, _face_rays(face_w))
    net = geometry.cube_net(tower.reshape(6, face_w, face_w, 3))
    for row, column in _empty_cells():
        rows, columns = (slice(k * face_w, (k + 1) * face_w) for k in (row, column))
        net[rows, columns] = background
    return _resized(net, (box.width, box.height))


def _empty_cells() -> set[tuple[int, int]]:
    cells = {(r, c) for r in range(geometry.NET_ROWS) for c in range(geometry.NET_COLUMNS)}
    return cells - set(geometry.NET_LAYOUT.values())


# ---- planes ----------------------------------------------------------------------------------


def _even(planes: YuvPlanes) -> tuple[Plane, Plane, Plane]:
    """The planes with chroma cut to the frame where odd sides leave half a sample to spare."""
    height, width = planes.y.shape
    if height % 2 == 0 and width % 2 == 0:
        return planes.y, planes.u, planes.v
    twice = (2 * planes.u.shape[1], 2 * planes.u.shape[0])
    u, v = (
        np.asarray(cv2.resize(plane, twice, interpolation=cv2.INTER_LINEAR), np.uint8)
        for plane in (planes.u, planes.v)
    )
    return planes.y, u[:height, :width], v[:height, :width]


def _averaged(planes: YuvPlanes, minification: float) -> YuvPlanes:
    """The frame smaller by a whole factor, so that bilinear lookups skip no pixels."""
    factor = min(int(minification), _MOST_SHRINK)
    if factor < 2:
        return planes
    height, width = planes.y.shape
    luma = (max(width // factor // 2, 1) * 2, max(height // factor // 2, 1) * 2)
    half = (luma[0] // 2, luma[1] // 2)
    y, u, v = _even(planes)
    return YuvPlanes(_resized(y, luma), _resized(u, half), _resized(v, half), planes.colour)


def _resized(plane: Plane, size: tuple[int, int]) -> Plane:
    """To (width, height): averaged over whole pixels where it gets much smaller, then bilinear.

    OpenCV averages by whole numbers many times faster than by others.
    """
    height, width = plane.shape[:2]
    factor = min(width // size[0], height // size[1])
    if factor > 1:
        inner = plane[: height // factor * factor, : width // factor * factor]
        few = (width // factor, height // factor)
        plane = np.asarray(cv2.resize(inner, few, interpolation=cv2.INTER_AREA), np.uint8)
    if plane.shape[1::-1] == size:
        return plane
    return np.asarray(cv2.resize(plane, size, interpolation=cv2.INTER_LINEAR), np.uint8)


def _rgb(y: Plane, u: Plane, v: Plane, colour: ColourSpec) -> Rgb:
    """Planes of one size to RGB by the formula of ``cubesal.video.colour``."""
    matrix, offset = colour.rgb_from_yuv
    affine = np.column_stack([matrix, 255.0 * offset])
    return np.asarray(cv2.transform(cv2.merge([y, u, v]), affine), np.uint8)


# ---- rays ------------------------------------------------------------------------------------


@lru_cache(maxsize=4)
def _face_rays(face_w: int) -> NDArray[np.float32]:
    """World rays (6·face_w, face_w, 3) of the six faces below each other."""
    return geometry.cube_rays(face_w).reshape(6 * face_w, face_w, 3)


@lru_cache(maxsize=6)
def _face_grid(face_w: int, height: int, width: int) -> Grid:
    return equirect_grid(_face_rays(face_w), height, width)


@lru_cache(maxsize=4)
def _camera_rays(camera: Camera, width: int, height: int) -> NDArray[np.float32]:
    rays = geometry.perspective_rays(width, height, camera.hfov)
    return np.asarray(rays @ camera.world_from_camera.T.astype(np.float32), np.float32)


@lru_cache(maxsize=2)
def _lens_rays(lens: Lens, camera: Camera, width: int, height: int) -> NDArray[np.float32]:
    return lens.world_rays(camera, width, height).astype(np.float32)


# ---- the heatmap -----------------------------------------------------------------------------


def _is_plain(request: PictureRequest) -> bool:
    """Whether a heatmap is shown, and nothing but that: in 8 bits it is drawn much sooner."""
    overlay, content = request.overlay, request.content
    is_wiped = content.other is not None and overlay.wipe < 1.0
    is_shown = overlay.scale > 0 and content.saliency is not None
    return is_shown and not (is_wiped or overlay.signed or overlay.contours)


def _levels(request: PictureRequest) -> Plane:
    """The map in steps of the colour map."""
    saliency = request.content.saliency
    assert saliency is not None
    return np.asarray(cv2.convertScaleAbs(saliency, alpha=255 / request.overlay.scale), np.uint8)


def _heated(rgb: Rgb, levels: Plane, request: PictureRequest) -> Rgb:
    """The colour of each level laid over ``rgb`` as `overlay_alpha` says, all in 8 bits."""
    overlay = request.overlay
    style = OverlayStyle(opacity=overlay.opacity, threshold=overlay.threshold)
    alpha = overlay_alpha(np.linspace(0, 1, 256, dtype=np.float32), style)[:, None]
    laid = np.rint(request.content.lut * alpha).astype(np.uint8).reshape(256, 1, 3)
    left = np.rint(255 * (1 - np.repeat(alpha, 3, axis=1))).astype(np.uint8).reshape(256, 1, 3)
    kept = cv2.multiply(rgb, cv2.applyColorMap(levels, left), scale=1 / 255)
    return np.asarray(cv2.add(kept, cv2.applyColorMap(levels, laid)), np.uint8)


def _covered_along(rgb: Rgb, request: PictureRequest, rays: NDArray[np.float32]) -> Rgb:
    saliency = request.content.saliency
    assert saliency is not None
    grid = equirect_grid(rays, *saliency.shape)
    across = (grid[0] - np.float32(PAD - 0.5)) / np.float32(saliency.shape[1])

    def values(of: NDArray[np.float32]) -> NDArray[np.float32]:
        own = grid if of.shape == saliency.shape else equirect_grid(rays, *of.shape)
        rows = np.pad(of, ((PAD, PAD), (0, 0)), mode="edge")  # the shader clamps rows
        return remap(np.ascontiguousarray(geometry.wrap_columns(rows, PAD)), own)

    return _covered(rgb, request, values, across)


def _covered(rgb: Rgb, request: PictureRequest, values: Values, across: NDArray[np.float32]) -> Rgb:
    """``values`` brings a map to the pixels of ``rgb``; ``across`` is their u."""
    content, overlay = request.content, request.overlay
    if overlay.scale <= 0 or content.saliency is None:
        return rgb
    shown = values(content.saliency)
    if content.other is not None and overlay.wipe < 1.0:
        shown = np.where(across % 1.0 >= overlay.wipe, values(content.other), shown)
    return _blended(rgb, shown, content, overlay)


def _blended(
    rgb: Rgb, values: NDArray[np.float32], content: RenderContent, overlay: OverlayParams
) -> Rgb:
    """The formula of ``cubesal.overlay`` with the colour map that the content brings."""
    low = -1.0 if overlay.signed else 0.0
    level = np.clip(values * np.float32(1 / overlay.scale), low, 1.0)
    style = OverlayStyle(opacity=overlay.opacity, threshold=overlay.threshold)
    alpha = overlay_alpha(np.abs(level), style)
    index = cv2.convertScaleAbs((level - low) / (1.0 - low), alpha=255.0)
    colour = cv2.applyColorMap(index, np.ascontiguousarray(content.lut).reshape(256, 1, 3))
    blend = cv2.blendLinear(np.ascontiguousarray(rgb), colour, np.float32(1) - alpha, alpha)
    mixed = np.asarray(blend, np.uint8)
    if overlay.contours:
        mixed = blend_contours(mixed, level, overlay.contours, overlay.contour_width)
    return mixed
