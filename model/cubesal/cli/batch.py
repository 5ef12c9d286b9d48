"""``cubesal batch``: ``predict`` over thousands of clips, by many processes, resumable."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from typing import Any

from cubesal import __version__
from cubesal.cli.arguments import Options
from cubesal.cli.batch_cluster import cluster_outcomes, connect
from cubesal.cli.batch_inputs import BatchClip, check_outputs, find_clips, take_part
from cubesal.cli.batch_job import BatchJob, ClipOutcome, ClipTask, run_folder
from cubesal.cli.batch_pool import default_jobs, local_outcomes
from cubesal.cli.batch_records import clip_key, read_record, settings_of
from cubesal.cli.batch_report import BatchReport
from cubesal.cli.console import Console
from cubesal.cli.outputs import writable_folder
from cubesal.errors import Cancelled, CubesalError, ModelError

__all__ = ["run"]


def run(options: Options, console: Console) -> int:
    """Predict every clip that is not finished; one that fails does not stop the others."""
    clips = find_clips(options.input, options.out)
    check_outputs(clips, options.out, options.format)  # all: parts may run at the same time
    settings = settings_of(options)
    client = None if options.cluster is None else connect(options.cluster)
    try:
        options.out = writable_folder(options.out).absolute()
        report = BatchReport(console, client is not None)
        with console.progress("batch") as progress, run_folder(options.out) as folder:
            job = BatchJob(vars(options), options.out, folder, __version__)
            batch = _Batch(take_part(clips, options.part), settings, job)
            for outcome in batch.outcomes(client, console):
                report.add(outcome)
                progress(len(report.clips), len(batch.clips))
    except (Cancelled, KeyboardInterrupt):
        console.note("what is done is kept: the same command goes on from there")
        raise
    finally:
        if client is not None:
            client.close()
    return report.finish(options.json)


class _Batch:
    """The clips of a run, of which only those go to the workers that are not finished."""

    def __init__(self, clips: list[BatchClip], settings: dict[str, Any], job: BatchJob) -> None:
        self.clips = clips
        self._settings, self._job = settings, job
        self._settled: list[ClipOutcome] = []

    def outcomes(self, client: Any, console: Console) -> Iterator[ClipOutcome]:
        """One of each clip, as they come. ModelError, ExportError if none can succeed."""
        if client is not None:
            results = cluster_outcomes(self._tasks(), self._job, client, console)
        else:
            options = self._job.options
            jobs = options["jobs"] or default_jobs(options["device"])
            results = local_outcomes(self._tasks(), self._job, jobs)
        with closing(results):
            for outcome in results:
                yield from self._taken_settled()
                if outcome.is_hopeless:
                    raise ModelError(outcome.error or f"{outcome.input}: no worker can do it")
                yield outcome
        yield from self._taken_settled()

    def _taken_settled(self) -> Iterator[ClipOutcome]:
        while self._settled:
            yield self._settled.pop(0)

    def _tasks(self) -> Iterator[ClipTask]:
        """Read from the clips while the workers work: thousands of clips begin at once."""
        for clip in self.clips:
            try:
                key = clip_key(clip, self._settings)
            except CubesalError as error:
                self._settled.append(ClipOutcome(str(clip.path), "failed", error=str(error)))
                continue
            record = read_record(clip, key, self._job.out)
            if record is None:
                yield ClipTask(BatchClip(clip.path.absolute(), clip.stem), key)
                continue
            outputs = [str(self._job.out / name) for name in record.outputs]
            numbers = (record.maps, record.damaged_frames, record.lost_frames, record.is_cut_off)
            outcome = ClipOutcome(str(clip.path), "skipped", outputs, *numbers)
            outcome.resized_frames = record.resized_frames
            self._settled.append(outcome)
