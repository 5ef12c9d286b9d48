"""A canvas whose pictures are drawn elsewhere: one under way at a time, then the newest wish."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass

from PySide6.QtCore import Signal
from PySide6.QtGui import QHideEvent, QImage, QPainter, QPaintEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QWidget

from cubesal_viewer.render import PictureRecorder, PictureRequest
from cubesal_viewer.widgets.canvas import BACKGROUND, Scene, device_size, settle_in

__all__ = ["Drawn", "PictureCanvas"]


@dataclass(frozen=True, eq=False)
class Drawn:
    """A picture from the thread: the request it answers, its images, and what it cost.

    ``factor`` is by how much its sides were divided in a hurry.
    """

    request: PictureRequest
    images: tuple[QImage, ...]
    factor: int = 1
    seconds: float = 0.0


class PictureCanvas(QWidget):
    """Shows the last picture that has come, words and marks over it at once.

    ``refused`` says in one sentence why a picture could not be drawn.
    """

    refused = Signal(str)
    _arrived = Signal(object)
    _failed = Signal(str)

    def __init__(self, scene: Scene, parent: QWidget) -> None:
        super().__init__(parent)
        self._scene = scene
        self._wanted: PictureRequest | None = None
        self._under_way: tuple[object, ...] | None = None
        self._shown: Drawn | None = None
        self._arrived.connect(self._on_arrived)
        self._failed.connect(self._on_failed)
        settle_in(self)

    # ---- for subclasses ------------------------------------------------------------------------

    @staticmethod
    @abstractmethod
    def key_of(request: PictureRequest) -> tuple[object, ...]:
        """Equal for two requests exactly when their images are."""

    @abstractmethod
    def _ask(self) -> None:
        """Have what is wanted drawn, unless something is under way or it is shown already."""

    @abstractmethod
    def _drawn_now(self, request: PictureRequest) -> Drawn | None:
        """The whole picture, here and now; None where that fails."""

    @abstractmethod
    def _paint_picture(self, painter: QPainter, request: PictureRequest, shown: Drawn) -> None:
        """Paint what is shown; its marks as ``request`` has them."""

    @abstractmethod
    def release(self) -> None:
        """Give back what drawing needs; idempotent, and the canvas can draw again."""

    # ---- what is shown -------------------------------------------------------------------------

    @property
    def is_complete(self) -> bool:
        """Whether what is shown is what was asked for last, at full size."""
        if self._wanted is None:
            return True
        shown = self._shown
        return shown is not None and shown.factor == 1 and self._answers(shown)

    def _answers(self, drawn: Drawn) -> bool:
        wanted = self._wanted
        return wanted is not None and self.key_of(drawn.request) == self.key_of(wanted)

    def refresh(self) -> None:
        """Draw soon: words and marks at once, the picture when it has come."""
        self._wanted = self._request()
        self._ask()
        self.update()

    def grab_image(self) -> QImage:
        """The pane at full size, in device pixels; draws here and now."""
        request = self._request()
        if request is not None:
            self._shown = self._drawn_now(request) or self._shown
        whole = QImage(*device_size(self), QImage.Format.Format_RGB32)
        whole.setDevicePixelRatio(self.devicePixelRatio())
        painter = QPainter(whole)
        self._paint(painter, request)
        painter.end()
        return whole

    def _request(self) -> PictureRequest | None:
        if self._scene.content.planes is None or min(device_size(self)) < 2:
            return None
        recorder = PictureRecorder(self._scene.content)
        self._scene.draw_picture(recorder)
        return recorder.request

    def _on_arrived(self, drawn: Drawn) -> None:
        self._under_way = None
        self._shown = drawn
        self.update()
        if not self._answers(drawn):
            self._ask()

    def _on_failed(self, sentence: str) -> None:
        self._under_way = None
        self.refused.emit(sentence)

    # ---- painting ------------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        del event
        painter = QPainter(self)
        self._paint(painter, self._wanted)
        painter.end()
        if self._shown is not None and self._wanted is not None:
            self._scene.painted(self._shown.request.content, self._shown.seconds)

    def _paint(self, painter: QPainter, request: PictureRequest | None) -> None:
        painter.fillRect(self.rect(), BACKGROUND)
        painter.setFont(self.font())
        painter.setRenderHint(QPainter.RenderHint.TextAntialiasing)
        if request is not None and self._shown is not None:
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            self._paint_picture(painter, request, self._shown)
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
