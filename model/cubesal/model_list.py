"""The models that can be chosen by name, what they are made of and where; nothing is loaded.

`default` and `fast` run on weights that are installed as packages. The `cp360` models need
ResNet-50's ImageNet weights, and the paper's temporal weights for their memory, which the user
adds once (`model_adding`); so does a user's own model, described in a TOML file (`recipes`).
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from cubesal.errors import ModelError
from cubesal.recipes import BUILT_IN, Recipe, read_recipe
from cubesal.weight_places import default_weights, models_folder, trained_weights, weights_path

__all__ = [
    "TEMPORAL",
    "ModelInfo",
    "available_models",
    "model_files",
    "model_location",
    "recipe_of",
]

#: The name under which the paper's ConvLSTM weights are added.
TEMPORAL = "cp360-temporal"


@dataclass(frozen=True)
class ModelInfo:
    """What a list of models shows. `problem` says why a model cannot be used now, if so.

    `prior`: whether maps are weighted by the equator prior unless told.
    """

    name: str
    description: str
    problem: str | None = None
    prior: bool = True

    @property
    def available(self) -> bool:
        """Whether `load_model` would work."""
        return self.problem is None


def available_models() -> list[ModelInfo]:
    """All models, the usable ones and the others, each of which says what it lacks."""
    names = [*BUILT_IN, *(file.stem for file in sorted(models_folder().glob("*.toml")))]
    return [_info(name) for name in names]


def _info(name: str) -> ModelInfo:
    try:
        recipe = recipe_of(name)
    except ModelError as error:
        return ModelInfo(name, "your own", str(error))
    description = recipe.description
    if recipe.memory is not None and recipe.temporal is None and not recipe.needs_memory:
        has_memory = weights_path(TEMPORAL).is_file()
        description += ", with ConvLSTM" if has_memory else f", static until {TEMPORAL} is added"
    try:
        model_files(name)
    except ModelError as error:
        return ModelInfo(name, description, str(error), recipe.prior)
    return ModelInfo(name, description, prior=recipe.prior)


def recipe_of(name: str) -> Recipe:
    """What the model `name` is made of; ModelError if there is none, or its file is unsound."""
    if name in BUILT_IN:
        return BUILT_IN[name]
    file = models_folder() / f"{name}.toml"
    if Path(name).name != name or not file.is_file():
        own = sorted(file.stem for file in models_folder().glob("*.toml"))
        raise ModelError(f"unknown model {name!r}: there are {', '.join([*BUILT_IN, *own])}")
    return read_recipe(file)


def model_files(name: str) -> tuple[Path, ...]:
    """The files with the weights of a model: the backbone's, then the memory's if it has one.

    Raises:
        ModelError: unknown name, or a file does not exist yet; then how to get it.
    """
    recipe = recipe_of(name)
    if recipe.weights == "default":
        path = default_weights(recipe.backbone)
    else:
        path = Path(recipe.weights)
        if not path.is_file():
            raise ModelError(f"the weights {path} of model {name!r} are gone: add the model again")
    if recipe.temporal is not None and not recipe.temporal.is_file():
        raise ModelError(f"the weights {recipe.temporal} of model {name!r} are gone: add it again")
    if recipe.fusion is not None:
        return path, trained_weights("memory")
    memory = recipe.temporal or weights_path(TEMPORAL)
    if recipe.memory is not None and memory.is_file():
        return path, memory
    if recipe.needs_memory:
        raise ModelError(
            "the paper's temporal weights are not here yet: run"
            f" `cubesal models add {TEMPORAL} CLSTM_model_released.pth`"
        )
    return (path,)


def model_location(name: str) -> Path:
    """The file with the weights of a model's backbone; ModelError as for `model_files`."""
    return model_files(name)[0]
