"""What people make in a document: overlay, camera path, markers, range, as frozen values."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from itertools import pairwise
from typing import Any, TypeVar

from cubesal.autopilot import Area, PathKey
from cubesal.document.region import Region
from cubesal.overlay import OverlayStyle
from cubesal.video.reading import Reading

__all__ = ["DocumentContent", "Marker", "PathKey", "content_from_text", "content_text"]

_MOST = 100_000
_LONGEST = 4096
_LONGEST_TIME_S = 1e7
_STYLE = OverlayStyle()
T = TypeVar("T")


@dataclass(frozen=True)
class Marker:
    """A moment that somebody marked, with a word about it."""

    time_s: float
    text: str = ""

    def __post_init__(self) -> None:
        _check_number(self.time_s, 0.0, _LONGEST_TIME_S, "the time of a marker")
        _check_text(self.text, "a marker")


@dataclass(frozen=True)
class DocumentContent:
    """Everything in a document but its clip and its maps.

    ``path``, the keys that people insist on, ascends strictly in time, ``markers`` in time;
    ``span_s`` is the A–B range in seconds; ``areas`` are to be looked at, or not. ``model``,
    ``prior`` and ``rate_hz`` are what it is to be looked at with, None: as ever. ``projection`` is
    the text of a :class:`~cubesal.video.reading.Reading`: projection, eye, orientation; directions
    in ``path``, ``areas`` and ``regions``, the areas of interest, are those of the clip read so.
    ``truth`` is the file or folder of the ground truth that the maps are compared with. A
    recovery copy names in ``recovery_of`` the document it stands for, None: an unnamed one.
    """

    style: OverlayStyle = _STYLE
    overlay_visible: bool = True
    path: tuple[PathKey, ...] = ()
    areas: tuple[Area, ...] = ()
    markers: tuple[Marker, ...] = ()
    span_s: tuple[float, float] | None = None
    projection: str | None = None
    model: str | None = None
    prior: bool | None = None
    rate_hz: float | None = None
    recovery_of: str | None = None
    regions: tuple[Region, ...] = ()
    truth: str | None = None

    def __post_init__(self) -> None:
        if max(map(len, (self.path, self.markers, self.areas, self.regions))) > _MOST:
            raise ValueError(f"more than {_MOST} keys, areas or markers")
        times = [key.time_s for key in self.path]
        if any(a >= b for a, b in pairwise(times)):
            raise ValueError("the keys of a path must ascend in time")
        if self.span_s is not None:
            start_s, end_s = self.span_s
            _check_number(start_s, 0.0, _LONGEST_TIME_S, "the start of a range")
            _check_number(end_s, start_s, _LONGEST_TIME_S, "the end of a range")
        for name in (self.projection, self.model, self.recovery_of, self.truth):
            if name is not None:
                _check_text(name, "a name")
        Reading.parse(self.projection)  # ValueError if it is none
        if self.rate_hz is not None:
            _check_number(self.rate_hz, 1e-6, 1000.0, "the rate of maps")
        if not isinstance(self.overlay_visible, bool) or self.prior not in (None, True, False):
            raise ValueError("a switch is on or off")


def content_text(content: DocumentContent) -> str:
    """The content as JSON."""
    facts = asdict(content)
    for name in ("regions", "truth"):
        if not facts[name]:
            del facts[name]  # so that versions that know of none can read it
    return json.dumps(facts, allow_nan=False)


def content_from_text(text: str) -> DocumentContent:
    """The content that :func:`content_text` wrote. ValueError for anything else."""
    try:
        facts = json.loads(text)
        if not isinstance(facts, dict):
            raise TypeError("no mapping")
        facts["style"] = _style(facts.get("style", {}))
        facts["path"] = _items(PathKey, facts.get("path", []))
        facts["areas"] = _items(Area, facts.get("areas", []))
        facts["markers"] = _items(Marker, facts.get("markers", []))
        facts["regions"] = _items(Region, [_region(r) for r in facts.get("regions", [])])
        span = facts.get("span_s")
        facts["span_s"] = None if span is None else (span[0], span[1])
        return DocumentContent(**facts)
    except (TypeError, KeyError, IndexError, AttributeError, RecursionError) as error:
        raise ValueError(f"not the content of a document: {error}") from error


def _style(facts: Mapping[str, Any]) -> OverlayStyle:
    style = OverlayStyle(**facts)
    if not isinstance(style.inverted, bool):
        raise ValueError("not a style of an overlay")
    return style


def _items(kind: type[T], facts: list[dict[str, Any]]) -> tuple[T, ...]:
    if len(facts) > _MOST:
        raise ValueError(f"more than {_MOST} of a kind")
    return tuple(kind(**item) for item in facts)


def _region(facts: dict[str, Any]) -> dict[str, Any]:
    return {**facts, "corners": tuple(tuple(corner) for corner in facts["corners"])}


def _check_number(value: float, low: float, high: float, what: str) -> None:
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if not is_number or not low <= value <= high:
        raise ValueError(f"{what} must lie in {low:g} to {high:g}, not {value!r}")


def _check_text(text: str, what: str) -> None:
    if not isinstance(text, str) or len(text) > _LONGEST or "\0" in text:
        raise ValueError(f"the text of {what} is none")
