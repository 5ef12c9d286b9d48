"""The error of this package: graphics that cannot be had, in one sentence for the user."""

from __future__ import annotations

from cubesal.errors import DeviceError

__all__ = ["RenderError"]


class RenderError(DeviceError):
    """OpenGL is missing, too old, out of memory, or refuses a shader."""
