"""The NFoV viewport: what a flat camera inside the sphere sees."""

from __future__ import annotations

from PySide6.QtCore import QPointF, Qt, Signal
from PySide6.QtGui import QPainter, QResizeEvent
from PySide6.QtWidgets import QWidget

from cubesal.autopilot import MissedView
from cubesal.camera import Camera
from cubesal_viewer.render import SphereDrawing, Viewport
from cubesal_viewer.widgets.gestures import SteeringPane
from cubesal_viewer.widgets.missed_arrow import arrow_at, paint_arrow
from cubesal_viewer.widgets.pane_geometry import Angles, Point, angles_of, grabbed, view_ray

__all__ = ["NfovPane"]


class NfovPane(SteeringPane):
    """Fills its whole area; a drag grabs the picture, so dragging right looks left."""

    aspect_changed = Signal(float)
    """The pane's width / height: the aspect of the view's outline on the equirect."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(self.tr("Flat view"))
        self.setAccessibleDescription(
            self.tr("Drag to look around, wheel for the field of view, double click to fly there")
        )

    _missed: MissedView | None = None

    def set_missed(self, missed: MissedView | None) -> None:
        """Point an arrow at what the picture misses; does not emit."""
        if missed != self._missed:
            self._missed = missed
            self.update()

    @property
    def aspect(self) -> float:
        """Width / height of the picture, in device pixels."""
        width, height = self._device_size()
        return max(width, 1) / max(height, 1)

    def direction_at(self, position: QPointF) -> Angles | None:
        if not self.rect().contains(position.toPoint()):
            return None
        ray = view_ray(self.camera, self.aspect, self._view_point(position))
        return angles_of(self.camera.world_from_camera @ ray)

    def _view_point(self, position: QPointF) -> Point:
        return 2 * position.x() / self.width() - 1, 2 * position.y() / self.height() - 1

    def _drag_step(self, camera: Camera, start: QPointF, end: QPointF) -> Camera:
        return grabbed(camera, self.aspect, self._view_point(start), self._view_point(end))

    def _cursor_at(self, position: QPointF) -> Qt.CursorShape:
        del position
        return Qt.CursorShape.OpenHandCursor

    def _hint(self) -> str:
        return self.tr("What a flat camera sees will appear here")

    def _draw_picture(self, renderer: SphereDrawing) -> None:
        width, height = self._device_size()
        renderer.draw_nfov(Viewport(0, 0, width, height), self.camera, self.content.overlay)

    def _annotate(self, painter: QPainter) -> None:
        if self._missed is not None:
            arrow = arrow_at(self.camera, self._missed, self.width(), self.height())
            paint_arrow(painter, arrow, f"{self._missed.share:.0%}")

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.aspect_changed.emit(self.aspect)
