"""Whether OpenGL can be had at all, found out before any widget relies on it."""

from __future__ import annotations

import os
from functools import lru_cache

from PySide6.QtGui import QOffscreenSurface, QOpenGLContext

from cubesal_viewer.render.gl_format import GL_VERSION, surface_format

__all__ = ["GL_VARIABLE", "why_no_opengl"]

#: ``CUBESAL_GL=none`` draws without OpenGL, for drivers that fail and for tests.
GL_VARIABLE = "CUBESAL_GL"


def why_no_opengl() -> str:
    """Say in a few words why there is no OpenGL; empty where there is.  Needs an application."""
    asked = os.environ.get(GL_VARIABLE, "")
    if asked == "none":
        return f"{GL_VARIABLE}=none"
    return _found_missing()


@lru_cache(maxsize=1)
def _found_missing() -> str:
    context, surface = QOpenGLContext(), QOffscreenSurface()
    context.setFormat(surface_format())
    if not context.create():
        return "no context could be created"
    surface.setFormat(context.format())
    surface.create()
    if not context.makeCurrent(surface):
        return "its context cannot be used"
    got = context.format().version()
    context.doneCurrent()
    wanted = ".".join(map(str, GL_VERSION))
    return "" if got >= GL_VERSION else f"version {got[0]}.{got[1]} is older than {wanted}"
