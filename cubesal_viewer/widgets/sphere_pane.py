"""What both panes share: OpenGL life cycle, stored content, messages, signals."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import (
    QColor,
    QContextMenuEvent,
    QFocusEvent,
    QFont,
    QHideEvent,
    QImage,
    QPainter,
    QPaintEvent,
    QPalette,
    QPen,
    QResizeEvent,
)
from PySide6.QtOpenGL import QOpenGLPaintDevice
from PySide6.QtOpenGLWidgets import QOpenGLWidget
from PySide6.QtWidgets import QLabel, QSizePolicy, QWidget

from cubesal.camera import Camera
from cubesal_viewer.render import (
    EMPTY_CONTENT,
    RenderContent,
    RenderError,
    SphereRenderer,
    surface_format,
)
from cubesal_viewer.render.gl import GLError
from cubesal_viewer.widgets.pane_geometry import Angles

__all__ = ["BACKGROUND", "SpherePane"]

#: Behind and beside the picture, in both themes: a picture is judged against a dark surround.
BACKGROUND: Final = QColor(18, 20, 24)
_HINT: Final = QColor(150, 158, 170)


class SpherePane(QOpenGLWidget):
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
    gl_failed = Signal(str)
    """One sentence: why this pane cannot draw."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._content = EMPTY_CONTENT
        self._camera = Camera()
        self._nfov_aspect = 16 / 9
        self._renderer = SphereRenderer()
        self._failure = ""
        self._failed_shape: tuple[int, ...] | None = None
        self._shows_focus = False
        self._message = QLabel(self)
        self._dress()

    def _dress(self) -> None:
        self.setFormat(surface_format())
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
        self._content = content
        if self._failed_shape is not None and _frame_shape(content) != self._failed_shape:
            self._recover()
        self.update()

    def set_camera(self, camera: Camera, nfov_aspect: float | None = None) -> None:
        """Set the flat camera and, if given, its picture's width / height; does not emit."""
        if nfov_aspect is not None:
            self._nfov_aspect = nfov_aspect
        self._camera = camera
        self.update()

    def grab_image(self) -> QImage:
        """The pane as drawn now, in device pixels."""
        return self.grabFramebuffer()

    def sizeHint(self) -> QSize:
        return QSize(640, 360)

    # ---- for subclasses ----------------------------------------------------------------------

    def direction_at(self, position: QPointF) -> Angles | None:
        """(yaw, pitch) shown at a widget position (logical pixels), None beside the picture."""
        raise NotImplementedError

    def _draw_picture(self, renderer: SphereRenderer) -> None:
        """Draw the content, which has a frame; the framebuffer is cleared and current."""
        raise NotImplementedError

    def _annotate(self, painter: QPainter) -> None:
        """Draw words and marks over the picture, in logical pixels."""

    def _hint(self) -> str:
        """What the empty pane says."""
        return self.tr("Open a 360° clip (Ctrl+O) or drop one here")

    def _device_size(self) -> tuple[int, int]:
        ratio = self.devicePixelRatio()
        return round(self.width() * ratio), round(self.height() * ratio)

    # ---- OpenGL ------------------------------------------------------------------------------

    def initializeGL(self) -> None:
        # Runs again after docking, in a new context: what the old one owned is gone with it.
        self._renderer = SphereRenderer()
        self._prepare()

    def _prepare(self) -> None:
        try:
            self._renderer.initialise()
        except (RenderError, GLError, FileNotFoundError) as error:
            self._fail(_sentence(error))

    def paintGL(self) -> None:
        width, height = self._device_size()
        if not self._renderer.is_initialised:
            self._prepare()  # shown again after being hidden
        if self._failure or not self._renderer.is_initialised:
            return
        try:
            self._renderer.begin(width, height, _rgb(BACKGROUND))
            if self._content.planes is not None:
                self._renderer.upload(self._content)
                self._draw_picture(self._renderer)
        except (RenderError, GLError) as error:
            # Frames of the same size would fail alike: say it once and wait for others.
            self._failed_shape = _frame_shape(self._content)
            self._fail(_sentence(error))
            return
        self._paint_words()

    def _paint_words(self) -> None:
        # A device of its own rather than ``self``: while QWidget.grab() runs, painters on the
        # widget are redirected to its pixmap and their words lost beneath the picture.
        device = QOpenGLPaintDevice(*self._device_size())
        device.setDevicePixelRatio(self.devicePixelRatio())
        painter = QPainter(device)
        painter.setFont(self.font())
        painter.setRenderHint(QPainter.RenderHint.TextAntialiasing)
        if self._content.planes is None:
            self._paint_hint(painter)
        else:
            self._annotate(painter)
        if self._shows_focus:
            painter.setPen(QPen(self.palette().color(QPalette.ColorRole.Highlight), 2))
            painter.drawRect(QRectF(self.rect()).adjusted(1, 1, -1, -1))
        painter.end()

    def _paint_hint(self, painter: QPainter) -> None:
        font = QFont(self.font())
        font.setPointSizeF(font.pointSizeF() * 1.15)
        painter.setFont(font)
        painter.setPen(_HINT)
        flags = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
        painter.drawText(QRectF(self.rect()).adjusted(16, 16, -16, -16), int(flags), self._hint())

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if not self.isValid() and not self._failure:
            self._fail(
                self.tr(
                    "This pane cannot draw because no OpenGL 3.3 context could be created: "
                    "install or update the graphics driver."
                )
            )

    def _fail(self, sentence: str) -> None:
        """Say it in the pane and to whoever listens, once, outside of painting."""
        if sentence == self._failure:
            return
        self._failure = sentence
        QTimer.singleShot(0, self, self._show_failure)

    def _show_failure(self) -> None:
        if not self._failure:
            return  # recovered meanwhile
        # A label rather than QPainter: it shows even where the pane has no context to paint with.
        self._message.setText(self._failure)
        self._message.setGeometry(self.rect())
        self._message.show()
        self.gl_failed.emit(self._failure)

    def _recover(self) -> None:
        self._failure, self._failed_shape = "", None
        self._message.hide()

    def release(self) -> None:
        """Free everything on the GPU; idempotent. The pane can be shown again."""
        if not self._renderer.is_initialised or not self.isValid():
            return
        self.makeCurrent()
        self._renderer.release()
        self.doneCurrent()

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

    def hideEvent(self, event: QHideEvent) -> None:
        # The last sure moment with the context alive: aboutToBeDestroyed may come too late.
        self.release()
        super().hideEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
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


def _frame_shape(content: RenderContent) -> tuple[int, ...]:
    return () if content.planes is None else content.planes.y.shape


def _sentence(error: Exception) -> str:
    if isinstance(error, GLError):
        return f"OpenGL failed while drawing ({error.err}): update the graphics driver"
    return str(error)


def _rgb(colour: QColor) -> tuple[float, float, float]:
    return colour.redF(), colour.greenF(), colour.blueF()
