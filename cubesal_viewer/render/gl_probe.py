"""Whether OpenGL can be had at all, and who draws, found out before any widget relies on it."""

from __future__ import annotations

import os
from functools import lru_cache
from typing import Final, NamedTuple

from PySide6.QtGui import QOffscreenSurface, QOpenGLContext

from cubesal_viewer.render.gl_format import GL_VERSION, surface_format

__all__ = ["GL_VARIABLE", "draws_in_software", "why_no_opengl"]

#: ``CUBESAL_GL=none`` draws without OpenGL, for drivers that fail and for tests; ``any`` draws with
#: it also where the processor has to compute it.
GL_VARIABLE: Final = "CUBESAL_GL"

_SOFTWARE: Final = ("llvmpipe", "softpipe", "swrast", "software rasterizer", "gdi generic")

#: Asked of Qt, not of PyOpenGL, whose import a window without it need not wait for.
_GL_RENDERER: Final = 0x1F01


class _Found(NamedTuple):
    missing: str
    renderer: str


def why_no_opengl() -> str:
    """Say in a few words why there is no OpenGL; empty where there is.  Needs an application."""
    if os.environ.get(GL_VARIABLE, "") == "none":
        return f"{GL_VARIABLE}=none"
    return _found().missing


def draws_in_software() -> bool:
    """Whether the processor would have to compute what OpenGL draws, pixel by pixel."""
    if os.environ.get(GL_VARIABLE, "") == "any":
        return False
    return any(name in _found().renderer.lower() for name in _SOFTWARE)


@lru_cache(maxsize=1)
def _found() -> _Found:
    context, surface = QOpenGLContext(), QOffscreenSurface()
    context.setFormat(surface_format())
    if not context.create():
        return _Found("no context could be created", "")
    surface.setFormat(context.format())
    surface.create()
    if not context.makeCurrent(surface):
        return _Found("its context cannot be used", "")
    got = context.format().version()
    renderer = str(context.functions().glGetString(_GL_RENDERER) or "")
    context.doneCurrent()
    if got < GL_VERSION:
        wanted = ".".join(map(str, GL_VERSION))
        return _Found(f"version {got[0]}.{got[1]} is older than {wanted}", "")
    return _Found("", renderer)
