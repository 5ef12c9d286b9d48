"""OpenGL as the other render modules import it: the right platform, errors on, no array copies."""

from __future__ import annotations

from typing import Any

from cubesal_viewer.render.gl_format import choose_pyopengl_platform

choose_pyopengl_platform()

from OpenGL import GL as _GL  # noqa: E402 - PyOpenGL reads its platform when it is imported
from OpenGL.error import GLError  # noqa: E402 - as above
from OpenGL.raw.GL.VERSION.GL_1_0 import glReadPixels, glTexImage2D  # noqa: E402 - as above
from OpenGL.raw.GL.VERSION.GL_1_1 import glTexSubImage2D  # noqa: E402 - as above

__all__ = ["GL", "GLError", "read_pixels", "tex_image_2d", "tex_sub_image_2d"]

GL: Any = _GL  # PyOpenGL has no type information

# The plain C entry points: PyOpenGL's wrappers reset the pixel storage modes that describe rows
# wider than the picture.
tex_image_2d: Any = glTexImage2D
tex_sub_image_2d: Any = glTexSubImage2D
read_pixels: Any = glReadPixels
