"""The GUI's side of exports: asks where to, starts the job, shows progress, cancels."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QFileDialog, QWidget

from cubesal.errors import Cancelled
from cubesal.progress import ProgressFn
from cubesal_viewer.analysis.controller import AnalysisController
from cubesal_viewer.export.job import ExportKind, ExportRequest, Stage, run_export
from cubesal_viewer.state import Activity, ViewerState
from cubesal_viewer.steering import Steering
from cubesal_viewer.worker import Worker, one_sentence

__all__ = ["ExportController"]

#: Progress is sent to the window at most this often, in seconds.
_REPORT_S = 0.1


class ExportController(QObject):
    """Runs one export at a time.  ``finished`` brings the path, ``failed`` one sentence.

    The job runs on the export thread with copies of everything; it talks back through queued
    signals only, and is cancelled through its own progress callback.
    """

    finished = Signal(object)
    failed = Signal(str)
    _progress = Signal(object)
    _ended = Signal(object, str)

    def __init__(
        self, state: ViewerState, analysis: AnalysisController, steering: Steering
    ) -> None:
        super().__init__()
        self._state = state
        self._analysis = analysis
        self._steering = steering
        self._worker = Worker("export")
        self._cancelled = False
        self._running = False
        self._progress.connect(state.set_export)
        self._ended.connect(self._on_ended)

    @property
    def running(self) -> bool:
        """Whether an export is under way."""
        return self._running

    def choose_and_start(self, parent: QWidget, kind: ExportKind) -> None:
        """Ask for a file name, then export."""
        if self._refuses():
            return
        assert self._state.clip is not None
        clip = self._state.clip.path
        suggestion = clip.with_name(f"{clip.stem}_{kind}.mp4")
        title = self.tr("Export NFoV video") if kind == "nfov" else self.tr("Export overlay video")
        kinds = self.tr("Video (*.mp4 *.mov *.mkv)")
        path, _ = QFileDialog.getSaveFileName(parent, title, str(suggestion), kinds)
        if path:
            chosen = Path(path)
            self.start(kind, chosen if chosen.suffix else chosen.with_suffix(".mp4"))

    def start(self, kind: ExportKind, out: Path) -> None:
        """Export the open clip to ``out``."""
        track, analysis = self._analysis.track, self._analysis.request
        if self._refuses() or analysis is None:
            return
        if kind == "overlay" and self._state.pane_mode == "cube":
            kind = "cube"  # an overlay export is what the pane shows
        if out.resolve() == analysis.path.resolve():
            self.failed.emit(self.tr("Choose another name: that is the clip itself."))
            return
        style = self._state.overlay.style
        copy = track.copy() if track is not None else None
        planner = replace(self._steering.options, hfov=self._state.camera.hfov)
        request = ExportRequest(kind, out, analysis, copy, style, planner)
        self._cancelled, self._running = False, True
        self._state.set_export(Activity(self.tr("Exporting")))
        self._worker.submit(lambda: self._run(request))

    def _refuses(self) -> bool:
        """Say why no export can begin now, if so."""
        if self._running:
            self.failed.emit(self.tr("An export is running: wait for it, or cancel it first."))
        elif self._state.clip is None:
            self.failed.emit(self.tr("There is nothing to export yet: open a clip first."))
        else:
            return False
        return True

    def cancel(self) -> None:
        """Stop the running export; it leaves no file behind."""
        self._cancelled = True

    def stop(self) -> bool:
        """Cancel and end the export thread; True if it ended in time."""
        self.cancel()
        return self._worker.stop(timeout_s=15.0)

    def _on_ended(self, path: Path | None, message: str) -> None:
        self._running = False
        self._state.set_export(Activity())
        if path is not None:
            self.finished.emit(path)
        elif message:
            self.failed.emit(message)

    # Everything below runs on the export thread.

    def _run(self, request: ExportRequest) -> None:
        try:
            path = run_export(request, self._stage)
        except Cancelled:
            self._ended.emit(None, "")
        except Exception as error:
            self._ended.emit(None, one_sentence(error))
        else:
            self._ended.emit(path, "")

    def _stage(self, stage: Stage) -> ProgressFn:
        words = {"analysing": self.tr("Export: analysing"), "writing": self.tr("Exporting")}
        began = last = time.monotonic()

        def report(done: int, total: int) -> None:
            nonlocal last
            if self._cancelled:
                raise Cancelled("cancelled")
            now = time.monotonic()
            if now - last >= _REPORT_S or done == total:
                last = now
                eta_s = (now - began) / done * (total - done) if done else None
                self._progress.emit(Activity(words[stage], done, total, eta_s))

        return report
