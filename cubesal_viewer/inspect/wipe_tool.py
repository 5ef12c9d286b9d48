"""Two models on one picture: a second analysis of the clip, and a wipe between their maps."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
from PySide6.QtCore import QObject, Signal

from cubesal.document import AnalysisKey, DocumentError
from cubesal.model_list import available_models
from cubesal.overlay import OverlayStyle
from cubesal.track import Status
from cubesal_viewer.analysis.controller import AnalysisController
from cubesal_viewer.analysis.inference import KeepFn
from cubesal_viewer.display import DisplayState, UploadKeys
from cubesal_viewer.inspect.wipe_line import WipeLine
from cubesal_viewer.inspect.wipe_view import WipeView
from cubesal_viewer.state import ModelChoice, Playhead, ViewerState
from cubesal_viewer.widgets.equirect_pane import EquirectPane

__all__ = ["WipeTool"]

_NOTHING = np.zeros((2, 4), np.float32)


class WipeTool(QObject):
    """The other model's analysis, kept in the same document; it works while the wipe is on.

    ``changed`` when the panes should be drawn again.
    """

    changed = Signal()
    failed = Signal(str)

    def __init__(
        self,
        analysis: AnalysisController,
        keep: KeepFn,
        pane: EquirectPane,
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._first = analysis
        # A state of its own: what this analysis is doing is not what the window's is doing.
        self._state = ViewerState(self)
        self._keep = keep
        self.other: AnalysisController | None = None
        models = [model.name for model in available_models() if model.available]
        self.view = WipeView(models)
        self.line = WipeLine(pane)
        self._keys = UploadKeys()
        self._part, self._top = 0.5, 0.0
        self.is_on = False
        self.view.toggled.connect(self.set_on)
        self.view.model_chosen.connect(self._on_model)
        self.view.wipe_moved.connect(self.set_wipe)
        self.view.range_changed.connect(self._on_range)
        self.line.moved.connect(self.set_wipe)
        self._state.analysis_changed.connect(self.view.set_activity)
        self.view.set_wipe(self._part)
        self.view.set_on(False)

    def set_on(self, on: bool) -> None:
        """Compare with the chosen model, or stop to."""
        request = self._first.request
        if on and request is None:
            self.view.set_on(False)
            self.failed.emit(self.tr("Open a clip first: two models are compared on its maps"))
            return
        self.is_on = on
        self.view.set_on(on)
        if on:
            self._avoid_the_same()
            self._start()
        else:
            self._end()
        self.changed.emit()

    def set_wipe(self, part: float) -> None:
        """Move the line to a part of the picture's width, from the left."""
        self._part = min(max(part, 0.0), 1.0)
        self.view.set_wipe(self._part)
        if self.is_on:
            self.changed.emit()

    def set_playhead(self, playhead: Playhead) -> None:
        """Let the other analysis work where the window looks."""
        self._state.set_playhead(playhead)

    def amend(self, display: DisplayState, time_s: float, style: OverlayStyle) -> DisplayState:
        """The picture with the other model's map right of the line, both at one range."""
        if not self.is_on or self.other is None:
            return display
        view = self.other.view_at(time_s)
        self._show_line(view.status)
        # Nothing rather than the first model's map, as long as this one has none.
        shown = _NOTHING
        if view.saliency is not None:
            shown = self._keys.smoothed(view.saliency, style)
        content = replace(
            display.content,
            other=shown,
            other_key=self._keys.of("map", shown),
            wipe=self._part,
            scale=self.top,
        )
        return replace(display, content=content, scale=self.top)

    @property
    def top(self) -> float:
        """The value at the top of the colours, of both models and every frame."""
        tracks = (self._first.track, self.other.track if self.other else None)
        return self._top or max((track.peak for track in tracks if track is not None), default=0.0)

    def on_committed(self, session: int, points: tuple[tuple[AnalysisKey, int], ...]) -> None:
        """Let go of maps that are in the document now."""
        if self.other is not None:
            self.other.on_committed(session, points)

    def on_saved(self, path: Path) -> None:
        """Go on reading from the document that was saved under another name."""
        try:
            if self.other is not None:
                self.other.on_saved(path)
        except DocumentError as error:
            self.failed.emit(str(error))

    def end(self) -> None:
        """Another clip is open, or the same one under another model: compare no longer."""
        if self.is_on:
            self.set_on(False)

    def stop(self) -> bool:
        """End the other analysis; True if it ended in time."""
        self.is_on = False
        self.line.hide()
        return self.other is None or self.other.stop()

    def _start(self) -> None:
        request = self._first.request
        assert request is not None
        if self.other is None:
            self.other = AnalysisController(self._state, keep=self._keep)
            self.other.track_changed.connect(self.changed)
            self.other.failed.connect(self._on_failed)
        choice = ModelChoice(self.view.model, request.choice.device)
        self.other.start(replace(request, choice=choice))
        self._show_line()

    def _end(self) -> None:
        self.line.hide()
        if self.other is not None:
            self.other.clear()

    def _avoid_the_same(self) -> None:
        """Choose another model than the first one, as long as nobody has chosen."""
        request = self._first.request
        if request is not None and self.view.model == request.choice.model:
            names = [m.name for m in available_models() if m.available]
            others = [name for name in names if name != request.choice.model]
            if others:
                self.view.set_model(others[0])

    def _show_line(self, status: Status = "none") -> None:
        request = self._first.request
        if request is not None:
            words = {
                "current": "%1",
                "stale": self.tr("%1 (earlier frame)"),
                "none": self.tr("%1 (not analysed yet)"),
            }
            other = words[status].replace("%1", self.view.model)
            self.line.show(self._part, (request.choice.model, other))

    def _on_model(self) -> None:
        if self.is_on:
            self._start()
            self.changed.emit()

    def _on_range(self, top: float) -> None:
        self._top = top
        self.changed.emit()

    def _on_failed(self, message: str) -> None:
        self.set_on(False)
        self.failed.emit(message)
