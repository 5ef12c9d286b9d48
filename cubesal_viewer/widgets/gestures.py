"""The hands on a pane: press, drag, wheel, pinch, double click become signals."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto
from math import radians
from typing import Final

from PySide6.QtCore import QEvent, QPointF, Qt
from PySide6.QtGui import QMouseEvent, QNativeGestureEvent, QWheelEvent

from cubesal.camera import Camera, wrap_angle
from cubesal_viewer.widgets.pane_geometry import rolled
from cubesal_viewer.widgets.sphere_pane import SpherePane

__all__ = ["SteeringPane"]

#: A press that moves less than this, in logical pixels, is a click.
_SLOP: Final = 3.0
_ROLL_PER_PIXEL: Final = radians(0.5)
#: One notch of the wheel narrows or widens the field of view by this factor.
_ZOOM_PER_NOTCH: Final = 0.9
_WHEEL_NOTCH: Final = 120.0


class _Gesture(Enum):
    PRESSED = auto()  # may still become a click
    STEER = auto()
    ROLL = auto()


@dataclass
class _Drag:
    """A button held down: where the mouse was last, and the camera the drag has reached."""

    gesture: _Gesture
    begin: QPointF
    last: QPointF
    camera: Camera


class SteeringPane(SpherePane):
    """A pane whose picture steers the camera.

    A drag keeps its own camera from press to release, so that it goes on smoothly while the
    controller's answers are under way.  Subclasses say what one step of a drag means.
    """

    _drag: _Drag | None = None
    _invert_drag: bool = False

    def set_invert_drag(self, inverted: bool) -> None:
        """Let drags turn the other way round; does not emit."""
        self._invert_drag = inverted

    @property
    def is_dragging(self) -> bool:
        """Whether the user holds the picture now."""
        return self._drag is not None and self._drag.gesture is not _Gesture.PRESSED

    # ---- for subclasses ----------------------------------------------------------------------

    def _drag_begins(self, camera: Camera, position: QPointF) -> Camera:
        """The camera when a drag begins at ``position``, before it moves."""
        del position
        return camera

    def _drag_step(self, camera: Camera, start: QPointF, end: QPointF) -> Camera:
        """The camera after the mouse moved from ``start`` to ``end``."""
        raise NotImplementedError

    def _cursor_at(self, position: QPointF) -> Qt.CursorShape:
        """The mouse cursor while nothing is held."""
        raise NotImplementedError

    # ---- Qt ----------------------------------------------------------------------------------

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() is not Qt.MouseButton.LeftButton or self.content.planes is None:
            super().mousePressEvent(event)
            return
        with_ctrl = bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)
        gesture = _Gesture.ROLL if with_ctrl else _Gesture.PRESSED
        place = event.position()
        if with_ctrl or self.direction_at(place) is not None:
            self._drag = _Drag(gesture, place, place, self.camera)
            self.grasped.emit()
        event.accept()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        place = event.position()
        if self._drag is not None:
            self._continue_drag(self._drag, place)
        elif self.content.planes is not None:
            self.setCursor(self._cursor_at(place))
        if self.content.planes is not None:
            self.hovered.emit(self.direction_at(place))
        event.accept()

    def _continue_drag(self, drag: _Drag, place: QPointF) -> None:
        if drag.gesture is _Gesture.PRESSED:
            if (place - drag.begin).manhattanLength() < _SLOP:
                return
            drag.gesture = _Gesture.STEER
            drag.camera = self._drag_begins(self.camera, drag.begin)
            self.setCursor(Qt.CursorShape.ClosedHandCursor)
        if drag.gesture is _Gesture.ROLL:
            turned = rolled(drag.camera, (drag.last.y() - place.y()) * _ROLL_PER_PIXEL)
        else:
            turned = self._drag_step(drag.camera, drag.last, place)
            if self._invert_drag:
                turned = _mirrored(drag.camera, turned)
        drag.camera, drag.last = turned, place
        self.camera_dragged.emit(turned)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if event.button() is Qt.MouseButton.LeftButton and self._drag is not None:
            was_dragging = self.is_dragging
            self._drag = None
            self.setCursor(self._cursor_at(event.position()))
            if was_dragging:
                self.drag_finished.emit()
        super().mouseReleaseEvent(event)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        direction = self.direction_at(event.position())
        is_left = event.button() is Qt.MouseButton.LeftButton
        if is_left and direction is not None and self.content.planes is not None:
            self.fly_requested.emit(direction)
        event.accept()

    def wheelEvent(self, event: QWheelEvent) -> None:
        notches = event.angleDelta().y() / _WHEEL_NOTCH
        if notches and self.content.planes is not None:
            self.zoom_requested.emit(_ZOOM_PER_NOTCH**notches)
        event.accept()

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QNativeGestureEvent) and self._is_pinch(event):
            self.zoom_requested.emit(1 / max(1 + event.value(), 0.1))
            return True
        return super().event(event)

    def _is_pinch(self, event: QNativeGestureEvent) -> bool:
        pinch = Qt.NativeGestureType.ZoomNativeGesture
        return event.gestureType() is pinch and self.content.planes is not None


def _mirrored(before: Camera, after: Camera) -> Camera:
    """The step from ``before`` to ``after`` taken the other way."""
    return before.looking_at(
        before.yaw - wrap_angle(after.yaw - before.yaw), 2 * before.pitch - after.pitch
    )
