"""The options of ``cubesal batch``, but for what other commands share."""

from __future__ import annotations

from argparse import ArgumentParser, ArgumentTypeError
from pathlib import Path
from typing import Any

from cubesal.cli import values
from cubesal.cli.predict_arguments import add_state

__all__ = ["BATCH_FORMATS", "add_batch", "part"]

#: Not wild360: its folders are filled map by map, and go on by themselves where they were.
BATCH_FORMATS = ("npz", "npy", "png")
_MOST_JOBS = 256


def add_batch(commands: Any) -> ArgumentParser:
    """``cubesal batch``."""
    parser: ArgumentParser = commands.add_parser(
        "batch",
        help="the maps of thousands of clips, on one machine or many",
        description="`cubesal predict` over a folder and all folders in it, or over a list of "
        "files (a text file, one path a line). The same command goes on where an earlier one "
        "stopped: what is finished is known by its content, the model and the settings.",
    )
    parser.add_argument("input", type=Path, metavar="DIR|LIST", help="folder, or list of files")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR")
    parser.add_argument("--format", choices=BATCH_FORMATS, default="npz", help="default npz")
    parser.add_argument("--overlay", action="store_true", help="also the picture with the overlay")
    parser.add_argument("--features", action="store_true", help="also the network's features")
    parser.add_argument("--flow", action="store_true", help="also optical flow between the frames")
    parser.add_argument("--json", action="store_true", help="report as JSON on stdout")
    _add_workers(parser)
    add_state(parser)
    return parser


def _add_workers(parser: ArgumentParser) -> None:
    group = parser.add_argument_group("workers")
    where = group.add_mutually_exclusive_group()
    where.add_argument(
        "--jobs",
        type=jobs,
        metavar="N",
        help="processes on this machine (default: one per processor core; with a GPU, one)",
    )
    where.add_argument(
        "--cluster",
        metavar="ADDRESS",
        help="the workers of this Dask scheduler, tcp://HOST:PORT (see docs/batch.md)",
    )
    group.add_argument(
        "--part",
        type=part,
        metavar="K/N",
        help="only the K-th of N equal parts of the clips, K from 1: for array jobs",
    )


def jobs(text: str) -> int:
    """How many processes: 1 to 256."""
    count = values.positive_int(text)
    if count > _MOST_JOBS:
        raise ArgumentTypeError(f"{text} is more than {_MOST_JOBS} processes")
    return count


def part(text: str) -> tuple[int, int]:
    """``3/16`` → (3, 16)."""
    first, slash, second = text.partition("/")
    if not slash:
        raise ArgumentTypeError(f"{text!r} is not of the form K/N, such as 1/16")
    k, n = values.positive_int(first), values.positive_int(second)
    if k > n:
        raise ArgumentTypeError(f"there is no part {k} of {n}")
    return k, n
