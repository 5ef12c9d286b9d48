"""The canvas of a pane with OpenGL: textures and shaders, rebuilt once when the context fails."""

from __future__ import annotations

import time

from PySide6.QtCore import Signal
from PySide6.QtGui import QHideEvent, QImage, QPainter, QPaintEvent
from PySide6.QtOpenGL import QOpenGLPaintDevice
from PySide6.QtOpenGLWidgets import QOpenGLWidget
from PySide6.QtWidgets import QWidget

from cubesal_viewer.render import RenderContent, RenderError, surface_format
from cubesal_viewer.render.gl import GLError
from cubesal_viewer.render.sphere_renderer import SphereRenderer
from cubesal_viewer.widgets.canvas import BACKGROUND, Scene, device_size, settle_in

__all__ = ["GlCanvas"]

#: A context that was lost is built anew so often, without a picture in between, before it is given
#: up.
_REBUILDS = 1


class GlCanvas(QOpenGLWidget):
    """Draws a scene with shaders.

    ``refused`` says in one sentence why these very contents cannot be drawn, ``lost`` why nothing
    can be: the pane has to go on without OpenGL.  Both come while painting.
    """

    refused = Signal(str)
    lost = Signal(str)

    def __init__(self, scene: Scene, parent: QWidget) -> None:
        super().__init__(parent)
        self._scene = scene
        self._renderer = SphereRenderer()
        self._refused_shape: tuple[int, ...] | None = None
        self._given_up = False
        self._rebuilds = 0
        self.setFormat(surface_format())
        settle_in(self)

    def refresh(self) -> None:
        """Draw soon."""
        self.update()

    def accepts(self, content: RenderContent) -> bool:
        """Whether ``content`` is worth another attempt after one was refused."""
        return self._refused_shape is None or _frame_shape(content) != self._refused_shape

    def forgive(self) -> None:
        """Try again with the next picture."""
        self._refused_shape = None

    def grab_image(self) -> QImage:
        """The pane as drawn now, in device pixels."""
        return self.grabFramebuffer()

    def release(self) -> None:
        """Free everything on the GPU; idempotent. The canvas can be shown again."""
        if not self._renderer.is_initialised or not self.isValid():
            return
        self.makeCurrent()
        self._renderer.release()
        self.doneCurrent()

    def initializeGL(self) -> None:
        # Runs again after docking, in a new context: what the old one owned is gone with it.
        self._renderer = SphereRenderer()
        self._prepare()

    def _prepare(self) -> None:
        try:
            self._renderer.initialise()
        except FileNotFoundError as error:  # a damaged installation, not the graphics' fault
            self._refuse(str(error))
        except (RenderError, GLError) as error:
            self._give_up(_sentence(error))

    def paintGL(self) -> None:
        if self._given_up:
            return
        if not self._renderer.is_initialised and self._refused_shape is None:
            self._prepare()  # shown again after being hidden
        if not self._renderer.is_initialised or self._refused_shape is not None:
            return
        try:
            self._draw()
        except RenderError as error:
            self._refuse(str(error))
        except GLError as error:
            self._rebuild_or_give_up(error)

    def _draw(self) -> None:
        began = time.perf_counter()
        width, height = device_size(self)
        surround = (BACKGROUND.redF(), BACKGROUND.greenF(), BACKGROUND.blueF())
        self._renderer.begin(width, height, surround)
        if self._scene.content.planes is not None:
            self._renderer.upload(self._scene.content)
            self._scene.draw_picture(self._renderer)
        self._rebuilds = 0
        # A device of its own rather than ``self``: while QWidget.grab() runs, painters on the
        # widget are redirected to its pixmap and their words lost beneath the picture.
        device = QOpenGLPaintDevice(width, height)
        device.setDevicePixelRatio(self.devicePixelRatio())
        painter = QPainter(device)
        painter.setFont(self.font())
        self._scene.paint_over(painter)
        painter.end()
        if self._scene.content.planes is not None:
            self._scene.painted(self._scene.content, time.perf_counter() - began)

    def _refuse(self, sentence: str) -> None:
        """Frames of the same size would fail alike: say it once and wait for others."""
        self._refused_shape = _frame_shape(self._scene.content)
        self.refused.emit(sentence)

    def _rebuild_or_give_up(self, error: GLError) -> None:
        """A reset of the graphics loses every texture; a fresh start brings them back."""
        if self._rebuilds >= _REBUILDS:
            self._give_up(_sentence(error))
            return
        self._rebuilds += 1
        self._renderer = SphereRenderer()  # what the old one named is gone or broken
        self.update()

    def _give_up(self, sentence: str) -> None:
        if not self._given_up:
            self._given_up = True
            self.lost.emit(sentence)

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if not self.isValid():
            self._give_up("no OpenGL 3.3 context could be created")

    def hideEvent(self, event: QHideEvent) -> None:
        # The last sure moment with the context alive: aboutToBeDestroyed may come too late.
        self.release()
        super().hideEvent(event)


def _frame_shape(content: RenderContent) -> tuple[int, ...]:
    return () if content.planes is None else content.planes.y.shape


def _sentence(error: Exception) -> str:
    if isinstance(error, GLError):
        return f"OpenGL failed while drawing ({error.err})"
    return str(error)
