"""Areas of interest in the window: drawn, measured as maps arrive, listed, saved."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtGui import QPainter

from cubesal.document import Region
from cubesal.errors import CubesalError
from cubesal.inspection import (
    Area,
    AreaStatistics,
    measure_area,
    write_area_curves,
    write_area_table,
)
from cubesal.track import SaliencyTrack
from cubesal_viewer.inspect.area_drawing import AreaDrawing, Shape
from cubesal_viewer.inspect.area_painting import paint_line, paint_name
from cubesal_viewer.inspect.area_view import AreaView
from cubesal_viewer.inspect.pending import Pending
from cubesal_viewer.inspect.regions import area_of, region_of
from cubesal_viewer.widgets.equirect_pane import EquirectPane
from cubesal_viewer.worker import Worker, one_sentence

__all__ = ["AreaTool"]

_REDRAW_MS = 100
_Batch = Sequence[tuple[int, NDArray[np.float32]]]


@dataclass(eq=False)
class _Entry:
    number: int
    region: Region
    area: Area
    statistics: AreaStatistics | None = None
    pending: Pending = field(default_factory=Pending)

    @property
    def name(self) -> str:
        return self.region.name


class AreaTool(QObject):
    """Shows the areas of the open clip; maps are measured on a thread of its own.

    ``edited`` brings what the hands have done, in words, and the regions that there are to be;
    :meth:`set_regions` brings those that there are.
    """

    measured = Signal(int, int, object)
    edited = Signal(str, object)
    failed = Signal(str)

    def __init__(
        self,
        track_of: Callable[[], SaliencyTrack | None],
        pane: EquirectPane,
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._track_of, self._pane = track_of, pane
        self.view = AreaView()
        self.drawing = AreaDrawing(pane)
        self._worker: Worker | None = None
        self._entries: list[_Entry] = []
        self._regions: tuple[Region, ...] = ()
        self._numbered = 0
        self._generation = 0
        self._track: SaliencyTrack | None = None
        self._time_s = 0.0
        self._redraw = QTimer(self, interval=_REDRAW_MS, singleShot=True)
        self._redraw.timeout.connect(self.show_rows)
        self.measured.connect(self._on_measured)
        self.drawing.drawn.connect(self.add)
        self.drawing.refused.connect(self.failed)
        self.drawing.ended.connect(lambda: self.view.set_drawing(""))
        self.view.draw_asked.connect(self.draw)
        self.view.remove_asked.connect(self.remove)
        self.view.renamed.connect(self.rename)
        pane.decorations.append(self._paint)

    @property
    def statistics(self) -> dict[str, AreaStatistics]:
        """What was measured, by the names of the areas."""
        return {e.name: e.statistics for e in self._entries if e.statistics is not None}

    def draw(self, shape: Shape) -> None:
        """Let the hands draw an area."""
        if self._pane.content.planes is None:
            self.failed.emit(self.tr("Open a clip first: areas are drawn on its picture"))
            return
        self.view.set_drawing(shape)
        self.drawing.start(shape)

    def add(self, area: Area) -> None:
        """Take an area into the list, under a name of its own."""
        taken, number = {entry.name for entry in self._entries}, len(self._entries) + 1
        while (name := self.tr("Area %1").replace("%1", str(number))) in taken:
            number += 1
        regions = (*self._regions, region_of(name, area))
        self.edited.emit(self.tr("Draw area"), regions)

    def remove(self, row: int) -> None:
        """Forget the area of a row."""
        if 0 <= row < len(self._entries):
            regions = (*self._regions[:row], *self._regions[row + 1 :])
            self.edited.emit(self.tr("Remove area"), regions)

    def rename(self, row: int, name: str) -> None:
        """Give the area of a row another name; an empty one, or one that is taken, is refused."""
        taken = {entry.name for k, entry in enumerate(self._entries) if k != row}
        if name.strip() and name.strip() not in taken:
            regions = list(self._regions)
            regions[row] = replace(regions[row], name=name.strip())
            self.edited.emit(self.tr("Rename area"), tuple(regions))
        self._changed()

    def set_regions(self, regions: tuple[Region, ...]) -> None:
        """These there are now; what was measured of those that stay is kept."""
        if regions == self._regions:
            return
        known = {(entry.region.corners, entry.region.radius): entry for entry in self._entries}
        entries: list[_Entry] = []
        kept: list[Region] = []
        for region in regions:
            try:
                area = area_of(region)
            except ValueError:
                continue  # a document that nobody's hands made
            entry = known.get((region.corners, region.radius))
            if entry is None:
                self._numbered += 1
                entry = _Entry(self._numbered, region, area)
            entry.region = region
            entries.append(entry)
            kept.append(region)
        self._entries, self._regions = entries, tuple(kept)
        self.follow_track()
        self._changed()

    def clear(self) -> None:
        """Forget every area: another clip is open."""
        self.drawing.stop()
        self.set_regions(())

    def follow_track(self) -> None:
        """Maps have arrived, or another model's begin."""
        track = self._track_of()
        if track is not self._track:
            self._track = track
            self._generation += 1
            for entry in self._entries:
                entry.statistics = None
        if track is None:
            return
        for entry in self._entries:
            if entry.statistics is None:
                entry.statistics = AreaStatistics(entry.area, track.time_s)
                entry.pending = Pending()
            self._pump(entry, track)

    def set_time(self, time_s: float) -> None:
        """The playhead moved."""
        self._time_s = time_s
        self._show_soon()

    def write_tables(self, path: Path) -> None:
        """Write a row per area to ``path``, and the curves beside it (``<name>.curves.csv``)."""
        if self._track is None or not self.statistics:
            return
        try:
            write_area_table(path, self.statistics)
            curves = path.with_name(f"{path.stem}.curves{path.suffix}")
            write_area_curves(curves, self._track.frame_index, self.statistics)
        except CubesalError as error:
            self.failed.emit(str(error))

    def stop(self) -> bool:
        """End drawing and the thread; True if it ended in time."""
        self.drawing.stop()
        self._redraw.stop()
        self._generation += 1
        return self._worker is None or self._worker.stop()

    def show_rows(self) -> None:
        """Bring the list up to date."""
        self.view.set_rows([self._cells(entry) for entry in self._entries])

    def _cells(self, entry: _Entry) -> list[str]:
        found = entry.statistics
        if found is None or self._track is None:
            return [entry.name, "–", "–", "–", "–"]
        now, clip = found.share[self._track.index_at(self._time_s)], found.clip_share
        first = found.first_peak_s
        return [
            entry.name,
            *("–" if np.isnan(share) else f"{share:.1%}" for share in (now, clip)),
            "–" if first is None else f"{first:.1f} s",
            f"{found.dwell_s:.1f} s",
        ]

    def _changed(self) -> None:
        self.show_rows()
        self._pane.update()

    def _show_soon(self) -> None:
        if self._entries and not self._redraw.isActive():
            self._redraw.start()

    def _pump(self, entry: _Entry, track: SaliencyTrack) -> None:
        batch = entry.pending.batch(track)
        if batch:
            self._worker = self._worker or Worker("areas")
            generation, number, area = self._generation, entry.number, entry.area
            self._worker.submit(lambda: self._measure(generation, number, area, batch))

    def _measure(self, generation: int, number: int, area: Area, batch: _Batch) -> None:
        if generation != self._generation:
            return
        try:
            found = [(k, *measure_area(area, saliency)) for k, saliency in batch]
        except Exception as error:
            self.failed.emit(one_sentence(error))
        else:
            self.measured.emit(generation, number, found)

    def _on_measured(
        self, generation: int, number: int, found: Sequence[tuple[int, float, bool]]
    ) -> None:
        entry = next((e for e in self._entries if e.number == number), None)
        if generation != self._generation or entry is None or entry.statistics is None:
            return
        for k, share, holds_peak in found:
            entry.statistics.put(k, share, holds_peak)
        entry.pending.answered()
        if self._track is not None:
            self._pump(entry, self._track)
        self._show_soon()

    def _paint(self, painter: QPainter) -> None:
        for entry in self._entries:
            paint_line(painter, self._pane, entry.area.outline())
            paint_name(painter, self._pane, entry.area.middle, entry.name)
        self.drawing.paint(painter)
