"""Rows of a table of scores: something that predicts, and what is done to its maps afterwards."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import degrees, radians
from typing import Final

import numpy as np
from numpy.typing import NDArray

from cubesal.analysis import Predictor
from cubesal.evaluation.predictions import PredictedMaps
from cubesal.sphere_filter import smooth_on_sphere

__all__ = ["PLAIN", "SMOOTHING", "Fixed", "Row", "Variant", "still_map", "variants"]

Map = NDArray[np.floating]

#: Radians: the one smoothing of the rows that say "smoothed", and of the checks.
SMOOTHING: Final = radians(5)

_STILL_STEP_S = 0.2


@dataclass(frozen=True)
class Variant:
    """What is done to every map of a row: a suffix for its name, and the deed."""

    suffix: str
    apply: Callable[[Map], Map]


PLAIN: Final = Variant("", lambda saliency: saliency)


@dataclass(frozen=True)
class Row:
    """Maps under a name, with the variants of its maps that are scored.

    Attributes:
        name: what the table says; a variant adds its suffix.
        source: predicts maps (120, 240) from frames, as the analysis of clips does; or maps that
            were predicted before.
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

    @property
    def needs_video(self) -> bool:
        """Whether frames must be shown to it: maps that are stored or made up need none."""
        return not isinstance(self.source, PredictedMaps | Fixed)

    def names(self) -> list[str]:
        """The names of its variants in the table."""
        return [self.name + variant.suffix for variant in self.chosen]


class Fixed:
    """A predictor that has made up its mind before looking."""

    warmup_frames = 0

    def __init__(self, saliency: Map) -> None:
        self.saliency = np.asarray(saliency, np.float32)

    def reset(self) -> None:
        """Nothing is remembered."""

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
        weights = prior
        made.append(Variant(" x prior", lambda saliency: saliency * weights))
    if prior is not None and smoothing > 0:
        made.append(
            Variant(
                f", {degrees(smoothing):.3g}° x prior", lambda saliency: smooth(saliency) * weights
            )
        )
    return tuple(made)


def still_map(
    source: Predictor | PredictedMaps, equirect_rgb: NDArray[np.uint8], name: str = ""
) -> NDArray[np.floating]:
    """The map of one picture: shown as often as the predictor needs until its maps hold.

    Maps that were predicted before are found by the picture's ``name``.
    """
    if isinstance(source, PredictedMaps):
        return source.still(name)
    source.reset()
    saliency = source.step(equirect_rgb, 0.0)
    for repeat in range(1, source.warmup_frames + 1):
        saliency = source.step(equirect_rgb, repeat * _STILL_STEP_S)
    return saliency


def needing_no_motion(rows: Sequence[Row]) -> list[Row]:
    """The rows that can be scored on stills."""
    return [row for row in rows if not row.needs_motion]
