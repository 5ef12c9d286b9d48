"""OpenGL drawing of pictures on the sphere; knows no widget and no thread.

``content`` says what to draw, ``sphere_renderer`` draws it, ``offscreen`` gives it somewhere to
draw without a window, ``cpu_drawing`` draws it without OpenGL. The first two import PyOpenGL, which
takes its time, and are imported by their own names where they are needed;
``program``, ``textures``, ``gl``, ``gl_format`` and ``gl_probe`` are the tools below.
"""

from __future__ import annotations

from cubesal_viewer.render.content import (
    EMPTY_CONTENT,
    NO_OVERLAY,
    OverlayParams,
    RenderContent,
    ViewMark,
    Viewport,
)
from cubesal_viewer.render.cpu_drawing import draw_on_cpu
from cubesal_viewer.render.drawing import (
    PictureRecorder,
    PictureRequest,
    SphereDrawing,
)
from cubesal_viewer.render.errors import RenderError
from cubesal_viewer.render.gl_format import request_surface_format, surface_format
from cubesal_viewer.render.gl_probe import draws_in_software, why_no_opengl

__all__ = [
    "EMPTY_CONTENT",
    "NO_OVERLAY",
    "OverlayParams",
    "PictureRecorder",
    "PictureRequest",
    "RenderContent",
    "RenderError",
    "SphereDrawing",
    "ViewMark",
    "Viewport",
    "draw_on_cpu",
    "draws_in_software",
    "request_surface_format",
    "surface_format",
    "why_no_opengl",
]
