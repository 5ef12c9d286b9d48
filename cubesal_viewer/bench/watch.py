"""What the sphere's pane has really painted, and when."""

from __future__ import annotations

import time
from collections.abc import Callable

from PySide6.QtCore import QObject

from cubesal.video import Frame
from cubesal_viewer.app import Viewer
from cubesal_viewer.bench.process import age_s
from cubesal_viewer.render import RenderContent

__all__ = ["PaintWatch"]

ToldFn = Callable[[float], object]


class PaintWatch(QObject):
    """Counts pictures as they are painted; a picture is known again by its planes.

    Attributes:
        painted: pictures since `begin`.
        ages_ms: how far the clock was past each of them.
        draws_ms: what drawing took, of both panes.
        first_picture_s, first_map_s: since the process began.
    """

    def __init__(self, viewer: Viewer) -> None:
        super().__init__()
        self._viewer = viewer
        self._shown: list[Frame] = []
        self._awaited: int | None = None
        self._since = 0.0
        self._first: ToldFn | None = None
        self._exact: ToldFn = lambda _: None
        self.first_picture_s: float | None = None
        self.first_map_s: float | None = None
        self.begin()
        viewer.transport.frame_changed.connect(self._on_frame)
        viewer.window.equirect.picture_painted.connect(self._on_painted)
        viewer.window.nfov.picture_painted.connect(self._on_drawn)

    def begin(self) -> None:
        """Count from now on."""
        self.painted = 0
        self.ages_ms: list[float] = []
        self.draws_ms: list[float] = []

    def await_frame(self, index: int, first: ToldFn, exact: ToldFn) -> None:
        """Tell, in ms from now, when another picture is painted, and when that of a frame is."""
        self._awaited, self._first, self._exact = index, first, exact
        self._since = time.perf_counter()

    def forget_frame(self) -> None:
        """Nobody waits any more."""
        self._awaited = None

    def _on_frame(self, frame: Frame) -> None:
        self._shown = [*self._shown[-3:], frame]

    def _on_painted(self, content: RenderContent, seconds: float) -> None:
        self._on_drawn(content, seconds)
        if self.first_map_s is None and content.saliency is not None:
            self.first_map_s = age_s()
        frame = next((f for f in reversed(self._shown) if f.planes is content.planes), None)
        if frame is None:
            return
        self.first_picture_s = self.first_picture_s or age_s()
        self._shown = self._shown[self._shown.index(frame) + 1 :]  # once is enough
        self.painted += 1
        transport = self._viewer.transport
        if transport.is_playing:
            self.ages_ms.append(1000 * (transport.due_s - frame.time_s))
        if self._awaited is not None:
            self._tell(frame.index, 1000 * (time.perf_counter() - self._since))

    def _on_drawn(self, _content: RenderContent, seconds: float) -> None:
        self.draws_ms.append(1000 * seconds)

    def _tell(self, index: int, took_ms: float) -> None:
        if self._first is not None:
            self._first(took_ms)
            self._first = None
        if index == self._awaited:
            self._exact(took_ms)
