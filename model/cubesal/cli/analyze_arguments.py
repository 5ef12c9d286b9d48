"""The options of ``cubesal analyze``, but for what other commands share."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

__all__ = ["add_analyze"]


def add_analyze(commands: Any) -> ArgumentParser:
    """``cubesal analyze``."""
    parser: ArgumentParser = commands.add_parser(
        "analyze",
        help="a clip's maps into the document that the viewer opens",
        description="Analyse a clip into a document (.cubesal) that cubesal-viewer opens. "
        "A run that was stopped, or killed, goes on where it was.",
    )
    parser.add_argument("clip", type=Path, metavar="CLIP")
    parser.add_argument(
        "-o", "--out", type=Path, metavar="FILE", help="default: CLIP with the suffix .cubesal"
    )
    parser.add_argument("--json", action="store_true", help="report as JSON on stdout")
    return parser
