"""``cubesal evaluate``: maps against human ground truth, beside what knows nothing."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from cubesal.analysis import DEFAULT_RATE_HZ
from cubesal.cli.arguments import Options
from cubesal.cli.console import Console
from cubesal.cli.evaluate_tables import check_table, delay_table, section_tables
from cubesal.cli.exits import DONE, PARTIAL, UNUSABLE
from cubesal.cli.outputs import check_file
from cubesal.errors import EvaluationError
from cubesal.evaluation import (
    CheckReport,
    Flickering,
    PredictedMaps,
    Row,
    Section,
    Still,
    baseline_rows,
    check_row,
    model_rows,
    read_clips,
    read_ids,
    read_stills,
    read_wild360,
    score_clips,
    score_stills,
    score_wild360,
)
from cubesal.evaluation.baselines import BAND, band_row
from cubesal.evaluation.delay import following_delay
from cubesal.evaluation.networks import following_rows, padding_pair
from cubesal.video import ClipReader
from cubesal.whole_files import written_whole

__all__ = ["run"]


def run(options: Options, console: Console) -> int:
    """Score everything that the ground truth offers; what fails is named and the rest goes on."""
    _check_options(options)
    stills = read_stills(options.gt)
    tasks = [
        task
        for task in (_stills_task(stills, options), _clips_task(options), _wild_task(options))
        if task is not None
    ]
    if not tasks:
        raise EvaluationError(
            f"{options.gt} holds no ground truth: neither stills with NAME.npz or NAME_map.png, nor"
            " subjects/*.json, nor folders ID.mp4 of numbered npy files"
        )
    rows = _rows(options)
    sections = [section for task in tasks for section in task(rows, console)]
    reports = _checks(stills, options, console) if options.checks else []
    delays = _delays(options, console) if options.checks else {}
    _report(sections, reports, delays, options, console)
    return _exit_code(sections, console)


def _check_options(options: Options) -> None:
    if options.pred is not None and not options.pred.is_dir():
        raise EvaluationError(f"there is no folder of predictions {options.pred}")
    if options.pred is not None and options.checks:
        raise EvaluationError("--checks needs a --model: stored predictions cannot be turned")
    if options.pred is not None and options.drift:
        raise EvaluationError("--drift needs a --model: stored predictions cannot be turned")
    if not options.gt.is_dir():
        raise EvaluationError(f"there is no folder {options.gt}")
    if options.clips is not None and not options.clips.is_dir():
        raise EvaluationError(f"there is no folder of clips {options.clips}")
    if options.json is not None:
        check_file(options.json, _inputs(options) if options.json.exists() else {}, "--json")


def _inputs(options: Options) -> dict[Path, str]:
    """What is read, or could be: everything in the folders but reports that lie beside it."""
    files: dict[Path, str] = {}
    places = ((options.gt, "ground truth"), (options.pred, "a prediction"), (options.clips, "clip"))
    for folder, words in places:
        for path in [] if folder is None else folder.rglob("*"):
            is_report = path.parent == folder and path.suffix == ".json"
            if path.is_file() and not is_report:
                files[path] = f"one of the files of {folder} ({words})"
    if options.ids is not None:
        files[options.ids] = "the list of ids"
    return files


Task = Callable[[list[Row], Console], list[Section]]


def _stills_task(stills: list[Still], options: Options) -> Task | None:
    if not stills:
        return None

    def score(rows: list[Row], console: Console) -> list[Section]:
        with console.progress("stills") as progress:
            return score_stills(
                stills, rows, options.protocol, observers=options.baselines, progress=progress
            )

    return score


def _clips_task(options: Options) -> Task | None:
    annotations = options.gt / "subjects"
    if not annotations.is_dir():
        return None
    folder = options.clips or options.gt.resolve().parent / "clips"
    if not folder.is_dir():
        return None
    clips = read_clips(annotations, folder)

    def score(rows: list[Row], console: Console) -> list[Section]:
        with console.progress("clips") as progress:
            return [
                score_clips(
                    clips,
                    rows,
                    rate_hz=options.rate or DEFAULT_RATE_HZ,
                    drift_deg=options.drift,
                    flickering=Flickering() if options.checks else None,
                    progress=progress,
                )
            ]

    return score if clips else None


def _wild_task(options: Options) -> Task | None:
    ids = read_ids(options.ids) if options.ids is not None else None
    clips = read_wild360(options.gt, ids)
    if not clips:
        return None
    videos = options.clips
    if videos is None and options.pred is None:
        raise EvaluationError(
            f"{options.gt} holds heat maps, and to predict maps of its clips the model"
            f" {options.model} needs the clips themselves: say where with --clips, or score stored"
            " maps with --pred"
        )

    def score(rows: list[Row], console: Console) -> list[Section]:
        left_out = [row.name for row in rows if row.needs_video and videos is None]
        if left_out:
            console.note(f"without --clips there is no row of {', '.join(left_out)}")
        with console.progress("Wild-360") as progress:
            scored = score_wild360(
                clips,
                rows if videos is not None else [r for r in rows if not r.needs_video],
                options.protocol,
                videos=videos,
                rate_hz=options.rate,
                progress=progress,
            )
            return [scored]

    return score


def _rows(options: Options) -> list[Row]:
    rows = baseline_rows() if options.baselines else [band_row()]
    if options.pred is not None:
        maps = PredictedMaps(options.pred, options.first_number)
        return [*rows, Row(options.pred.name or "predictions", maps, judged=True)]
    made = model_rows(options.model, options.device, options.prior, baselines=options.baselines)
    return [*rows, *made]


def _checks(stills: list[Still], options: Options, console: Console) -> list[CheckReport]:
    """Of the model and its zero-padded twin, on the stills of the ground truth, if any."""
    pictures = []
    for still in stills:
        with ClipReader(still.picture, projection="equirect") as reader:
            pictures.append(reader.read(0).rgb())
    reports: list[CheckReport] = []
    if not pictures:
        console.note("no stills: rotations and seams are not checked")
        return reports
    for row, deviation in padding_pair(options.model, options.device):
        with console.progress(f"checks of {row.name}") as progress:
            reports.append(check_row(row, pictures, deviation=deviation, progress=progress))
    return reports


def _delays(options: Options, console: Console) -> dict[str, float]:
    """How far the model, and each of its moments by itself, lag behind the demo clip's subjects."""
    rows = following_rows(options.model, options.device)
    delays = {}
    with console.progress("delays") as progress:
        for done, row in enumerate(rows):
            delays[row.name] = following_delay(row)
            progress(done + 1, len(rows))
    return delays


def _report(
    sections: list[Section],
    reports: list[CheckReport],
    delays: dict[str, float],
    options: Options,
    console: Console,
) -> None:
    if options.json is not None:
        facts = {**_facts(sections, reports, options), "delay_s": delays}
        with written_whole(options.json) as part:
            part.write_text(json.dumps(facts, indent=1), encoding="utf-8")
        console.note(f"wrote {options.json}")
    for section in sections:
        for title, table in section_tables(section, options.protocol, BAND):
            console.table(title, table)
    if reports:
        console.table(*check_table(reports))
    if delays:
        console.table(*delay_table(delays))


def _facts(sections: list[Section], reports: list[CheckReport], options: Options) -> dict[str, Any]:
    return {
        "protocol": options.protocol,
        "predictions": str(options.pred) if options.pred is not None else None,
        "model": None if options.pred is not None else options.model,
        "ground_truth": str(Path(options.gt)),
        "drift_deg_per_s": options.drift,
        "sections": [section.as_json(over=BAND) for section in sections],
        "checks": [report.as_json() for report in reports],
    }


def _exit_code(sections: list[Section], console: Console) -> int:
    failures = [failure for section in sections for failure in section.failures]
    for failure in failures:
        console.error(failure)
    judged = [name for section in sections for name in section.judged if section.scores.get(name)]
    if failures and not judged:
        return UNUSABLE
    return PARTIAL if failures else DONE
