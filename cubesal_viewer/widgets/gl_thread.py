"""One thread that draws with OpenGL for all panes, where the processor does the drawing anyway."""

from __future__ import annotations

import atexit
from collections.abc import Callable
from typing import Final

from PySide6.QtCore import Qt
from PySide6.QtGui import QImage

from cubesal_viewer.render import (
    DrawingContext,
    PictureRequest,
    SphereRenderer,
    new_surface,
    replay,
)
from cubesal_viewer.widgets.canvas import BACKGROUND
from cubesal_viewer.worker import Worker

__all__ = ["GlThread", "held_thread", "let_go"]

#: As OpenGL calls the layout of ``Format_RGB32``.
_BGRA: Final = 0x80E1
_PACKED: Final = 0x8367


class GlThread:
    """A context on a thread of its own. Create and stop it on the GUI thread."""

    def __init__(self) -> None:
        self._surface = new_surface()
        self._context = DrawingContext(self._surface)
        self._worker = Worker("gl-draw", at_end=self._context.close)
        self.users = 0
        atexit.register(self.stop)  # whoever ends without closing its window

    def submit(self, work: Callable[[], None]) -> None:
        """Have the thread do this when it has done what came before."""
        self._worker.submit(work)

    def stop(self) -> None:
        """End the thread, and with it everything that lies in the context."""
        atexit.unregister(self.stop)
        self._worker.stop()

    # ---- on the thread -------------------------------------------------------------------------

    def prepare(self, renderer: SphereRenderer) -> None:
        """Make the context and the shaders; RenderError: there is no OpenGL after all."""
        self._context.open()
        if not renderer.is_initialised:
            renderer.initialise()

    def picture(
        self, renderer: SphereRenderer, request: PictureRequest, size: tuple[int, int]
    ) -> QImage:
        """The pane of so many pixels; RenderError: these contents cannot be drawn."""
        width, height = size
        framebuffer = self._context.begin(width, height)
        renderer.begin(width, height, (BACKGROUND.redF(), BACKGROUND.greenF(), BACKGROUND.blueF()))
        renderer.upload(request.content)
        replay(request, renderer)
        pixels = framebuffer.read(width, height, _BGRA, _PACKED)
        image = QImage(pixels.data, width, height, 4 * width, QImage.Format.Format_RGB32)
        return image.flipped(Qt.Orientation.Vertical)  # a copy, which outlives the array


_shared: list[GlThread] = []


def held_thread() -> GlThread:
    """The thread of all panes, for one more user; it begins with the first."""
    if not _shared:
        _shared.append(GlThread())
    _shared[0].users += 1
    return _shared[0]


def let_go(thread: GlThread) -> None:
    """One user less; with the last the thread ends."""
    thread.users -= 1
    if thread.users == 0:
        _shared.remove(thread)
        thread.stop()
