"""``cubesal predict``: stills and clips → saliency maps, one output per input."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cubesal.cli.arguments import Options
from cubesal.cli.console import Console
from cubesal.cli.exits import DONE, PARTIAL, UNUSABLE
from cubesal.cli.outputs import check_file, check_folder, writable_folder
from cubesal.cli.work import analysed_track, load_predictor, overlay_style
from cubesal.errors import Cancelled, CubesalError, ExportError
from cubesal.exporting import (
    FOLDER_FORMATS,
    export_maps,
    export_overlay,
    map_target,
    save_png,
)
from cubesal.features import backbone_features
from cubesal.flow import FlowMeter
from cubesal.models import SaliencyModel
from cubesal.overlay import blend_overlay
from cubesal.predictor import SaliencyPredictor
from cubesal.track import SaliencyTrack, write_npz
from cubesal.video import ClipReader

__all__ = ["run"]

StepFn = Callable[[NDArray[np.uint8]], None]


@dataclass
class _Report:
    """What became of one input, as ``--json`` prints it."""

    input: str
    outputs: list[str] = field(default_factory=list)
    maps: int = 0
    seconds: float = 0.0
    damaged_frames: int = 0
    error: str | None = None


class _Observed:
    """A predictor that lets others look at the frames it is shown."""

    def __init__(self, predictor: SaliencyPredictor, observers: list[StepFn]) -> None:
        self._predictor = predictor
        self._observers = observers
        self.warmup_frames = predictor.warmup_frames

    def reset(self) -> None:
        self._predictor.reset()

    def step(self, equirect_rgb: NDArray[np.uint8], time_s: float) -> NDArray[np.float32]:
        for observe in self._observers:
            observe(equirect_rgb)
        return self._predictor.step(equirect_rgb, time_s)


def run(options: Options, console: Console) -> int:
    """Predict every input; one that fails does not stop the others."""
    _refuse_clashes(options.inputs)
    _check_outputs(options)
    writable_folder(options.out)
    predictor, model = load_predictor(options, console)
    reports = []
    for path in options.inputs:
        report = _Report(str(path))
        reports.append(report)
        began = time.perf_counter()
        try:
            extras = _Extras(model, options)
            _predict(path, report, predictor, extras, options, console)
        except Cancelled:
            raise
        except CubesalError as error:
            report.error = str(error)
            console.error(report.error)
        report.seconds = round(time.perf_counter() - began, 3)
    if options.json:
        console.result(json.dumps([asdict(report) for report in reports], indent=1))
    return _exit_code(reports)


def _refuse_clashes(inputs: list[Path]) -> None:
    """Two inputs of one stem would overwrite each other's outputs: say so before any work."""
    seen: dict[str, Path] = {}
    for path in inputs:
        other = seen.setdefault(path.stem, path)
        if other is not path:
            raise ExportError(
                f"{other} and {path} would both be written as {path.stem}; "
                "predict them into different folders"
            )


def _check_outputs(options: Options) -> None:
    """No output may be an input, or the output of another input. ExportError."""
    inputs = dict.fromkeys(options.inputs, "one of the inputs")
    planned: dict[Path, Path] = {}
    for path in options.inputs:
        target = map_target(options.out, path.stem, options.format)
        if options.format in FOLDER_FORMATS:
            check_folder(target, inputs, "--out")
        files = _files_beside(path.stem, options)
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


def _files_beside(stem: str, options: Options) -> list[Path]:
    """What may be written beside the maps; whether the input is a still is not known yet."""
    kinds = ["_overlay.mp4", "_overlay.png"] if options.overlay else []
    kinds += ["_features.npz"] if options.features else []
    kinds += ["_flow.npz"] if options.flow else []
    return [options.out / f"{stem}{kind}" for kind in kinds]


def _exit_code(reports: list[_Report]) -> int:
    failed = sum(report.error is not None for report in reports)
    if failed == len(reports):
        return UNUSABLE
    return PARTIAL if failed or any(report.damaged_frames for report in reports) else DONE


def _predict(
    path: Path,
    report: _Report,
    predictor: SaliencyPredictor,
    extras: _Extras,
    options: Options,
    console: Console,
) -> None:
    with ClipReader(path, projection=options.projection) as reader:
        observed = _Observed(predictor, extras.observers)
        track = analysed_track(reader, observed, options, console)
        report.maps = len(track)
        report.damaged_frames = len(reader.damaged)
        is_still = reader.info.is_still
    target = map_target(options.out, path.stem, options.format)
    export_maps(track, target, options.format)
    outputs = [target, *extras.save(options.out / path.stem, track)]
    if options.overlay:
        overlay, damaged = _save_overlay(path, track, options, console, is_still)
        outputs.append(overlay)
        # Every frame is decoded for it, and only some for the maps.
        report.damaged_frames = max(report.damaged_frames, damaged)
    report.outputs = [str(output) for output in outputs]
    for output in outputs:
        console.note(f"wrote {output}")
    if report.damaged_frames:
        console.error(
            f"{path} is damaged: {report.damaged_frames} frames could not be decoded and are "
            "replaced by the ones before them"
        )


def _save_overlay(
    path: Path, track: SaliencyTrack, options: Options, console: Console, is_still: bool
) -> tuple[Path, int]:
    """The file written, and how many of its frames repeat another."""
    style = overlay_style(options)
    if is_still:
        out: Path = options.out / f"{path.stem}_overlay.png"
        with ClipReader(path, projection=options.projection) as reader:
            saliency = track.arrays()[2][0]
            scale = style.scale_of(saliency, track.peak)
            save_png(out, blend_overlay(reader.read(0).rgb(), saliency, scale, style))
            return out, len(reader.damaged)
    out = options.out / f"{path.stem}_overlay.mp4"
    with console.progress(f"overlay {path.name}") as progress:
        done = export_overlay(
            path, track, out, style=style, projection=options.projection, progress=progress
        )
    return out, done.damaged


class _Extras:
    """Features and flow of the analysed frames, collected while they are predicted."""

    def __init__(self, model: SaliencyModel, options: Options) -> None:
        self._features: list[NDArray[np.float16]] = []
        self._flow: list[NDArray[np.float16]] = []
        self._model = model
        self._meter = FlowMeter()
        self.observers: list[StepFn] = []
        if options.features:
            self.observers.append(self._keep_features)
        if options.flow:
            self.observers.append(self._keep_flow)

    def _keep_features(self, rgb: NDArray[np.uint8]) -> None:
        self._features.append(backbone_features(self._model, rgb))

    def _keep_flow(self, rgb: NDArray[np.uint8]) -> None:
        flow = self._meter.step(rgb)
        if flow is not None:
            self._flow.append(flow.astype(np.float16))

    def save(self, stem: Path, track: SaliencyTrack) -> list[Path]:
        """Write what was collected beside the maps; returns the files."""
        files = []
        grid = {"frame_index": track.frame_index, "time_s": track.time_s}
        if self._features:
            files.append(stem.with_name(f"{stem.name}_features.npz"))
            write_npz(files[-1], {"features": np.stack(self._features), **grid})
        if self._flow or self._keep_flow in self.observers:
            files.append(stem.with_name(f"{stem.name}_flow.npz"))
            write_npz(files[-1], {"flow": _stacked(self._flow), **grid})
        return files


def _stacked(flow: list[NDArray[np.float16]]) -> NDArray[np.float16]:
    """(T-1, H, 2H, 2): pixels moved to the right and down until the next analysed frame."""
    if not flow:
        return np.zeros((0, 0, 0, 2), dtype=np.float16)
    return np.stack(flow)
