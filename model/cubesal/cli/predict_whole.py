"""``cubesal predict`` into a file (or a folder of pictures) per input, written at its end."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cubesal.cli.arguments import Options
from cubesal.cli.console import Console
from cubesal.cli.predict_report import PredictReport, model_label
from cubesal.cli.work import analysed_track, overlay_style
from cubesal.device import settle
from cubesal.exporting import export_maps, export_overlay, map_target, save_png
from cubesal.features import backbone_features
from cubesal.flow import FlowMeter
from cubesal.overlay import blend_overlay
from cubesal.predictor import SaliencyPredictor
from cubesal.saliency_model import SaliencyModel
from cubesal.stages import stage, stopwatch
from cubesal.track import SaliencyTrack, write_npz
from cubesal.video import ClipReader

__all__ = ["files_beside", "predict_whole"]

StepFn = Callable[[NDArray[np.uint8]], None]


class _Observed:
    """A predictor that lets others look at the frames it is shown, and counts them."""

    def __init__(self, predictor: SaliencyPredictor, observers: list[StepFn]) -> None:
        self._predictor = predictor
        self._observers = observers
        self.warmup_frames = predictor.warmup_frames
        self.columns = predictor.columns
        self.steps = 0

    def reset(self) -> None:
        self._predictor.reset()

    def observe(self, equirect_rgb: NDArray[np.uint8], time_s: float) -> None:
        self.steps += 1
        self._predictor.observe(equirect_rgb, time_s)

    def step(self, equirect_rgb: NDArray[np.uint8], time_s: float) -> NDArray[np.float32]:
        self.steps += 1
        for observe in self._observers:
            observe(equirect_rgb)
        return self._predictor.step(equirect_rgb, time_s)


def files_beside(stem: str, options: Options) -> list[Path]:
    """What may be written beside the maps; whether the input is a still is not known yet."""
    kinds = ["_overlay.mp4", "_overlay.png"] if options.overlay else []
    kinds += ["_features.npz"] if options.features else []
    kinds += ["_flow.npz"] if options.flow else []
    return [options.out / f"{stem}{kind}" for kind in kinds]


def predict_whole(
    path: Path,
    report: PredictReport,
    predictor: SaliencyPredictor,
    model: SaliencyModel,
    options: Options,
    console: Console,
) -> None:
    """Analyse the input and write its maps, and what else was asked for. CubesalError."""
    extras = _Extras(model, options)
    with stopwatch(partial(settle, model.device)) as watch:
        with ClipReader(path, projection=options.projection) as reader:
            observed = _Observed(predictor, extras.observers)
            track = analysed_track(reader, observed, options, console)
            track.model = model_label(model)
            report.maps = len(track)
            report.damaged_frames = len(reader.damaged)
            report.lost_frames = reader.info.lost_frames
            report.is_cut_off = reader.info.is_cut_off
            report.resized_frames = len(reader.resized)
            is_still = reader.info.is_still
        target = map_target(options.out, path.stem, options.format)
        with stage("write"):
            export_maps(track, target, options.format)
            outputs = [target, *extras.save(options.out / path.stem, track)]
        report.time(watch, observed.steps)
    if options.overlay:
        overlay, damaged = _save_overlay(path, track, options, console, is_still)
        outputs.append(overlay)
        # Every frame is decoded for it, and only some for the maps.
        report.damaged_frames = max(report.damaged_frames, damaged)
    report.outputs = [str(output) for output in outputs]


def _save_overlay(
    path: Path, track: SaliencyTrack, options: Options, console: Console, is_still: bool
) -> tuple[Path, int]:
    """The file written, and how many of its frames repeat another."""
    style = overlay_style(options)
    if is_still:
        out: Path = options.out / f"{path.stem}_overlay.png"
        with ClipReader(path, projection=options.projection) as reader:
            saliency = style.smoothed(track.arrays()[2][0])
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
        self._meter = FlowMeter(convention=model.convention)
        self.observers: list[StepFn] = []
        if options.features:
            self.observers.append(self._keep_features)
        if options.flow:
            self.observers.append(self._keep_flow)

    def _keep_features(self, rgb: NDArray[np.uint8]) -> None:
        with stage("features"):
            self._features.append(backbone_features(self._model, rgb))

    def _keep_flow(self, rgb: NDArray[np.uint8]) -> None:
        with stage("flow"):
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
