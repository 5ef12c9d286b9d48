"""What is to be drawn, as frozen values: nothing here knows OpenGL."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from cubesal.camera import Camera
from cubesal.contours import CONTOUR_WIDTH
from cubesal.lens import RECTILINEAR, Lens
from cubesal.overlay import OverlayStyle, colormap_lut

if TYPE_CHECKING:
    from cubesal.video import YuvPlanes

__all__ = ["EMPTY_CONTENT", "NO_OVERLAY", "OverlayParams", "RenderContent", "ViewMark", "Viewport"]

_STYLE: Final = OverlayStyle()


@dataclass(frozen=True)
class Viewport:
    """A rectangle of device pixels in a framebuffer; (x, y) is its top left corner."""

    x: int
    y: int
    width: int
    height: int


@dataclass(frozen=True)
class OverlayParams:
    """The heatmap's numbers, meant as in :mod:`cubesal.overlay`; ``scale`` <= 0 shows none.

    ``signed``: the map lies in ± ``scale``. ``wipe``: from this u on, the other map is shown.
    ``contours``: shares of ``scale``, ``contour_width`` in pixels.
    """

    scale: float
    opacity: float
    threshold: float
    signed: bool = False
    wipe: float = 1.0
    contours: tuple[float, ...] = ()
    contour_width: float = CONTOUR_WIDTH


NO_OVERLAY: Final = OverlayParams(scale=0.0, opacity=0.0, threshold=0.0)


@dataclass(frozen=True)
class ViewMark:
    """The outline of a flat camera's view on the sphere: camera, width / height, line in pixels."""

    camera: Camera
    aspect: float
    line_width: float = 2.0
    lens: Lens = RECTILINEAR


@dataclass(frozen=True, eq=False)
class RenderContent:
    """One frame with its map, as a pane shows it.

    Attributes:
        planes: the equirect frame, None when no clip is open.
        frame_key, saliency_key, other_key, lut_key: change exactly when the array beside them
            does; panes upload by key and never compare pixels.
        saliency: float32 (h, 2h) >= 0, or None where nothing is analysed yet.
        scale: map value at the top of the colour map.
        lut: (256, 3) uint8 RGB.
        opacity, threshold: in [0, 1].
        overlay_visible: the heatmap is switched on.
        signed: the map has both signs; 0 is the middle of the colour map.
        contours: at most four shares of ``scale`` at which lines are drawn.
        other: the map of another model, shown where u >= ``wipe``.
    """

    planes: YuvPlanes | None = None
    frame_key: int = 0
    saliency: NDArray[np.float32] | None = None
    saliency_key: int = 0
    scale: float = 1.0
    lut: NDArray[np.uint8] = field(default_factory=lambda: colormap_lut(_STYLE.colormap))
    lut_key: int | str = _STYLE.colormap
    opacity: float = _STYLE.opacity
    threshold: float = _STYLE.threshold
    overlay_visible: bool = True
    signed: bool = False
    contours: tuple[float, ...] = ()
    other: NDArray[np.float32] | None = None
    other_key: int = 0
    wipe: float = 1.0

    def looks_like(self, other: RenderContent) -> bool:
        """Whether both are the same picture: the same arrays, where they are visible at all."""
        if self.planes is not other.planes or self.overlay != other.overlay:
            return False
        if self.overlay.scale <= 0:
            return True
        same_maps = self.saliency is other.saliency and self.other is other.other
        return same_maps and self.lut_key == other.lut_key

    @property
    def overlay(self) -> OverlayParams:
        """What the shaders need to know; no overlay when hidden or without a map."""
        if not self.overlay_visible or self.saliency is None:
            return NO_OVERLAY
        wipe = 1.0 if self.other is None else self.wipe
        contours = () if self.signed else self.contours
        return OverlayParams(self.scale, self.opacity, self.threshold, self.signed, wipe, contours)


EMPTY_CONTENT: Final = RenderContent()
