"""The canvas of a pane whose OpenGL is software: drawn on a thread, painted as an image.

Composing a window from OpenGL widgets takes the GUI thread longer than everything else it does
where no graphics hardware helps; an image costs it a copy.
"""

from __future__ import annotations

import threading
import time
from typing import Final

from PySide6.QtCore import QPointF, QRectF, Signal
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QWidget

from cubesal_viewer.render import PictureRequest, RenderContent, RenderError, SphereRenderer
from cubesal_viewer.render.gl import GLError
from cubesal_viewer.widgets.canvas import Refusal, Scene, device_size, gl_sentence
from cubesal_viewer.widgets.gl_thread import GlThread, held_thread, let_go
from cubesal_viewer.widgets.picture_canvas import Drawn, PictureCanvas
from cubesal_viewer.worker import one_sentence

__all__ = ["OffscreenCanvas"]

#: A context that was lost is built anew so often, without a picture in between.
_REBUILDS: Final = 1
#: Whoever wants a picture now waits so long for the thread, which is never busy for a second.
_PATIENCE_S: Final = 20.0


class OffscreenCanvas(PictureCanvas):
    """Draws a scene with shaders on the thread of `gl_thread`.

    ``lost`` says why nothing can be drawn any more: the pane has to go on without OpenGL.
    """

    lost = Signal(str)
    _broken = Signal(str)

    def __init__(self, scene: Scene, parent: QWidget) -> None:
        super().__init__(scene, parent)
        self._thread: GlThread | None = None
        self._renderer = SphereRenderer()
        self._refusal = Refusal()
        self._rebuilds = 0
        self._given_up = False
        self._broken.connect(self._rebuild_or_give_up)

    @staticmethod
    def key_of(request: PictureRequest) -> tuple[object, ...]:
        return (request.key, request.mark)

    def accepts(self, content: RenderContent) -> bool:
        """Whether ``content`` is worth another attempt after one was refused."""
        return self._refusal.accepts(content)

    def forgive(self) -> None:
        """Try again with the next picture."""
        self._refusal.forgive()

    def release(self) -> None:
        """Give back what lies on the thread; idempotent."""
        thread, self._thread, self._under_way = self._thread, None, None
        if thread is None:
            return
        renderer, self._renderer = self._renderer, SphereRenderer()
        thread.submit(renderer.release)
        let_go(thread)

    # ---- from request to picture ---------------------------------------------------------------

    def _ask(self) -> None:
        request, shown = self._wanted, self._shown
        if request is None or self._under_way is not None or not self.isVisible():
            return
        if self._given_up or not self.accepts(request.content):
            return
        size = device_size(self)
        if shown is not None and self._answers(shown) and _size_of(shown) == size:
            return
        self._under_way = request.key
        if self._thread is None:
            self._thread = held_thread()
        thread, renderer = self._thread, self._renderer
        thread.submit(lambda: self._work(thread, renderer, request, size))

    def _work(
        self,
        thread: GlThread,
        renderer: SphereRenderer,
        request: PictureRequest,
        size: tuple[int, int],
    ) -> None:
        """On the thread."""
        try:
            try:
                thread.prepare(renderer)
            except RenderError as error:
                self._broken.emit(str(error))
                return
            began = time.perf_counter()
            image = thread.picture(renderer, request, size)
        except GLError as error:
            self._broken.emit(gl_sentence(error))
        except (RenderError, FileNotFoundError) as error:
            self._failed.emit(str(error))
        except Exception as error:
            self._failed.emit(one_sentence(error))
        else:
            seconds = time.perf_counter() - began
            self._arrived.emit(Drawn(request, (image,), seconds=seconds))

    def _drawn_now(self, request: PictureRequest) -> Drawn | None:
        thread, renderer = held_thread(), self._renderer
        size, drawn, done = device_size(self), list[Drawn](), threading.Event()

        def work() -> None:
            try:
                thread.prepare(renderer)
                drawn.append(Drawn(request, (thread.picture(renderer, request, size),)))
            finally:
                done.set()

        thread.submit(work)
        done.wait(_PATIENCE_S)
        if self._thread is None:  # hidden: nothing of it may stay behind
            self._renderer = SphereRenderer()
            thread.submit(renderer.release)
        let_go(thread)
        return drawn[0] if drawn else None

    def _on_arrived(self, drawn: Drawn) -> None:
        if self._thread is None:
            return  # hidden meanwhile
        self._rebuilds = 0
        super()._on_arrived(drawn)

    def _on_failed(self, sentence: str) -> None:
        self._refusal.refuse(self._scene.content)
        super()._on_failed(sentence)

    def _rebuild_or_give_up(self, sentence: str) -> None:
        """A reset of the graphics loses every texture; a fresh start brings them back."""
        self._under_way = None
        if self._given_up:
            return
        if self._rebuilds >= _REBUILDS:
            self._given_up = True
            self.lost.emit(sentence)
            return
        self._rebuilds += 1
        self._renderer = SphereRenderer()  # what the old one named is gone or broken
        self._ask()

    # ---- painting ------------------------------------------------------------------------------

    def _paint_picture(self, painter: QPainter, request: PictureRequest, shown: Drawn) -> None:
        del request
        (image,) = shown.images
        if _size_of(shown) == device_size(self):
            image.setDevicePixelRatio(self.devicePixelRatio())
            painter.drawImage(QPointF(0, 0), image)
        else:  # while the window changes its size
            painter.drawImage(QRectF(self.rect()), image)


def _size_of(drawn: Drawn) -> tuple[int, int]:
    (image,) = drawn.images
    return image.width(), image.height()
