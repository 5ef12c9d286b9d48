"""``cubesal demo``: the whole path without a window - clip, analysis, camera, exports, a table."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cubesal.analysis import analyse, grid_track
from cubesal.autopilot import (
    CameraPath,
    PlannerOptions,
    best_fixed_view,
    captured_attention,
    plan_path,
    static_eye_level,
    upper_bound,
)
from cubesal.camera import view_contains
from cubesal.cli.arguments import Options
from cubesal.cli.console import Console
from cubesal.cli.exits import DONE
from cubesal.cli.outputs import check_file, writable_folder
from cubesal.cli.work import load_predictor
from cubesal.democlip import render_demo, scene_truth
from cubesal.exporting import export_nfov, export_overlay, export_path
from cubesal.geometry import dir_from_angles
from cubesal.track import SaliencyTrack
from cubesal.video import ClipReader

__all__ = ["primary_hit_rate", "run"]


@dataclass
class _Stages:
    """Time spent per stage, and over how many frames or maps."""

    ms_each: dict[str, tuple[float, str]] = field(default_factory=dict)

    @contextmanager
    def measured(self, name: str, count: int, unit: str) -> Iterator[None]:
        began = time.perf_counter()
        yield
        self.ms_each[name] = ((time.perf_counter() - began) * 1000 / max(count, 1), unit)


def run(options: Options, console: Console) -> int:
    """Render or take a clip, and leave its overlay, flat video and path in the folder."""
    out: Path = options.out
    clip: Path = options.clip or out / "demo_clip.mp4"
    _check_outputs(out, options.clip)
    writable_folder(out)
    if options.clip is None:
        with console.progress("render demo_clip.mp4") as progress:
            render_demo(clip, progress=progress)
    if options.clip_only:
        console.result(str(clip))
        return DONE
    stages = _Stages()
    track, frame_times = _analysed(clip, stages, options, console)
    path = _exported(clip, track, frame_times, out, stages, options, console)
    report = _report(clip, track, path, frame_times, stages)
    if options.clip is None:
        report["primary_subject_in_view"] = primary_hit_rate(
            path, frame_times, PlannerOptions().aspect
        )
    report["files"] = [str(file) for file in _files(out)]
    if options.json:
        console.result(json.dumps(report, indent=1))
    else:
        _print_table(report, console)
    return DONE


def _check_outputs(out: Path, given: Path | None) -> None:
    for file in _files(out):
        check_file(file, {} if given is None else {given: "the clip itself"}, "--out")
    if given is None:
        check_file(out / "demo_clip.mp4", {}, "--out")


def _files(out: Path) -> list[Path]:
    return [out / name for name in ("demo_overlay.mp4", "demo_nfov.mp4", "demo_path.csv")]


def _analysed(
    clip: Path, stages: _Stages, options: Options, console: Console
) -> tuple[SaliencyTrack, NDArray[np.float64]]:
    predictor, _ = load_predictor(options, console)
    with ClipReader(clip, projection=options.projection) as reader:
        track = grid_track(reader, options.model)
        # The first step builds caches and warms the network up; it would blur the figure.
        predictor.step(reader.read(0).rgb(), 0.0)
        predictor.reset()
        with (
            stages.measured("analyse", len(track), "map"),
            console.progress(f"analyse {clip.name}") as progress,
        ):
            analyse(reader, predictor, track, progress=progress)
        return track, reader.times_s.copy()


def _exported(
    clip: Path,
    track: SaliencyTrack,
    frame_times: NDArray[np.float64],
    out: Path,
    stages: _Stages,
    options: Options,
    console: Console,
) -> CameraPath:
    overlay, nfov, table = _files(out)
    _, times_s, maps = track.arrays()
    with stages.measured("plan the camera", len(track), "map"):
        path = plan_path(maps, times_s, turn=track.known_turns())
    given = options.projection
    with (
        stages.measured("export the overlay", len(frame_times), "frame"),
        console.progress(f"export {overlay.name}") as progress,
    ):
        export_overlay(clip, track, overlay, projection=given, progress=progress)
    with (
        stages.measured("export the flat view", len(frame_times), "frame"),
        console.progress(f"export {nfov.name}") as progress,
    ):
        export_nfov(clip, path, nfov, projection=given, progress=progress)
    export_path(clip, path, table, projection=given)
    return path


def _report(
    clip: Path,
    track: SaliencyTrack,
    path: CameraPath,
    frame_times: NDArray[np.float64],
    stages: _Stages,
) -> dict[str, object]:
    _, times_s, maps = track.arrays()
    aspect = PlannerOptions().aspect
    return {
        "clip": str(clip),
        "model": track.model,
        "frames": len(frame_times),
        "maps": len(track),
        "ms": {f"{name}, per {unit}": ms for name, (ms, unit) in stages.ms_each.items()},
        "attention_in_view": {
            "planned path": captured_attention(maps, times_s, path, aspect),
            "static, eye level": static_eye_level(maps, aspect=aspect),
            "best fixed view, in hindsight": best_fixed_view(maps, aspect=aspect)[1],
            "upper bound, no speed limit": upper_bound(maps, aspect=aspect),
        },
    }


def primary_hit_rate(path: CameraPath, frame_times: NDArray[np.float64], aspect: float) -> float:
    """Share of frames in which the scripted primary subject's centre is inside the view."""
    hits = [
        bool(
            view_contains(
                path.at(float(t)), aspect, dir_from_angles(*scene_truth(float(t)).primary_direction)
            )
        )
        for t in frame_times
    ]
    return float(np.mean(hits))


def _print_table(report: dict[str, object], console: Console) -> None:
    rows: list[tuple[str, str]] = [
        ("clip", str(report["clip"])),
        ("frames, maps", f"{report['frames']}, {report['maps']} (model {report['model']})"),
    ]
    for name, ms in _items(report["ms"]):
        rows.append((f"ms to {name}", f"{ms:.1f}"))
    for name, share in _items(report["attention_in_view"]):
        rows.append((f"attention in view: {name}", f"{100 * share:.1f} %"))
    hit = report.get("primary_subject_in_view")
    if isinstance(hit, float):
        rows.append(("primary subject in view", f"{100 * hit:.1f} % of frames"))
    files = report["files"]
    assert isinstance(files, list)
    rows += [("wrote" if number == 0 else "", file) for number, file in enumerate(files)]
    width = max(len(name) for name, _ in rows)
    for name, value in rows:
        console.result(f"{name:{width}}  {value}")


def _items(group: object) -> list[tuple[str, float]]:
    assert isinstance(group, dict)
    return list(group.items())
