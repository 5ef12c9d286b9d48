"""Steps that several commands share: the predictor, the grid of a clip, the analysis."""

from __future__ import annotations

from math import radians

import numpy as np

from cubesal.analysis import DEFAULT_RATE_HZ, Predictor, analyse, grid_track
from cubesal.autopilot import CameraPath, PlannerOptions, plan_path
from cubesal.class_map_model import ClassMapModel
from cubesal.cli.arguments import Options
from cubesal.cli.console import Console
from cubesal.errors import ModelError
from cubesal.exporting import TimeRange, frames_within, grid_points_for
from cubesal.models import SaliencyModel, load_model
from cubesal.overlay import OverlayStyle
from cubesal.predictor import SaliencyPredictor, loaded_predictor
from cubesal.track import SaliencyTrack
from cubesal.video import ClipReader

__all__ = [
    "analysed_track",
    "load_predictor",
    "overlay_style",
    "planned_path",
]


def load_predictor(
    options: Options, console: Console, name: str | None = None
) -> tuple[SaliencyPredictor, SaliencyModel]:
    """The model ``name``, or the one of the options, ready to be stepped. ModelError, DeviceError.

    Of commands that have them, ``--weights`` and the options of the memory are obeyed.
    """
    is_random = getattr(options, "weights", None) == "random"

    def load(device: str) -> SaliencyModel:
        model = load_model(name or options.model, device, "random" if is_random else None)
        return _with_memory(model, options)

    prior = None if options.prior is None else options.prior == "on"
    predictor = loaded_predictor(load, options.device, prior)
    model = predictor.model
    if is_random:
        console.note(f"warning: {model.name}: for debugging and timing, its maps mean nothing")
    console.detail(f"model {model.name} on {model.device}")
    if predictor.relieved:
        console.note(f"warning: {predictor.relieved}")
    predictor.on_relief = lambda sentence: console.note(f"warning: {sentence}")
    return predictor, model


def _with_memory(model: SaliencyModel, options: Options) -> SaliencyModel:
    """The model with its memory used as the options say, if they say anything."""
    chosen = [name for name in ("window", "carried", "static") if getattr(options, name, None)]
    if not chosen:
        return model
    is_temporal = isinstance(model, ClassMapModel) and model.memory is not None
    if not isinstance(model, ClassMapModel) or not is_temporal:
        raise ModelError(
            f"--{chosen[0]} is for models with a memory, and {model.name} has none here; "
            "that of cp360 comes with `cubesal models add cp360-temporal FILE`"
        )
    if chosen == ["static"]:
        return model.with_memory(None)
    if chosen == ["carried"]:
        return model.with_memory("carried")
    return model.with_memory("window", options.window)


def analysed_track(
    reader: ClipReader,
    predictor: Predictor,
    options: Options,
    console: Console,
    span: TimeRange | None = None,
) -> SaliencyTrack:
    """A track of the clip, analysed within ``span`` or throughout."""
    rate_hz = None if options.every is not None else options.rate or DEFAULT_RATE_HZ
    track = grid_track(reader, options.model, rate_hz, options.every)
    only = None
    if span is not None:
        only = grid_points_for(track, reader.times_s[frames_within(reader, span)])
    with console.progress(f"analyse {reader.info.path.name}") as progress:
        analyse(reader, predictor, track, only=only, progress=progress)
    return track


def planned_path(track: SaliencyTrack, options: Options, aspect: float, hfov: float) -> CameraPath:
    """A path planned over the analysed maps."""
    _, times_s, maps = track.arrays()
    planner = PlannerOptions(
        max_speed=float(np.radians(options.max_speed)),
        calm=options.calm,
        hfov=hfov,
        aspect=aspect,
        zoom=options.zoom,
    )
    return plan_path(maps, times_s, planner, turn=track.known_turns())


def overlay_style(options: Options) -> OverlayStyle:
    """The overlay that the options describe."""
    is_named = options.range in ("frame", "clip")
    return OverlayStyle(
        options.colormap,
        options.opacity,
        options.threshold,
        inverted=options.inverted,
        range_mode=options.range if is_named else "manual",
        top=1.0 if is_named else float(options.range),
        contours=tuple(options.contours),
        smoothing=radians(options.smoothing),
    )
