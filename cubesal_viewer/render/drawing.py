"""What a pane asks to be drawn, so that OpenGL or the CPU may do it: one protocol, one request."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal, Protocol

from cubesal.camera import Camera
from cubesal.lens import RECTILINEAR, Lens
from cubesal_viewer.render.content import (
    NO_OVERLAY,
    OverlayParams,
    RenderContent,
    ViewMark,
    Viewport,
)

__all__ = ["PictureKind", "PictureRecorder", "PictureRequest", "SphereDrawing"]

PictureKind = Literal["equirect", "cube", "nfov"]


class SphereDrawing(Protocol):
    """Whatever can draw the content of a pane; see :class:`SphereRenderer` for the meanings."""

    def draw_equirect(
        self, viewport: Viewport, overlay: OverlayParams = ..., mark: ViewMark | None = ...
    ) -> None:
        """The whole frame, 2:1."""

    def draw_cube_net(
        self, viewport: Viewport, overlay: OverlayParams = ..., mark: ViewMark | None = ...
    ) -> None:
        """The unfolded cube, 4:3."""

    def draw_nfov(
        self, viewport: Viewport, camera: Camera, overlay: OverlayParams = ..., lens: Lens = ...
    ) -> None:
        """What a flat camera sees; a pane may show several, each in a viewport of its own."""


@dataclass(frozen=True, eq=False)
class PictureRequest:
    """One picture of a pane: its kind, where it lies, and of what; may go to any thread.

    ``beside`` are the pictures that the pane shows next to it. The outline of the view (``mark``)
    is not part of the picture; it is drawn over it.
    """

    kind: PictureKind
    viewport: Viewport
    content: RenderContent
    overlay: OverlayParams
    camera: Camera | None = None
    mark: ViewMark | None = None
    lens: Lens = RECTILINEAR
    beside: tuple[PictureRequest, ...] = ()

    @property
    def parts(self) -> tuple[PictureRequest, ...]:
        """This picture and those beside it."""
        return (self, *self.beside)

    @property
    def pixels(self) -> int:
        """How many pixels all of them have."""
        return sum(part.viewport.width * part.viewport.height for part in self.parts)

    @property
    def key(self) -> tuple[object, ...]:
        """Equal for two requests exactly when their pictures are equal."""
        content = self.content
        key: tuple[object, ...]
        key = (self.kind, self.viewport, self.overlay, self.camera, self.lens, content.frame_key)
        key = (*key, *(part.key for part in self.beside))
        if self.overlay.scale <= 0:
            return key  # a hidden map does not matter, and many arrive while a clip is analysed
        return (*key, content.saliency_key, content.other_key, content.lut_key)

    def shrunk(self, factor: int) -> PictureRequest:
        """The same picture with ``factor`` times fewer pixels a side."""
        box = self.viewport
        small = Viewport(0, 0, max(box.width // factor, 2), max(box.height // factor, 2))
        beside = tuple(part.shrunk(factor) for part in self.beside)
        return replace(self, viewport=small, beside=beside)


class PictureRecorder:
    """A :class:`SphereDrawing` that writes down what it is asked for.

    ``request`` is the last picture; of several flat views the first, with the others beside it.
    """

    def __init__(self, content: RenderContent) -> None:
        self._content = content
        self.request: PictureRequest | None = None

    def draw_equirect(
        self, viewport: Viewport, overlay: OverlayParams = NO_OVERLAY, mark: ViewMark | None = None
    ) -> None:
        self.request = PictureRequest("equirect", viewport, self._content, overlay, mark=mark)

    def draw_cube_net(
        self, viewport: Viewport, overlay: OverlayParams = NO_OVERLAY, mark: ViewMark | None = None
    ) -> None:
        self.request = PictureRequest("cube", viewport, self._content, overlay, mark=mark)

    def draw_nfov(
        self,
        viewport: Viewport,
        camera: Camera,
        overlay: OverlayParams = NO_OVERLAY,
        lens: Lens = RECTILINEAR,
    ) -> None:
        view = PictureRequest("nfov", viewport, self._content, overlay, camera, lens=lens)
        first = self.request
        self.request = view if first is None else replace(first, beside=(*first.beside, view))
