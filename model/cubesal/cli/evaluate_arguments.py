"""The options of ``cubesal evaluate``."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from cubesal.cli import values

__all__ = ["add_evaluate"]


def add_evaluate(commands: Any) -> ArgumentParser:
    """Add the command and return its parser."""
    parser: ArgumentParser = commands.add_parser(
        "evaluate",
        help="scores against human ground truth",
        description="Score maps against what people looked at, beside rows that know nothing: "
        "stills with fixations or densities, clips with subject boxes, the Wild-360 heat maps. "
        "Sets are never pooled.",
    )
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--model", default="default", help="predict with this model (default)")
    what.add_argument("--pred", type=Path, metavar="DIR", help="score the maps in this folder")
    parser.add_argument("--gt", type=Path, required=True, metavar="DIR", help="ground truth")
    parser.add_argument(
        "--clips",
        type=Path,
        metavar="DIR",
        help="the clips of subject boxes (default GT/../clips), or the tree of Wild-360 clips",
    )
    parser.add_argument("--ids", type=Path, metavar="LIST", help="only these Wild-360 clips")
    parser.add_argument("--first-number", type=int, metavar="N", help="file number of frame 0")
    parser.add_argument(
        "--protocol",
        choices=("sphere", "cp360"),
        default="sphere",
        help="weighted by area on the sphere (default), or as the code published with CP-360",
    )
    parser.add_argument(
        "--prior",
        choices=("on", "off", "both"),
        default="both",
        help="rows with the equator prior, without, or both (default); raw maps of CP-360, which "
        "--protocol cp360 scores, are left as they are unless it is on",
    )
    parser.add_argument("--baselines", action="store_true", help="all rows to compare with")
    parser.add_argument(
        "--checks", action="store_true", help="also rotations, seams and flicker: no truth needed"
    )
    parser.add_argument(
        "--drift",
        type=values.number,
        default=0.0,
        metavar="DEG",
        help="turn clips by this per second",
    )
    parser.add_argument("--rate", type=values.rate_hz, metavar="HZ", help="maps per second of clip")
    parser.add_argument("--device", default="auto", help="auto (default), cpu, cuda, cuda:N or mps")
    parser.add_argument("--json", type=Path, metavar="FILE", help="everything, also per item")
    return parser
