"""The one place that knows where shaders and resources lie.

In an installed package they are beside this file; in a checkout (also an editable install) they
are top-level folders.
"""

from __future__ import annotations

from pathlib import Path

__all__ = ["resource_path", "resource_text", "shader_path", "shader_text"]

_PACKAGE = Path(__file__).resolve().parent


def _locate(folder: str, name: str) -> Path:
    places = [_PACKAGE / folder, _PACKAGE.parent / folder]
    for place in places:
        path = place / name
        if path.is_file():
            return path
    tried = " or ".join(str(place) for place in places)
    raise FileNotFoundError(
        f"{folder}/{name} is not in {tried}: the installation is incomplete, install it again"
    )


def shader_path(name: str) -> Path:
    """Path of a shader such as ``"equirect.frag"`` or ``"include/yuv.glsl"``.

    Raises:
        FileNotFoundError: it is neither in the package nor in the checkout.
    """
    return _locate("shaders", name)


def shader_text(name: str) -> str:
    """Source text of a shader."""
    return shader_path(name).read_text(encoding="utf-8")


def resource_path(name: str) -> Path:
    """Path of a resource such as ``"icons/cubesal-viewer.svg"``.

    Raises:
        FileNotFoundError: it is neither in the package nor in the checkout.
    """
    return _locate("resources", name)


def resource_text(name: str) -> str:
    """Text of a resource, for instance a style sheet."""
    return resource_path(name).read_text(encoding="utf-8")
