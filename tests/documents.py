"""Documents for tests: small grids, random maps, a clip's document made in one call."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cubesal.document import (
    AnalysisKey,
    Document,
    clip_ref,
    create_document,
    encode_map,
    grid_digest,
)
from cubesal.track import SaliencyTrack


def grid_of(points: int) -> SaliencyTrack:
    """A grid of ``points`` moments, five a second."""
    return SaliencyTrack(np.arange(points) * 6, np.arange(points) / 5, "clip.mp4", "fast")


def key_of(grid: SaliencyTrack, model: str = "fast") -> AnalysisKey:
    """The key of an analysis on a grid."""
    return AnalysisKey(model, "weights", True, "5 Hz", "", grid_digest(grid), len(grid))


def map_of(k: int, shape: tuple[int, int] = (120, 240)) -> NDArray[np.float32]:
    """A smooth map that differs from grid point to grid point."""
    rows, columns = np.mgrid[: shape[0], : shape[1]].astype(np.float32)
    centre = (7 * k) % shape[1]
    away = np.minimum(abs(columns - centre), shape[1] - abs(columns - centre))
    near = np.exp(-(away**2 + (rows - shape[0] / 2) ** 2) / 400)
    return np.asarray((1 + k % 5) * near, dtype=np.float32)


def new_document(folder: Path, name: str = "d.cubesal") -> Document:
    """An open, empty document of a file that serves as its clip."""
    clip = folder / "clip.mp4"
    if not clip.exists():
        clip.write_bytes(b"the clip" * 1000)
    path = folder / name
    create_document(path, clip_ref(clip, path))
    return Document(path)


def put_maps(document: Document, key: AnalysisKey, points: range) -> int:
    """Add the maps of some grid points, not all of them committed; returns the analysis."""
    number = document.analysis(key)
    for k in points:
        saliency = map_of(k)
        document.put(number, k, encode_map(saliency), float(saliency.max()))
    return number
