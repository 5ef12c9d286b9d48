"""How late a map follows what moves: on the demo clip, whose subjects' true tracks are known."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from cubesal.analysis import DEFAULT_RATE_HZ
from cubesal.democlip import DURATION_S, HANDOVERS_S, frame, scene_truth
from cubesal.evaluation.predictions import PredictedMaps
from cubesal.evaluation.rows import Row
from cubesal.geometry import sample_equirect, sphere_weights

__all__ = ["LAGS_S", "following_delay"]

#: Lags that are tried, in seconds; negative: the map is ahead.
LAGS_S: Final = np.round(np.arange(-0.5, 1.5001, 0.02), 2)
#: After a handover the map has this long to find the next subject, and none before it is counted.
_SETTLING_S: Final = 1.0

FloatArray = NDArray[np.float64]


def following_delay(row: Row, rate_hz: float = DEFAULT_RATE_HZ) -> float:
    """Seconds by which the maps of a row lag behind the primary subject of the demo clip.

    The lag at which the standardised maps are, on average, largest where the subject was: the peak
    of the cross-correlation of the map, read along the true track, with the track.

    Raises:
        ValueError: the row holds stored maps.
    """
    if isinstance(row.source, PredictedMaps):
        raise ValueError("stored maps cannot be asked about the demo clip")
    row.source.reset()
    found = []
    for time_s in np.arange(0, DURATION_S, 1 / rate_hz):
        saliency = row.source.step(frame(float(time_s)), float(time_s))
        if _is_settled(float(time_s)):
            found.append(_along_track(saliency, float(time_s)))
    return float(LAGS_S[int(np.mean(found, axis=0).argmax())])


def _is_settled(time_s: float) -> bool:
    since = min(time_s - start for start in (0.0, *HANDOVERS_S) if time_s >= start)
    return since >= _SETTLING_S


def _along_track(saliency: NDArray[np.floating], time_s: float) -> FloatArray:
    """The standardised map where the primary subject of the moment was at each lag before."""
    values = np.asarray(saliency, np.float64)
    areas = sphere_weights(values.shape[0])
    centred = values - (values * areas).sum()
    centred /= np.sqrt((centred**2 * areas).sum()) + 1e-12
    name = scene_truth(time_s).primary
    angles = [scene_truth(time_s - lag).directions[name] for lag in LAGS_S]
    yaw, pitch = np.array(angles).T
    rays = np.stack([np.cos(pitch) * np.sin(yaw), -np.sin(pitch), np.cos(pitch) * np.cos(yaw)], -1)
    at = sample_equirect(centred.astype(np.float32), rays[None].astype(np.float32))[0]
    return np.asarray(at, np.float64)
