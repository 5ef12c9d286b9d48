"""``cubesal analyze``: a clip's maps into the document that the viewer opens, resumable."""

from __future__ import annotations

import json
import time
from pathlib import Path

from cubesal.analysis import DEFAULT_RATE_HZ, grid_track
from cubesal.cli.arguments import Options
from cubesal.cli.console import Console
from cubesal.cli.exits import DONE, PARTIAL
from cubesal.cli.outputs import check_file, writable_folder
from cubesal.cli.predict_report import damage_in_words, resizing_in_words
from cubesal.cli.work import load_predictor
from cubesal.document import (
    SUFFIX,
    AnalysisKey,
    Document,
    DocumentContent,
    DocumentError,
    analyse_into,
    clip_ref,
    create_document,
    grid_digest,
    sampling_in_words,
)
from cubesal.errors import Cancelled
from cubesal.model_identity import model_identity
from cubesal.predictor import SaliencyPredictor
from cubesal.track import SaliencyTrack
from cubesal.video import ClipReader

__all__ = ["run"]


def run(options: Options, console: Console) -> int:
    """Analyse a clip as far as it is not analysed yet."""
    clip: Path = options.clip
    out: Path = options.out or clip.with_suffix(SUFFIX)
    check_file(out, {clip: "the clip itself"}, "-o")
    writable_folder(out.parent)
    began = time.perf_counter()
    with ClipReader(clip, projection=options.projection) as reader:
        rate_hz = None if options.every is not None else options.rate or DEFAULT_RATE_HZ
        grid = grid_track(reader, options.model, rate_hz, options.every)
        key = _key(grid, options, rate_hz)
        with _opened(out, options, rate_hz, console) as document:
            made = _filled(document, key, grid, reader, options, console)
        damaged, lost = len(reader.damaged), reader.info.lost_frames
        is_cut_off, resized = reader.info.is_cut_off, len(reader.resized)
    if damaged or lost or is_cut_off:
        console.error(f"{clip} is damaged: {damage_in_words(damaged, lost, is_cut_off)}")
    if resized:
        console.note(f"{clip}: {resizing_in_words(resized)}")
    report = {
        "document": str(out),
        "maps": len(grid),
        "kept": len(grid) - made,
        "damaged_frames": damaged,
        "lost_frames": lost,
        "is_cut_off": is_cut_off,
        "resized_frames": resized,
        "seconds": round(time.perf_counter() - began, 3),
    }
    console.note(f"{out}: {len(grid)} maps, {len(grid) - made} of them from an earlier run")
    if options.json:
        console.result(json.dumps(report, indent=1))
    return PARTIAL if damaged or lost or is_cut_off else DONE


def _prior(options: Options) -> bool | None:
    return None if options.prior is None else options.prior == "on"


def _key(grid: SaliencyTrack, options: Options, rate_hz: float | None) -> AnalysisKey:
    identity = model_identity(options.model, _prior(options))
    return AnalysisKey(
        identity.name,
        identity.weights,
        identity.prior,
        sampling_in_words(rate_hz, options.every),
        options.projection or "",
        grid_digest(grid),
        len(grid),
    )


def _opened(out: Path, options: Options, rate_hz: float | None, console: Console) -> Document:
    """The document at ``out``, made now if there is none. DocumentError.

    A new one is opened by the viewer with the model and the rate that it was made with.
    """
    clip: Path = options.clip
    ref = clip_ref(clip, out)
    if not out.exists():
        content = DocumentContent(
            projection=options.projection,
            model=options.model,
            prior=_prior(options),
            rate_hz=rate_hz,
        )
        create_document(out, ref, content)
    document = Document(out)
    theirs = document.clip
    if (theirs.size, theirs.fingerprint) != (ref.size, ref.fingerprint):
        document.close()
        raise DocumentError(
            f"{out} is the document of another clip ({theirs.name}), or of {clip.name} before it "
            "changed; choose another name with -o"
        )
    if theirs != ref:
        console.detail(f"{clip} has moved; {out} knows its new place now")
        document.write(document.content, ref)
    return document


def _filled(
    document: Document,
    key: AnalysisKey,
    grid: SaliencyTrack,
    reader: ClipReader,
    options: Options,
    console: Console,
) -> int:
    def predictor() -> SaliencyPredictor:
        return load_predictor(options, console)[0]

    try:
        with console.progress(f"analyze {reader.info.path.name}") as progress:
            return analyse_into(document, key, grid, reader, predictor, progress)
    except (Cancelled, KeyboardInterrupt):
        console.note("what is done is kept: the same command goes on from there")
        raise
