"""What we ask of OpenGL, and how PyOpenGL is told which window system Qt uses."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from typing import Final

from PySide6.QtCore import QCoreApplication, Qt
from PySide6.QtGui import QGuiApplication, QSurfaceFormat

__all__ = [
    "GL_VERSION",
    "choose_pyopengl_platform",
    "pyopengl_platform",
    "request_surface_format",
    "surface_format",
]

GL_VERSION: Final = (3, 3)


def surface_format() -> QSurfaceFormat:
    """Desktop OpenGL 3.3 core; no depth, no multisampling: shaders smooth their own lines."""
    wanted = QSurfaceFormat()
    wanted.setRenderableType(QSurfaceFormat.RenderableType.OpenGL)
    wanted.setVersion(*GL_VERSION)
    wanted.setProfile(QSurfaceFormat.OpenGLContextProfile.CoreProfile)
    wanted.setDepthBufferSize(0)
    wanted.setStencilBufferSize(0)
    wanted.setSwapInterval(1)
    return wanted


def request_surface_format() -> None:
    """Make that the default of the process; call before QApplication is created."""
    if QCoreApplication.instance() is None:
        QCoreApplication.setAttribute(Qt.ApplicationAttribute.AA_ShareOpenGLContexts)
        QCoreApplication.setAttribute(Qt.ApplicationAttribute.AA_UseDesktopOpenGL)
    QSurfaceFormat.setDefaultFormat(surface_format())


def pyopengl_platform(qt_platform: str, env: Mapping[str, str]) -> str | None:
    """The ``PYOPENGL_PLATFORM`` that matches a Qt platform plugin; None = leave it to PyOpenGL."""
    if qt_platform.startswith(("wayland", "eglfs")):
        return "egl"
    if qt_platform == "xcb":
        return "egl" if env.get("QT_XCB_GL_INTEGRATION") == "xcb_egl" else "glx"
    return None


def choose_pyopengl_platform() -> None:
    """Set ``PYOPENGL_PLATFORM`` unless the user did; must run before ``OpenGL`` is imported.

    PyOpenGL guesses from the session's variables. When Qt runs through XWayland, or natively
    on Wayland with an X display beside it, that guess differs from what Qt really uses, and
    PyOpenGL then finds no current context.
    """
    if not sys.platform.startswith("linux") or "PYOPENGL_PLATFORM" in os.environ:
        return
    platform = pyopengl_platform(_qt_platform(os.environ), os.environ)
    if platform is not None:
        os.environ["PYOPENGL_PLATFORM"] = platform


def _qt_platform(env: Mapping[str, str]) -> str:
    """Qt's platform plugin, or the one it will choose if no application exists yet."""
    if QCoreApplication.instance() is not None:
        return QGuiApplication.platformName()
    asked = env.get("QT_QPA_PLATFORM", "")
    if asked:
        return asked.split(";")[0].split(":")[0]
    return "wayland" if env.get("XDG_SESSION_TYPE") == "wayland" else "xcb"
