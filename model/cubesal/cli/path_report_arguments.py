"""The options of ``cubesal path-report``."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from cubesal.cli import values
from cubesal.cli.values import add_maps

__all__ = ["add_path_report"]


def add_path_report(commands: Any) -> ArgumentParser:
    """Add the command and return its parser; options of the analysis are not among them."""
    parser: ArgumentParser = commands.add_parser(
        "path-report",
        help="what a camera path sees and how it moves",
        description="Report card of a camera path: attention it captures, beside a static "
        "eye-level view, the best fixed view in hindsight, the greedy argmax and the upper bound; "
        "subjects hit; motion; live against offline.",
    )
    parser.add_argument(
        "input",
        type=Path,
        metavar="CLIP|PATH",
        help="a clip, or its maps (.npz), to plan a path for; or a path (.csv)",
    )
    parser.add_argument(
        "--clip",
        type=Path,
        metavar="FILE",
        help="the clip, or its maps (.npz), of a path given as CSV; without it: motion alone",
    )
    parser.add_argument(
        "--gt", type=Path, metavar="FILE", help="subject boxes (JSON): adds the hit rates"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="everything, as JSON")
    add_maps(parser)
    parser.add_argument(
        "--hfov",
        type=values.fov_deg,
        metavar="DEG",
        help="horizontal field of view (default 90; of a path in a CSV, its widest)",
    )
    parser.add_argument("--aspect", type=values.aspect, default=(16, 9), metavar="W:H")
    parser.add_argument(
        "--max-speed", type=values.positive, default=30.0, metavar="DEG", help="per second (30)"
    )
    parser.add_argument("--calm", type=values.share, default=0.5, help="0 eager ... 1 calm (0.5)")
    return parser
