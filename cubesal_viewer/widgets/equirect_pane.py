"""The whole sphere at once, as an equirect or a cube net, with the outline of the flat view."""

from __future__ import annotations

from collections.abc import Callable
from math import pi
from typing import Final, Literal, get_args

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QWidget

from cubesal import geometry
from cubesal.camera import Camera, wrap_angle
from cubesal_viewer.render import SphereDrawing, ViewMark, Viewport
from cubesal_viewer.widgets.gestures import SteeringPane
from cubesal_viewer.widgets.pane_geometry import Angles, Point, angles_of, fitted, placed
from cubesal_viewer.widgets.ruler import paint_ruler

__all__ = ["EquirectPane", "Mode"]

Mode = Literal["equirect", "cube"]

_SHAPES: Final[dict[Mode, tuple[int, int]]] = {
    "equirect": (2, 1),
    "cube": (geometry.NET_COLUMNS, geometry.NET_ROWS),
}
_MARGIN: Final = 6
_LINE_WIDTH: Final = 2.0


class EquirectPane(SteeringPane):
    """Letterboxed picture of the whole sphere.

    Dragging inside the outline carries the view along with the mouse; dragging from elsewhere
    brings the view under the mouse first.  A double click flies there.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._mode: Mode = "equirect"
        self._outline_visible = True
        self._ruler_visible = True
        #: Drawn over the picture, in logical pixels of the pane, in this order.
        self.decorations: list[Callable[[QPainter], None]] = []
        self.setAccessibleName(self.tr("Whole sphere"))
        self.setAccessibleDescription(
            self.tr("Drag to move the view, wheel for its field of view, double click to fly there")
        )

    @property
    def mode(self) -> Mode:
        """``"equirect"`` or ``"cube"``."""
        return self._mode

    def set_mode(self, mode: Mode) -> None:
        """Show the sphere as an equirect or as a cube net; does not emit."""
        if mode not in get_args(Mode):
            raise ValueError(f"mode must be one of {', '.join(get_args(Mode))}, not {mode!r}")
        self._mode = mode
        self.update()

    def set_outline_visible(self, visible: bool) -> None:
        """Show or hide the outline of the flat view; does not emit."""
        self._outline_visible = visible
        self.update()

    def set_ruler_visible(self, visible: bool) -> None:
        """Show or hide the yaw and pitch ticks; does not emit."""
        self._ruler_visible = visible
        self.update()

    @property
    def picture(self) -> Viewport:
        """Where the picture lies, in device pixels from the pane's top left."""
        margin = round(_MARGIN * self.devicePixelRatio())
        return fitted(*self._device_size(), _SHAPES[self._mode], margin)

    # ---- places ------------------------------------------------------------------------------

    def direction_at(self, position: QPointF) -> Angles | None:
        x, y = self._picture_point(position)
        if not (0 <= x < 1 and 0 <= y < 1):
            return None
        if self._mode == "equirect":
            return (x - 0.5) * 2 * pi, (0.5 - y) * pi
        ray = geometry.dir_from_net(x, y)
        return None if ray is None else angles_of(ray)

    def position_of(self, yaw: float, pitch: float) -> QPointF:
        """Widget position (logical pixels) at which a direction is shown."""
        ray = geometry.dir_from_angles(yaw, pitch)
        to_picture = geometry.uv_from_dir if self._mode == "equirect" else geometry.net_from_dir
        x, y = to_picture(ray)
        box, ratio = self.picture, self.devicePixelRatio()
        return QPointF((box.x + x * box.width) / ratio, (box.y + y * box.height) / ratio)

    def positions_of(self, rays: NDArray[np.float64]) -> NDArray[np.float64]:
        """Widget positions (N, 2), logical pixels, at which world rays (N, 3) are shown."""
        to_picture = geometry.uv_from_dir if self._mode == "equirect" else geometry.net_from_dir
        box, ratio = self.picture, self.devicePixelRatio()
        places = np.array([box.x, box.y]) + to_picture(rays) * (box.width, box.height)
        return np.asarray(places / ratio, np.float64)

    @property
    def longest_step(self) -> float:
        """Neighbouring points of a line further apart than this, logical pixels, are not joined."""
        part = 0.5 if self._mode == "equirect" else 0.1
        return part * self.picture.width / self.devicePixelRatio()

    @property
    def nfov_aspect(self) -> float:
        """Width / height of the flat view whose outline is shown."""
        return self._nfov_aspect

    def _picture_point(self, position: QPointF) -> Point:
        """Position in the picture, [0, 1) inside it."""
        box, ratio = self.picture, self.devicePixelRatio()
        x = (position.x() * ratio - box.x) / box.width
        y = (position.y() * ratio - box.y) / box.height
        return x, y

    # ---- hands -------------------------------------------------------------------------------

    def _is_in_view(self, position: QPointF) -> bool:
        direction = self.direction_at(position)
        if direction is None:
            return False
        ray = geometry.dir_from_angles(*direction)
        return bool(np.all(self.lens.contains(self.camera, self._nfov_aspect, ray)))

    def _drag_begins(self, camera: Camera, position: QPointF) -> Camera:
        direction = self.direction_at(position)
        if direction is None or self._is_in_view(position):
            return camera
        return placed(camera, direction)

    def _drag_step(self, camera: Camera, start: QPointF, end: QPointF) -> Camera:
        if self._mode == "equirect":
            # Straight from the mouse's path, so that it may leave the picture over the seam.
            box, ratio = self.picture, self.devicePixelRatio()
            moved = (end - start) * ratio
            turn = (2 * pi * moved.x() / box.width, -pi * moved.y() / box.height)
            return placed(camera, (camera.yaw, camera.pitch), turn)
        before, after = self.direction_at(start), self.direction_at(end)
        if before is None or after is None:
            return camera
        turn = (wrap_angle(after[0] - before[0]), after[1] - before[1])
        return placed(camera, (camera.yaw, camera.pitch), turn)

    def _cursor_at(self, position: QPointF) -> Qt.CursorShape:
        if self.direction_at(position) is None:
            return Qt.CursorShape.ArrowCursor
        inside = self._is_in_view(position)
        return Qt.CursorShape.OpenHandCursor if inside else Qt.CursorShape.CrossCursor

    # ---- drawing -----------------------------------------------------------------------------

    def _draw_picture(self, renderer: SphereDrawing) -> None:
        draw = renderer.draw_equirect if self._mode == "equirect" else renderer.draw_cube_net
        draw(self.picture, self._overlay, self._mark())

    def _mark(self) -> ViewMark | None:
        if not self._outline_visible:
            return None
        width = _LINE_WIDTH * self.devicePixelRatio()
        return ViewMark(self.camera, self._nfov_aspect, width, self.lens)

    def _annotate(self, painter: QPainter) -> None:
        if self._mode == "equirect" and self._ruler_visible:
            box, ratio = self.picture, self.devicePixelRatio()
            sides = (value / ratio for value in (box.x, box.y, box.width, box.height))
            paint_ruler(painter, QRectF(*sides))
        for paint in self.decorations:
            paint(painter)
