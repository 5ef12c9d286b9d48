"""The NFoV viewport: what a flat camera inside the sphere sees, and beside it other views."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from PySide6.QtCore import QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QImage, QKeyEvent, QMouseEvent, QPainter, QResizeEvent
from PySide6.QtWidgets import QWidget

from cubesal.autopilot import MissedView, SideView
from cubesal.camera import Camera
from cubesal.lens import RECTILINEAR
from cubesal_viewer.render import SphereDrawing, Viewport
from cubesal_viewer.widgets.gestures import SteeringPane
from cubesal_viewer.widgets.hud import Hud, paint_hud
from cubesal_viewer.widgets.missed_arrow import arrow_at, paint_arrow
from cubesal_viewer.widgets.pane_geometry import Angles, Point, angles_of, grabbed, view_ray
from cubesal_viewer.widgets.side_marks import label_of, paint_label
from cubesal_viewer.widgets.view_cells import SPLITS, Split, cell_at, view_cells

__all__ = ["NfovPane"]

#: Between the views of a split pane, in logical pixels.
_GAP: Final = 4
_WAITING: Final = QColor(150, 158, 170)


class NfovPane(SteeringPane):
    """Fills its whole area; a drag grabs the picture, so dragging right looks left.

    Split, the first view is the camera's; a click on another, or Enter, asks for that one.
    """

    aspect_changed = Signal(float)
    """The view's width / height: the aspect of its outline on the equirect."""
    side_chosen = Signal(int)
    """A side view (0 for the first) was clicked: the camera is wanted there."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._missed: MissedView | None = None
        self._split: Split = 1
        self._sides: tuple[SideView, ...] = ()
        self._pointed = self._pressed = 0
        self._is_plain = False
        self._hud: Hud | None = None
        self.setAccessibleName(self.tr("Flat view"))
        self.setAccessibleDescription(
            self.tr("Drag to look around, wheel for the field of view, double click to fly there")
        )

    def set_missed(self, missed: MissedView | None) -> None:
        """Point an arrow at what the picture misses; does not emit."""
        if missed != self._missed:
            self._missed = missed
            self.update()

    def set_hud(self, hud: Hud | None) -> None:
        """Write this over the picture, None for nothing; does not emit."""
        if hud != self._hud:
            self._hud = hud
            self.update()

    @property
    def hud(self) -> Hud | None:
        """What is written over the picture."""
        return self._hud

    # ---- several views -----------------------------------------------------------------------

    def set_split(self, count: Split) -> None:
        """Show so many views; does not emit. ValueError for a number that is none of `SPLITS`."""
        if count not in SPLITS:
            raise ValueError(f"a pane shows {SPLITS} views, not {count}")
        self._split = count
        self._pointed = 0
        self.update()

    @property
    def split(self) -> Split:
        """How many views are shown."""
        return self._split

    def set_sides(self, sides: Sequence[SideView]) -> None:
        """What the views beside the camera's show; does not emit."""
        self._sides = tuple(sides)
        self.update()

    @property
    def sides(self) -> tuple[SideView, ...]:
        """What the views beside the camera's show, as many as there is room for."""
        return self._sides[: self._split - 1]

    @property
    def cells(self) -> tuple[Viewport, ...]:
        """Where the views lie, in device pixels."""
        return view_cells(*self._device_size(), self._split, round(_GAP * self.devicePixelRatio()))

    def _cell_at(self, position: QPointF) -> int | None:
        ratio = self.devicePixelRatio()
        return cell_at(self.cells, position.x() * ratio, position.y() * ratio)

    @property
    def aspect(self) -> float:
        """Width / height of each view, in device pixels."""
        cell = self.cells[0]
        return max(cell.width, 1) / max(cell.height, 1)

    # ---- places ------------------------------------------------------------------------------

    def direction_at(self, position: QPointF) -> Angles | None:
        number = self._cell_at(position)
        if number is None or number > len(self.sides):
            return None
        camera, lens = self.camera, self.lens
        if number:
            camera, lens = self.sides[number - 1].camera, RECTILINEAR
        ray = view_ray(camera, self.aspect, self._view_point(position, number), lens)
        return angles_of(lens.world_from_view(camera) @ ray)

    def _view_point(self, position: QPointF, number: int = 0) -> Point:
        cell, ratio = self.cells[number], self.devicePixelRatio()
        x = (position.x() * ratio - cell.x) / cell.width
        y = (position.y() * ratio - cell.y) / cell.height
        return 2 * x - 1, 2 * y - 1

    # ---- hands -------------------------------------------------------------------------------

    def _drag_step(self, camera: Camera, start: QPointF, end: QPointF) -> Camera:
        places = self._view_point(start), self._view_point(end)
        return grabbed(camera, self.aspect, *places, self.lens)

    def _cursor_at(self, position: QPointF) -> Qt.CursorShape:
        beside = self._split > 1 and self._cell_at(position) != 0
        return Qt.CursorShape.PointingHandCursor if beside else Qt.CursorShape.OpenHandCursor

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._pressed = self._side_under(event)
        if self._pressed:
            event.accept()
            return
        super().mousePressEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._split > 1 and not self.is_dragging:
            self._point_at(self._side_under(event))
        super().mouseMoveEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        pressed, self._pressed = self._pressed, 0
        if pressed and pressed == self._side_under(event):
            self.side_chosen.emit(pressed - 1)
        super().mouseReleaseEvent(event)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        if self._side_under(event):
            event.accept()  # its first click has the camera on the way already
            return
        super().mouseDoubleClickEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if self.sides and event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.side_chosen.emit(max(self._pointed, 1) - 1)
            event.accept()
            return
        super().keyPressEvent(event)

    def _side_under(self, event: QMouseEvent) -> int:
        """The number of the side view under the mouse, from 1; 0 for none."""
        number = self._cell_at(event.position()) or 0
        return number if number <= len(self.sides) else 0

    def _point_at(self, number: int) -> None:
        if number != self._pointed:
            self._pointed = number
            self.update()

    def grab_picture(self) -> QImage:
        """The camera's view alone, without anything written over it, as large as the pane."""
        self._is_plain = True
        try:
            return self.grab_image()
        finally:
            self._is_plain = False

    # ---- drawing -----------------------------------------------------------------------------

    def _hint(self) -> str:
        return self.tr("What a flat camera sees will appear here")

    def _draw_picture(self, renderer: SphereDrawing) -> None:
        cells, overlay = self.cells, self._overlay
        if self._is_plain:
            cells = (Viewport(0, 0, *self._device_size()),)
        renderer.draw_nfov(cells[0], self.camera, overlay, self.lens)
        for cell, side in zip(cells[1:], self.sides, strict=False):
            renderer.draw_nfov(cell, side.camera, overlay)

    def _annotate(self, painter: QPainter) -> None:
        if self._is_plain:
            return
        if self._hud is not None:
            cell, ratio = self.cells[0], self.devicePixelRatio()
            view = QRectF(0, 0, cell.width / ratio, cell.height / ratio)
            paint_hud(painter, self._hud, self.camera, self.lens, view)
        if self._split > 1:
            self._name_views(painter)
        elif self._missed is not None and not self.lens.is_stereographic:
            arrow = arrow_at(self.camera, self._missed, self.width(), self.height())
            paint_arrow(painter, arrow, f"{self._missed.share:.0%}")

    def _name_views(self, painter: QPainter) -> None:
        ratio = self.devicePixelRatio()
        for number, cell in enumerate(self.cells[1:], start=1):
            corner = QPointF(cell.x / ratio + 6, cell.y / ratio + 6)
            if number <= len(self.sides):
                words = label_of(number + 1, self.sides[number - 1].share)
                paint_label(painter, corner, words, number == self._pointed)
            else:
                painter.setPen(_WAITING)
                corner += QPointF(0, painter.fontMetrics().ascent())
                painter.drawText(corner, self.tr("not analysed yet"))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.aspect_changed.emit(self.aspect)
