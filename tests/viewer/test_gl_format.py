"""PyOpenGL is told the window system that Qt uses."""

from __future__ import annotations

import pytest
from PySide6.QtGui import QSurfaceFormat

from cubesal_viewer.render import surface_format
from cubesal_viewer.render.gl_format import pyopengl_platform


@pytest.mark.parametrize(
    ("qt_platform", "env", "expected"),
    [
        ("xcb", {}, "glx"),
        ("xcb", {"QT_XCB_GL_INTEGRATION": "xcb_egl"}, "egl"),
        ("wayland", {}, "egl"),
        ("wayland-egl", {"DISPLAY": ":0"}, "egl"),
        ("offscreen", {}, None),
    ],
)
def test_pyopengl_follows_qt(qt_platform, env, expected):
    assert pyopengl_platform(qt_platform, env) == expected


def test_desktop_opengl_is_asked_for_not_es():
    wanted = surface_format()
    assert wanted.renderableType() is QSurfaceFormat.RenderableType.OpenGL
    assert wanted.version() == (3, 3)
    assert wanted.profile() is QSurfaceFormat.OpenGLContextProfile.CoreProfile
