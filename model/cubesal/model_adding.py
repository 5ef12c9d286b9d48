"""Adding weights and models of the user's own: everything is checked before anything is kept."""

from __future__ import annotations

from pathlib import Path

from cubesal.backbone import build, network_for
from cubesal.catalogue import adapted, class_count, classifier_names, empty_network
from cubesal.classifier import linear_layer
from cubesal.errors import ExportError, ModelError
from cubesal.model_list import TEMPORAL
from cubesal.model_settings import LITE_PACKAGES
from cubesal.models import read_own_temporal_weights, read_temporal_weights
from cubesal.recipes import DOWNLOAD, Recipe, check_name, name_in, read_recipe, recipe_text
from cubesal.weight_places import default_weights, models_folder, weights_path
from cubesal.weight_store import download_imagenet, keep_weights
from cubesal.weights import check_state
from cubesal.whole_files import written_whole

__all__ = ["add_model"]


def add_model(name: str, file: Path | None = None) -> Path:
    """Check a weights file or a model's description and keep it in the user's data directory.

    Args:
        name: what it is: "cp360-temporal", the paper's ConvLSTM; torchvision's name of a network,
            for its ImageNet weights; or a new model's name, for a TOML file (`recipes`).
        file: .pth (state dict; never unpickled beyond tensors), .safetensors, or .toml. None has
            torchvision download the ImageNet weights.

    Returns:
        What is kept.

    Raises:
        ModelError: the name is unknown, the file does not fit, it cannot be downloaded, or the copy
            cannot be written.
    """
    if file is not None and file.suffix.lower() == ".toml":
        return _add_own(check_name(name), file)
    if name == TEMPORAL:
        return _add_temporal(file)
    if name not in classifier_names():
        raise ModelError(
            f"{name!r} cannot be added: weights are taken for {TEMPORAL} and for torchvision's"
            " classifiers, such as resnet50; a model of your own needs a TOML file"
        )
    return _add_backbone(name, file)


def _add_temporal(file: Path | None) -> Path:
    if file is None:
        raise ModelError(
            f"{TEMPORAL} has no address to download from: get CLSTM_model_released.pth from the"
            f" authors of CP-360 and run `cubesal models add {TEMPORAL} FILE`"
        )
    return keep_weights(read_temporal_weights(file), weights_path(TEMPORAL))


def _add_backbone(name: str, file: Path | None) -> Path:
    try:
        linear_layer(empty_network(name))
        if file is not None:
            return keep_weights(network_for(name, file)[1], weights_path(name))
    except ValueError as error:
        raise ModelError(f"{name} cannot be a backbone: {error}") from error
    return _download(name)


def _download(name: str) -> Path:
    state = adapted(name, download_imagenet(name))
    origin = Path(f"torchvision's {name}")
    check_state(state, empty_network(name, class_count(state)).state_dict(), origin)
    return keep_weights(state, weights_path(name))


def _add_own(name: str, file: Path) -> Path:
    recipe = read_recipe(file)
    given = name_in(file)
    if given not in (None, name):
        raise ModelError(f"{file} describes a model called {given!r}, not {name!r}")
    temporal = "" if recipe.temporal is None else _keep_own_memory(name, recipe.temporal)
    weights = _keep_own_weights(name, file, recipe)
    target = models_folder() / f"{name}.toml"
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with written_whole(target) as part:
            part.write_text(recipe_text(recipe, weights, temporal), encoding="utf-8")
    except OSError as error:
        raise ModelError(f"cannot write {target}: {error.strerror or error}") from error
    except ExportError as error:
        raise ModelError(str(error)) from error
    return target


def _keep_own_memory(name: str, file: Path) -> str:
    """What the kept recipe says of its ConvLSTM, once it is there."""
    return keep_weights(read_own_temporal_weights(file), weights_path(f"{name}.temporal")).name


def _keep_own_weights(name: str, file: Path, recipe: Recipe) -> str:
    """What the kept recipe says of its weights, once they are there and the network can be made."""
    try:
        linear_layer(empty_network(recipe.backbone))
        if recipe.weights != "default":
            state = build(recipe.backbone, weights=recipe.weights).state_dict()
            kept = keep_weights(state, weights_path(f"{name}.weights"))
            return kept.name
    except ValueError as error:
        raise ModelError(f"{file}: {error}") from error
    if recipe.backbone in LITE_PACKAGES:
        default_weights(recipe.backbone)
    elif not weights_path(recipe.backbone).is_file():
        _download(recipe.backbone)
    return DOWNLOAD
