"""The options of ``cubesal predict`` and ``cubesal figure``, but for what other commands share."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from cubesal.cli import values

__all__ = ["add_figure", "add_predict"]

NUMBERINGS = ("true", "published")
_COLUMNS = 5


def add_predict(commands: Any, map_formats: tuple[str, ...]) -> ArgumentParser:
    """``cubesal predict``."""
    parser: ArgumentParser = commands.add_parser(
        "predict",
        help="images or clips → saliency maps",
        description="Write the saliency maps of stills and clips, one output per input. "
        "A folder stands for what is in it; a Wild-360 tree, for its 360_Discovery.",
    )
    parser.add_argument("inputs", nargs="+", type=Path, metavar="INPUT", help="file or folder")
    parser.add_argument(
        "--ids", type=Path, metavar="LIST", help="only the clips of these ids in the folder INPUT"
    )
    parser.add_argument("--out", type=Path, required=True, metavar="DIR")
    parser.add_argument("--format", choices=map_formats, default="npz", help="default npz")
    parser.add_argument("--overlay", action="store_true", help="also the picture with the overlay")
    parser.add_argument("--features", action="store_true", help="also the network's features")
    parser.add_argument("--flow", action="store_true", help="also optical flow between the frames")
    parser.add_argument("--json", action="store_true", help="report as JSON on stdout")
    parser.add_argument(
        "--timings", action="store_true", help="ms per frame of each stage (also with -v, --json)"
    )
    _add_wild360(parser)
    add_state(parser)
    return parser


def _add_wild360(parser: ArgumentParser) -> None:
    group = parser.add_argument_group(
        "--format wild360",
        "A folder per clip with one npy per frame: every frame (--every 1), as their maps are, "
        "unless --rate or --every says otherwise. A run that was stopped goes on where it was.",
    )
    group.add_argument(
        "--numbering",
        choices=NUMBERINGS,
        help="true (default): files are numbered by frame, from 0; published: as the code "
        "published with CP-360 does it, without the last frame (maps.json says which)",
    )
    group.add_argument(
        "--overwrite", action="store_true", help="begin anew, and replace what other settings made"
    )


def add_state(parser: ArgumentParser) -> None:
    """How a temporal model is run, and with which weights."""
    group = parser.add_argument_group("temporal models, and debugging")
    how = group.add_mutually_exclusive_group()
    how.add_argument(
        "--window",
        type=values.window,
        metavar="N",
        help="each map from the N frames that lead to it, as published (default: 5)",
    )
    how.add_argument(
        "--carried",
        action="store_true",
        help="carry the state from frame to frame: about five times cheaper, and other maps",
    )
    how.add_argument(
        "--static", action="store_true", help="leave the memory out: the maps of the static stage"
    )
    group.add_argument(
        "--weights",
        choices=("installed", "random"),
        default="installed",
        help="random: for debugging, the maps mean nothing",
    )


def add_figure(commands: Any) -> ArgumentParser:
    """``cubesal figure``."""
    parser: ArgumentParser = commands.add_parser(
        "figure",
        help="the result block of a paper as PNG or PDF",
        description="Frames side by side; below them ground truth, the maps of each model, and "
        "the two most salient views of the last one, outlined and cut out. --model may name "
        "several models, with commas between them.",
    )
    parser.add_argument("clip", type=Path, metavar="CLIP")
    parser.add_argument("-o", "--out", type=Path, required=True, metavar="FILE", help="png or pdf")
    first = parser.add_mutually_exclusive_group()
    first.add_argument("--frame", type=values.index, default=0, metavar="N", help="first frame")
    first.add_argument("--from", dest="from_s", type=values.seconds, metavar="S", help="its time")
    parser.add_argument(
        "--count", type=values.columns, default=_COLUMNS, metavar="N", help="columns (5)"
    )
    parser.add_argument(
        "--every", type=values.positive_int, metavar="N", help="each N-th frame (default: 5 a s)"
    )
    parser.add_argument(
        "--gt",
        type=Path,
        metavar="PATH",
        help="ground truth: a folder of npy per frame, Wild360_GT, npy, npz or a map as picture",
    )
    add_state(parser)
    return parser
