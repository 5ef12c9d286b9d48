"""``cubesal train``: prepare clips and learn a temporal network from them, as a TOML file says."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import asdict, replace
from datetime import timedelta
from pathlib import Path

from cubesal.cli.arguments import Options
from cubesal.cli.console import Console
from cubesal.cli.exits import DONE
from cubesal.cli.outputs import writable_folder
from cubesal.progress import ProgressFn
from cubesal.training import (
    Lesson,
    Processes,
    TrainingConfig,
    TrainingReport,
    check_folder,
    default_cache,
    joined_processes,
    load_config,
    prepare,
    train,
)

__all__ = ["run"]

#: Without anybody watching a bar, a line is printed this often.
_SECONDS_BETWEEN_LINES = 30.0


def run(options: Options, console: Console) -> int:
    """Train to the end, or on from the last checkpoint."""
    config = _configuration(options)
    clips = options.clips or _named_clips(config)
    out = options.out or Path(config.run.out)
    cache = options.cache or default_cache()
    with joined_processes(options.device) as processes:
        if not processes.is_first:
            console.verbosity = -1
        if not options.prepare_only:  # said before the long work rather than after it
            check_folder(config, out, resume=options.resume)
        writable_folder(cache)
        lesson = _prepared(config, clips, cache, processes, console)
        if options.prepare_only:
            console.note(f"prepared {lesson.sources} clips in {cache}")
            return DONE
        writable_folder(out)
        report = _trained(config, lesson, out, processes, options, console)
        if processes.is_first:
            _print(report, options, console)
    return DONE


def _configuration(options: Options) -> TrainingConfig:
    config = load_config(options.config)
    if options.export_pth:
        config = replace(config, run=replace(config.run, export_pth=True))
    return config


def _named_clips(config: TrainingConfig) -> list[Path]:
    """The clips of the configuration; if it names no material, those of $CUBESAL_DATA."""
    if config.data.clips or config.data.panoramas:
        return [Path(os.path.expandvars(name)).expanduser() for name in config.data.clips]
    data = os.environ.get("CUBESAL_DATA")
    return [Path(data) / "clips"] if data else []


def _prepared(
    config: TrainingConfig, clips: list[Path], cache: Path, processes: Processes, console: Console
) -> Lesson:
    with ExitStack() as stack:

        def begins(count: int, number: int, name: str) -> ProgressFn:
            stack.close()  # ends the bar of the clip before
            return stack.enter_context(
                console.progress(f"prepare {name} ({number + 1} of {count})")
            )

        return prepare(config, clips, cache, processes, begins)


def _trained(
    config: TrainingConfig,
    lesson: Lesson,
    out: Path,
    processes: Processes,
    options: Options,
    console: Console,
) -> TrainingReport:
    if options.resume and not list(out.glob("CLSTM_*/CLSTM_*.state")):
        console.note(f"no checkpoint in {out} yet: the training begins")
    with console.progress(f"train {options.config.name}") as bar:
        lines = _Lines(console, bar)
        return train(
            config,
            lesson,
            out,
            processes,
            resume=options.resume,
            progress=lines.step,
            told=lines.add,
        )


class _Lines:
    """The losses as lines, now and then, with the time that is left; and the bar, if there is."""

    def __init__(self, console: Console, bar: ProgressFn) -> None:
        self._console, self._bar = console, bar
        self._began = self._last = time.monotonic()
        self._first = self._left = -1
        self._epoch = -1.0

    def step(self, done: int, total: int) -> None:
        """Called after each step."""
        if self._first < 0:
            self._began, self._first = time.monotonic(), done
        self._left = total - done
        self._bar(done, total)

    def add(self, row: Mapping[str, float]) -> None:
        """Called with each row of the log."""
        now = time.monotonic()
        text = (
            f"step {row['step']:.0f}, epoch {row['epoch']:.0f}: total {row['total']:.6g}"
            f" (smooth {row['smooth']:.6g}, temporal {row['temporal']:.6g},"
            f" mask {row['mask']:.6g}){self._remaining(int(row['step']), now)}"
        )
        if row["epoch"] != self._epoch or now - self._last > _SECONDS_BETWEEN_LINES:
            self._console.note(text)
            self._last, self._epoch = now, row["epoch"]
        else:
            self._console.detail(text)

    def _remaining(self, step: int, now: float) -> str:
        done = step - self._first
        if self._first < 0 or done < 1 or self._left < 1:
            return ""
        left = timedelta(seconds=round((now - self._began) / done * (self._left - 1)))
        return f", {left} left"


def _print(report: TrainingReport, options: Options, console: Console) -> None:
    if options.json:
        values = {**asdict(report), "weights": str(report.weights)}
        console.result(json.dumps(values, indent=1))
        return
    change = report.last_loss / report.first_loss - 1
    console.result(
        f"{report.steps} steps over {report.epochs} epochs of {report.windows} windows;"
        f" mean loss of the first epoch {report.first_loss:.6g}, of the last"
        f" {report.last_loss:.6g} ({100 * change:+.1f} %)"
    )
    console.result(f"weights {report.weights}, sha256 {report.sha256[:16]}")
