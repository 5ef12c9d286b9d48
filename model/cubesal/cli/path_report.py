"""``cubesal path-report``: what a camera path sees and how it moves."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite, radians
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cubesal.autopilot import (
    CameraPath,
    PathReport,
    PlannerOptions,
    load_csv,
    path_report,
    plan_path,
)
from cubesal.autopilot.report import Moment
from cubesal.autopilot.report_motion import MotionReport, motion_report
from cubesal.camera import HFOV_DEFAULT
from cubesal.cli.arguments import Options
from cubesal.cli.console import Console
from cubesal.cli.exits import DONE, PARTIAL
from cubesal.cli.outputs import check_file
from cubesal.cli.work import analysed_track, load_predictor
from cubesal.errors import EvaluationError
from cubesal.evaluation.subjects import AnnotatedFrame, primary_frames
from cubesal.geometry import dir_from_uv
from cubesal.inspection.own_maps import open_own_maps
from cubesal.track import load_npz
from cubesal.video import ClipReader
from cubesal.video.reading import Reading
from cubesal.whole_files import written_whole

__all__ = ["run"]

_NPZ_FPS = 30.0


@dataclass(frozen=True)
class _Ground:
    """What a path is judged on; ``frame_times`` are missing where maps come from a file."""

    maps: NDArray[np.float32]
    times_s: NDArray[np.float64]
    fps: float
    turn: NDArray[np.float64]
    frame_times: NDArray[np.float64] | None = None
    damaged: int = 0


def run(options: Options, console: Console) -> int:
    """Analyse or load the maps, plan or load the path, and print the card."""
    _check(options)
    # Before the analysis, which takes long: what is wrong with the file is told at once.
    annotated = primary_frames(options.gt)[1] if options.gt is not None else []
    given = load_csv(options.input) if _is_path(options.input) else None
    source = options.clip if given is not None else options.input
    if source is None and given is not None:
        motion = motion_report(given, _sample_rate(given))
        console.note("without --clip there are no maps: motion alone")
        return _tell(None, motion, options, console, 0)
    ground = _ground(source, options, console)
    settings = _settings(options, given)
    path = given or plan_path(ground.maps, ground.times_s, settings, turn=ground.turn)
    moments = _moments(options, ground, annotated)
    card = path_report(
        ground.maps,
        ground.times_s,
        path,
        settings,
        fps=ground.fps,
        moments=moments,
        turn=ground.turn,
    )
    return _tell(card, card.motion, options, console, ground.damaged)


def _is_path(file: Path) -> bool:
    return file.suffix.lower() == ".csv"


def _is_maps(file: Path) -> bool:
    return file.suffix.lower() == ".npz"


def _check(options: Options) -> None:
    if options.clip is not None and not _is_path(options.input):
        raise EvaluationError("--clip goes with a path (.csv); a clip is judged on itself")
    if options.gt is not None and _is_path(options.input) and options.clip is None:
        raise EvaluationError("--gt needs the clip of the path: give it with --clip")
    if options.gt is not None and _is_maps(options.clip or options.input):
        raise EvaluationError("--gt names frames of a clip: give the clip instead of its maps")
    if options.json is not None:
        read = {options.input: "the input", options.clip: "the clip", options.gt: "ground truth"}
        check_file(
            options.json, {file: word for file, word in read.items() if file is not None}, "--json"
        )


def _ground(source: Path, options: Options, console: Console) -> _Ground:
    if _is_maps(source):
        track = load_npz(source)
        _, times_s, maps = track.arrays()
        return _Ground(maps, times_s, _NPZ_FPS, track.known_turns())
    with ClipReader(source, projection=options.projection) as reader:
        if options.maps is not None:
            track = open_own_maps(options.maps, source, reader.times_s, options.projection)
        else:
            predictor, _ = load_predictor(options, console)
            track = analysed_track(reader, predictor, options, console)
        _, times_s, maps = track.arrays()
        frame_times = reader.times_s.copy()
        damaged = len(reader.damaged)
    span = float(frame_times[-1] - frame_times[0])
    fps = (len(frame_times) - 1) / span if span > 0 else _NPZ_FPS
    if damaged:
        console.error(f"{source} is damaged: {damaged} frames could not be decoded")
    return _Ground(maps, times_s, fps, track.known_turns(), frame_times, damaged)


def _settings(options: Options, path: CameraPath | None) -> PlannerOptions:
    hfov = HFOV_DEFAULT if path is None else float(path.hfov.max())
    if options.hfov is not None:
        hfov = radians(options.hfov)
    return PlannerOptions(
        max_speed=radians(options.max_speed),
        calm=options.calm,
        hfov=hfov,
        aspect=options.aspect[0] / options.aspect[1],
    )


def _moments(
    options: Options, ground: _Ground, annotated: Sequence[AnnotatedFrame]
) -> list[Moment]:
    """When a frame with primary subjects is shown, and the directions of their middles.

    Ground truth names places of the file as it is.
    """
    source_from_view = Reading.parse(options.projection).source_from_view
    moments = []
    for frame in annotated:
        assert ground.frame_times is not None
        count = len(ground.frame_times)
        if not 0 <= frame.index < count:
            raise EvaluationError(
                f"{options.gt} marks frame {frame.index}, and the clip has {count}"
            )
        middles = [((u0 + u1) / 2 % 1, (v0 + v1) / 2) for u0, v0, u1, v1 in frame.boxes]
        dirs = dir_from_uv(np.array(middles)) @ source_from_view
        moments.append((float(ground.frame_times[frame.index]), dirs))
    return moments


def _sample_rate(path: CameraPath) -> float:
    count = len(path.times_s)
    span = float(path.times_s[-1] - path.times_s[0])
    return (count - 1) / span if span > 0 else _NPZ_FPS


def _tell(
    card: PathReport | None,
    motion: MotionReport,
    options: Options,
    console: Console,
    damaged: int,
) -> int:
    if options.json is not None:
        whole = card or PathReport((), motion)
        facts = {"input": str(options.input), **whole.as_json()}
        with written_whole(options.json) as part:
            part.write_text(json.dumps(facts, indent=1), encoding="utf-8")
        console.note(f"wrote {options.json}")
    if card is not None:
        console.table("attention in view, and subjects hit", _rows_table(card))
    console.table("motion of the view's centre", _motion_table(motion))
    for ahead, ratio in card.online.items() if card is not None else ():
        console.result(f"live with {ahead:g} s look-ahead: {100 * ratio:.1f} % of offline")
    return PARTIAL if damaged else DONE


def _rows_table(card: PathReport) -> Any:
    table = _table("camera", "captured %", "hits %")
    for row in card.rows:
        hits = "-" if row.hits is None else f"{100 * row.hits:.1f}"
        table.add_row(row.name, f"{100 * row.captured:.1f}", hits)
    return table


def _motion_table(motion: MotionReport) -> Any:
    table = _table("", "p50", "p95", "max")
    spreads = (("°/s", motion.speed), ("°/s²", motion.acceleration), ("°/s³", motion.jerk))
    for name, spread in spreads:
        table.add_row(name, *(f"{value:.1f}" for value in (spread.p50, spread.p95, spread.max)))
    for name, value in (
        ("time still, %", 100 * motion.still_share),
        ("turns back per minute", motion.turns_per_min),
        ("shortest time between turns, s", motion.least_turn_gap_s),
        ("cuts per minute", motion.cuts_per_min),
        ("shortest shot, s", motion.shortest_shot_s),
        ("MVD, ° per source frame", motion.mvd),
    ):
        table.add_row(name, f"{value:.3g}" if isfinite(value) else "-")
    return table


def _table(*columns: str) -> Any:
    from rich.table import Table

    table = Table(*columns[:1], box=None)
    for column in columns[1:]:
        table.add_column(column, justify="right")
    return table
