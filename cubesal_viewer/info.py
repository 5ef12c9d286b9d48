"""``--info``: versions and graphics, for bug reports."""

from __future__ import annotations

import platform
from importlib.metadata import PackageNotFoundError, version

from OpenGL import GL
from PySide6.QtCore import qVersion
from PySide6.QtGui import QGuiApplication, QOffscreenSurface, QOpenGLContext

from cubesal import __version__
from cubesal_viewer.log import log_path
from cubesal_viewer.render.gl_format import surface_format
from cubesal_viewer.render.gl_probe import why_no_opengl

__all__ = ["report"]

_PACKAGES = ("PySide6-Essentials", "torch", "av", "opencv-python-headless", "numpy", "PyOpenGL")


def report() -> str:
    """Describe what the viewer runs on, one fact a line."""
    lines = [
        f"cubesal-viewer {__version__}",
        f"Python {platform.python_version()} on {platform.platform()}",
        f"Qt {qVersion()}, platform {QGuiApplication.platformName()}",
        f"OpenGL {_graphics()}",
    ]
    for package in _PACKAGES:
        try:
            lines.append(f"{package} {version(package)}")
        except PackageNotFoundError:
            lines.append(f"{package} is not installed")
    lines.append(f"log {log_path()}")
    return "\n".join(lines)


def _graphics() -> str:
    missing = why_no_opengl()
    if missing:
        return f"is not available ({missing}): pictures are drawn by the CPU"
    context, surface = QOpenGLContext(), QOffscreenSurface()
    context.setFormat(surface_format())
    surface.setFormat(surface_format())
    surface.create()
    if not context.create() or not context.makeCurrent(surface):
        return "is not available: no context could be created"
    words = [GL.glGetString(name).decode() for name in (GL.GL_VERSION, GL.GL_RENDERER)]
    context.doneCurrent()
    return ", ".join(words)
