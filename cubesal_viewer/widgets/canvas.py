"""What a pane draws on: a canvas with OpenGL or one without, and what both ask of the pane."""

from __future__ import annotations

from typing import Protocol

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QImage, QPainter
from PySide6.QtWidgets import QWidget

from cubesal_viewer.render import RenderContent, SphereDrawing
from cubesal_viewer.render.gl import GLError

__all__ = [
    "BACKGROUND",
    "Canvas",
    "Refusal",
    "Scene",
    "device_size",
    "gl_sentence",
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


class Refusal:
    """Remembers which frames a graphics device has refused: others of their size fail alike."""

    def __init__(self) -> None:
        self._shape: tuple[int, ...] | None = None

    def refuse(self, content: RenderContent) -> None:
        """Frames of this size cannot be drawn."""
        self._shape = _frame_shape(content)

    def accepts(self, content: RenderContent) -> bool:
        """Whether ``content`` is worth an attempt."""
        return self._shape is None or _frame_shape(content) != self._shape

    def forgive(self) -> None:
        """Try again with the next picture."""
        self._shape = None

    @property
    def is_over(self) -> bool:
        """Whether nothing is refused."""
        return self._shape is None


def _frame_shape(content: RenderContent) -> tuple[int, ...]:
    return () if content.planes is None else content.planes.y.shape


def gl_sentence(error: Exception) -> str:
    """Why drawing failed, in one sentence."""
    if isinstance(error, GLError):
        return f"OpenGL failed while drawing ({error.err})"
    return str(error)
