"""Drawing without a window, for tests and exports."""

from __future__ import annotations

from ctypes import c_void_p
from types import TracebackType
from typing import Any, Final, Self

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QThread
from PySide6.QtGui import QOffscreenSurface, QOpenGLContext

from cubesal_viewer.render.errors import RenderError
from cubesal_viewer.render.gl import GL, read_pixels
from cubesal_viewer.render.gl_format import surface_format

__all__ = ["DrawingContext", "Framebuffer", "OffscreenTarget", "new_surface"]

_NO_CONTEXT: Final = "no OpenGL context could be created: install a graphics driver with OpenGL 3.3"


def new_surface() -> QOffscreenSurface:
    """What a context without a window is made current on; to be created on the GUI thread."""
    surface = QOffscreenSurface()
    surface.setFormat(surface_format())
    surface.create()
    return surface


class Framebuffer:
    """Somewhere to draw, RGBA with 8 bits each; every method needs its context to be current.

    Raises:
        RenderError: the graphics device cannot draw so many pixels.
    """

    def __init__(self, width: int, height: int) -> None:
        self.width, self.height = width, height
        self._buffer = int(GL.glGenRenderbuffers(1))
        GL.glBindRenderbuffer(GL.GL_RENDERBUFFER, self._buffer)
        GL.glRenderbufferStorage(GL.GL_RENDERBUFFER, GL.GL_RGBA8, width, height)
        self._id = int(GL.glGenFramebuffers(1))
        self.bind()
        GL.glFramebufferRenderbuffer(
            GL.GL_FRAMEBUFFER, GL.GL_COLOR_ATTACHMENT0, GL.GL_RENDERBUFFER, self._buffer
        )
        if GL.glCheckFramebufferStatus(GL.GL_FRAMEBUFFER) != GL.GL_FRAMEBUFFER_COMPLETE:
            self.release()
            raise RenderError(f"this graphics device cannot draw {width}x{height} pixels")

    def bind(self) -> None:
        """Draw here from now on."""
        GL.glBindFramebuffer(GL.GL_FRAMEBUFFER, self._id)

    def read(self, width: int, height: int, channels: Any, component: Any) -> NDArray[np.uint8]:
        """Its lower left part (height, width, 4) uint8, bottom row first; waits until drawn."""
        pixels = np.empty((height, width, 4), np.uint8)
        GL.glPixelStorei(GL.GL_PACK_ALIGNMENT, 1)
        read_pixels(0, 0, width, height, channels, component, c_void_p(pixels.ctypes.data))
        return pixels

    def release(self) -> None:
        """Delete it."""
        GL.glDeleteFramebuffers(1, [self._id])
        GL.glDeleteRenderbuffers(1, [self._buffer])


class DrawingContext:
    """An OpenGL context that lives on the thread that opens it, and stays current there.

    ``surface`` comes from :func:`new_surface` and must outlive it.  It shares nothing with others.
    """

    def __init__(self, surface: QOffscreenSurface) -> None:
        self._surface = surface
        self._context: QOpenGLContext | None = None
        self._framebuffer: Framebuffer | None = None

    def open(self) -> None:
        """Create it on this thread; RenderError: none can be had. May be called again."""
        if self._context is not None:
            return
        context = QOpenGLContext()
        context.setFormat(surface_format())
        if not context.create() or not context.makeCurrent(self._surface):
            raise RenderError(_NO_CONTEXT)
        self._context = context

    def begin(self, width: int, height: int) -> Framebuffer:
        """Somewhere to draw at least so many pixels, bound; it grows with what is asked for."""
        have = self._framebuffer
        if have is None or have.width < width or have.height < height:
            most = (width, height) if have is None else (have.width, have.height)
            if have is not None:
                have.release()
                self._framebuffer = None
            self._framebuffer = Framebuffer(max(width, most[0]), max(height, most[1]))
        assert self._framebuffer is not None
        self._framebuffer.bind()
        return self._framebuffer

    def close(self) -> None:
        """Give it back, on its thread; may be called again."""
        if self._context is None:
            return
        if self._framebuffer is not None:
            self._framebuffer.release()
            self._framebuffer = None
        self._context.doneCurrent()
        self._context = None


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
        self._surface = new_surface()
        self._context = QOpenGLContext()
        self._context.setFormat(surface_format())
        if not self._context.create() or not self._surface.isValid():
            raise RenderError(_NO_CONTEXT)
        self._framebuffer: Framebuffer | None = None

    def move_to_thread(self, thread: QThread) -> None:
        """Hand the context to ``thread``; it must not be current anywhere."""
        self._context.moveToThread(thread)

    def __enter__(self) -> Self:
        if not self._context.makeCurrent(self._surface):
            raise RenderError("the OpenGL context cannot be used on this thread")
        if self._framebuffer is None:
            self._framebuffer = Framebuffer(self.width, self.height)
        self._framebuffer.bind()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._context.doneCurrent()

    def read_rgb(self) -> NDArray[np.uint8]:
        """The picture (height, width, 3) uint8, top row first; waits until it is drawn."""
        assert self._framebuffer is not None
        pixels = self._framebuffer.read(self.width, self.height, GL.GL_RGBA, GL.GL_UNSIGNED_BYTE)
        return np.ascontiguousarray(pixels[::-1, :, :3])

    def release(self) -> None:
        """Delete the framebuffer; may be called again. The context must be current."""
        if self._framebuffer is not None:
            self._framebuffer.release()
            self._framebuffer = None
