"""``cubesal predict``: stills and clips → saliency maps, one output per input."""

from __future__ import annotations

import time
from pathlib import Path

from cubesal.cli.arguments import Options
from cubesal.cli.console import Console
from cubesal.cli.outputs import check_file, check_folder, writable_folder
from cubesal.cli.predict_frames import predict_frames
from cubesal.cli.predict_inputs import PredictInput, expand_inputs
from cubesal.cli.predict_report import (
    PredictReport,
    damage_in_words,
    exit_code,
    memory_in_words,
    reports_as_json,
    resizing_in_words,
    show_timings,
)
from cubesal.cli.predict_whole import files_beside, predict_whole
from cubesal.cli.work import load_predictor
from cubesal.errors import Cancelled, CubesalError, ExportError
from cubesal.exporting import FOLDER_FORMATS, map_target

__all__ = ["run"]


def run(options: Options, console: Console) -> int:
    """Predict every input; one that fails does not stop the others."""
    _check_options(options)
    inputs = expand_inputs(options.inputs, options.ids, console)
    files = [item.path for item in inputs if item.error is None]
    _refuse_clashes(files)
    _check_outputs(files, options)
    writable_folder(options.out)
    work = _Work(options, console) if files else None
    reports = [_predicted(item, work, console) for item in inputs]
    if options.json:
        console.result(reports_as_json(reports))
    return exit_code(reports)


def _check_options(options: Options) -> None:
    """Settle what depends on the format, and refuse what has no meaning in it. ExportError."""
    if options.format == "wild360":
        if options.rate is None and options.every is None:
            options.every = 1
    elif options.numbering is not None:
        raise ExportError(f"--numbering goes with --format wild360, not with {options.format}")
    elif options.overwrite:
        raise ExportError("--overwrite goes with --format wild360; others are always replaced")
    options.numbering = options.numbering or "true"


def _refuse_clashes(files: list[Path]) -> None:
    """Two inputs of one stem would overwrite each other's outputs: say so before any work."""
    seen: dict[str, Path] = {}
    for path in files:
        other = seen.setdefault(path.stem, path)
        if other is not path:
            raise ExportError(
                f"{other} and {path} would both be written as {path.stem}; "
                "predict them into different folders"
            )


def _check_outputs(paths: list[Path], options: Options) -> None:
    """No output may be an input, or the output of another input. ExportError."""
    inputs = dict.fromkeys(paths, "one of the inputs")
    planned: dict[Path, Path] = {}
    for path in paths:
        target = map_target(options.out, path.stem, options.format)
        if options.format in FOLDER_FORMATS:
            check_folder(target, inputs, "--out")
        files = [] if options.format == "wild360" else files_beside(path.stem, options)
        if options.format not in FOLDER_FORMATS:
            files.append(target)
        for file in files:
            check_file(file, inputs, "--out")
        for out in {target, *files}:
            other = planned.setdefault(out, path)
            if other is not path:
                raise ExportError(
                    f"{other} and {path} would both write {out}; "
                    "predict them into different folders"
                )


class _Work:
    """The loaded model, and how one file is predicted with it."""

    def __init__(self, options: Options, console: Console) -> None:
        self._options, self._console = options, console
        self._predictor, self._model = load_predictor(options, console)
        self.is_resumable = options.format == "wild360"

    def predict(self, path: Path, report: PredictReport) -> None:
        """Write the outputs of one file. CubesalError."""
        report.memory = memory_in_words(self._model)
        job = predict_frames if self.is_resumable else predict_whole
        job(path, report, self._predictor, self._model, self._options, self._console)
        for output in report.outputs:
            self._console.note(f"wrote {output}")
        if report.is_partial:
            words = damage_in_words(report.damaged_frames, report.lost_frames, report.is_cut_off)
            self._console.error(f"{path} is damaged: {words}")
        if report.resized_frames:
            self._console.note(f"{path}: {resizing_in_words(report.resized_frames)}")
        if self._options.timings or self._console.verbosity > 0:
            show_timings(report, self._predictor.device, self._console)


def _predicted(item: PredictInput, work: _Work | None, console: Console) -> PredictReport:
    report = PredictReport(str(item.path), error=item.error)
    began = time.perf_counter()
    try:
        if work is not None and item.error is None:
            work.predict(item.path, report)
    except (Cancelled, KeyboardInterrupt):
        if work is not None and work.is_resumable:
            console.note("what is done is kept: the same command goes on from there")
        raise
    except CubesalError as error:
        report.error = str(error)
    if report.error is not None:
        report.outputs = []
        console.error(report.error)
    report.seconds = round(time.perf_counter() - began, 3)
    return report
