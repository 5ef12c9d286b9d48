"""How the camera turned between two frames, and the flow that remains when that is undone.

A 360° camera that turns moves the whole picture; the authors of CP-360 name this as what their
temporal losses cannot cope with. A turn has three numbers and shifts *every* direction on the
sphere, so it is what most of the picture agrees on, however much a subject moves.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from cubesal.geometry import dir_from_uv, wrap_columns

__all__ = [
    "RotationEstimate",
    "compensated_flow",
    "estimate_rotation",
    "fit_rotation",
    "is_turn",
    "rotation_from_flow",
]

FloatArray = NDArray[np.float64]

#: Frames are looked at in this size: 0.75° per pixel, points are found to a few hundredths of it.
_HEIGHT = 240
#: One point per cell of 12° between the latitudes of ±66°; nearer the poles patches turn and smear.
_CELL = 16
_FIRST_ROW = 32
#: Frames are continued over the seam by this much: no turn that can be followed is wider.
_WRAP = 64
_WINDOW = 15
_LEVELS = 3
#: Smaller eigenvalue of the structure tensor (of grey in 0..1) below which a patch has no position.
_LEAST_TEXTURE = 4e-5
#: Fewer points than this say nothing about the sphere as a whole.
_FEWEST_POINTS = 24
#: Radians. A point this far off follows another motion.
_TOLERANCE = np.radians(0.6)
#: Pairs tried: with a third of the points right, all of them wrong once in 10^6 frames.
_HYPOTHESES = 120
_LEAST_SHARE = 0.25


@dataclass(frozen=True)
class RotationEstimate:
    """A turn of the camera.

    Attributes:
        rotation: (3, 3); a distant thing seen in the direction d before is seen at rotation @ d.
        inlier_share: in [0, 1], the part of the textured sphere that moves that way. 0 if nothing
            can be said; the rotation is then the identity.
    """

    rotation: FloatArray
    inlier_share: float


def estimate_rotation(
    before_grey: NDArray[np.uint8], after_grey: NDArray[np.uint8]
) -> RotationEstimate:
    """How the picture turned from one equirect frame to a later one.

    Corners on an even grid over the sphere are followed (Lucas-Kanade on pyramids), then the
    rotation that most of them agree on is found (RANSAC) and fitted (`fit_rotation`).

    Args:
        before_grey, after_grey: (H, 2H) uint8; 240 rows are what is looked at.

    Raises:
        ValueError: the frames differ in shape or are no equirect frames.
    """
    before, after = _prepared(before_grey, after_grey)
    points = _corners(before)
    if len(points) < _FEWEST_POINTS:
        return _nothing()
    # The guesses are given, and equal to the points, since OpenCV wants an array to write to.
    moved, found, _ = cv2.calcOpticalFlowPyrLK(
        before, after, points, points.copy(), winSize=(_WINDOW, _WINDOW), maxLevel=_LEVELS
    )
    kept = found.reshape(-1) == 1
    return fit_rotation(_dirs(points[kept]), _dirs(moved[kept]), _area(points[kept]))


def is_turn(rotation: FloatArray) -> bool:
    """Whether a rotation (3, 3) is more than rounding; less would only blur what it turns."""
    return not np.allclose(rotation, np.eye(3), atol=1e-4)


def rotation_from_flow(
    flow: NDArray[np.float32], grey: NDArray[np.uint8] | None = None
) -> RotationEstimate:
    """The same from a dense flow that is there anyway; somewhat less exact.

    Args:
        flow: (H, 2H, 2) float32, pixels to the right and down.
        grey: (H, 2H) uint8, the frame that the flow starts from: only textured places are asked.

    Raises:
        ValueError: the flow is not of that shape.
    """
    height = _flow_height(flow)
    step = max(1, height * _CELL // (2 * _HEIGHT))
    margin = height * _FIRST_ROW // _HEIGHT
    chosen = np.zeros((height, 2 * height), bool)
    chosen[margin : height - margin : step, ::step] = True
    if grey is not None:
        chosen &= cv2.cornerMinEigenVal(grey, 5) > _LEAST_TEXTURE
    row, col = np.nonzero(chosen)
    at = np.stack([col, row], axis=-1) + 0.5
    size = (2 * height, height)
    return fit_rotation(
        dir_from_uv(at / size),
        dir_from_uv((at + flow[row, col]) / size),
        np.sin(np.pi * at[:, 1] / height),
    )


def fit_rotation(before: FloatArray, after: FloatArray, weights: FloatArray) -> RotationEstimate:
    """The rotation that carries most of `before` to `after`: RANSAC, then reweighted Kabsch.

    Args:
        before, after: (P, 3) unit directions that belong together.
        weights: (P,) share of the sphere that each stands for, of any sum.
    """
    if len(before) < _FEWEST_POINTS:
        return _nothing()
    rotation = _consensus(before, after, weights)
    for _ in range(5):
        apart = np.linalg.norm(before @ rotation.T - after, axis=1)
        near = apart < 2 * _TOLERANCE
        # Geman-McClure with a scale that follows what the agreeing points scatter by.
        scale = max(float(np.median(apart[near])) * 2, 1e-4) if near.any() else _TOLERANCE
        rotation = _kabsch(before, after, weights / (1 + (apart / scale) ** 2) ** 2)
    apart = np.linalg.norm(before @ rotation.T - after, axis=1)
    share = float(weights[apart < _TOLERANCE].sum() / weights.sum())
    return RotationEstimate(rotation, share) if share >= _LEAST_SHARE else _nothing()


def compensated_flow(flow: NDArray[np.float32], rotation: FloatArray) -> NDArray[np.float32]:
    """The flow (H, 2H, 2) that a camera which had not turned would have seen, float32 pixels.

    Where the flow leads is turned back by `rotation` on the sphere; steps to the right are the
    shorter way around.
    """
    height = _flow_height(flow)
    size = np.array([2 * height, height], np.float32)
    at = _pixel_centres(height)
    turned = _rays_at(at + flow, size) @ rotation.astype(np.float32)  # row vectors: the inverse
    longitude = np.arctan2(turned[..., 0], turned[..., 2])
    latitude = np.arctan2(turned[..., 1], np.hypot(turned[..., 0], turned[..., 2]))
    landed = np.stack([longitude / (2 * np.pi) + 0.5, latitude / np.pi + 0.5], axis=-1) * size
    shift = landed - at
    shift[..., 0] -= size[0] * np.rint(shift[..., 0] / size[0])
    return np.asarray(shift, np.float32)


def _nothing() -> RotationEstimate:
    return RotationEstimate(np.eye(3), 0.0)


def _flow_height(flow: NDArray[np.float32]) -> int:
    if flow.ndim != 3 or flow.shape[1:] != (2 * flow.shape[0], 2):
        raise ValueError(f"a flow on an equirect frame is (H, 2H, 2), not {flow.shape}")
    return int(flow.shape[0])


def _prepared(*greys: NDArray[np.uint8]) -> list[NDArray[np.uint8]]:
    """Both frames in the size that is looked at, continued over the seam."""
    if any(grey.ndim != 2 or grey.shape[1] != 2 * grey.shape[0] for grey in greys):
        raise ValueError(f"grey equirect frames are (H, 2H), not {[g.shape for g in greys]}")
    if len({grey.shape for grey in greys}) > 1:
        raise ValueError(f"the frames differ in size: {[g.shape for g in greys]}")
    size = (2 * _HEIGHT, _HEIGHT)
    sized = [
        g if g.shape[0] == _HEIGHT else cv2.resize(g, size, interpolation=cv2.INTER_AREA)
        for g in greys
    ]
    return [wrap_columns(np.asarray(g, np.uint8), _WRAP) for g in sized]


def _corners(wide: NDArray[np.uint8]) -> NDArray[np.float32]:
    """(P, 1, 2) the most distinct point of each cell that has one, in pixels of the wide frame."""
    texture = cv2.cornerMinEigenVal(wide, 5)[_FIRST_ROW : _HEIGHT - _FIRST_ROW, _WRAP:-_WRAP]
    rows, cols = texture.shape[0] // _CELL, texture.shape[1] // _CELL
    cells = texture.reshape(rows, _CELL, cols, _CELL).transpose(0, 2, 1, 3)
    flat = cells.reshape(rows * cols, _CELL * _CELL)
    best = flat.argmax(axis=1)
    cell = np.flatnonzero(flat[np.arange(len(flat)), best] > _LEAST_TEXTURE)
    x = cell % cols * _CELL + best[cell] % _CELL + _WRAP
    y = cell // cols * _CELL + best[cell] // _CELL + _FIRST_ROW
    return np.stack([x, y], axis=-1).astype(np.float32)[:, None]


def _dirs(points: NDArray[np.float32]) -> FloatArray:
    """(P, 3) of points (P, 1, 2) in pixels of the wide frame."""
    at = points[:, 0].astype(np.float64) + 0.5 - (_WRAP, 0)
    return dir_from_uv(at / (2 * _HEIGHT, _HEIGHT))


def _area(points: NDArray[np.float32]) -> FloatArray:
    return np.asarray(np.sin(np.pi * (points[:, 0, 1] + 0.5) / _HEIGHT), np.float64)


def _consensus(before: FloatArray, after: FloatArray, weights: FloatArray) -> FloatArray:
    """Of the rotations that two pairs at a time ask for, the one that most of the area follows."""
    rng = np.random.default_rng(0)  # the same frames give the same rotation
    first, second = rng.integers(0, len(before), (2, _HYPOTHESES))
    apart = np.abs(np.einsum("hk,hk->h", before[first], before[second])) < np.cos(np.radians(15))
    first, second = first[apart], second[apart]
    tried = _frames(after[first], after[second]) @ _frames(before[first], before[second]).transpose(
        0, 2, 1
    )
    tried = np.concatenate([np.eye(3)[None], tried])  # a camera on a tripod does not turn at all
    cosine = np.einsum("hij,pj,pi->hp", tried, before, after, optimize=True)
    follows = (cosine > np.cos(_TOLERANCE)) @ weights
    return np.asarray(tried[int(follows.argmax())])


def _frames(a: FloatArray, b: FloatArray) -> FloatArray:
    """(K, 3, 3) right-handed axes, as columns, spanned by pairs of directions (K, 3)."""
    middle = a + b
    across = a - b
    middle /= np.linalg.norm(middle, axis=1, keepdims=True)
    across /= np.linalg.norm(across, axis=1, keepdims=True)
    return np.stack([middle, across, np.cross(middle, across)], axis=-1)


def _kabsch(before: FloatArray, after: FloatArray, weights: FloatArray) -> FloatArray:
    """The rotation R with the least weighted sum of |R before - after|² (Kabsch 1976)."""
    u, _, vt = np.linalg.svd((after * weights[:, None]).T @ before)
    u[:, 2] *= np.sign(np.linalg.det(u @ vt))
    return np.asarray(u @ vt)


@lru_cache(maxsize=4)
def _pixel_centres(height: int) -> NDArray[np.float32]:
    row, col = np.mgrid[:height, : 2 * height].astype(np.float32) + np.float32(0.5)
    return np.stack([col, row], axis=-1)


def _rays_at(at: NDArray[np.float32], size: NDArray[np.float32]) -> NDArray[np.float32]:
    """(H, 2H, 3) unit directions of places in pixels, in single precision for speed."""
    longitude = (at[..., 0] / size[0] - 0.5) * np.float32(2 * np.pi)
    latitude = (at[..., 1] / size[1] - 0.5) * np.float32(np.pi)
    ring = np.cos(latitude)
    return np.stack([ring * np.sin(longitude), np.sin(latitude), ring * np.cos(longitude)], axis=-1)
