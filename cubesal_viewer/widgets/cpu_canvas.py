"""The canvas of a pane without graphics hardware: pictures from a thread, smaller in a hurry."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRectF, Qt, QTimer, Signal
from PySide6.QtGui import QHideEvent, QImage, QPainter, QPaintEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QWidget

from cubesal_viewer.render import PictureRecorder, PictureRequest, draw_on_cpu
from cubesal_viewer.render.outline import paint_outline
from cubesal_viewer.widgets.canvas import BACKGROUND, Scene, device_size, settle_in
from cubesal_viewer.widgets.draw_pace import DrawPace
from cubesal_viewer.worker import Worker, one_sentence

__all__ = ["CpuCanvas"]

#: When nothing has changed for so long, the picture is drawn at its full size.
_REST_MS = 120


@dataclass(frozen=True, eq=False)
class _Drawn:
    """Pictures from the thread: the request they answer, an image for each part, what they cost."""

    request: PictureRequest
    factor: int
    images: tuple[QImage, ...]
    seconds: float


class CpuCanvas(QWidget):
    """Draws a scene with the library's samplers, on a thread that lives while it is visible.

    One picture is under way at a time; what was asked meanwhile is drawn next, the newest only.
    What one event changes, camera and frame, makes one picture. The outline is painted over it and
    follows the camera at once.  ``refused`` says in one sentence why a picture could not be drawn.
    """

    refused = Signal(str)
    _fell_behind = Signal()
    _drawn = Signal(object)
    _failed = Signal(str)

    def __init__(self, scene: Scene, parent: QWidget) -> None:
        super().__init__(parent)
        self._scene = scene
        self._worker: Worker | None = None
        self._pace = DrawPace()
        self._wanted: PictureRequest | None = None
        self._under_way: tuple[object, ...] | None = None
        self._shown: _Drawn | None = None
        self._is_behind = False
        self._fell_behind.connect(self._catch_up, Qt.ConnectionType.QueuedConnection)
        self._rest = QTimer(self, interval=_REST_MS, singleShot=True)
        self._rest.timeout.connect(self._draw_whole)
        self._drawn.connect(self._on_drawn)
        self._failed.connect(self._on_failed)
        settle_in(self)

    @property
    def is_complete(self) -> bool:
        """Whether what is shown is what was asked for last, at full size."""
        if self._is_behind:
            return False
        if self._wanted is None:
            return True
        shown = self._shown
        return shown is not None and shown.factor == 1 and shown.request.key == self._wanted.key

    def refresh(self) -> None:
        """Draw soon: words and outline at once, the picture when the thread has it."""
        if not self._is_behind:
            self._is_behind = True
            self._fell_behind.emit()

    def _catch_up(self) -> None:
        self._is_behind = False
        self._wanted = self._request()
        self._draw_next(hurried=True)
        self.update()

    def grab_image(self) -> QImage:
        """The pane at full size, in device pixels; draws here and now."""
        request = self._request()
        if request is not None:
            self._shown = _Drawn(request, 1, _images(request), 0.0)
        whole = QImage(*device_size(self), QImage.Format.Format_RGB32)
        whole.setDevicePixelRatio(self.devicePixelRatio())
        painter = QPainter(whole)
        self._paint(painter, request)
        painter.end()
        return whole

    def release(self) -> None:
        """End the thread; it starts again with the next picture."""
        self._rest.stop()
        worker, self._worker, self._under_way = self._worker, None, None
        if worker is not None:
            worker.stop()

    # ---- from request to picture ---------------------------------------------------------------

    def _request(self) -> PictureRequest | None:
        if self._scene.content.planes is None or min(device_size(self)) < 2:
            return None
        recorder = PictureRecorder(self._scene.content)
        self._scene.draw_picture(recorder)
        return recorder.request

    def _draw_next(self, hurried: bool) -> None:
        request = self._wanted
        if request is None or self._under_way is not None or not self.isVisible():
            return
        factor = self._pace.factor(request.pixels) if hurried else 1
        shown = self._shown
        if shown is not None and shown.request.key == request.key and shown.factor <= factor:
            return
        self._under_way = request.key
        if self._worker is None:
            self._worker = Worker("cpu-draw", prompt=True)
        self._worker.submit(lambda: self._work(request, factor), replace=True)

    def _work(self, request: PictureRequest, factor: int) -> None:
        """On the thread."""
        start = time.perf_counter()
        try:
            images = _images(request.shrunk(factor) if factor > 1 else request)
        except Exception as error:
            self._failed.emit(one_sentence(error))
            return
        self._drawn.emit(_Drawn(request, factor, images, time.perf_counter() - start))

    def _on_drawn(self, drawn: _Drawn) -> None:
        if self._worker is None:
            return  # hidden meanwhile
        self._under_way = None
        self._shown = drawn
        self._pace.took(drawn.request.pixels // drawn.factor**2, drawn.seconds)
        self.update()
        if self._wanted is not None and self._wanted.key != drawn.request.key:
            self._draw_next(hurried=True)
        if not self.is_complete:
            self._rest.start()

    def _on_failed(self, sentence: str) -> None:
        self._under_way = None
        self.refused.emit(sentence)

    def _draw_whole(self) -> None:
        if not self.is_complete:
            self._draw_next(hurried=False)

    # ---- painting ------------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        del event
        painter = QPainter(self)
        self._paint(painter, self._request() if self._is_behind else self._wanted)
        painter.end()
        if self._shown is not None and self._wanted is not None:
            self._scene.painted(self._shown.request.content, self._shown.seconds)

    def _paint(self, painter: QPainter, request: PictureRequest | None) -> None:
        painter.fillRect(self.rect(), BACKGROUND)
        painter.setFont(self.font())
        painter.setRenderHint(QPainter.RenderHint.TextAntialiasing)
        if request is not None and self._shown is not None:
            ratio = self.devicePixelRatio()
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            for part, image in zip(request.parts, self._shown.images, strict=False):
                painter.drawImage(_place(part, ratio), image)
            if request.mark is not None:
                mark = replace(request.mark, line_width=request.mark.line_width / ratio)
                paint_outline(painter, _place(request, ratio), mark, request.kind)
        self._scene.paint_over(painter)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.refresh()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.refresh()

    def hideEvent(self, event: QHideEvent) -> None:
        self.release()
        super().hideEvent(event)


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
