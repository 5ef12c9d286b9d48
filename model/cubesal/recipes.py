"""Recipes of models: which network, which weights, which convention; built in, or from a TOML file.

A user's own model is described by a small file:

    backbone = "densenet121"      # torchvision's name, or lite0 to lite2
    weights = "download"          # torchvision's ImageNet weights, or a file beside this one
    face_w = 224                  # optional: width of a cube face in pixels
    convention = "exact"          # optional: or "cp360"
    projection = "bilinear"       # optional: or "cubic", from the cube to the sphere
    temporal = "CLSTM.pth"        # optional: a ConvLSTM that `cubesal train` made on these maps
    terms = ["class", "middle"]   # optional: combine terms as the model `default` does
    name = "mine"                 # optional: must be the name it is added under

Without `terms` it is CP-360's static saliency on that backbone, without the equator prior.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from textwrap import shorten
from typing import Any, Final, Literal, cast, get_args

from cubesal.convention import CONVENTIONS, Convention
from cubesal.errors import ModelError
from cubesal.faces import PUBLISHED_FACE_W
from cubesal.model_settings import (
    CubeSalConfig,
    FusionConfig,
    Memory,
    Scale,
    Term,
    has_pyramid,
)

__all__ = [
    "BUILT_IN",
    "DOWNLOAD",
    "Projection",
    "Recipe",
    "check_name",
    "name_in",
    "read_recipe",
    "recipe_text",
]

#: A part of `geometry.CubeMode`: what a user may choose.
Projection = Literal["bilinear", "cubic"]

#: What a TOML says instead of a file, for torchvision's ImageNet weights.
DOWNLOAD: Final = "download"


@dataclass(frozen=True)
class Recipe:
    """What a model is made of.

    Attributes:
        description: for people, one line.
        backbone: a name of `catalogue.classifier_names`.
        weights: "default" or a file, as for `backbone.build`.
        config: of the `CubeSal` network; None for CP-360's own class activation maps.
        fusion: how that network's evidence meets motion; None, never: a static model.
        convention, face_w: of the class activation maps.
        memory: how the temporal weights are used where they are there; None, never.
        needs_memory: whether the model makes no sense without them.
        projection: of static class activation maps, from the cube to the sphere.
        temporal: a ConvLSTM of the user's own instead of the paper's.
    """

    description: str
    backbone: str
    weights: str | Path = "default"
    config: CubeSalConfig | None = None
    fusion: FusionConfig | None = None
    convention: Convention = "exact"
    face_w: int = PUBLISHED_FACE_W
    memory: Memory | None = None
    needs_memory: bool = False
    projection: Projection = "bilinear"
    temporal: Path | None = None

    @property
    def prior(self) -> bool:
        """Whether maps are weighted by the equator prior unless told: CP-360 knows none."""
        return self.config is not None


_FAST_SCALE: Final = Scale(97, (("odd", 1.0), ("rare", 1.0), ("strong", 1.0), ("worn", 0.5)))

BUILT_IN: Final[dict[str, Recipe]] = {
    "default": Recipe(
        "EfficientNet-Lite0 on two scales, what stands out times what moves",
        "lite0",
        config=CubeSalConfig(),
        fusion=FusionConfig(),
    ),
    "fast": Recipe(
        "the same on one coarser scale, more than twice as fast",
        "lite0",
        config=CubeSalConfig(scales=(_FAST_SCALE,)),
        fusion=FusionConfig(prior_power=0.7),
    ),
    "cp360": Recipe(
        "the paper's network as its code computes it: ResNet-50 class activation maps",
        "resnet50",
        convention="cp360",
        memory="window",
    ),
    "cp360-carried": Recipe(
        "cp360 with its state carried on from frame to frame: not as published, five times cheaper",
        "resnet50",
        convention="cp360",
        memory="carried",
        needs_memory=True,
    ),
    "cp360-exact": Recipe(
        "cp360 with geometry and colours put right",
        "resnet50",
        convention="exact",
        memory="window",
    ),
}

_KEYS = ("name", "backbone", "weights", "face_w", "convention", "projection", "temporal", "terms")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,39}")
_SMALLEST_FACE_W, _LARGEST_FACE_W = 32, 4096

#: As the data directory calls files that are no models of the user's own.
_TEMPORAL_WEIGHTS: Final = "cp360-temporal"


def check_name(name: str) -> str:
    """`name` if a user's model may have it; ModelError says why not.

    Case does not tell names apart: on some systems it does not tell files apart either.
    """
    taken = name.lower()
    if taken in BUILT_IN:
        raise ModelError(f"there is a model {taken!r} already: choose another name")
    from cubesal.catalogue import classifier_names  # imports torch: only who adds a model needs it

    if taken == _TEMPORAL_WEIGHTS or taken in classifier_names():
        raise ModelError(f"{taken!r} is the name of weights: choose another name for your model")
    if _NAME.fullmatch(name) is None:
        raise ModelError(f"a model cannot be called {name!r}: use letters, digits, '.', '_', '-'")
    return name


def read_recipe(file: Path) -> Recipe:
    """The recipe in a TOML file; nothing is loaded.

    Raises:
        ModelError: the file cannot be read, or an entry is unknown, missing or of no use; which.
    """
    entries = _entries(file)
    strangers = [key for key in entries if key not in _KEYS]
    if strangers:
        raise ModelError(f"{file}: unknown key {strangers[0]!r}; there are {', '.join(_KEYS)}")
    return _recipe(file, entries)


def _entries(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise ModelError(f"cannot read {file}: {error.strerror or error}") from error
    # A ValueError, too, for numbers of thousands of digits.
    except (ValueError, RecursionError) as error:
        raise ModelError(f"{file} is no TOML file: {error}") from error


def name_in(file: Path) -> str | None:
    """The name that a readable TOML file gives its model, if it gives one."""
    name: str | None = _entries(file).get("name")
    return name


def _recipe(file: Path, entries: Mapping[str, Any]) -> Recipe:
    backbone = _entry(file, entries, "backbone", str)
    weights = _entry(file, entries, "weights", str)
    _entry(file, entries, "name", str, "")
    convention = _entry(file, entries, "convention", str, "exact")
    if convention not in CONVENTIONS:
        raise ModelError(f"{file}: convention is one of {', '.join(CONVENTIONS)}")
    projection = _entry(file, entries, "projection", str, "bilinear")
    if projection not in get_args(Projection):
        raise ModelError(f"{file}: projection is one of {', '.join(get_args(Projection))}")
    face_w = _entry(file, entries, "face_w", int, PUBLISHED_FACE_W)
    if not _SMALLEST_FACE_W <= face_w <= _LARGEST_FACE_W:
        limits = f"{_SMALLEST_FACE_W} to {_LARGEST_FACE_W}"
        raise ModelError(f"{file}: face_w must be {limits}, not {_shown(face_w)}")
    config = _config(file, entries, backbone)
    if config is not None and convention != "exact":
        raise ModelError(f"{file}: terms are combined under the convention 'exact' only")
    if config is not None and "projection" in entries:
        raise ModelError(f"{file}: terms have no projection to choose")
    temporal = _entry(file, entries, "temporal", str, "")
    if config is not None and temporal:
        raise ModelError(f"{file}: terms have no memory: leave out temporal, or terms")
    what = "class activation maps" if config is None else " + ".join(config.terms)
    what += " with a ConvLSTM of yours" if temporal else ""
    return Recipe(
        f"your {backbone}: {what}, convention {convention}",
        backbone,
        "default" if weights == DOWNLOAD else file.parent / weights,
        config,
        convention=convention,
        face_w=face_w,
        projection=projection,
        memory="window" if temporal else None,
        temporal=file.parent / temporal if temporal else None,
    )


def _entry(
    file: Path, entries: Mapping[str, Any], key: str, kind: type, default: object = None
) -> Any:
    value = entries.get(key, default)
    if value is None:
        raise ModelError(f"{file}: {key} is missing")
    if type(value) is not kind:
        words = {str: "a text", int: "a whole number", list: "a list"}[kind]
        raise ModelError(f"{file}: {key} must be {words}, not {_shown(value)}")
    return value


def _shown(value: object) -> str:
    """A value as a sentence can hold it."""
    try:
        return shorten(repr(value), 60, placeholder="...")
    except (ValueError, RecursionError):  # numbers of thousands of digits cannot be shown
        return "something so long"


def _config(file: Path, entries: Mapping[str, Any], backbone: str) -> CubeSalConfig | None:
    if "terms" not in entries:
        return None
    terms = _entry(file, entries, "terms", list)
    known = get_args(Term)
    if not terms or any(term not in known for term in terms):
        raise ModelError(f"{file}: terms are one or more of {', '.join(known)}")
    if not has_pyramid(backbone):
        raise ModelError(f"{file}: terms need a backbone of the ResNet family or lite0 to lite2")
    face_w = _entry(file, entries, "face_w", int, PUBLISHED_FACE_W + 1)
    try:
        weighed = tuple((term, 1.0) for term in cast(list[Term], terms))
        return CubeSalConfig(backbone, (Scale(face_w, weighed),), cells=(face_w - 1) // 16 + 1)
    except ValueError as error:
        raise ModelError(f"{file}: {error}") from error


def recipe_text(recipe: Recipe, weights: str, temporal: str = "") -> str:
    """The TOML of a user's recipe, with `weights` and `temporal` as its entries of those names."""
    entries: dict[str, object] = {"backbone": recipe.backbone, "weights": weights}
    if recipe.config is None:
        entries |= {"face_w": recipe.face_w, "convention": recipe.convention}
        entries |= {"projection": recipe.projection}
        entries |= {"temporal": temporal} if temporal else {}
    else:
        entries |= {"face_w": recipe.config.face_ws[0], "terms": list(recipe.config.terms)}
    return "".join(f"{key} = {json.dumps(value)}\n" for key, value in entries.items())
