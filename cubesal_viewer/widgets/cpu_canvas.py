"""The canvas of a pane without OpenGL: pictures come from a thread, smaller while in a hurry."""

from __future__ import annotations

import time
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRectF, QTimer
from PySide6.QtGui import QImage, QPainter
from PySide6.QtWidgets import QWidget

from cubesal_viewer.render import PictureRequest, draw_on_cpu
from cubesal_viewer.render.outline import paint_outline
from cubesal_viewer.widgets.canvas import BACKGROUND, Scene
from cubesal_viewer.widgets.draw_pace import DrawPace
from cubesal_viewer.widgets.picture_canvas import Drawn, PictureCanvas
from cubesal_viewer.worker import Worker, one_sentence

__all__ = ["CpuCanvas"]

#: When nothing has changed for so long, the picture is drawn at its full size.
_REST_MS = 120


class CpuCanvas(PictureCanvas):
    """Draws a scene with the library's samplers, on a thread that lives while it is visible.

    The outline is painted over the picture and follows the camera at once.
    """

    def __init__(self, scene: Scene, parent: QWidget) -> None:
        super().__init__(scene, parent)
        self._worker: Worker | None = None
        self._pace = DrawPace()
        self._rest = QTimer(self, interval=_REST_MS, singleShot=True)
        self._rest.timeout.connect(self._draw_whole)

    @staticmethod
    def key_of(request: PictureRequest) -> tuple[object, ...]:
        return request.key

    def release(self) -> None:
        """End the thread; it starts again with the next picture."""
        self._rest.stop()
        worker, self._worker, self._under_way = self._worker, None, None
        if worker is not None:
            worker.stop()

    def _drawn_now(self, request: PictureRequest) -> Drawn:
        return Drawn(request, _images(request))

    # ---- from request to picture ---------------------------------------------------------------

    def _ask(self, hurried: bool = True) -> None:
        request = self._wanted
        if request is None or self._under_way is not None or not self.isVisible():
            return
        factor = self._pace.factor(request.pixels) if hurried else 1
        shown = self._shown
        if shown is not None and self._answers(shown) and shown.factor <= factor:
            return
        self._under_way = request.key
        if self._worker is None:
            self._worker = Worker("cpu-draw")
        self._worker.submit(lambda: self._work(request, factor), replace=True)

    def _work(self, request: PictureRequest, factor: int) -> None:
        """On the thread."""
        start = time.perf_counter()
        try:
            images = _images(request.shrunk(factor) if factor > 1 else request)
        except Exception as error:
            self._failed.emit(one_sentence(error))
            return
        self._arrived.emit(Drawn(request, images, factor, time.perf_counter() - start))

    def _on_arrived(self, drawn: Drawn) -> None:
        if self._worker is None:
            return  # hidden meanwhile
        self._pace.took(drawn.request.pixels // drawn.factor**2, drawn.seconds)
        super()._on_arrived(drawn)
        if not self.is_complete:
            self._rest.start()

    def _draw_whole(self) -> None:
        if not self.is_complete:
            self._ask(hurried=False)

    # ---- painting ------------------------------------------------------------------------------

    def _paint_picture(self, painter: QPainter, request: PictureRequest, shown: Drawn) -> None:
        ratio = self.devicePixelRatio()
        for part, image in zip(request.parts, shown.images, strict=False):
            painter.drawImage(_place(part, ratio), image)
        if request.mark is not None:
            mark = replace(request.mark, line_width=request.mark.line_width / ratio)
            paint_outline(painter, _place(request, ratio), mark, request.kind)


def _image(rgb: NDArray[np.uint8]) -> QImage:
    """A copy that outlives the array; 32 bits a pixel, which Qt paints quickest."""
    height, width = rgb.shape[:2]
    rows = np.ascontiguousarray(rgb)
    image = QImage(rows.data, width, height, 3 * width, QImage.Format.Format_RGB888)
    return image.convertToFormat(QImage.Format.Format_RGB32)


def _background() -> tuple[int, int, int]:
    return BACKGROUND.red(), BACKGROUND.green(), BACKGROUND.blue()


def _images(request: PictureRequest) -> tuple[QImage, ...]:
    return tuple(_image(draw_on_cpu(part, _background())) for part in request.parts)


def _place(request: PictureRequest, ratio: float) -> QRectF:
    """Where a picture lies on the pane, in logical pixels."""
    box = request.viewport
    return QRectF(*(value / ratio for value in (box.x, box.y, box.width, box.height)))
