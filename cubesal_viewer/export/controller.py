"""The GUI's side of exports: asks where to, queues jobs, shows progress, pauses, cancels."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QFileDialog, QWidget

from cubesal.errors import Cancelled, CubesalError, ExportError
from cubesal.exporting import Entry, ExportJob, ExportQueue
from cubesal.exporting.journal import held
from cubesal.progress import ProgressFn
from cubesal.track import SaliencyTrack
from cubesal_viewer.analysis.controller import AnalysisController
from cubesal_viewer.analysis.request import AnalysisRequest
from cubesal_viewer.export.dialog import ExportDialog
from cubesal_viewer.export.job import ExportKind, Stage, run_export
from cubesal_viewer.export.panel import ExportPanel
from cubesal_viewer.export.saved import job_of, journal_file, request_of
from cubesal_viewer.export.wishes import ExportWish, request_for
from cubesal_viewer.state import Activity, ViewerState
from cubesal_viewer.steering import Steering
from cubesal_viewer.worker import Worker, one_sentence

__all__ = ["ExportController"]

#: Progress is sent to the window at most this often, in seconds.
_REPORT_S = 0.1


class ExportController(QObject):
    """Runs exports one after another.  ``finished`` brings a path, ``failed`` one sentence.

    Jobs run on the export thread with copies of everything; it talks back through queued signals
    only, and is paused and cancelled through its own progress callback.  What is unfinished when
    the window closes or dies is in the panel at the next start, paused.
    """

    finished = Signal(object)
    failed = Signal(str)
    _changed = Signal(object)
    _progressed = Signal(int, object)
    _ended = Signal(str)

    def __init__(
        self, state: ViewerState, analysis: AnalysisController, steering: Steering
    ) -> None:
        super().__init__()
        self._state = state
        self._analysis = analysis
        self._steering = steering
        self._worker = Worker("export")
        self._closing = False
        self._running = False
        self._runs = 0
        self._hold = ExitStack()
        self._tracks: dict[Path, SaliencyTrack] = {}
        self.panel = ExportPanel()
        #: Says what has become of the open clip that forbids exports of it; empty for nothing.
        self.clip_problem: Callable[[], str] = str
        self._queue = self._opened_queue()
        self._changed.connect(self._on_changed)
        self._progressed.connect(self._on_progress)
        self._ended.connect(self._on_ended)
        self.panel.cancelled.connect(self._cancel)
        self.panel.retried.connect(self._retry)
        self.panel.paused.connect(self.pause)
        self.panel.cleared.connect(self._clear)
        self._show_unfinished()

    def _opened_queue(self) -> ExportQueue:
        """The queue of the last start; without a journal where another window keeps it."""
        journal = journal_file()
        try:
            journal.parent.mkdir(parents=True, exist_ok=True)
            self._hold.enter_context(held(journal.with_name("window")))
            queue = ExportQueue(journal, changed=self._changed.emit)
            queue.clear()
            return queue
        except (OSError, ExportError):
            return ExportQueue(changed=self._changed.emit)

    def _show_unfinished(self) -> None:
        entries = self._queue.entries
        self.panel.show_entries(entries)
        if entries:
            self._queue.pause()
            self.panel.show_paused(True)

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

    def ask(self, parent: QWidget) -> ExportDialog | None:
        """Open the dialog in which exports are put together; None if there is nothing to export."""
        if self._refuses():
            return None
        assert self._state.clip is not None
        pane = "cube" if self._state.pane_mode == "cube" else "equirect"
        dialog = ExportDialog(self._state.clip.path, self._state.edits.span_s, pane, parent)
        dialog.wanted.connect(self.start_all)
        dialog.open()
        return dialog

    def start(self, kind: ExportKind, out: Path) -> None:
        """Export the open clip to ``out``, after whatever is being exported already."""
        if kind == "overlay" and self._state.pane_mode == "cube":
            kind = "cube"  # an overlay export is what the pane shows
        self.start_all([ExportWish(kind, out)])

    def start_all(self, wishes: Sequence[ExportWish]) -> None:
        """Queue an export for each wish."""
        analysis = self._analysis.request
        if self._refuses() or analysis is None:
            return
        added = [self._add(wish, analysis) for wish in wishes]
        if any(added):
            self._set_out()

    def _add(self, wish: ExportWish, analysis: AnalysisRequest) -> bool:
        out = wish.out.absolute()
        if out.resolve() == analysis.path.resolve():
            self.failed.emit(self.tr("Choose another name: that is the clip itself."))
            return False
        if any(entry.is_open and entry.job.out == out for entry in self._queue.entries):
            self.failed.emit(self.tr("Choose another name: an export to that one is under way."))
            return False
        request = request_for(replace(wish, out=out), analysis, self._state, self._steering.options)
        track = self._analysis.track
        if track is not None:
            self._tracks[out] = track.copy()
        try:
            self._queue.add(job_of(request))
        except ExportError as error:
            self.failed.emit(str(error))
            return False
        return True

    def _refuses(self) -> bool:
        """Say why no export can begin now, if so."""
        if self._state.clip is None:
            self.failed.emit(self.tr("There is nothing to export yet: open a clip first."))
            return True
        problem = self.clip_problem()
        if problem:
            self.failed.emit(problem)
        return bool(problem)

    def _set_out(self) -> None:
        """Let the export thread do what waits."""
        self._running = True
        self._runs += 1
        self._state.set_export(Activity(self.tr("Exporting")))
        self._worker.submit(self._run)

    def pause(self, is_paused: bool) -> None:
        """Stand still, or go on; also with what an earlier start has left unfinished."""
        self.panel.show_paused(is_paused)
        if is_paused:
            self._queue.pause()
            return
        self._queue.go_on()
        if not self._running and any(entry.is_open for entry in self._queue.entries):
            self._set_out()

    def cancel(self) -> None:
        """Take back the export under way, which leaves nothing; those that wait go on."""
        for entry in self._queue.entries:
            if entry.state == "running":
                self._cancel(entry.number)

    def _cancel(self, number: int) -> None:
        with self._full_disk_told():
            self._queue.cancel(number)

    @contextmanager
    def _full_disk_told(self) -> Iterator[None]:
        """A journal that cannot be written is told; what it is about holds for this window."""
        try:
            yield
        except ExportError as error:
            self.panel.show_entries(self._queue.entries)
            self.failed.emit(str(error))

    def abandon(self) -> None:
        """Break off without waiting; what is unfinished is offered at the next start."""
        self._closing = True
        self._queue.stop()

    def _retry(self, number: int) -> None:
        with self._full_disk_told():
            self._queue.retry(number)
        if not self._running:
            self._set_out()

    def _clear(self) -> None:
        with self._full_disk_told():
            self._queue.clear()
        self.panel.show_entries(self._queue.entries)

    def stop(self) -> bool:
        """End the export thread, its job going back to those that wait; True if it ended."""
        self.abandon()
        has_ended = self._worker.stop(timeout_s=15.0)
        self._hold.close()
        return has_ended

    def _on_changed(self, entry: Entry) -> None:
        self.panel.show_entries(self._queue.entries)
        if entry.state == "done":
            self.finished.emit(entry.written)
        elif entry.state == "failed":
            self.failed.emit(entry.message)
        if not entry.is_open:
            self._tracks.pop(entry.job.out, None)

    def _on_progress(self, number: int, activity: Activity) -> None:
        self._state.set_export(activity)
        self.panel.show_progress(number, activity.done, activity.total)

    def _on_ended(self, message: str) -> None:
        self._runs -= 1
        if self._runs:
            return
        self._running = False
        self._state.set_export(Activity())
        self.panel.show_entries(self._queue.entries)
        if message:
            self.failed.emit(message)

    # Everything below runs on the export thread.

    def _run(self) -> None:
        message = ""
        try:
            self._queue.run(self._work)
        except Cancelled:
            pass
        except Exception as error:
            message = one_sentence(error)
        self._ended.emit(message)

    def _work(self, job: ExportJob, progress: ProgressFn) -> Path:
        try:
            request = request_of(job, self._tracks.get(job.out))
            return run_export(request, lambda stage: self._stage(job, stage, progress))
        except CubesalError:
            raise
        except Exception as error:
            raise ExportError(one_sentence(error)) from error

    def _stage(self, job: ExportJob, stage: Stage, progress: ProgressFn) -> ProgressFn:
        words = {"analysing": self.tr("Export: analysing"), "writing": self.tr("Exporting")}
        number = next((e.number for e in self._queue.entries if e.job is job), 0)
        began = last = time.monotonic()

        def report(done: int, total: int) -> None:
            nonlocal last
            if self._closing:
                raise Cancelled("the window is closing")
            progress(done, total)
            now = time.monotonic()
            if now - last >= _REPORT_S or done == total:
                last = now
                eta_s = (now - began) / done * (total - done) if done else None
                self._progressed.emit(number, Activity(words[stage], done, total, eta_s))

        return report
