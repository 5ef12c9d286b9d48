"""One clip of ``cubesal batch`` in a worker: predicted aside, then moved to its place whole."""

from __future__ import annotations

import os
import shutil
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cubesal import __version__
from cubesal.cli.arguments import Options
from cubesal.cli.batch_job import BatchJob, ClipOutcome, ClipTask
from cubesal.cli.batch_records import BatchRecord, size_of, write_record
from cubesal.cli.console import Console
from cubesal.cli.predict_report import PredictReport
from cubesal.cli.predict_whole import predict_whole
from cubesal.cli.work import load_predictor
from cubesal.errors import Cancelled, CubesalError, ExportError
from cubesal.exporting import check_maps_folder
from cubesal.predictor import SaliencyPredictor
from cubesal.progress import ProgressFn
from cubesal.saliency_model import SaliencyModel

__all__ = ["do_clip"]

_LOOK_EVERY_S = 0.2


class _WorkerConsole(Console):
    """Says nothing; progress looks whether the run was stopped."""

    def __init__(self, job: BatchJob) -> None:
        super().__init__(-1)
        self._job = job
        self._looked = 0.0

    @contextmanager
    def progress(self, what: str) -> Iterator[ProgressFn]:  # noqa: ARG002
        """A callback that raises Cancelled once the run is over."""
        yield self._look

    def _look(self, _done: int, _total: int) -> None:
        if time.monotonic() - self._looked < _LOOK_EVERY_S:
            return
        self._looked = time.monotonic()
        if self._job.is_stopped:
            raise Cancelled("the batch was stopped")


#: The model of this process, and the run that it was loaded for.
_loaded: tuple[Path, SaliencyPredictor, SaliencyModel] | None = None
#: A Dask worker may have several threads, but there is one model, and it has a memory.
_one_at_a_time = threading.Lock()


def do_clip(task: ClipTask, job: BatchJob) -> ClipOutcome:
    """Make the outputs of a clip; what is wrong with it is in the answer. Raises Cancelled."""
    outcome = ClipOutcome(str(task.clip.path), "failed")
    began = time.perf_counter()
    with _one_at_a_time:
        try:
            _work(task, job, outcome)
        except Cancelled:
            raise
        except CubesalError as error:
            outcome.error = str(error)
        except Exception as error:  # one clip must not end the others, whatever it is
            outcome.error = f"{task.clip.path}: unexpected {type(error).__name__}: {error}"
    outcome.seconds = round(time.perf_counter() - began, 3)
    return outcome


def _work(task: ClipTask, job: BatchJob, outcome: ClipOutcome) -> None:
    console = _WorkerConsole(job)
    if job.is_stopped:
        raise Cancelled("the batch was stopped")
    try:
        predictor, model = _engine(job, console)
    except CubesalError:
        outcome.is_hopeless = True
        raise
    report = PredictReport(outcome.input)
    try:
        aside = Path(tempfile.mkdtemp(dir=job.folder))
    except OSError as error:
        raise ExportError(f"cannot write {job.folder}: {error.strerror or error}") from error
    try:
        options = Options(**{**job.options, "out": aside})
        predict_whole(task.clip.path, report, predictor, model, options, console)
        _publish(task, job, report)
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    outcome.state, outcome.outputs = "done", report.outputs
    outcome.maps, outcome.lost_frames = report.maps, report.lost_frames
    outcome.damaged_frames, outcome.is_cut_off = report.damaged_frames, report.is_cut_off
    outcome.resized_frames = report.resized_frames


def _engine(job: BatchJob, console: Console) -> tuple[SaliencyPredictor, SaliencyModel]:
    global _loaded  # noqa: PLW0603 - loaded once per process, as long as the run is the same
    if job.version != __version__:
        raise ExportError(
            f"a worker has cubesal {__version__}, and this is {job.version}; "
            "install the same version everywhere"
        )
    if _loaded is None or _loaded[0] != job.folder:
        _loaded = (job.folder, *load_predictor(Options(**job.options), console))
    return _loaded[1:]


def _publish(task: ClipTask, job: BatchJob, report: PredictReport) -> None:
    """Move what was made to its place, then say that it is there. ExportError."""
    place = job.out / task.clip.stem.parent
    moved: dict[str, int] = {}
    try:
        place.mkdir(parents=True, exist_ok=True)
        for made in map(Path, report.outputs):
            target = place / made.name
            if made.is_dir():
                _clear_folder(target, made.parent)
            os.replace(made, target)
            moved[target.relative_to(job.out).as_posix()] = size_of(target)
        record = BatchRecord(
            task.key,
            moved,
            report.maps,
            report.damaged_frames,
            report.lost_frames,
            report.is_cut_off,
            report.resized_frames,
        )
        write_record(task.clip, record, job.out)
    except OSError as error:
        raise ExportError(f"cannot write to {place}: {error.strerror or error}") from error
    report.outputs = [str(job.out / name) for name in moved]


def _clear_folder(target: Path, aside: Path) -> None:
    """Put an earlier export out of the way; anything else is refused. ExportError, OSError."""
    check_maps_folder(target)
    if target.exists():
        os.replace(target, aside / "replaced")
