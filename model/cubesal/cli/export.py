"""``cubesal export``: one or several things from one clip, as a queue that survives a crash."""

from __future__ import annotations

import json
from collections.abc import Iterable

from cubesal.cli.arguments import Options
from cubesal.cli.console import Console
from cubesal.cli.exits import DONE, PARTIAL, UNUSABLE
from cubesal.cli.export_jobs import jobs_of
from cubesal.cli.export_work import Exporter
from cubesal.errors import ExportError
from cubesal.exporting import Entry, ExportQueue
from cubesal.video.cut_off import is_cut_off

__all__ = ["run"]


def run(options: Options, console: Console) -> int:
    """Put the outputs into a queue and do them in order, each with the analysis it needs."""
    if options.clip is None and options.queue is None:
        raise ExportError("name a clip, or an unfinished queue to go on with (--queue FILE)")
    exporter = Exporter(console)
    if options.clip is None:
        _check_alone(options)
        queue = _unfinished(options, console)
    else:
        if not options.what:
            raise ExportError("say what to export: --what overlay, cube, nfov, path, maps, ...")
        jobs = jobs_of(options)
        queue = ExportQueue(options.queue)
        queue.add(*jobs)
    begun = {entry.number for entry in queue.entries if entry.is_open}
    queue.run(exporter)
    return _report([e for e in queue.entries if e.number in begun], exporter, options, console)


def _check_alone(options: Options) -> None:
    if options.what or options.out is not None:
        raise ExportError("a queue without a clip is gone on with as it is: leave the rest away")


def _unfinished(options: Options, console: Console) -> ExportQueue:
    """The queue of an earlier run; what failed there is tried again."""
    if not options.queue.exists():
        raise ExportError(f"{options.queue} does not exist: there is no queue to go on with")
    queue = ExportQueue(options.queue)
    for entry in queue.entries:
        if entry.state == "failed":
            queue.retry(entry.number)
        elif entry.state == "done":
            console.note(f"kept {entry.written}")
    return queue


def _report(
    entries: Iterable[Entry], exporter: Exporter, options: Options, console: Console
) -> int:
    entries = list(entries)
    written = [str(e.written) for e in entries if e.state == "done"]
    told = dict.fromkeys(e.message for e in entries if e.state == "failed")
    for message in told:
        console.error(message)
    waiting = [str(e.job.out) for e in entries if e.state == "waiting"]
    if waiting:
        console.error(f"{len(waiting)} not begun: {', '.join(waiting)}")
    if options.json and (written or not told):
        clips = dict.fromkeys(str(e.job.clip) for e in entries)
        console.result(json.dumps({"input": next(iter(clips), None), "outputs": written}))
    for clip, count in exporter.damaged.items():
        console.error(f"{clip} is damaged: {count} frames could not be decoded")
    cut_off = [clip for clip in dict.fromkeys(e.job.clip for e in entries) if is_cut_off(clip)]
    for clip in cut_off:
        console.error(f"{clip} is damaged: the file was cut off; what is there was exported")
    if told or waiting:
        return PARTIAL if written else UNUSABLE
    return PARTIAL if any(exporter.damaged.values()) or cut_off else DONE
