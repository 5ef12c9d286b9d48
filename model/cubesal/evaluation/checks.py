"""Checks without ground truth: whether a map turns with the sphere, and shows the cube's edges."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from math import degrees, pi, radians
from typing import Final

import numpy as np
from numpy.typing import NDArray

from cubesal import metrics
from cubesal.evaluation.rows import SMOOTHING, Row, still_map
from cubesal.geometry import (
    Face,
    face_coords_from_dir,
    rotate_equirect,
    rotation,
    sample_equirect,
)
from cubesal.progress import ProgressFn
from cubesal.sphere_filter import smooth_on_sphere

__all__ = [
    "ROTATIONS",
    "CheckReport",
    "check_row",
    "edge_ratios",
    "rotation_agreement",
    "seam_ratio",
]

Matrix = NDArray[np.float64]

_RANDOM = 3

#: About the distance of two feature cells: nearer than that, nothing changes inside a face.
_CELL = radians(15)


def _random_rotations(count: int) -> list[Matrix]:
    """Evenly distributed over all rotations, always the same ones."""
    matrices = []
    for gaussian in np.random.default_rng(360).standard_normal((count, 3, 3)):
        q, r = np.linalg.qr(gaussian)
        q = q * np.sign(np.diag(r))
        matrices.append(q * np.sign(np.linalg.det(q)))
    return matrices


#: What a picture is turned by, per row of the report.
ROTATIONS: Final[dict[str, list[Matrix]]] = {
    "yaw 15°": [rotation(yaw=radians(15))],
    "yaw 30°": [rotation(yaw=radians(30))],
    "yaw 45°": [rotation(yaw=radians(45))],
    "tilt 15°": [rotation(pitch=radians(15)), rotation(roll=radians(15))],
    "random": _random_rotations(_RANDOM),
}

_YAWS = ("yaw 15°", "yaw 30°", "yaw 45°")


@dataclass
class CheckReport:
    """What the checks found of one row, mean over pictures.

    Attributes:
        rotations: per kind of rotation, CC of the map with the map of the turned sphere turned
            back, both smoothed by ``smoothing`` radians.
        seam: `seam_ratio` of the map.
        feature_seam: that of the deviation of its features, which nothing has smoothed.
    """

    row: str
    pictures: int
    smoothing: float = SMOOTHING
    rotations: dict[str, float] = field(default_factory=dict)
    seam: float = 0.0
    feature_seam: float | None = None

    @property
    def yaw_mean(self) -> float:
        """Mean over the three turns about the vertical."""
        return float(np.mean([self.rotations[name] for name in _YAWS]))

    def as_json(self) -> dict[str, object]:
        """For machines; the smoothing in degrees."""
        return {
            "row": self.row,
            "pictures": self.pictures,
            "smoothing_deg": degrees(self.smoothing),
            "rotations": {**self.rotations, "yaw mean": self.yaw_mean},
            "seam": self.seam,
            "feature_seam": self.feature_seam,
        }


def check_row(
    row: Row,
    pictures: Sequence[NDArray[np.uint8]],
    smoothing: float = SMOOTHING,
    *,
    deviation: Callable[[NDArray[np.uint8]], NDArray[np.floating]] | None = None,
    progress: ProgressFn | None = None,
) -> CheckReport:
    """All checks of the plain maps of a row, without prior.

    Args:
        pictures: (H, 2H, 3) uint8 RGB each, at least one.
        deviation: a map of the row's features, if it has any.

    Raises:
        ValueError: no pictures, or a map that is constant.
    """
    if not pictures:
        raise ValueError("the checks need at least one picture")
    report = CheckReport(row.name, len(pictures), smoothing)
    found: dict[str, list[float]] = {name: [] for name in ROTATIONS}
    seams = []
    for done, picture in enumerate(pictures):
        straight = still_map(row.source, picture)
        seams.append(seam_ratio(straight))
        for name, matrices in ROTATIONS.items():
            found[name] += [
                rotation_agreement(row, picture, straight, m, smoothing) for m in matrices
            ]
        if progress is not None:
            progress(done + 1, len(pictures))
    report.rotations = {name: float(np.mean(values)) for name, values in found.items()}
    report.seam = float(np.mean(seams))
    if deviation is not None:
        report.feature_seam = float(np.mean([seam_ratio(deviation(p), _CELL) for p in pictures]))
    return report


def rotation_agreement(
    row: Row,
    picture: NDArray[np.uint8],
    straight: NDArray[np.floating],
    matrix: Matrix,
    smoothing: float = SMOOTHING,
) -> float:
    """CC between ``straight``, the map of ``picture``, and that of the turned one turned back."""
    turned = still_map(row.source, rotate_equirect(picture, matrix)).astype(np.float32)
    back = rotate_equirect(turned, matrix.T)
    return metrics.cc(smooth_on_sphere(back, smoothing), smooth_on_sphere(straight, smoothing))


def seam_ratio(
    saliency: NDArray[np.floating], apart: float = radians(3), samples: int = 64
) -> float:
    """Mean step of a map across the edges of the cube, divided by that inside the faces.

    A step is the absolute difference of two directions ``apart`` radians around a point, at a
    right angle to an edge (inside: to a line parallel to it). 1 means that the edges cannot be
    told from anywhere else.

    Args:
        saliency: (H, 2H).
        samples: how many points along each edge.

    Raises:
        ValueError: the map is constant inside the faces.
    """
    return float(np.mean(list(edge_ratios(saliency, apart, samples).values())))


def edge_ratios(
    saliency: NDArray[np.floating], apart: float = radians(3), samples: int = 64
) -> dict[tuple[Face, Face], float]:
    """`seam_ratio` of each of the 12 edges, by the two faces that meet there; its mean is theirs.

    ValueError as there.
    """
    across: dict[tuple[Face, Face], float] = {}
    inside = []
    along = np.linspace(-1, 1, samples + 2)[1:-1] * np.arctan(np.sqrt(0.5))
    for axes in _EDGE_AXES:
        for quarter in range(4):
            edge = pi / 4 + quarter * pi / 2
            steps = _steps(saliency, axes, edge, along, apart)
            across[_faces_at(axes, edge)] = float(np.mean(steps))
            inside += [
                _steps(saliency, axes, edge - pi / 4 + offset, along, apart)
                for offset in np.radians((-30, -20, -10, 0, 10, 20, 30))
            ]
    within = float(np.mean(inside))
    if not within > 0:
        raise ValueError("the map is constant inside the faces")
    return {faces: step / within for faces, step in across.items()}


def _faces_at(axes: Matrix, edge: float) -> tuple[Face, Face]:
    """The two faces beside the edge at an angle about axes[0], in the order of faces."""
    beside = []
    for angle in (edge - 0.1, edge + 0.1):
        ray = np.array([0.0, np.cos(angle), np.sin(angle)]) @ axes
        beside.append(Face(int(face_coords_from_dir(ray)[0])))
    first, second = sorted(beside)
    return first, second


#: The axes that edges are parallel to, each as (axis, and two directions at right angles to it).
_EDGE_AXES: Final = tuple(np.roll(np.eye(3), k, axis=0) for k in range(3))


def _steps(
    saliency: NDArray[np.floating],
    axes: Matrix,
    middle: float,
    along: NDArray[np.float64],
    apart: float,
) -> NDArray[np.float64]:
    """(samples,) differences across the meridian ``middle`` of the sphere whose pole is axes[0]."""
    values = []
    for angle in (middle - apart / 2, middle + apart / 2):
        local = np.stack(
            [np.sin(along), np.cos(along) * np.cos(angle), np.cos(along) * np.sin(angle)], axis=-1
        )
        rays = (local @ axes).astype(np.float32)
        values.append(sample_equirect(np.asarray(saliency, np.float32), rays[None]))
    return np.asarray(np.abs(values[1] - values[0])[0], np.float64)
