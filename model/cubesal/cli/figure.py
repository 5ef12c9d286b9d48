"""``cubesal figure``: the result block of a paper, from one clip."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cubesal.analysis import DEFAULT_RATE_HZ, analyse
from cubesal.cli.arguments import Options
from cubesal.cli.console import Console
from cubesal.cli.exits import DONE, PARTIAL
from cubesal.cli.figure_truth import TruthFn, open_truth
from cubesal.cli.outputs import check_file, writable_folder
from cubesal.cli.work import load_predictor, overlay_style
from cubesal.errors import ExportError, MediaError
from cubesal.figure import FIGURE_SUFFIXES, FigureColumn, ResultBlock, draw_result_block
from cubesal.predictor import SaliencyPredictor
from cubesal.track import SaliencyTrack
from cubesal.video import ClipReader

__all__ = ["run"]

Maps = list[NDArray[np.float32]]


def run(options: Options, console: Console) -> int:
    """Analyse the frames of the columns with every model, and draw."""
    methods = _methods(options)
    _check_output(options)
    truth = None
    if options.gt is not None:
        truth = open_truth(options.gt, options.clip, options.projection)
    with ClipReader(options.clip, projection=options.projection) as reader:
        indices, stride = _columns(reader, options)
        truths = _truths(truth, reader, indices)
        # All of them before the first is run: the last one may be missing.
        predictors = [load_predictor(options, console, name)[0] for name in methods]
        maps = [_maps(reader, indices, stride, predictor, console) for predictor in predictors]
        columns = tuple(
            FigureColumn(frame.time_s, frame.rgb(), tuple(m[k] for m in maps), truths[k])
            for k, frame in enumerate(reader.frames(indices))
        )
        damaged = len(reader.damaged)
    block = ResultBlock(tuple(methods), columns, overlay_style(options))
    draw_result_block(block, options.out)
    console.note(f"wrote {options.out}")
    if damaged:
        console.error(f"{options.clip} is damaged: {damaged} frames show the ones before them")
    return PARTIAL if damaged else DONE


def _methods(options: Options) -> list[str]:
    names = [name.strip() for name in options.model.split(",") if name.strip()]
    if not names or len(set(names)) < len(names):
        raise ExportError(f"--model {options.model!r} must name models, each once: default,cp360")
    return names


def _check_output(options: Options) -> None:
    out: Path = options.out
    if out.suffix.lower() not in FIGURE_SUFFIXES:
        raise ExportError(f"{out} does not end in {' or '.join(FIGURE_SUFFIXES)}, as a figure must")
    inputs = {options.clip: "the clip itself"}
    if options.gt is not None:
        inputs[options.gt] = "the ground truth"
    check_file(out, inputs, "name with -o")
    writable_folder(out.parent)


def _columns(reader: ClipReader, options: Options) -> tuple[list[int], int]:
    """The frames shown, and how many frames apart they are. MediaError beyond the clip's end."""
    info, count = reader.info, len(reader.times_s)
    first: int = options.frame
    if options.from_s is not None:
        if options.from_s > info.duration_s:
            raise MediaError(
                f"{info.path.name} has no frame at {options.from_s:g} s: "
                f"it lasts {info.duration_s:.3f} s"
            )
        first = reader.index_at(options.from_s)
    stride: int = options.every or max(1, round(float(info.fps) / DEFAULT_RATE_HZ))
    if info.is_still:
        return [0], 1
    last = first + (options.count - 1) * stride
    if last >= count:
        raise MediaError(
            f"{info.path.name} has {count} frames, and the figure would need number {last}; "
            "begin earlier, or take fewer (--count) or closer ones (--every)"
        )
    return list(range(first, last + 1, stride)), stride


def _truths(
    truth: TruthFn | None, reader: ClipReader, indices: list[int]
) -> list[NDArray[np.float32] | None]:
    """Asked for before any analysis, so that a missing one is said at once."""
    if truth is None:
        return [None] * len(indices)
    return [truth(index, float(reader.times_s[index])) for index in indices]


def _maps(
    reader: ClipReader,
    indices: list[int],
    stride: int,
    predictor: SaliencyPredictor,
    console: Console,
) -> Maps:
    """The maps of one model; one with a memory first sees frames as far apart as the columns."""
    name = predictor.name
    lead = min(predictor.warmup_frames, indices[0] // stride)
    grid = [indices[0] - stride * k for k in range(lead, 0, -1)] + indices
    track = SaliencyTrack(grid, reader.times_s[grid], reader.info.path.name, name)
    with console.progress(f"analyse {name}") as progress:
        analyse(reader, predictor, track, only=range(lead, len(grid)), progress=progress)
    return [saliency for k in range(lead, len(grid)) if (saliency := track.get(k)) is not None]
