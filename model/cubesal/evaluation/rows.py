"""Rows of a table of scores: something that predicts, and what is done to its maps afterwards."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from math import degrees, radians
from typing import Final

import numpy as np
from numpy.typing import NDArray

from cubesal.analysis import Predictor
from cubesal.evaluation.predictions import PredictedMaps
from cubesal.metrics import Protocol
from cubesal.predictor import SaliencyPredictor
from cubesal.sphere_filter import smooth_on_sphere

__all__ = ["PLAIN", "SMOOTHING", "Fixed", "RawMaps", "Row", "Variant", "still_map", "variants"]

Map = NDArray[np.floating]

#: Radians: the one smoothing of the rows that say "smoothed", and of the checks.
SMOOTHING: Final = radians(5)


@dataclass(frozen=True)
class Variant:
    """What is done to every map of a row: a suffix for its name, and the deed.

    ``prior``: what the shaped map is multiplied by, unless the map has weights of its own.
    """

    suffix: str
    shape: Callable[[Map], Map]
    prior: Map | None = None

    @property
    def weighs(self) -> bool:
        """Whether it multiplies by a prior."""
        return self.prior is not None

    def apply(self, saliency: Map, weights: Map | None = None) -> Map:
        """The map as it is scored; ``weights``: how its model weights this very map."""
        shaped = self.shape(saliency)
        if self.prior is None:
            return shaped
        return shaped * (self.prior if weights is None else weights)


def _as_it_is(saliency: Map) -> Map:
    return saliency


PLAIN: Final = Variant("", _as_it_is)


@dataclass(frozen=True)
class Row:
    """Maps under a name, with the variants of its maps that are scored.

    Attributes:
        name: what the table says; a variant adds its suffix.
        source: predicts maps (120, 240) from frames, as the analysis of clips does; or maps that
            were predicted before.
        raw: scored in place of ``source`` under the protocol ``cp360``, where there is one.
        chosen: the variants.
        needs_motion: predicts nothing from one picture.
        uniform: maps are constant on purpose, and are scored as chance.
        judged: the paired gains of this row over the band are listed.
    """

    name: str
    source: Predictor | PredictedMaps
    chosen: tuple[Variant, ...] = (PLAIN,)
    needs_motion: bool = False
    uniform: bool = False
    judged: bool = False
    raw: RawMaps | None = None

    def under(self, protocol: Protocol) -> Row:
        """The row as a protocol scores it: the published one, raw maps, which have no prior."""
        if protocol == "sphere" or self.raw is None:
            return self
        chosen = tuple(variant for variant in self.chosen if not variant.weighs)
        return replace(self, source=self.raw, chosen=chosen, raw=None)

    @property
    def needs_video(self) -> bool:
        """Whether frames must be shown to it: maps that are stored or made up need none."""
        return not isinstance(self.source, PredictedMaps | Fixed)

    @property
    def source_is_raw(self) -> bool:
        """Whether its maps may be negative."""
        return isinstance(self.source, RawMaps)

    def names(self) -> list[str]:
        """The names of its variants in the table."""
        return [self.name + variant.suffix for variant in self.chosen]


class RawMaps:
    """A predictor whose maps are those of its model itself: own size, own range, even negative.

    Attributes:
        unfilled: frames at the start of a clip whose windows are not full, so that the published
            code has no map of them.
    """

    def __init__(self, predictor: SaliencyPredictor, unfilled: int = 0) -> None:
        self._predictor = predictor
        self.unfilled = unfilled
        self.warmup_frames = predictor.warmup_frames
        self.columns = predictor.columns

    def reset(self) -> None:
        """Forget what was seen."""
        self._predictor.reset()

    def observe(self, equirect_rgb: NDArray[np.uint8], time_s: float) -> None:
        """Show the next picture without asking for its map."""
        self._predictor.observe(equirect_rgb, time_s)

    def step(self, equirect_rgb: NDArray[np.uint8], time_s: float) -> NDArray[np.float32]:
        """The raw map (h, 2 h) of the next picture."""
        self._predictor.step(equirect_rgb, time_s)
        raw = self._predictor.last_raw
        assert raw is not None
        return raw


class Fixed:
    """A predictor that has made up its mind before looking."""

    warmup_frames = 0

    def __init__(self, saliency: Map) -> None:
        self.saliency = np.asarray(saliency, np.float32)

    def reset(self) -> None:
        """Nothing is remembered."""

    def observe(self, equirect_rgb: NDArray[np.uint8], time_s: float) -> None:
        """Nothing is looked at."""

    def step(self, equirect_rgb: NDArray[np.uint8], time_s: float) -> NDArray[np.float32]:
        """The same map, whatever is shown."""
        del equirect_rgb, time_s
        return self.saliency


def variants(prior: Map | None, smoothing: float = 0.0) -> tuple[Variant, ...]:
    """Plain, smoothed by ``smoothing`` radians, times ``prior``, and both; as far as given."""

    def smooth(saliency: Map) -> Map:
        return smooth_on_sphere(saliency, smoothing)

    made = [PLAIN]
    if smoothing > 0:
        made.append(Variant(f", {degrees(smoothing):.3g}°", smooth))
    if prior is not None:
        made.append(Variant(" x prior", _as_it_is, prior))
    if prior is not None and smoothing > 0:
        made.append(Variant(f", {degrees(smoothing):.3g}° x prior", smooth, prior))
    return tuple(made)


def still_map(
    source: Predictor | PredictedMaps, equirect_rgb: NDArray[np.uint8], name: str = ""
) -> NDArray[np.floating]:
    """The map of one picture, shown once: nothing moves in a still.

    Maps that were predicted before are found by the picture's ``name``.
    """
    if isinstance(source, PredictedMaps):
        return source.still(name)
    source.reset()
    return source.step(equirect_rgb, 0.0)


def needing_no_motion(rows: Sequence[Row]) -> list[Row]:
    """The rows that can be scored on stills."""
    return [row for row in rows if not row.needs_motion]
