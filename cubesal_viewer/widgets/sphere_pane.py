"""What both panes share: a canvas with or without OpenGL, stored content, messages, signals."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import (
    QColor,
    QContextMenuEvent,
    QFocusEvent,
    QFont,
    QImage,
    QPainter,
    QPalette,
    QPen,
    QResizeEvent,
)
from PySide6.QtWidgets import QLabel, QSizePolicy, QWidget

from cubesal.camera import Camera
from cubesal.contours import CONTOUR_WIDTH
from cubesal.lens import RECTILINEAR, Lens
from cubesal_viewer.render import (
    EMPTY_CONTENT,
    OverlayParams,
    RenderContent,
    SphereDrawing,
    draws_in_software,
    why_no_opengl,
)
from cubesal_viewer.widgets.canvas import BACKGROUND, device_size
from cubesal_viewer.widgets.cpu_canvas import CpuCanvas
from cubesal_viewer.widgets.pane_geometry import Angles

if TYPE_CHECKING:
    from cubesal_viewer.widgets.gl_canvas import GlCanvas

__all__ = ["BACKGROUND", "SpherePane"]

_HINT: Final = QColor(150, 158, 170)


class SpherePane(QWidget):
    """A pane that shows a picture on the sphere and reports what the user's hands want.

    Setters only store and repaint; they never emit.  Signals carry intent: the pane itself moves
    nothing until the controller answers with :meth:`set_camera`.
    """

    camera_dragged = Signal(object)
    """A :class:`~cubesal.camera.Camera`: the user drags, taking over from the autopilot."""
    grasped = Signal()
    """A button went down on the picture: whatever moves it by itself has to stop."""
    drag_finished = Signal()
    """The button of a drag was released."""
    fly_requested = Signal(object)
    """(yaw, pitch) in radians: go there smoothly."""
    zoom_requested = Signal(float)
    """Factor for the horizontal field of view: below 1 looks closer."""
    hovered = Signal(object)
    """(yaw, pitch) under the mouse, None beside the picture."""
    menu_wanted = Signal(object, object)
    """(yaw, pitch) in radians, and where on the screen a menu about that place is wanted."""
    picture_painted = Signal(object, float)
    """A :class:`RenderContent` has come to the screen, and the seconds that drawing it took."""
    gl_failed = Signal(str)
    """One sentence: why this pane cannot draw."""
    drawn_without_gl = Signal(str)
    """One sentence: the pane draws on the CPU, and why."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._content = EMPTY_CONTENT
        self._painted = EMPTY_CONTENT
        self._camera = Camera()
        self._lens = RECTILINEAR
        self._nfov_aspect = 16 / 9
        self._failure = ""
        self._shows_focus = False
        self._canvas = self._first_canvas()
        self._message = QLabel(self)  # above the canvas
        self._dress()

    def _dress(self) -> None:
        self.setMinimumSize(160, 90)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._message.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._message.setWordWrap(True)
        self._message.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        colours = f"color: #e6e8eb; background: {BACKGROUND.name()}; padding: 24px;"
        self._message.setStyleSheet(colours)
        self._message.hide()

    # ---- values travel down ------------------------------------------------------------------

    @property
    def camera(self) -> Camera:
        """The camera last set."""
        return self._camera

    @property
    def content(self) -> RenderContent:
        """The content last set."""
        return self._content

    def set_content(self, content: RenderContent) -> None:
        """Show another frame, map or colouring; does not emit."""
        is_same = content.looks_like(self._content)
        self._content = content
        if self._failure and self._is_worth_another_attempt(content):
            self._recover()
        elif is_same:
            return  # maps arrive all the time, also for moments that are not shown
        self.update()

    def set_camera(self, camera: Camera, nfov_aspect: float | None = None) -> None:
        """Set the flat camera and, if given, its picture's width / height; does not emit."""
        aspect = self._nfov_aspect if nfov_aspect is None else nfov_aspect
        if (camera, aspect) == (self._camera, self._nfov_aspect):
            return
        self._camera, self._nfov_aspect = camera, aspect
        self.update()

    def set_lens(self, lens: Lens) -> None:
        """Lay the flat camera's picture out in another way; does not emit."""
        self._lens = lens
        self.update()

    @property
    def is_drawn(self) -> bool:
        """Whether what was set last is on the screen, or will be with the next repaint.

        Where nothing can be drawn, or nobody sees it, nothing more is to come.
        """
        if self._failure or not self.isVisible() or not isinstance(self._canvas, CpuCanvas):
            return True
        return self._canvas.is_complete

    @property
    def lens(self) -> Lens:
        """The lens last set."""
        return self._lens

    def _is_worth_another_attempt(self, content: RenderContent) -> bool:
        return isinstance(self._canvas, CpuCanvas) or self._canvas.accepts(content)

    def grab_image(self) -> QImage:
        """The pane as drawn now, in device pixels."""
        return self._canvas.grab_image()

    def sizeHint(self) -> QSize:
        return QSize(640, 360)

    # ---- for subclasses ----------------------------------------------------------------------

    def direction_at(self, position: QPointF) -> Angles | None:
        """(yaw, pitch) shown at a widget position (logical pixels), None beside the picture."""
        raise NotImplementedError

    @property
    def _overlay(self) -> OverlayParams:
        """What to draw of the map; lines are as wide on every screen."""
        overlay = self._content.overlay
        if not overlay.contours:
            return overlay
        return replace(overlay, contour_width=CONTOUR_WIDTH * self.devicePixelRatio())

    def _draw_picture(self, renderer: SphereDrawing) -> None:
        """Draw the content, which has a frame; with OpenGL, the framebuffer is cleared."""
        raise NotImplementedError

    def _annotate(self, painter: QPainter) -> None:
        """Draw words and marks over the picture, in logical pixels."""

    def _hint(self) -> str:
        """What the empty pane says."""
        return self.tr("Open a 360° clip (Ctrl+O) or drop one here")

    def _device_size(self) -> tuple[int, int]:
        return device_size(self)

    # ---- the canvas ----------------------------------------------------------------------------

    def _first_canvas(self) -> GlCanvas | CpuCanvas:
        missing = why_no_opengl()
        if not missing and not draws_in_software():
            return self._gl_canvas()
        if not missing:
            return self._cpu_canvas()  # which is several times faster than OpenGL in software
        QTimer.singleShot(0, self, lambda: self.drawn_without_gl.emit(self._notice(missing)))
        return self._cpu_canvas()

    def _gl_canvas(self) -> GlCanvas:
        from cubesal_viewer.widgets.gl_canvas import GlCanvas  # brings PyOpenGL

        canvas = GlCanvas(self, self)
        canvas.refused.connect(self._fail)
        canvas.lost.connect(lambda why: QTimer.singleShot(0, self, lambda: self._go_on(why)))
        return canvas

    def _cpu_canvas(self) -> CpuCanvas:
        canvas = CpuCanvas(self, self)
        canvas.refused.connect(self._fail)
        return canvas

    def _go_on(self, why: str) -> None:
        """OpenGL has failed for good: draw without it from now on."""
        if isinstance(self._canvas, CpuCanvas):
            return
        old, self._canvas = self._canvas, self._cpu_canvas()
        old.hide()
        old.deleteLater()
        self._canvas.setGeometry(self.rect())
        self._canvas.show()
        self._message.raise_()
        self.drawn_without_gl.emit(self._notice(why))

    def _notice(self, why: str) -> str:
        words = self.tr("Pictures are drawn without OpenGL, which is slower: %1.")
        return words.replace("%1", why)

    def draw_picture(self, drawing: SphereDrawing) -> None:
        """Draw the content, which has a frame (for the canvas)."""
        self._draw_picture(drawing)

    def painted(self, content: RenderContent, seconds: float) -> None:
        """Tell whoever measures (for the canvas)."""
        if content is not self._painted:
            self._painted = content
            self.picture_painted.emit(content, seconds)

    def paint_over(self, painter: QPainter) -> None:
        """Draw words and marks over the picture (for the canvas)."""
        painter.setRenderHint(QPainter.RenderHint.TextAntialiasing)
        if self._content.planes is None:
            self._paint_hint(painter)
        else:
            self._annotate(painter)
        if self._shows_focus:
            painter.setPen(QPen(self.palette().color(QPalette.ColorRole.Highlight), 2))
            painter.drawRect(QRectF(self.rect()).adjusted(1, 1, -1, -1))

    def _paint_hint(self, painter: QPainter) -> None:
        font = QFont(self.font())
        font.setPointSizeF(font.pointSizeF() * 1.15)
        painter.setFont(font)
        painter.setPen(_HINT)
        flags = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
        painter.drawText(QRectF(self.rect()).adjusted(16, 16, -16, -16), int(flags), self._hint())

    def _fail(self, sentence: str) -> None:
        """Say it in the pane and to whoever listens, once, outside of painting."""
        if sentence == self._failure:
            return
        self._failure = sentence
        QTimer.singleShot(0, self, self._show_failure)

    def _show_failure(self) -> None:
        if not self._failure:
            return  # recovered meanwhile
        # A label rather than QPainter: it shows even where the canvas cannot paint.
        self._message.setText(self._failure)
        self._message.setGeometry(self.rect())
        self._message.show()
        self.gl_failed.emit(self._failure)

    def _recover(self) -> None:
        self._failure = ""
        self._message.hide()
        if not isinstance(self._canvas, CpuCanvas):
            self._canvas.forgive()

    def release(self) -> None:
        """Free what drawing needs; idempotent. The pane can be shown again."""
        self._canvas.release()

    def update(self) -> None:  # type: ignore[override]  # all of it or nothing, on the canvas
        """Draw again soon."""
        self._canvas.refresh()

    def focusInEvent(self, event: QFocusEvent) -> None:
        # Whoever clicked knows where they are; a frame around the picture is for the keyboard.
        by_keys = (Qt.FocusReason.TabFocusReason, Qt.FocusReason.BacktabFocusReason)
        self._shows_focus = event.reason() in by_keys
        self.update()
        super().focusInEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        self._shows_focus = False
        self.update()
        super().focusOutEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._canvas.setGeometry(self.rect())
        self._message.setGeometry(self.rect())
        super().resizeEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        by_key = event.reason() is QContextMenuEvent.Reason.Keyboard
        place = QPointF(self.rect().center() if by_key else event.pos())
        direction = self.direction_at(place)
        if self._content.planes is not None and direction is not None:
            at = self.mapToGlobal(place.toPoint())
            self.menu_wanted.emit(direction, at)
        event.accept()

    def leaveEvent(self, event: QEvent) -> None:
        self.hovered.emit(None)
        super().leaveEvent(event)
