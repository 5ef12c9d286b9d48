"""Argument values: words → numbers, or a sentence that argparse prints."""

from __future__ import annotations

import math
from argparse import ArgumentTypeError
from pathlib import Path
from typing import Any

from cubesal.overlay_limits import MOST_CONTOURS, MOST_SMOOTHING

__all__ = [
    "add_maps",
    "aspect",
    "burn",
    "columns",
    "contours",
    "fov_deg",
    "index",
    "map_range",
    "number",
    "positive",
    "positive_int",
    "rate_hz",
    "rows",
    "seconds",
    "share",
    "size",
    "smoothing_deg",
    "window",
]

FOV_LIMITS_DEG = (20.0, 140.0)
_LARGEST_SIDE = 16384
_MOST_PIXELS = 7680 * 4320
_HIGHEST_RATE_HZ = 1000
_MOST_COLUMNS = 12
_MOST_FRAMES = 100
_ROWS = (16, 4096)
_BURNABLE = ("legend", "timecode", "outline")


def number(text: str) -> float:
    """A finite number."""
    try:
        value = float(text)
    except ValueError:
        raise ArgumentTypeError(f"{text!r} is not a number") from None
    if not math.isfinite(value):
        raise ArgumentTypeError(f"{text!r} is not a finite number")
    return value


def positive(text: str) -> float:
    """A number above zero."""
    value = number(text)
    if value <= 0:
        raise ArgumentTypeError(f"{text} must be greater than 0")
    return value


def rate_hz(text: str) -> float:
    """Maps per second of clip: above 0, and no more than any clip has frames."""
    value = positive(text)
    if value > _HIGHEST_RATE_HZ:
        raise ArgumentTypeError(f"{text} is more than {_HIGHEST_RATE_HZ} maps per second of clip")
    return value


def positive_int(text: str) -> int:
    """A whole number above zero."""
    if not text.isdecimal() or int(text) < 1:
        raise ArgumentTypeError(f"{text!r} is not a whole number of at least 1")
    return int(text)


def index(text: str) -> int:
    """The number of a frame: 0 or more."""
    if not text.isdecimal():
        raise ArgumentTypeError(f"{text!r} is not the number of a frame, which count from 0")
    return int(text)


def window(text: str) -> int:
    """How many frames a map is made of: the maps of all of them are kept in memory."""
    return _within(text, 1, _MOST_FRAMES, "frames")


def rows(text: str) -> int:
    """The height of optical flow."""
    return _within(text, *_ROWS, "rows")


def _within(text: str, low: int, high: int, what: str) -> int:
    # The length first: numbers of thousands of digits are refused by int itself.
    if not text.isdecimal() or len(text) > len(str(high)) or not low <= int(text) <= high:
        raise ArgumentTypeError(f"{text!r} is not a whole number of {low} to {high} {what}")
    return int(text)


def columns(text: str) -> int:
    """How many moments a figure shows side by side: any more could not be seen in print."""
    count = positive_int(text)
    if count > _MOST_COLUMNS:
        raise ArgumentTypeError(f"{text} columns are more than the {_MOST_COLUMNS} that fit a page")
    return count


def seconds(text: str) -> float:
    """A time of the clip: 0 or later."""
    value = number(text)
    if value < 0:
        raise ArgumentTypeError(f"{text} lies before the clip begins")
    return value


def share(text: str) -> float:
    """A number in [0, 1]."""
    value = number(text)
    if not 0 <= value <= 1:
        raise ArgumentTypeError(f"{text} does not lie between 0 and 1")
    return value


def fov_deg(text: str) -> float:
    """A horizontal field of view in degrees."""
    value = number(text)
    low, high = FOV_LIMITS_DEG
    if not low <= value <= high:
        raise ArgumentTypeError(f"{text} does not lie between {low:g} and {high:g} degrees")
    return value


def _pair(text: str, separator: str, example: str) -> tuple[int, int]:
    first, _, second = text.lower().partition(separator)
    if not (first.isdecimal() and second.isdecimal() and int(first) and int(second)):
        raise ArgumentTypeError(f"{text!r} is not of the form {example}")
    return int(first), int(second)


def size(text: str) -> tuple[int, int]:
    """``1280x720`` → (1280, 720); both even, because video codecs need that."""
    width, height = _pair(text, "x", "1280x720")
    if width % 2 or height % 2:
        raise ArgumentTypeError(f"{text}: width and height must be even")
    if max(width, height) > _LARGEST_SIDE:
        raise ArgumentTypeError(f"{text} is larger than {_LARGEST_SIDE} pixels a side")
    if width * height > _MOST_PIXELS:
        raise ArgumentTypeError(f"{text} has more pixels than 7680x4320")
    return width, height


def map_range(text: str) -> str:
    """``frame``, ``clip``, or the value of a map at the top of the colour map."""
    if text not in ("frame", "clip") and number(text) <= 0:
        raise ArgumentTypeError(f"{text} is neither frame nor clip nor a value above 0")
    return text


def contours(text: str) -> tuple[float, ...]:
    """``0.25,0.5`` → parts of the top of the colour map at which lines are drawn."""
    parts = tuple(dict.fromkeys(number(part) for part in text.split(",")))
    if len(parts) > MOST_CONTOURS or not all(0 < part < 1 for part in parts):
        raise ArgumentTypeError(f"{text}: at most {MOST_CONTOURS} parts between 0 and 1")
    return parts


def smoothing_deg(text: str) -> float:
    """Standard deviation of a blur on the sphere, in degrees."""
    value = number(text)
    if not 0 <= value <= math.degrees(MOST_SMOOTHING):
        raise ArgumentTypeError(
            f"{text} does not lie between 0 and {math.degrees(MOST_SMOOTHING):.0f}"
        )
    return value


def burn(text: str) -> tuple[str, ...]:
    """``legend,timecode`` → ("legend", "timecode")."""
    wishes = tuple(dict.fromkeys(text.lower().split(",")))
    for wish in wishes:
        if wish not in _BURNABLE:
            raise ArgumentTypeError(f"{wish!r} is none of {', '.join(_BURNABLE)}")
    return wishes


def aspect(text: str) -> tuple[int, int]:
    """``16:9`` → (16, 9)."""
    across, down = _pair(text, ":", "16:9")
    if max(across, down) > 100 or not 0.2 <= across / down <= 5:
        raise ArgumentTypeError(f"{text} is not an aspect between 1:5 and 5:1 in small numbers")
    return across, down


def add_maps(parser: Any) -> None:
    """Add ``--maps``: a user's own in place of a model's."""
    parser.add_argument(
        "--maps",
        type=Path,
        metavar="FILE",
        help="use these maps, run no model: an npz as of predict, or a Wild-360 folder of npy",
    )
