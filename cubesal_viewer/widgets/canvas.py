"""What a pane draws on: a canvas with OpenGL or one without, and what both ask of the pane."""

from __future__ import annotations

from typing import Protocol

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QImage, QPainter
from PySide6.QtWidgets import QWidget

from cubesal_viewer.render import RenderContent, SphereDrawing

__all__ = [
    "BACKGROUND",
    "Canvas",
    "Scene",
    "device_size",
    "settle_in",
]

#: Behind and beside the picture, in both themes: a picture is judged against a dark surround.
BACKGROUND = QColor(18, 20, 24)


class Scene(Protocol):
    """What a canvas asks of its pane."""

    @property
    def content(self) -> RenderContent:
        """What is shown; without planes nothing is drawn but words."""

    def draw_picture(self, drawing: SphereDrawing) -> None:
        """Draw the content, which has a frame."""

    def paint_over(self, painter: QPainter) -> None:
        """Draw words and marks over the picture, in logical pixels."""

    def painted(self, content: RenderContent, seconds: float) -> None:
        """Hear that a picture of this content was painted, and what drawing it took."""


class Canvas(Protocol):
    """What a pane asks of its canvas, which is a widget that fills it."""

    def refresh(self) -> None:
        """Something has changed: draw soon."""

    def grab_image(self) -> QImage:
        """The pane as it is now, in device pixels."""

    def release(self) -> None:
        """Give back what drawing needs; idempotent, and the canvas can draw again."""


def settle_in(canvas: QWidget) -> None:
    """Let the pane keep mouse, keys and the names that screen readers say."""
    canvas.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
    canvas.setFocusPolicy(Qt.FocusPolicy.NoFocus)


def device_size(widget: QWidget) -> tuple[int, int]:
    """Width and height in device pixels."""
    ratio = widget.devicePixelRatio()
    return round(widget.width() * ratio), round(widget.height() * ratio)
