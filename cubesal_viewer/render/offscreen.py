"""Drawing without a window, for tests and exports."""

from __future__ import annotations

from ctypes import c_void_p
from types import TracebackType
from typing import Self

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QThread
from PySide6.QtGui import QOffscreenSurface, QOpenGLContext

from cubesal_viewer.render.errors import RenderError
from cubesal_viewer.render.gl import GL, read_pixels
from cubesal_viewer.render.gl_format import surface_format

__all__ = ["OffscreenTarget"]


class OffscreenTarget:
    """An OpenGL context of its own with an RGBA framebuffer of fixed size.

    Create it on the GUI thread (surfaces must be) and use it as a context manager: inside, its
    context is current and its framebuffer bound.  To use it on another thread call
    :meth:`move_to_thread` first.  It shares nothing with other contexts.

    Raises:
        RenderError: no OpenGL 3.3 context can be had.
    """

    def __init__(self, width: int, height: int) -> None:
        self.width, self.height = width, height
        self._surface = QOffscreenSurface()
        self._surface.setFormat(surface_format())
        self._surface.create()
        self._context = QOpenGLContext()
        self._context.setFormat(surface_format())
        if not self._context.create() or not self._surface.isValid():
            raise RenderError(
                "no OpenGL context could be created: install a graphics driver with OpenGL 3.3"
            )
        self._framebuffer = 0
        self._buffer = 0

    def move_to_thread(self, thread: QThread) -> None:
        """Hand the context to ``thread``; it must not be current anywhere."""
        self._context.moveToThread(thread)

    def __enter__(self) -> Self:
        if not self._context.makeCurrent(self._surface):
            raise RenderError("the OpenGL context cannot be used on this thread")
        if not self._framebuffer:
            self._create_framebuffer()
        GL.glBindFramebuffer(GL.GL_FRAMEBUFFER, self._framebuffer)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._context.doneCurrent()

    def _create_framebuffer(self) -> None:
        self._buffer = int(GL.glGenRenderbuffers(1))
        GL.glBindRenderbuffer(GL.GL_RENDERBUFFER, self._buffer)
        GL.glRenderbufferStorage(GL.GL_RENDERBUFFER, GL.GL_RGBA8, self.width, self.height)
        self._framebuffer = int(GL.glGenFramebuffers(1))
        GL.glBindFramebuffer(GL.GL_FRAMEBUFFER, self._framebuffer)
        GL.glFramebufferRenderbuffer(
            GL.GL_FRAMEBUFFER, GL.GL_COLOR_ATTACHMENT0, GL.GL_RENDERBUFFER, self._buffer
        )
        if GL.glCheckFramebufferStatus(GL.GL_FRAMEBUFFER) != GL.GL_FRAMEBUFFER_COMPLETE:
            raise RenderError(f"this graphics device cannot draw {self.width}x{self.height} pixels")

    def read_rgb(self) -> NDArray[np.uint8]:
        """The picture (height, width, 3) uint8, top row first; waits until it is drawn."""
        pixels = np.empty((self.height, self.width, 4), np.uint8)
        GL.glPixelStorei(GL.GL_PACK_ALIGNMENT, 1)
        address = c_void_p(pixels.ctypes.data)
        read_pixels(0, 0, self.width, self.height, GL.GL_RGBA, GL.GL_UNSIGNED_BYTE, address)
        return np.ascontiguousarray(pixels[::-1, :, :3])

    def release(self) -> None:
        """Delete the framebuffer; may be called again. The context must be current."""
        if self._framebuffer:
            GL.glDeleteFramebuffers(1, [self._framebuffer])
            GL.glDeleteRenderbuffers(1, [self._buffer])
            self._framebuffer = self._buffer = 0
