"""Rows of a model: as it is, with its prior, smoothed, and with zeros for borders."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from cubesal.class_map_model import ClassMapModel
from cubesal.evaluation.baselines import MAP_HEIGHT, model_prior
from cubesal.evaluation.rows import SMOOTHING, RawMaps, Row, variants
from cubesal.fusion import FusionModel
from cubesal.models import SaliencyModel, load_model
from cubesal.predictor import SaliencyPredictor
from cubesal.sphere_grid import cell_weights, equirect_taps

__all__ = [
    "DeviationFn",
    "deviation_of",
    "following_rows",
    "model_rows",
    "padding_pair",
    "without_memory",
]

#: From a picture (H, 2H, 3) to a map (120, 240) of how much its features deviate.
DeviationFn = Callable[[NDArray[np.uint8]], NDArray[np.float64]]

Prior = Literal["on", "off", "both"]


def model_rows(
    name: str, device: str = "auto", prior: Prior = "both", *, baselines: bool = False
) -> list[Row]:
    """The row of a model, and with ``baselines`` its variants: smoothed, static, zero-padded, ...

    The network runs once per frame without its prior, which is multiplied on afterwards, exactly as
    the predictor does. Maps that the published code would have too are scored raw under its
    protocol, unless ``prior`` is "on", which goes with the map that is shown.

    Raises:
        ModelError, DeviceError: as `cubesal.models.load_model`.
    """
    model = load_model(name, device)
    made = variants(None if prior == "off" else model_prior(), SMOOTHING if baselines else 0.0)
    if prior == "on":
        made = tuple(variant for variant in made if variant.weighs)

    def row(name: str, model: SaliencyModel, *, judged: bool = False) -> Row:
        predictor = SaliencyPredictor(model, prior=False)
        raw: RawMaps | None = None
        if isinstance(model, ClassMapModel) and prior != "on":
            raw = RawMaps(predictor, model.window - 1)
        return Row(name, predictor, made, judged=judged, raw=raw)

    rows = [row(name, model, judged=True)]
    if baselines:
        if isinstance(model, FusionModel):
            rows.append(row(_momentary_name(name), model.momentary()))
        static = without_memory(model)
        if static is not model:
            rows.append(row(f"{name}, static", static))
        rows.append(row(_zeros_name(name), static.zero_padded()))
    return rows


def without_memory(model: SaliencyModel) -> SaliencyModel:
    """The same networks looking at every frame by itself; the model itself if it does already."""
    if isinstance(model, ClassMapModel) and model.memory is not None:
        return model.with_memory(None)
    if isinstance(model, FusionModel):
        return model.static()
    return model


def padding_pair(name: str, device: str = "auto") -> list[tuple[Row, DeviationFn]]:
    """A model and its zero-padded twin, without prior, each with the deviation of its features.

    Raises:
        ModelError, DeviceError: as `cubesal.models.load_model`.
    """
    model = load_model(name, device)
    pair = ((name, model), (_zeros_name(name), model.zero_padded()))
    return [(Row(n, SaliencyPredictor(m, prior=False)), deviation_of(m)) for n, m in pair]


def following_rows(name: str, device: str = "auto") -> list[Row]:
    """A model without prior, and if it has a learned memory, each of its moments by itself.

    Raises:
        ModelError, DeviceError: as `cubesal.models.load_model`.
    """
    model = load_model(name, device)
    rows = [Row(name, SaliencyPredictor(model, prior=False))]
    if isinstance(model, FusionModel):
        momentary = SaliencyPredictor(model.momentary(), prior=False)
        rows.append(Row(_momentary_name(name), momentary))
    return rows


def _momentary_name(name: str) -> str:
    return f"{name}, no memory"


def _zeros_name(name: str) -> str:
    return f"{name}, zero padding"


def deviation_of(model: SaliencyModel) -> DeviationFn:
    """How far the features of each place are from their mean over the sphere, as a map.

    Unsmoothed, and each face interpolated by itself, so that steps between faces stay what they
    are in the features.
    """

    def deviation(picture: NDArray[np.uint8]) -> NDArray[np.float64]:
        features = model.features(picture).astype(np.float64)
        cells = features.shape[-1]
        mean = np.einsum("fchw,fhw->c", features, cell_weights(cells))
        distance = np.sqrt(((features - mean[:, None, None]) ** 2).sum(axis=1))
        index, weight = equirect_taps(cells, MAP_HEIGHT)
        sampled = (distance.reshape(-1)[index] * weight).sum(axis=0)
        return np.asarray(sampled.reshape(MAP_HEIGHT, 2 * MAP_HEIGHT))

    return deviation
