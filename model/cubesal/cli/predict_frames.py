"""``cubesal predict --format wild360``: a folder per clip, files per frame, resumable."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

from cubesal.class_map_model import ClassMapModel
from cubesal.cli.arguments import Options
from cubesal.cli.console import Console
from cubesal.cli.frame_work import FrameWork
from cubesal.cli.predict_report import PredictReport, memory_in_words
from cubesal.device import settle
from cubesal.exporting import map_target
from cubesal.exporting.frame_folder import FrameFolder
from cubesal.fingerprint import file_fingerprint
from cubesal.predictor import SaliencyPredictor
from cubesal.saliency_model import SaliencyModel
from cubesal.stages import stopwatch
from cubesal.video import ClipReader

__all__ = ["predict_frames"]


def predict_frames(
    path: Path,
    report: PredictReport,
    predictor: SaliencyPredictor,
    model: SaliencyModel,
    options: Options,
    console: Console,
) -> None:
    """Predict the frames of a clip that an earlier run has not done yet. CubesalError."""
    target = map_target(options.out, path.stem, options.format)
    with ClipReader(path, projection=options.projection) as reader:
        work = FrameWork(reader, predictor, model, options)
        settings = _settings(path, predictor, model, options)
        folder = FrameFolder(target, settings, begin_anew=options.overwrite)
        work.fill(folder)
        report.maps = len(work.frames)
        report.kept = report.maps - len(work.missing)
        report.outputs = [str(target)]
        if folder.complete:
            console.note(f"{target} is complete already")
            return
        if report.kept:
            console.note(f"{target}: {report.kept} of {report.maps} maps are done already")
        with (
            console.progress(f"predict {path.name}") as progress,
            stopwatch(partial(settle, model.device)) as watch,
        ):
            work.run(progress)
        report.time(watch, work.steps)
        report.damaged_frames = len(reader.damaged)
        report.lost_frames = reader.info.lost_frames
        report.is_cut_off = reader.info.is_cut_off
        report.resized_frames = len(reader.resized)
        folder.finish(work.facts())
    console.note(f"{target.name}: {work.numbers.in_words()}")


def _settings(
    path: Path, predictor: SaliencyPredictor, model: SaliencyModel, options: Options
) -> dict[str, Any]:
    """What the files depend on, in words that a person can compare."""
    is_raw = isinstance(model, ClassMapModel)  # whose maps no prior touches
    weights = "random"
    if options.weights != "random":
        weights = " ".join(file_fingerprint(file) for file in model.files)
    return {
        "clip": f"{path.name} {file_fingerprint(path)}",
        "model": model.name,
        "weights": weights,
        "memory": memory_in_words(model),
        "prior": "on" if predictor.prior and not is_raw else "off",
        "projection": options.projection or "as the file says",
        "rate": options.rate,
        "every": options.every,
        "numbering": options.numbering,
        "overlay": options.overlay,
        "features": options.features,
        "flow": options.flow,
    }
