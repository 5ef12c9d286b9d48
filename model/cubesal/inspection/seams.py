"""What borders do to a model: its faces with their padding rows, and the step at each edge."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations
from math import radians
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from cubesal.geometry import FACE_BASES, Face, equirect_to_cube, rotate_equirect, rotation
from cubesal.inspection.tables import write_table

if TYPE_CHECKING:
    from cubesal.saliency_model import SaliencyModel

__all__ = ["QUANTITIES", "Quantity", "SeamReport", "SeamSide", "inspect_seams"]

#: "features": how far the features of a place are from their mean; "saliency": the map itself.
Quantity = Literal["features", "saliency"]
QUANTITIES: Final[tuple[Quantity, ...]] = get_args(Quantity)

#: Faces of a map, in pixels, and as many of its rows as are shown beyond each edge.
_MAP_FACE_W, _MAP_PAD = 60, 5
_FEATURE_PAD = 1
#: Coordinates on the cube that are the same but for rounding.
_EQUAL = 1e-9


@dataclass(frozen=True, eq=False)
class SeamSide:
    """A model under one kind of padding.

    ``padded`` (6, n + 2 pad, n + 2 pad) >= 0: each face with what its layers see beyond its edges.
    ``ratios``: for each of the 12 edges, what it does beside what happens inside faces anyway.
    Features have cells on the edges themselves: how far the two faces' features of the very same
    directions are apart, over that of neighbouring cells inside; 0 would be one mind. Maps: the
    mean step across the edge over the mean step inside; 1 is no edge to see.
    """

    padded: NDArray[np.float64]
    pad: int
    ratios: dict[tuple[Face, Face], float]

    @property
    def faces(self) -> NDArray[np.float64]:
        """(6, n, n): the faces without their padding rows."""
        inner = slice(self.pad, -self.pad)
        return self.padded[:, inner, inner]

    @property
    def mean_ratio(self) -> float:
        """Mean over the edges; of maps that is `cubesal.evaluation.seam_ratio`."""
        return float(np.mean(list(self.ratios.values())))


@dataclass(frozen=True, eq=False)
class SeamReport:
    """One frame under cube padding, and under zeros with the very same weights."""

    model: str
    quantity: Quantity
    turned: bool
    cube: SeamSide
    zero: SeamSide

    @property
    def peak(self) -> float:
        """The largest value on any face of either side: pictures of both share their scale."""
        return float(max(self.cube.padded.max(), self.zero.padded.max()))

    def write_csv(self, path: Path) -> None:
        """A row per edge: the faces that meet there, and both ratios. ExportError."""
        rows = [
            [a.name.lower(), b.name.lower(), f"{ratio:.6f}", f"{self.zero.ratios[a, b]:.6f}"]
            for (a, b), ratio in self.cube.ratios.items()
        ]
        write_table(path, ["face", "other_face", "cube_padding", "zero_padding"], rows)


def inspect_seams(
    model: SaliencyModel,
    picture: NDArray[np.uint8],
    quantity: Quantity = "features",
    *,
    turned: bool = False,
) -> SeamReport:
    """Look at the borders of one frame (H, 2H, 3) uint8 RGB, by itself and without prior.

    Args:
        turned: turn the sphere by 30° in yaw and pitch before: a step that the *picture* has at an
            edge of the cube, as a horizon of a room's floor, then lies elsewhere.

    Raises:
        ValueError: unknown quantity, or the model sees no difference anywhere in the frame.
        ModelError: its weights compute nothing usable.
    """
    if quantity not in QUANTITIES:
        raise ValueError(f"quantity must be one of {', '.join(QUANTITIES)}, not {quantity!r}")
    # Here, because it imports torch, which a window that only opens does not need.
    from cubesal.evaluation.networks import without_memory

    if turned:
        picture = rotate_equirect(picture, rotation(yaw=radians(30), pitch=radians(30)))
    static = without_memory(model)
    look = _features if quantity == "features" else _saliency
    cube = look(static, picture, zeros=False)
    zero = look(static.zero_padded(), picture, zeros=True)
    return SeamReport(model.name, quantity, turned, cube, zero)


def _features(model: SaliencyModel, picture: NDArray[np.uint8], *, zeros: bool) -> SeamSide:
    from cubesal.sphere_grid import cell_weights

    features = model.features(picture).astype(np.float64)
    mean = np.einsum("fchw,fhw->c", features, cell_weights(features.shape[-1]))
    # Padded first: what zeros are to the next layer is how far *they* are from the mean.
    padded = _padded(features, _FEATURE_PAD, zeros=zeros)
    distance = np.sqrt(((padded - mean[:, None, None]) ** 2).sum(axis=1))
    return SeamSide(distance, _FEATURE_PAD, _disagreement(features))


def _disagreement(features: NDArray[np.float64]) -> dict[tuple[Face, Face], float]:
    """How far features (6, C, n, n) of two faces on their common edge are apart, see `SeamSide`.

    ValueError where neighbouring cells do not differ at all.
    """
    cells = features.shape[-1]
    steps = [np.linalg.norm(np.diff(features, axis=axis), axis=1).mean() for axis in (2, 3)]
    inside = float(np.mean(steps))
    if not inside > 0:
        raise ValueError("the features are the same everywhere: the frame shows nothing to compare")
    flat = features.reshape(6, -1, cells * cells)
    return {
        (a, b): float(np.linalg.norm(flat[a][:, i] - flat[b][:, j], axis=0).mean()) / inside
        for (a, b), (i, j) in _shared_cells(cells).items()
    }


@lru_cache(maxsize=8)
def _shared_cells(
    cells: int,
) -> dict[tuple[Face, Face], tuple[NDArray[np.intp], NDArray[np.intp]]]:
    """Per edge the cells of either face that lie on it, in one order; corners belong to none."""
    across, down = np.meshgrid(*2 * [np.linspace(-1, 1, cells)])
    plane = np.stack([across, down, np.ones_like(across)], axis=-1).reshape(-1, 3)
    points = np.einsum("pk,fkx->fpx", plane, FACE_BASES)
    on_edge = (np.abs(np.abs(points) - 1) < _EQUAL).sum(axis=-1) == 2
    found = {}
    for a, b in combinations(Face, 2):
        apart = np.abs(points[a][:, None] - points[b][None]).max(axis=-1)
        i, j = np.nonzero((apart < _EQUAL) & on_edge[a][:, None])
        if i.size:
            found[a, b] = (i, j)
    return found


def _saliency(model: SaliencyModel, picture: NDArray[np.uint8], *, zeros: bool) -> SeamSide:
    from cubesal.evaluation.checks import edge_ratios

    model.reset()
    saliency = model.step(picture)
    faces = equirect_to_cube(saliency, _MAP_FACE_W).astype(np.float64)
    padded = _padded(faces[:, None], _MAP_PAD, zeros=zeros)[:, 0]
    return SeamSide(padded, _MAP_PAD, edge_ratios(saliency))


def _padded(faces: NDArray[np.float64], pad: int, *, zeros: bool) -> NDArray[np.float64]:
    """(6, C, n, n) -> (6, C, n + 2 pad, n + 2 pad) by the layers' own padding."""
    import torch

    from cubesal.padding import cube_pad

    if zeros:
        return np.pad(faces, ((0, 0), (0, 0), (pad, pad), (pad, pad)))
    result: NDArray[Any] = cube_pad(torch.from_numpy(faces), pad).numpy()
    return result
