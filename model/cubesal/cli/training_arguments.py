"""The options of ``cubesal flow`` and ``cubesal train``."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from cubesal.cli import values

__all__ = ["add_flow", "add_train"]

FLOW_METHODS = ("dis", "deepflow")
CONVENTIONS = ("exact", "cp360")
FLOW_FORMATS = ("npz", "wild360")
_HEIGHT = 480


def add_flow(commands: Any) -> ArgumentParser:
    """``cubesal flow``, but for what it shares with other commands."""
    parser: ArgumentParser = commands.add_parser(
        "flow",
        help="clips → optical flow",
        description="Write the optical flow of clips, from each frame to the next.",
    )
    parser.add_argument("inputs", nargs="+", type=Path, metavar="CLIP")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR")
    parser.add_argument(
        "--method",
        choices=FLOW_METHODS,
        default="dis",
        help="dis (default), or deepflow, which needs OpenCV's contrib modules",
    )
    parser.add_argument(
        "--format",
        choices=FLOW_FORMATS,
        default="npz",
        help="npz: one file per clip (default); wild360: one npy per frame, numbered by frame + 2",
    )
    parser.add_argument(
        "--height",
        type=values.rows,
        default=_HEIGHT,
        metavar="ROWS",
        help="of the flow (default 480)",
    )
    parser.add_argument(
        "--convention",
        choices=CONVENTIONS,
        default="exact",
        help="exact: over the seam (default); cp360: as the published code, which stops there",
    )
    parser.add_argument(
        "--overwrite", action="store_true", help="make again what is there, replace any results"
    )
    return parser


def add_train(commands: Any) -> ArgumentParser:
    """``cubesal train``."""
    parser: ArgumentParser = commands.add_parser(
        "train",
        help="learn a temporal network from clips, without labels",
        description="Prepare maps and flow of clips, then train as a TOML file says.",
    )
    parser.add_argument("config", type=Path, metavar="CONFIG.toml")
    parser.add_argument("--resume", action="store_true", help="continue from the last checkpoint")
    parser.add_argument(
        "--clips", nargs="+", type=Path, metavar="PATH", help="clips or folders of them, not those"
    )
    parser.add_argument("--out", type=Path, metavar="DIR", help="where checkpoints and logs go")
    parser.add_argument("--cache", type=Path, metavar="DIR", help="where prepared data are kept")
    parser.add_argument("--device", default="auto", help="auto (default), cpu, cuda, cuda:N or mps")
    parser.add_argument("--prepare-only", action="store_true", help="prepare the data and stop")
    parser.add_argument(
        "--export-pth",
        action="store_true",
        help="write weights also as .pth, with the names that the published code reads; with "
        "--resume, the last ones of a training that is finished",
    )
    parser.add_argument("--json", action="store_true", help="report as JSON on stdout")
    return parser
