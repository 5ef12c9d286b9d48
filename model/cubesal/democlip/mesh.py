"""Solid shapes made of coloured quads, and their pose in the world."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cubesal.geometry import rotation

__all__ = ["Mesh", "box", "join", "lathe", "normals", "plain", "posed", "sheet", "tube"]

#: Colour (linear RGB) of a lathe's or sheet's quad from its indices along and around.
Paint = Callable[[int, int], Sequence[float]]


@dataclass(frozen=True)
class Mesh:
    """Quads in world axes (Y down); a triangle repeats a vertex.

    ``thin`` quads are lit from both sides and let ``through`` of the light behind them shine
    through; ``glow`` is light of their own.
    """

    vertices: NDArray[np.float64]  # (V, 3) metres
    quads: NDArray[np.int64]  # (Q, 4)
    colour: NDArray[np.float64]  # (Q, 3) linear albedo
    through: NDArray[np.float64]  # (Q,)
    glow: NDArray[np.float64]  # (Q, 3)
    thin: NDArray[np.bool_]  # (Q,)


def _grid(
    points: NDArray[np.float64], paint: Paint, *, thin: bool, through: float, glow: float
) -> Mesh:
    """Quads between neighbouring points of an (A, B, 3) grid."""
    rows, cols = points.shape[:2]
    index = np.arange(rows * cols).reshape(rows, cols)
    corners = (index[:-1, :-1], index[:-1, 1:], index[1:, 1:], index[1:, :-1])
    quads = np.stack([corner.ravel() for corner in corners], axis=1)
    colour = np.array([paint(i, j) for i in range(rows - 1) for j in range(cols - 1)], np.float64)
    count = len(quads)
    return Mesh(
        points.reshape(-1, 3),
        quads,
        colour,
        np.full(count, through),
        colour * glow,
        np.full(count, thin),
    )


def plain(colour: Sequence[float]) -> Paint:
    """The same colour everywhere."""
    return lambda _along, _around: colour


def lathe(
    profile: ArrayLike,
    paint: Paint | Sequence[float],
    *,
    sides: int = 16,
    axis: str = "up",
    centre: Sequence[float] = (0.0, 0.0, 0.0),
    through: float = 0.0,
    glow: float = 0.0,
    squash: float = 1.0,
) -> Mesh:
    """Body of revolution about ``axis`` ("up" or "forward") through ``centre`` (x, up, z).

    ``profile`` (K, 2) lists (radius, position along the axis); ``squash`` scales the body across
    its axis sideways.  The surface faces away from the axis.
    """
    radius, along = np.asarray(profile, np.float64).T[:, :, None]
    angle = np.linspace(0, 2 * np.pi, sides + 1)[None, :]
    one, two = radius * np.cos(angle) * squash, radius * np.sin(angle)
    far = np.broadcast_to(along, one.shape)
    x, up, z = (one, far, two) if axis == "up" else (one, two, far)
    points = _world(x, up, z, centre)
    painter = paint if callable(paint) else plain(paint)
    mesh = _grid(points, painter, thin=False, through=through, glow=glow)
    return _facing_away(mesh, axis, centre)


def _world(
    x: NDArray[np.float64],
    up: NDArray[np.float64],
    z: NDArray[np.float64],
    centre: Sequence[float],
) -> NDArray[np.float64]:
    """World points (..., 3) of right, up and forward coordinates, moved to ``centre``."""
    return np.stack([x + centre[0], -(up + centre[1]), z + centre[2]], axis=-1)


def normals(mesh: Mesh) -> NDArray[np.float64]:
    """Unit normals (Q, 3) of the quads, from their diagonals (so triangles work too)."""
    corner = mesh.vertices[mesh.quads]
    first = corner[:, 2] - corner[:, 0]
    second = np.where(
        (mesh.quads[:, 3] == mesh.quads[:, 2])[:, None],
        corner[:, 1] - corner[:, 0],
        corner[:, 3] - corner[:, 1],
    )
    normal = np.cross(first, second)
    length = np.linalg.norm(normal, axis=1, keepdims=True)
    return np.asarray(normal / np.maximum(length, 1e-12), np.float64)


def _facing_away(mesh: Mesh, axis: str, centre: Sequence[float]) -> Mesh:
    """The mesh with one winding throughout, such that most normals leave the axis."""
    middle = mesh.vertices[mesh.quads].mean(axis=1)
    away = middle - np.array([centre[0], -centre[1], centre[2]])
    away[:, 1 if axis == "up" else 2] = 0.0
    outward = np.sum(normals(mesh) * away) >= 0
    return mesh if outward else replace(mesh, quads=mesh.quads[:, ::-1])


def box(
    size: Sequence[float], colour: Sequence[float], centre: Sequence[float] = (0.0, 0.0, 0.0)
) -> Mesh:
    """Box of (width, height, length) about ``centre`` (x, up, z)."""
    half = np.asarray(size, np.float64) / 2
    signs = np.array([[i & 1, i >> 1 & 1, i >> 2 & 1] for i in range(8)]) * 2.0 - 1
    x, up, z = (signs * half).T
    quads = np.array(
        [[0, 2, 6, 4], [1, 5, 7, 3], [0, 4, 5, 1], [2, 3, 7, 6], [0, 1, 3, 2], [4, 6, 7, 5]]
    )
    mesh = _uniform(_world(x, up, z, centre), quads, colour)
    middle = mesh.vertices[quads].mean(axis=1) - mesh.vertices.mean(axis=0)
    inward = np.sum(normals(mesh) * middle, axis=1) < 0
    return replace(mesh, quads=np.where(inward[:, None], quads[:, ::-1], quads))


def _uniform(
    vertices: NDArray[np.float64], quads: NDArray[np.int64], colour: Sequence[float]
) -> Mesh:
    count = len(quads)
    tint = np.tile(np.asarray(colour, np.float64), (count, 1))
    zero = np.zeros(count)
    return Mesh(vertices, quads, tint, zero, np.zeros((count, 3)), zero > 0)


def tube(
    start: Sequence[float], end: Sequence[float], radius: float, colour: Sequence[float]
) -> Mesh:
    """Thin square rod between two points (x, up, z)."""
    a, b = (np.array([p[0], -p[1], p[2]], np.float64) for p in (start, end))
    along = (b - a) / np.linalg.norm(b - a)
    side = np.cross(along, [0.0, 1.0, 0.0] if abs(along[1]) < 0.9 else [1.0, 0.0, 0.0])
    side *= radius / np.linalg.norm(side)
    other = np.cross(along, side)
    ring = [side + other, side - other, -side - other, -side + other]
    vertices = np.array([end_point + r for end_point in (a, b) for r in ring])
    quads = np.array([[k, (k + 1) % 4, (k + 1) % 4 + 4, k + 4] for k in range(4)])
    mesh = _uniform(vertices, quads, colour)
    out = vertices[quads].mean(axis=1) - (a + b) / 2
    inward = np.sum(normals(mesh) * out, axis=1) < 0
    return replace(mesh, quads=np.where(inward[:, None], quads[:, ::-1], quads))


def sheet(
    points: ArrayLike, paint: Paint | Sequence[float], *, through: float = 0.0, glow: float = 0.0
) -> Mesh:
    """Thin surface over an (A, B, 3) grid of points (x, up, z): sails, fins, flames."""
    grid = np.asarray(points, np.float64)
    world = _world(grid[..., 0], grid[..., 1], grid[..., 2], (0.0, 0.0, 0.0))
    painter = paint if callable(paint) else plain(paint)
    return _grid(world, painter, thin=True, through=through, glow=glow)


def join(*meshes: Mesh) -> Mesh:
    """All quads of several meshes as one."""
    offsets = np.cumsum([0, *(len(mesh.vertices) for mesh in meshes[:-1])])
    quads = [mesh.quads + offset for mesh, offset in zip(meshes, offsets, strict=True)]
    return Mesh(
        np.concatenate([mesh.vertices for mesh in meshes]),
        np.concatenate(quads),
        np.concatenate([mesh.colour for mesh in meshes]),
        np.concatenate([mesh.through for mesh in meshes]),
        np.concatenate([mesh.glow for mesh in meshes]),
        np.concatenate([mesh.thin for mesh in meshes]),
    )


def posed(
    mesh: Mesh, position: ArrayLike, heading: float = 0.0, climb: float = 0.0, bank: float = 0.0
) -> Mesh:
    """The mesh turned (bow to ``heading``, nose up, right side down) and moved; radians, metres."""
    turned = mesh.vertices @ rotation(heading, climb, bank).T
    return replace(mesh, vertices=turned + np.asarray(position, np.float64))
