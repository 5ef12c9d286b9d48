"""The Inspect dock's tools and their wires: what each shows on the panes, and its commands."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QPointF, Signal
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QFileDialog

from cubesal.document import Region
from cubesal.inspection import DIFFERENCE_RANGE
from cubesal.overlay import difference_lut
from cubesal.video import ClipInfo
from cubesal_viewer.display import DisplayState
from cubesal_viewer.document.keeper import Keeper
from cubesal_viewer.inspect.area_drawing import Shape
from cubesal_viewer.inspect.area_tool import AreaTool
from cubesal_viewer.inspect.legend import paint_difference_legend
from cubesal_viewer.inspect.panel import InspectPanel
from cubesal_viewer.inspect.seam_tool import SeamQuestion, SeamTool
from cubesal_viewer.inspect.truth_tool import TruthTool
from cubesal_viewer.inspect.wipe_tool import WipeTool
from cubesal_viewer.inspect.wish_marks import WishMarks
from cubesal_viewer.state import Playhead
from cubesal_viewer.widgets.commands import Command

if TYPE_CHECKING:
    from cubesal_viewer.app import Viewer

__all__ = ["Inspect"]


def _tr(text: str) -> str:
    """Mark a text for translation; it is translated when the commands are installed."""
    return text


class Inspect(QObject):
    """Owns the tools of the dock; ``changed`` when the panes should be drawn again.

    Lives on the GUI thread.
    """

    changed = Signal()
    failed = Signal(str)

    def __init__(self, viewer: Viewer, keeper: Keeper) -> None:
        super().__init__(viewer)
        self._viewer = viewer
        self._window, self._state = viewer.window, viewer.state
        self.panel = InspectPanel()
        self.truth = TruthTool(lambda: viewer.analysis.track, self)
        self.panel.add_tool(self.tr("Ground truth"), self.truth.view)
        self.areas = AreaTool(lambda: viewer.analysis.track, viewer.window.equirect, self)
        self.panel.add_tool(self.tr("Areas"), self.areas.view)
        self.wishes = WishMarks(viewer.state, viewer.window.equirect, self)
        self.wipe = WipeTool(viewer.analysis, keeper.keep, viewer.window.equirect, self)
        keeper.committed.connect(self.wipe.on_committed)
        viewer.documents.saved.connect(self.wipe.on_saved)
        self.panel.add_tool(self.tr("Two models"), self.wipe.view)
        self.seams = SeamTool(self._seam_question, viewer.window)
        self.dock = viewer.window.add_tab(self.tr("Inspect"), "inspect", self.panel)
        self._keys: list[object] = []
        self._key = 0
        self._connect()

    def commands(self) -> list[Command]:
        """The menu of inspecting."""
        menu = _tr("&Inspect")
        return [
            Command(menu, _tr("Open &ground truth…"), ("Ctrl+G",), self.choose_truth),
            Command(menu, _tr("Next &worst frame"), ("Shift+W",), self.truth.go_to_worst),
            Command(menu, _tr("&Difference map"), ("Shift+D",), self.toggle_difference),
            Command(menu, _tr("Draw a &polygon"), ("Shift+P",), self.draw_polygon),
            Command(menu, _tr("Draw a &circle"), ("Shift+C",), self.draw_circle),
            Command(menu, _tr("Two &models"), ("Shift+M",), self.toggle_wipe),
            Command(menu, _tr("&Seams and poles…"), ("Ctrl+Shift+I",), self.seams.show),
        ]

    def choose_truth(self) -> None:
        """Ask for ground truth to compare with."""
        title = self.tr("Open ground truth")
        kinds = self.tr("Ground truth (*.csv *.npz *.npy);;All files (*)")
        name, _ = QFileDialog.getOpenFileName(self._window, title, "", kinds)
        if name:
            self.open_truth(Path(name))

    def open_truth(self, path: Path) -> None:
        """Compare with ground truth; one heat map of a Wild-360 folder stands for the folder."""
        self.dock.show()
        self.dock.raise_()
        self.panel.show_tool(self.truth.view)
        self.truth.open(path.parent if path.suffix.lower() == ".npy" else path)

    def toggle_difference(self) -> None:
        """Show the difference to the ground truth, or the map."""
        self.truth.set_difference(not self.truth.difference)

    def amend(self, display: DisplayState) -> DisplayState:
        """The picture with what a tool shows instead of the map."""
        frame = self._viewer.transport.frame
        time_s = frame.time_s if frame else 0.0
        if self.truth.difference:
            return self._with_difference(display, time_s)
        return self.wipe.amend(display, time_s, self._state.overlay.style)

    def stop(self) -> None:
        """End every thread of the tools."""
        self.truth.stop()
        self.wipe.stop()
        self.areas.stop()
        self.seams.stop()

    def _connect(self) -> None:
        viewer, state = self._viewer, self._state
        viewer.analysis.track_changed.connect(self.truth.follow_track)
        state.clip_changed.connect(self._on_clip)
        state.playhead_changed.connect(self._on_playhead)
        self.truth.sought.connect(viewer.transport.seek_time)
        self.truth.failed.connect(self.failed)
        self.truth.chosen.connect(state.set_truth)
        state.truth_changed.connect(self._follow_truth)
        viewer.documents.ready.connect(self._restore_truth)
        self.seams.failed.connect(self.failed)
        viewer.analysis.track_changed.connect(self.areas.follow_track)
        self.areas.failed.connect(self.failed)
        self.areas.edited.connect(self._on_areas)
        state.edits_changed.connect(lambda edits: self.areas.set_regions(edits.regions))
        self.wipe.failed.connect(self.failed)
        self.wipe.changed.connect(self.changed)
        state.model_changed.connect(self.wipe.end)
        self.areas.view.table_asked.connect(self._save_areas)
        self.truth.picture_changed.connect(self.changed)
        self.truth.view.open_asked.connect(self.choose_truth)
        self.truth.view.table_asked.connect(self._save_curves)
        self.panel.truth_dropped.connect(self.open_truth)
        viewer.window.equirect.decorations.append(self._paint)

    def _follow_truth(self, path: Path | None) -> None:
        if path is None:
            self.truth.close()
        else:
            self._restore_truth()

    def _restore_truth(self) -> None:
        """Compare with what the document names; a file that is gone is said, and stays named."""
        path = self._state.truth
        if path is not None and path != self.truth.path:
            self.truth.restore(path)

    def _on_areas(self, words: str, regions: tuple[Region, ...]) -> None:
        self._viewer.editor.history.edit(words, replace(self._state.edits, regions=regions))

    def _on_clip(self, clip: ClipInfo | None) -> None:
        self.areas.drawing.stop()
        if clip is None or not self._viewer.readings.is_rereading:
            name, duration_s = (clip.path.stem, clip.duration_s) if clip else ("", 0.0)
            self.truth.set_clip(name, duration_s)
            self.areas.clear()
        self.truth.set_reading(clip.reading if clip else None)
        self.wipe.end()

    def _seam_question(self) -> SeamQuestion | None:
        frame, choice = self._viewer.transport.frame, self._state.model
        return None if frame is None else SeamQuestion(choice.model, choice.device, frame)

    def toggle_wipe(self) -> None:
        """Compare with another model, or stop to."""
        self.dock.show()
        self.dock.raise_()
        self.panel.show_tool(self.wipe.view)
        self.wipe.set_on(not self.wipe.is_on)

    def draw_polygon(self) -> None:
        """Let the next clicks on the sphere place the corners of an area."""
        self._draw("polygon")

    def draw_circle(self) -> None:
        """Let the next drag on the sphere be a round area."""
        self._draw("circle")

    def _draw(self, shape: Shape) -> None:
        self.dock.show()
        self.dock.raise_()
        self.panel.show_tool(self.areas.view)
        self.areas.draw(shape)

    def _on_playhead(self, playhead: Playhead) -> None:
        self.truth.set_time(playhead.time_s)
        self.areas.set_time(playhead.time_s)
        self.wipe.set_playhead(playhead)

    def _save_areas(self) -> None:
        path = self._ask_table(self.tr("Save areas"), "areas")
        if path is not None:
            self.areas.write_tables(path)

    def _save_curves(self) -> None:
        path = self._ask_table(self.tr("Save curves"), "curves")
        if path is not None:
            self.truth.write_table(path)

    def _ask_table(self, title: str, name: str) -> Path | None:
        clip = self._state.clip
        first = "" if clip is None else str(clip.path.with_name(f"{clip.path.stem}.{name}.csv"))
        chosen, _ = QFileDialog.getSaveFileName(self._window, title, first, "CSV (*.csv)")
        if not chosen:
            return None
        return Path(chosen) if Path(chosen).suffix else Path(chosen).with_suffix(".csv")

    def _with_difference(self, display: DisplayState, time_s: float) -> DisplayState:
        shown = self.truth.difference_at(time_s)
        content = replace(
            display.content,
            saliency=shown,
            saliency_key=self._key_of(shown),
            scale=DIFFERENCE_RANGE,
            lut=difference_lut(),
            lut_key="difference",
            signed=True,
        )
        return replace(display, content=content)

    def _key_of(self, shown: object) -> int:
        """A key for the panes' uploads, below zero: those above are of the maps themselves."""
        if not self._keys or shown is not self._keys[0]:
            self._keys = [shown]
            self._key -= 1
        return self._key

    def _paint(self, painter: QPainter) -> None:
        pane = self._window.equirect
        if self.truth.difference:
            box, ratio = pane.picture, pane.devicePixelRatio()
            corner = QPointF((box.x + box.width) / ratio, box.y / ratio)
            ends = (self.tr("people only"), self.tr("model only"))
            paint_difference_legend(painter, corner, DIFFERENCE_RANGE, ends)
