"""What keeping maps in a document costs: adding, reading, opening, and the room they take."""

from __future__ import annotations

import itertools
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import median, quantiles
from time import perf_counter

import numpy as np
from numpy.typing import NDArray

from cubesal.benchmarks.timing import median_ms, took_ms
from cubesal.document import (
    AnalysisKey,
    Document,
    MapReader,
    clip_ref,
    create_document,
    decode_map,
    encode_map,
    grid_digest,
)
from cubesal.errors import CubesalError
from cubesal.track import SaliencyTrack

__all__ = ["StoreCost", "store_cost"]

_PER_S = 5
_SHORT_S = 10
_APPENDED = 2000


@dataclass(frozen=True)
class StoreCost:
    """Of the analysis store.

    Attributes:
        bytes_per_map: of the long document's file.
        error_levels: the largest deviation of a stored map, of 255 levels up to its peak.
        appended_per_s: maps a second, encoding and commits included.
        read_ms, read_p99_ms: a map anywhere in the long document, decoding included.
        open_short_ms, open_long_ms: opening the document of ten seconds, of `hours`, and seeing
            which maps there are.
    """

    hours: float
    bytes_per_map: float
    error_levels: float
    appended_per_s: float
    read_ms: float
    read_p99_ms: float
    open_short_ms: float
    open_long_ms: float


def store_cost(folder: Path, maps: Sequence[NDArray[np.float32]], hours: float) -> StoreCost:
    """Fill documents in a folder with some maps (H, W), over and over, and read them.

    Raises:
        CubesalError: the folder's disk has too little room for them.
    """
    codes = [encode_map(each) for each in maps]
    points = round(hours * 3600 * _PER_S)
    _check_room(folder, 2 * points * max(map(len, codes)))
    clip = folder / "clip.mp4"
    clip.write_bytes(b"stands for a clip" * 1000)
    error = max(
        float(np.abs(decode_map(code) - each).max() / each.max())
        for code, each in zip(codes, maps, strict=True)
    )
    rate = _appended_per_s(clip, maps)
    peaks = [float(each.max()) for each in maps]
    short = _filled(clip, "short", _SHORT_S * _PER_S, codes, peaks)
    long = _filled(clip, "long", points, codes, peaks)
    reads = _read_ms(long, points)
    return StoreCost(
        hours,
        long.stat().st_size / points,
        255 * error,
        rate,
        median(reads),
        quantiles(reads, n=100)[98],
        median_ms(partial(_open, short, _key(_SHORT_S * _PER_S))),
        median_ms(partial(_open, long, _key(points))),
    )


def _check_room(folder: Path, needed: int) -> None:
    room = shutil.disk_usage(folder).free
    if room < needed:
        raise CubesalError(
            f"the store's documents need {needed / 1e9:.1f} GB in {folder}, where "
            f"{room / 1e9:.1f} GB are free; set TMPDIR to a folder on another disk"
        )


def _key(points: int) -> AnalysisKey:
    grid = SaliencyTrack(np.arange(points) * 6, np.arange(points) / _PER_S, "clip.mp4", "fast")
    return AnalysisKey("fast", "weights", True, f"{_PER_S} Hz", "", grid_digest(grid), points)


def _new_document(clip: Path, name: str) -> Document:
    path = clip.with_name(f"{name}.cubesal")
    create_document(path, clip_ref(clip, path))
    return Document(path)


def _appended_per_s(clip: Path, maps: Sequence[NDArray[np.float32]]) -> float:
    with _new_document(clip, "append") as document:
        number = document.analysis(_key(_APPENDED))
        began = perf_counter()
        for k, saliency in zip(range(_APPENDED), itertools.cycle(maps), strict=False):
            document.put(number, k, encode_map(saliency), float(saliency.max()))
        document.commit()
        return _APPENDED / (perf_counter() - began)


def _filled(
    clip: Path, name: str, points: int, codes: Sequence[bytes], peaks: Sequence[float]
) -> Path:
    coded = itertools.cycle(zip(codes, peaks, strict=True))
    with _new_document(clip, name) as document:
        number = document.analysis(_key(points))
        for k, (code, peak) in zip(range(points), coded, strict=False):
            document.put(number, k, code, peak)
    return document.path


def _open(path: Path, key: AnalysisKey) -> None:
    with Document(path) as document:
        document.peaks(document.analysis(key))


def _read_ms(path: Path, points: int, count: int = 400) -> list[float]:
    reader = MapReader(path, _key(points))
    places = np.random.default_rng(0).integers(0, points, count)
    times = [took_ms(partial(reader.read, int(k))) for k in places]
    reader.close()
    return times
