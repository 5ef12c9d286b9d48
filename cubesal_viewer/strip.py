"""Keeps the timeline and the coverage meter up to date with track, path and edits, at leisure."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QObject, QTimer

from cubesal_viewer.analysis.controller import AnalysisController
from cubesal_viewer.editing.editor import Editor
from cubesal_viewer.map_figures import MapFigures
from cubesal_viewer.state import Edits, ViewerState
from cubesal_viewer.steering import Steering
from cubesal_viewer.view_figures import ViewFigures
from cubesal_viewer.widgets.curve_keys import CurveKeys
from cubesal_viewer.widgets.hud import Hud
from cubesal_viewer.widgets.main_window import NFOV_ASPECT, MainWindow
from cubesal_viewer.widgets.timecode import clock_text

__all__ = ["Strip"]

#: The strip and the coverage meter follow new maps and views at most this often.
_REFRESH_MS = 120


class Strip(QObject):
    """What is too costly to redraw with every frame."""

    def __init__(
        self,
        state: ViewerState,
        analysis: AnalysisController,
        steering: Steering,
        editor: Editor,
        window: MainWindow,
    ) -> None:
        super().__init__()
        self._state, self._analysis, self._steering = state, analysis, steering
        self._editor, self._window = editor, window
        self._share: float | None = None
        self._hud_shown = False
        self.view_figures = ViewFigures()
        self.view_figures.changed.connect(self._show_view_figures)
        self.figures = MapFigures()
        self.figures.changed.connect(self._ask_for_curves)
        self._hovered_s: float | None = None
        window.timeline.hovered.connect(self._on_hovered)
        window.transport.curves.toggled.connect(window.timeline.show_curve)
        self._timer = QTimer(self, interval=_REFRESH_MS, singleShot=True)
        self._timer.timeout.connect(self._refresh)
        self._curves_are_old = True
        for signal in (state.camera_changed, state.lens_changed, state.playhead_changed):
            signal.connect(self._ask)
        for signal in (analysis.track_changed, steering.path_changed):
            signal.connect(self._ask_for_curves)
        state.playhead_changed.connect(self._show_hud)
        state.edits_changed.connect(self._on_edits)
        editor.keys_changed.connect(self._show_keys)

    def stop(self) -> None:
        """Follow nothing any more."""
        self._timer.stop()
        self.figures.stop()
        self.view_figures.stop()

    def _ask(self) -> None:
        if not self._timer.isActive():
            self._timer.start()

    def _ask_for_curves(self) -> None:
        self._curves_are_old = True
        self._ask()

    def toggle_hud(self) -> None:
        """Show or hide what is written over the flat view."""
        self._hud_shown = not self._hud_shown
        self._show_hud()

    @property
    def curve_keys(self) -> CurveKeys:
        """Which curves are shown."""
        return self._window.transport.curves

    @property
    def hud_shown(self) -> bool:
        """Whether words are written over the flat view while a clip is open."""
        return self._hud_shown

    def _show_share(self, share: float | None) -> None:
        self._share = share
        self._window.autopilot.set_share(share)
        self._show_hud()

    def _show_hud(self) -> None:
        shown = self._hud_shown and self._state.clip is not None
        hud = Hud(self._state.playhead.time_s, self._share) if shown else None
        self._window.nfov.set_hud(hud)

    def _show_keys(self) -> None:
        self._window.timeline.marks.set_keys(self._editor.keys)

    def _on_edits(self, edits: Edits) -> None:
        duration_s = self._state.clip.duration_s if self._state.clip else 0.0
        self._window.timeline.marks.set_markers(edits.markers)
        self._window.autopilot.areas.set_areas(edits.areas)
        self._window.timeline.marks.set_span(edits.span_s, duration_s)

    def _refresh(self) -> None:
        if self._curves_are_old:  # not for every view: each of them repaints the whole timeline
            self._curves_are_old = False
            self._show_curves()
        track = self._analysis.track
        saliency = None
        if track is not None:
            saliency = track.at(self._state.playhead.time_s).saliency
        self.view_figures.ask(saliency, self._state.camera, self._state.lens, NFOV_ASPECT)

    def _show_view_figures(self) -> None:
        self._show_share(self.view_figures.share)
        self._window.nfov.set_missed(self.view_figures.missed)

    def _show_curves(self) -> None:
        track, plan, timeline = self._analysis.track, self._steering.plan, self._window.timeline
        self.figures.follow(track)
        nothing = np.zeros(0)
        timeline.set_captured(*((plan.times_s, plan.shares) if plan else (nothing, nothing)))
        if track is None:
            timeline.set_attention(nothing, nothing)
            timeline.set_figures(nothing, nothing, nothing)
            timeline.set_analysed([])
            return
        timeline.set_attention(track.time_s, track.peaks / max(track.peak, 1e-12))
        timeline.set_analysed(track.analysed_ranges())
        timeline.set_figures(track.time_s, self.figures.spread, self.figures.spots)

    # ---- what lies under the mouse -------------------------------------------------------------

    def _on_hovered(self, time_s: float | None) -> None:
        self._hovered_s = time_s
        self._window.show_readout("" if time_s is None else self._words(time_s))

    def _words(self, time_s: float) -> str:
        track, plan = self._analysis.track, self._steering.plan
        words = [clock_text(time_s)]
        if track is None or not len(track):
            return words[0]
        k = track.index_at(time_s)
        if np.isnan(track.peaks[k]):
            return f"{words[0]}  {self.tr('not analysed yet')}"
        words.append(self.tr("peak %1").replace("%1", f"{track.peaks[k]:.3g}"))
        if len(self.figures.spread) == len(track) and np.isfinite(self.figures.spread[k]):
            words.append(self.tr("spread %1").replace("%1", f"{self.figures.spread[k]:.0%}"))
            words.append(self.tr("hot spots %1").replace("%1", f"{self.figures.spots[k]:.0f}"))
        if plan is not None and len(plan.times_s):
            share = float(np.interp(time_s, plan.times_s, plan.shares))
            words.append(self.tr("in view %1").replace("%1", f"{share:.0%}"))
        return "  ".join(words)
