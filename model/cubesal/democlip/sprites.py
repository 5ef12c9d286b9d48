"""Draws meshes: shade, paint back to front on a tangent plane, lay over an equirect picture.

Each mesh is drawn on its own gnomonic patch around its middle, several times finer than the
picture, averaged down, and then looked up along the rays of the few equirect pixels it may cover.
So edges are smooth and nothing special happens at the seam or at a pole.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, pi
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from cubesal.democlip.light import AMBIENT, BOUNCE, SUN_COLOUR, SUN_DIR, pixels_from_radiance
from cubesal.democlip.mesh import Mesh, normals
from cubesal.geometry import angles_from_dir, pixel_angles, rotation

__all__ = ["Sprite", "draw", "lay_over", "region_of"]

#: Painted pixels per patch pixel, on each side; averaging them makes the edges smooth.
_FINE: Final = 2
_SUBPIXEL_BITS: Final = 4


@dataclass(frozen=True)
class Sprite:
    """A drawn patch: colour times coverage and coverage, and how rays find their pixel in it."""

    rgba: NDArray[np.uint8]  # (h, w, 4), colour premultiplied by coverage
    world_from_patch: NDArray[np.float64]  # (3, 3)
    scale: float  # patch pixels per unit of tangent
    origin: tuple[float, float]  # patch pixel of the tangent point
    yaws: tuple[float, float]  # bounds of what it covers, yaw unwrapped
    pitches: tuple[float, float]


def draw(mesh: Mesh, height: int, eye: NDArray[np.float64], detail: float = 2.0) -> Sprite:
    """The mesh as seen from ``eye`` (3,), with ``detail`` patch pixels per equirect pixel."""
    rays = mesh.vertices - eye
    axis = rays.min(axis=0) + rays.max(axis=0)
    yaw, pitch = angles_from_dir(axis)
    world_from_patch = rotation(float(yaw), float(pitch))
    local = rays @ world_from_patch
    flat = local[:, :2] / np.maximum(local[:, 2:], 1e-6)
    low, high = flat.min(axis=0), flat.max(axis=0)
    scale = height / pi * detail
    size = [ceil(float(extent) * scale) + 4 for extent in high - low]
    origin = (2.0 - low[0] * scale, 2.0 - low[1] * scale)
    rgba = _paint(mesh, rays, flat * scale + origin, size)
    yaws, pitches = _bounds(rays, world_from_patch[:, 2], height)
    return Sprite(rgba, world_from_patch, scale, origin, yaws, pitches)


def _paint(
    mesh: Mesh, rays: NDArray[np.float64], points: NDArray[np.float64], size: list[int]
) -> NDArray[np.uint8]:
    """Premultiplied patch (h, w, 4) of ``size`` (w, h): far quads first, near ones over them."""
    middle = rays[mesh.quads].mean(axis=1)
    normal = normals(mesh)
    seen = np.sum(normal * middle, axis=1) < 0
    colour = pixels_from_radiance(_shade(mesh, np.where(seen[:, None], normal, -normal)))
    order = np.argsort(-np.sum(middle**2, axis=1), kind="stable")
    order = order[(seen | mesh.thin)[order]]
    # The centre of patch pixel k lies at _FINE·(k + ½) - ½ on the fine canvas.
    fine = ((points + 0.5) * _FINE - 0.5) * (1 << _SUBPIXEL_BITS)
    corners = np.rint(fine).astype(np.int32)[mesh.quads]
    canvas = np.zeros((size[1] * _FINE, size[0] * _FINE, 4), np.uint8)
    paints = np.column_stack([colour, np.full(len(colour), 255)]).astype(float).tolist()
    for quad in order.tolist():
        cv2.fillConvexPoly(canvas, corners[quad], paints[quad], cv2.LINE_8, _SUBPIXEL_BITS)
    return np.asarray(cv2.resize(canvas, size, interpolation=cv2.INTER_AREA), np.uint8)


def _shade(mesh: Mesh, normal: NDArray[np.float64]) -> NDArray[np.float64]:
    """Linear radiance (Q, 3) of the quads: sun, sky from above, water from below, own glow."""
    toward = normal @ SUN_DIR
    direct = np.maximum(toward, 0.0) + mesh.through * np.maximum(-toward, 0.0)
    up = 0.5 - 0.5 * normal[:, 1:2]
    light = SUN_COLOUR * direct[:, None] + AMBIENT * up + BOUNCE * (1 - up)
    return np.asarray(mesh.colour * light + mesh.glow, np.float64)


def _bounds(
    rays: NDArray[np.float64], axis: NDArray[np.float64], height: int
) -> tuple[tuple[float, float], tuple[float, float]]:
    """Yaw and pitch bounds of a mesh; the whole circle where it may surround a pole."""
    margin = 2 * pi / height
    yaw, pitch = angles_from_dir(rays)
    unit = rays / np.linalg.norm(rays, axis=1, keepdims=True)
    reach = float(np.arccos(np.clip(unit @ axis, -1, 1)).max()) + margin
    yaw_axis, pitch_axis = (float(angle) for angle in angles_from_dir(axis))
    if abs(pitch_axis) + reach >= pi / 2:
        return (-pi, pi), (max(pitch_axis - reach, -pi / 2), min(pitch_axis + reach, pi / 2))
    off = np.angle(np.exp(1j * (yaw - yaw_axis)))
    yaws = (yaw_axis + float(off.min()) - margin, yaw_axis + float(off.max()) + margin)
    # Straight edges bulge polewards of their ends on the sphere.
    bulge = 0.04 * float(off.max() - off.min())
    return yaws, (float(pitch.min()) - margin - bulge, float(pitch.max()) + margin + bulge)


def region_of(sprite: Sprite, height: int) -> tuple[slice, NDArray[np.int64]]:
    """Rows and (wrapped) columns of an equirect of ``height`` rows that the sprite may cover."""
    top = int((0.5 - sprite.pitches[1] / pi) * height)
    bottom = ceil((0.5 - sprite.pitches[0] / pi) * height)
    width = 2 * height
    left = int(np.floor((sprite.yaws[0] / (2 * pi) + 0.5) * width))
    right = int(np.ceil((sprite.yaws[1] / (2 * pi) + 0.5) * width))
    columns = np.arange(left, min(right, left + width)) % width
    return slice(max(top, 0), min(bottom, height)), columns


def _look_up(
    sprite: Sprite, yaw: NDArray[np.float64], pitch: NDArray[np.float64]
) -> NDArray[np.uint8]:
    """Patch pixels (R, C, 4) along the rays of rows ``pitch`` and columns ``yaw``."""
    level = np.cos(pitch)[:, None].astype(np.float32)
    drop = -np.sin(pitch)[:, None].astype(np.float32)
    right, down, ahead = (
        (np.sin(yaw) * axis[0] + np.cos(yaw) * axis[2]).astype(np.float32)[None, :] * level
        + np.float32(axis[1]) * drop
        for axis in sprite.world_from_patch.T
    )
    # Rays at or beyond 90° from the patch must miss it; a tiny depth sends them far outside.
    depth = sprite.scale / np.maximum(ahead, np.float32(1e-4))
    x, y = right * depth + sprite.origin[0], down * depth + sprite.origin[1]
    x, y = (np.clip(c, -9.0, 9999.0).astype(np.float32) for c in (x, y))
    seen = cv2.remap(sprite.rgba, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT)
    return np.asarray(seen, np.uint8)


def lay_over(
    picture: NDArray[np.uint8],
    sprite: Sprite,
    height: int,
    tint: tuple[NDArray[np.float32], NDArray[np.float32]] | None = None,
) -> None:
    """Composites the sprite in place over the top rows (R, 2·height, 3) of an equirect picture.

    ``tint`` (gain (R,), floor (R, 3)) turns the colour c of a row into gain·c + floor first: how
    the water's surface dims what it mirrors.
    """
    rows, columns = region_of(sprite, height)
    rows = slice(rows.start, min(rows.stop, len(picture)))
    if rows.start >= rows.stop or not columns.size:
        return
    yaw, pitch = pixel_angles(height)
    patch = _look_up(sprite, yaw[columns], pitch[rows])
    first = int(columns[0])
    for start, stop, skip in _runs(first, columns.size, picture.shape[1]):
        part = patch[:, skip : skip + stop - start]
        target = picture[rows, start:stop]
        _blend(target, part, None if tint is None else (tint[0][rows], tint[1][rows]))


def _runs(first: int, count: int, width: int) -> list[tuple[int, int, int]]:
    """(start, stop, offset) of the one or two unwrapped runs of columns from ``first``."""
    end = min(first + count, width)
    runs = [(first, end, 0)]
    if first + count > width:
        runs.append((0, first + count - width, end - first))
    return runs


def _blend(
    target: NDArray[np.uint8],
    patch: NDArray[np.uint8],
    tint: tuple[NDArray[np.float32], NDArray[np.float32]] | None,
) -> None:
    alpha = patch[..., 3]
    hit = cv2.boundingRect(alpha)
    if not hit[2]:
        return
    window = (slice(hit[1], hit[1] + hit[3]), slice(hit[0], hit[0] + hit[2]))
    cover = patch[window][..., 3:].astype(np.float32) / 255.0
    colour = patch[window][..., :3].astype(np.float32)
    if tint is not None:
        gain, floor = tint[0][window[0], None, None], tint[1][window[0], None, :]
        # Light adds up linearly, display values (gamma 2.2, here taken as 2) do not.
        colour = np.sqrt((colour * gain) ** 2 + (floor * cover) ** 2)
    mixed = target[window] * (1.0 - cover) + colour
    target[window] = np.rint(mixed).astype(np.uint8)
