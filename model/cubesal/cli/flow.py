"""``cubesal flow``: clips → optical flow from frame to frame."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cubesal.analysis import DEFAULT_RATE_HZ
from cubesal.cli.arguments import Options
from cubesal.cli.console import Console
from cubesal.cli.exits import DONE, PARTIAL, UNUSABLE
from cubesal.cli.flow_file import holds_flow, write_flow
from cubesal.cli.outputs import check_file, check_folder, writable_folder
from cubesal.convention import as_convention
from cubesal.errors import Cancelled, CubesalError, ExportError
from cubesal.exporting.frame_folder import FrameFolder
from cubesal.exporting.published import FrameNumbers
from cubesal.fingerprint import file_fingerprint
from cubesal.flow import FlowMeter, require_flow_method
from cubesal.progress import ProgressFn
from cubesal.video import ClipReader, sample_indices

__all__ = ["run"]


def run(options: Options, console: Console) -> int:
    """The flow of every clip; one that fails does not stop the others."""
    require_flow_method(options.method)
    _check_outputs(options)
    writable_folder(options.out)
    failed = damaged = 0
    for path in options.inputs:
        try:
            damaged += _flow_of_clip(path, options, console)
        except Cancelled:
            raise
        except CubesalError as error:
            failed += 1
            console.error(str(error))
    if failed == len(options.inputs):
        return UNUSABLE
    return PARTIAL if failed or damaged else DONE


def _check_outputs(options: Options) -> None:
    inputs = dict.fromkeys(options.inputs, "one of the inputs")
    seen: dict[Path, Path] = {}
    for path in options.inputs:
        target = _target(path, options)
        other = seen.setdefault(target, path)
        if other is not path:
            raise ExportError(f"{other} and {path} would both be written as {target.name}")
        if options.format == "wild360":
            check_folder(target, inputs, "--out")
        else:
            check_file(target, inputs, "--out")


def _target(path: Path, options: Options) -> Path:
    name = f"{path.stem}_flow" + ("" if options.format == "wild360" else ".npz")
    return Path(options.out / name)


def _flow_of_clip(path: Path, options: Options, console: Console) -> bool:
    """Write the flow of one clip; whether frames of it are damaged."""
    with ClipReader(path, projection=options.projection) as reader:
        write = _write_folder if options.format == "wild360" else _write_file
        write(reader, _frames(reader, options), options, console)
        if reader.damaged:
            console.error(
                f"{path} is damaged: {len(reader.damaged)} frames could not be decoded and are"
                " replaced by the ones before them"
            )
        return bool(reader.damaged)


def _frames(reader: ClipReader, options: Options) -> NDArray[np.int64]:
    """Every frame for the published layout, else the grid that analysis uses, unless told."""
    rate, every = options.rate, options.every
    if rate is None and every is None:
        rate, every = (None, 1) if options.format == "wild360" else (DEFAULT_RATE_HZ, None)
    frames = sample_indices(reader.times_s, rate, every)
    if len(frames) < 2:
        raise ExportError(f"{reader.info.path} has no two frames between which things could move")
    return frames


def _meter(options: Options) -> FlowMeter:
    convention = as_convention(options.convention)
    return FlowMeter(options.height, require_flow_method(options.method), convention)


def _write_file(
    reader: ClipReader, frames: NDArray[np.int64], options: Options, console: Console
) -> None:
    """One npz: flow (T-1, H, 2H, 2) float16 beside the frames and times of the T moments."""
    path = reader.info.path
    target, settings = _target(path, options), _settings(path, options)
    if holds_flow(target, settings) and not options.overwrite:
        console.note(f"{target} is complete already")
        return
    shape = (len(frames) - 1, options.height, 2 * options.height, 2)
    grid = {"frame_index": frames, "time_s": reader.times_s[frames]}
    with console.progress(f"flow {path.name}") as progress:
        write_flow(target, _flows(reader, frames, options, progress), shape, settings, **grid)
    console.note(f"wrote {target}")


def _flows(
    reader: ClipReader, frames: NDArray[np.int64], options: Options, progress: ProgressFn
) -> Iterator[NDArray[np.float32]]:
    meter = _meter(options)
    for done, frame in enumerate(reader.frames(frames.tolist())):
        flow = meter.step(frame.rgb())
        if flow is not None:
            yield flow
        progress(done, len(frames) - 1)


def _write_folder(
    reader: ClipReader, frames: NDArray[np.int64], options: Options, console: Console
) -> None:
    """One npy (H, 2H, 2) float32 per frame and the next, numbered by frame + 2; resumable."""
    path = reader.info.path
    target = _target(path, options)
    folder = FrameFolder(target, _settings(path, options), begin_anew=options.overwrite)
    if folder.complete:
        console.note(f"{target} is complete already")
        return
    numbers = FrameNumbers("published")
    names = [numbers.feature_name(int(frame)) for frame in frames[:-1]]
    missing = [k for k, name in enumerate(names) if not folder.has(name)]
    if 0 < len(missing) < len(names):
        console.note(f"{target}: {len(names) - len(missing)} of {len(names)} are done already")
    with console.progress(f"flow {path.name}") as progress:
        _fill(folder, reader, frames, names, missing, _meter(options), progress)
    folder.finish(
        {
            "source": str(path),
            "model": f"optical flow, {options.method}",
            "frame_index": frames[:-1].tolist(),
            "time_s": np.round(reader.times_s[frames[:-1]], 6).tolist(),
            "numbering": "the flow from frame k to the next one is file k + 2",
        }
    )
    console.note(f"wrote {target}")


def _fill(
    folder: FrameFolder,
    reader: ClipReader,
    frames: NDArray[np.int64],
    names: list[str],
    missing: list[int],
    meter: FlowMeter,
    progress: ProgressFn,
) -> None:
    previous = -1  # the grid point that the meter saw last
    for done, k in enumerate(missing, 1):
        if previous != k:
            meter.reset()
            meter.step(reader.read(int(frames[k])).rgb())
        flow = meter.step(reader.read(int(frames[k + 1])).rgb())
        previous = k + 1
        assert flow is not None
        folder.save_array(names[k], flow)
        progress(done, len(missing))


def _settings(path: Path, options: Options) -> dict[str, Any]:
    """What the files depend on."""
    return {
        "clip": file_fingerprint(path),
        "method": options.method,
        "height": options.height,
        "convention": options.convention,
        "projection": options.projection,
        "rate": options.rate,
        "every": options.every,
    }
