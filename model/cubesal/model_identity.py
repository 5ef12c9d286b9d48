"""What a model's maps are made of, known without loading it: its weights and its settings."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace

from cubesal.fingerprint import file_fingerprint
from cubesal.model_list import model_files, recipe_of

__all__ = ["ModelIdentity", "model_identity"]

#: To be raised when the code changes what a model makes of the same weights and settings.
_REVISION = 2


@dataclass(frozen=True)
class ModelIdentity:
    """Equal identities make equal maps of equal frames. ``weights`` is a digest."""

    name: str
    weights: str
    prior: bool


def model_identity(name: str, prior: bool | None = None) -> ModelIdentity:
    """The identity of a model, with its own prior or the one that was asked for.

    ModelError: unknown name, or weights missing.
    """
    recipe = recipe_of(name)
    # What it is called and where its files lie make no difference; what is in them does.
    settings = replace(recipe, description="", weights="", temporal=None)
    content = hashlib.sha256(f"{_REVISION} {settings!r}".encode())
    for file in model_files(name):
        content.update(file_fingerprint(file).encode())
    return ModelIdentity(name, content.hexdigest()[:20], recipe.prior if prior is None else prior)
